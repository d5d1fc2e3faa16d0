/* The orchestrator of a project: what it is told, and how one that was started is shown. */
#pragma once

#include "cmd/face.h"
#include "model/config.h"
#include "op/world.h"

/* What it is, how it works, and all commands that are of use to it, out of the table of commands. */
void orchestrator_prompt(struct buf *out, const struct project *p);
/* Started, brought back or found running. *told: the same as JSON; NULL: it is printed. */
MUST_USE struct err *orchestrator_start(json_t **told, struct face *f, const struct world *w,
	const struct project *p, const char *agent);
