/*
 * What the files of a session tell of it, as facts: record, run.lock, exit, signals. No process is
 * started, no terminal asked, nothing decided.
 */
#pragma once

#include "model/config.h"
#include "model/facts.h"
#include "model/session.h"
#include "store/run.h"
#include "store/signals.h"

struct evidence {
	struct run_info run;
	struct signals signals; /* since the runtime's last start */
};

/* f->has_workspace is the caller's, who knows the plugin. p NULL: no longer in the config. */
void evidence_read(struct facts *f, struct evidence *out, const struct session *s,
	const char *folder, const struct project *p);
void evidence_release(struct evidence *e);
