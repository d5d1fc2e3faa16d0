/* A save under refs/ao/trash/, read again: for undelete, of worktrees and of clones. */
#pragma once

#include "plugin/worktree.h"

struct past {
	char *save; /* its commit; NULL: nothing was saved, the branch alone tells */
	char *head,
		*head_name; /* where HEAD stood: the commit, and "refs/heads/main" or "detached" */
	char *index_tree,
		*tip;      /* what was staged; the session's branch, where HEAD was not on it */
	struct strv words; /* of a clone: "ref ID NAME" and "stash ID MESSAGE", oldest first */
	bool merging;
};

/* ERR_MISSING: no such ref. */
MUST_USE struct err *past_read(struct past *r, const char *common, const char *ref);
void past_release(struct past *r);
/* Every file as it was saved, byte for byte: what differs from head is written or unlinked. */
MUST_USE struct err *past_overlay(
	const struct past *r, const struct checkout *c, const char *common, const char *work_tree);
/* The staged state, and the index told of the files. */
MUST_USE struct err *past_stage(
	const struct past *r, const struct checkout *c, const char *git_dir, const char *work_tree);
