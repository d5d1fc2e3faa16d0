/*
 * One save in the making: worktree_save.c fills it, worktree_shot.c makes it a commit under
 * refs/ao/trash/<id>/.
 */
#pragma once

#include "plugin/worktree.h"

struct shot {
	const struct checkout *c;
	const char *admin, *common;
	struct private_dir p;
	int64_t now_ms;
	bool empty;      /* the folder is gone: index and commits alone can be saved */
	char *head_name; /* "refs/heads/main", or "detached" */
	char *head, *head_tree;
	char *tip;        /* of the session's branch, where that is not HEAD */
	struct strv also; /* MERGE_HEAD and the like */
	char *index_tree; /* what was staged; NULL: cannot be written as a tree */
	char *tree;
	struct links links;  /* gitlinks of the worktree's index */
	struct strv hidden;  /* assume-unchanged */
	struct strv settled; /* surely untouched since the index was written */
	struct timespec index_time;
	struct strv nested;
	int files, commits;
};

bool shot_is_worth(const struct shot *s);
/* A ref that holds it: an older one with the very same content, else a new one. */
MUST_USE struct err *shot_keep(char **ref, struct shot *s);
void shot_keep_reflog(const struct shot *s);
