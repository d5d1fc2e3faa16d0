/*
 * What the files of the scm plugin `local` share.
 *
 * On disk, below <git common dir>/ao/pulls/<n>/: `pull` (the record, key=value), `remarks`, `checks`
 * (both key=value with numbered keys, "3.text"), log-… of the checks, `lock` (held while the
 * first two are changed) and `checks.lock` (held while checks run and `checks` is changed; taken
 * before `lock`). The number is taken by the
 * ref refs/ao/pull/<n>/head, which keeps the commits alive; a folder without `pull` is a create that
 * died, and its number is burnt.
 */
#pragma once

#include "base/kv.h"
#include "plugin/worktree.h"
#include "slot/scm.h"

enum { PULL_FILE_MAX = 16 << 20, PULL_WAIT_MS = 15000 };

/* scm_local_files.c */
struct local {
	char *common, *dir; /* …/ao/pulls */
	/* what was read already: packed-refs, and the tip of the last base */
	char *packed, *base, *base_tip;
};

struct record {
	struct pull pull;
	struct kv kv; /* the file `pull` */
};

MUST_USE struct err *local_open(struct local *l, const char *repo);
void local_release(struct local *l);
void local_reread(struct local *l); /* forget what was read already */
void record_release(struct record *r);
char *local_path(const struct local *l, int number, const char *name);
char *local_tip(struct local *l, const char *branch);
char *local_ref(struct local *l, const char *ref); /* its commit; NULL: none */
/* origin's branch of the name, as fetched last; NULL: none. */
char *local_upstream(struct local *l, const char *branch);
/* The numbers there are, ascending. */
struct numbers {
	VEC(int) list;
};
MUST_USE struct err *local_numbers(struct numbers *out, const struct local *l);
/* With its judgement. p may be NULL: checks count as they were recorded. No process is started.
 * ERR_MISSING: no such pull request. */
MUST_USE struct err *record_read(
	struct record *r, struct local *l, int number, const struct project *p);
MUST_USE struct err *record_save(struct record *r, const struct local *l); /* durable */
MUST_USE struct err *remarks_save(const struct pull *p, const struct local *l);
MUST_USE struct err *checks_save(const struct pull *p, const struct local *l);
MUST_USE struct err *pull_lock(struct lock *lock, const struct local *l, int number);
/* The ref that keeps its commits goes to p->head. */
MUST_USE struct err *keep_head(const struct local *l, const struct pull *p);

/* scm_local_checks.c */
MUST_USE struct err *local_check(struct pull *out, const struct forge *f, int number);

/* scm_local_trees.c */
char *check_trees(const struct local *l, const char *data_dir, int number);
/* Into the environment of a check: where it runs, and that we run it. */
void check_mark(struct strv *env, const char *trees);
/* The commands of checks whose run has died hold checks.lock, and nobody limits them: TERM, 2 s, KILL. */
MUST_USE struct err *check_orphans_end(bool *any, const char *trees);
MUST_USE struct err *check_tree_remove(const struct local *l, const char *tree, int keep_fd);
MUST_USE struct err *check_trees_remove(const struct local *l, const char *trees, int keep_fd);
MUST_USE struct err *local_leftovers(struct strv *paths, const struct forge *f, bool remove);

/* scm_local_build.c: the commit that a merge leads to; changes nothing but objects. */
struct merge_plan {
	const struct local *l;
	const struct pull *p;
	const char *old; /* tip of base, or what of origin it has not seen yet */
	enum merge_method method;
};
MUST_USE struct err *merge_build(char **commit, const struct merge_plan *m);

/* scm_local_follow.c: what has a branch checked out goes along with it. ERR_REFUSED: nothing was
 * touched; else there may be something to return from. */
MUST_USE struct err *checkouts_follow(
	const struct local *l, const char *branch, const char *old, const char *new, int keep_fd);
/* The ref has moved. Until then, or until they return, no git changes an index there. */
MUST_USE struct err *checkouts_publish(const struct local *l, const char *branch);
/* Back from new to old, also from half way: only files that are exactly new's are touched. */
MUST_USE struct err *checkouts_return(
	const struct local *l, const char *branch, const char *old, const char *new, int keep_fd);

/* scm_local_merge.c */
MUST_USE struct err *local_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head);
/* Finish or take back a merge that died. Under the pull's lock. */
MUST_USE struct err *local_settle(
	struct record *r, struct local *l, const struct forge *f, int keep_fd);
