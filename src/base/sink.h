/*
 * Where a verb's remarks go while it works: progress and warnings, one line each, without newline
 * and without "ao: ". Rooms below cmd never print; they say it to the sink that cmd handed in.
 */
#pragma once

#include "base/mem.h"

enum sink_kind { SINK_PROGRESS, SINK_NOTE, SINK_WARNING };

struct sink {
	void (*say)(struct sink *, enum sink_kind, const char *line);
};

/* A NULL sink drops everything. */
void sink_say(struct sink *s, enum sink_kind kind, const char *format, ...) PRINTF(3, 4);
