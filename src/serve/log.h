/*
 * What the daemon has to say, a line each, on standard error: a terminal's, the journal's, or the file that
 * it was given, which is put aside as daemon.log.1 when it is larger than LOG_MAX.
 */
#pragma once

#include "base/err.h"

enum { LOG_MAX = 1 << 20 };

struct log {
	char *path; /* NULL: standard error is somebody else's */
};

/* From now on standard error is that file. */
MUST_USE struct err *log_open(struct log *l, const char *path);
void log_release(struct log *l);
/* Text from outside is made safe. */
void log_say(struct log *l, const char *format, ...) PRINTF(2, 3);
/* Also children write into it: look whether it has become too large. */
void log_bound(struct log *l);
