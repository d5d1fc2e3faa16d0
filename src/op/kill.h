/*
 * Kill: save, stop, save again, rename, forget, record, unlink (facts: a save before the stop alone
 * loses what the agent writes in between). Every step may have been done before: killing a
 * half-dead session, or again after a crash, finishes it.
 */
#pragma once

#include "op/hold.h"

struct kill_options {
	bool keep_worktree;
	bool now;            /* SIGKILL at once instead of 5 s after SIGTERM */
	const char *reason;  /* for the log; NULL: "killed by <actor>" */
	/* cleanup: asked under the lock; an error and nothing is done. NULL: always */
	MUST_USE struct err *(*allowed)(const struct world *w, const char *id);
};

struct killed {
	bool already;      /* it was killed before and nothing was left to do */
	char *ref;         /* refs/ao/trash/…; NULL: there was nothing to save */
	char *work;        /* "3 files, 2 commits" */
	char *kept;        /* a worktree kept aside, with repositories of its own in it */
	bool kept_worktree;
};

MUST_USE struct err *op_kill(
	struct killed *out, const struct world *w, const char *id, const struct kill_options *o);
/* The same on a session already in hand, whatever is half done in it; for op/settle. */
MUST_USE struct err *kill_held(
	struct killed *out, struct hold *h, const struct kill_options *o);
void killed_release(struct killed *k);
