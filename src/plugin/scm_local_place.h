/* A checkout of the branch into which is merged: what scm_local_follow.c and scm_local_way.c share. */
#pragma once

#include "base/vec.h"
#include "plugin/git.h"

struct place {
	char *path, *git_dir, *lock;
	char *index; /* the copy, while we hold the lock; else NULL */
};

struct git place_git(const struct place *at, int keep_fd);
/* Adds what differs from old to new; filter: as of git diff-tree. */
MUST_USE struct err *place_changed(struct strv *out, const struct place *at, const char *old,
	const char *new, const char *filter);
/* ERR_REFUSED: something that git does not know would be overwritten, ignored files too. */
MUST_USE struct err *place_is_free(const struct place *at, const char *old, const char *new);
/* Why git refused to go from old to new, by the files that are its user's; what it `said` itself where
 * there are none. */
MUST_USE struct err *place_refusal(
	const struct place *at, const char *old, const char *new, struct err *said);
