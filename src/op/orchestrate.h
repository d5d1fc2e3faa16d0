/*
 * Orchestrate: the one agent of a project that does no work itself, but gives it to others with the
 * commands of ao. It runs in the main checkout, which is never made, saved or removed (the workspace
 * `main`); it has no branch, counts in no limit and is never cleaned up.
 *
 * One per project, "<prefix>-orchestrator". One that runs stays as it is; one that has ended goes on with
 * its conversation (op/restore.h); one that was killed, or never was, is started anew.
 */
#pragma once

#include "op/world.h"

struct orchestrate_options {
	const struct project *project;
	const char *agent; /* NULL: the project's; only for one that is started anew */
	const char
		*prompt; /* what it is and what it may do; the project's orchestratorRules follow */
	int columns, rows; /* the new terminal's size in cells; 0: 200 x 50 */
};

enum orchestrated_how { ORCHESTRATOR_STARTED, ORCHESTRATOR_RESTORED, ORCHESTRATOR_RUNS };

struct orchestrated {
	enum orchestrated_how how;
	struct session session;
	char *attach;
};

MUST_USE struct err *op_orchestrate(
	struct orchestrated *out, const struct world *w, const struct orchestrate_options *o);
void orchestrated_release(struct orchestrated *o);
