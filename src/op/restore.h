/* Restore: a new runtime for a session whose worktree is intact; undelete: the worktree itself. */
#pragma once

#include "op/world.h"

struct restored {
	struct session session;
	char *attach;
	bool resumed; /* the agent's own conversation; false: a fresh start with a recap */
};

MUST_USE struct err *op_restore(struct restored *out, const struct world *w, const char *id);
/* Every session with a worktree and no runtime that is neither killed nor merged. */
MUST_USE struct err *op_restorable(struct strv *ids, const struct world *w, const char *project);
void restored_release(struct restored *r);

struct undeleted {
	struct session session;
	char *ref;  /* what was brought back; NULL: the branch alone */
	char *work; /* "3 files, 2 commits" */
};

MUST_USE struct err *op_undelete(struct undeleted *out, const struct world *w, const char *id);
/* Trash refs of the session, oldest first. */
MUST_USE struct err *op_trash(struct strv *refs, const struct world *w, const char *id);
void undeleted_release(struct undeleted *u);
