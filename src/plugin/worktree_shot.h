/*
 * One save in the making: worktree_save.c or clone_save.c fills it, worktree_files.c takes the files,
 * worktree_shot.c makes it a commit under refs/ao/trash/<id>/.
 */
#pragma once

#include "plugin/worktree.h"

struct shot {
	const struct checkout *c;
	const char *admin, *common;
	struct private_dir p;
	bool quarantined; /* p has objects of its own, to be brought over before they count */
	int64_t now_ms;
	bool empty;      /* the folder is gone: index and commits alone can be saved */
	char *head_name; /* "refs/heads/main", or "detached" */
	char *head, *head_tree;
	char *tip;         /* of the session's branch, where that is not HEAD */
	struct strv also;  /* MERGE_HEAD and the like */
	struct strv held;  /* of a clone: the commits of its refs, */
	struct strv words; /* and lines about them for the message */
	char *index_tree;  /* what was staged; NULL: cannot be written as a tree */
	char *tree;
	struct links links;  /* gitlinks of the worktree's index */
	struct strv hidden;  /* assume-unchanged */
	struct strv settled; /* surely untouched since the index was written */
	struct timespec index_time;
	struct strv nested;
	int files, commits;
};

/* worktree_save.c */
MUST_USE struct err *shot_wait(const char *admin, const struct checkout *c); /* for index.lock */
/* Heads of a merge, a cherry-pick or a rebase in the middle. */
void shot_heads(struct strv *also, const char *admin);
/* "<id> commit 234" -> the id; "… missing" -> NULL. Moves on to the next line. */
char *shot_answer(const char **text);
void shot_release(struct shot *s);
/* Whatever went wrong: nothing may be removed. */
struct err *shot_refused(struct err *e, const struct checkout *c);

/* worktree_files.c: with s->p open. */
MUST_USE struct err *shot_files(struct shot *s);

/* worktree_shot.c */
bool shot_is_worth(const struct shot *s);
/* A ref that holds it: an older one with the very same content, else a new one. */
MUST_USE struct err *shot_keep(char **ref, struct shot *s);
/* What the caller of save() gets; the reflog goes to the session's folder. */
void shot_give(struct saved *out, struct shot *s, char **ref);
