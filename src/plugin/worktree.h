/*
 * What the files of the plugin `worktree` share.
 *
 * The layout of git's own files is read directly where gitrepository-layout(5) and git-worktree(1)
 * document it: the worktree's .git, and in its admin dir HEAD, gitdir, commondir and locked.
 */
#pragma once

#include "base/file.h"
#include "plugin/git.h"
#include "slot/workspace.h"

/* worktree_layout.c: no process is started by any of these. */

/* The git dir of the repository that holds path; NULL: none. */
char *repo_git_dir(const char *path);
char *repo_common_dir(const char *git_dir);
/* The same two steps as an error of one line. Either result may be unwanted (NULL). */
MUST_USE struct err *repo_find(char **git_dir, char **common, const char *path);
char *admin_common_dir(const char *admin); /* the repository of a handle, by its path alone */
/* The first line of a small file; NULL: not there, or empty. */
char *first_line(const char *path);
char *gitfile_target(const char *worktree); /* what worktree/.git names, absolute; NULL: nothing */
char *admin_path(const char *admin);        /* the worktree for which git keeps it; NULL: unknown */
/* ERR_REFUSED where git keeps it for another place than the checkout's, as after `git worktree move`. */
MUST_USE struct err *admin_not_moved(const char *admin, const struct checkout *c);
char *admin_lock(const char *admin); /* why it is locked; "": no reason; NULL: it is not */
bool same_place(const char *a, const char *b); /* links in the folders above do not count */
/* Is what lies at `at` the checkout's worktree? By its .git, else by the folder's own identity. */
enum tri place_is_ours(const struct checkout *c, const char *at);
bool place_is_noted(const struct checkout *c, const char *at, bool *unreadable); /* by that alone */
MUST_USE struct err *place_note(const struct checkout *c, const char *at);       /* remember it */
MUST_USE struct err *index_settle(const char *admin);                 /* after a checkout of ours */
MUST_USE struct err *admin_sync(const char *admin, const char *path); /* durable from here on */
/* The admin dir: the handle's, else that which git keeps for the path and that fits. NULL: none. */
char *admin_find(const struct checkout *c, const char *common);
/* The repository's common dir, by the handle where there is one; ERR_REFUSED where that is none. */
MUST_USE struct err *checkout_common(char **common, const struct checkout *c);
enum tri ref_exists(const char *common, const char *ref);
char *head_ref(const char *git_dir); /* "refs/heads/main"; NULL: detached or unknown */
char *head_branch(const char *git_dir);
MUST_USE struct err *admin_set_path(const char *admin, const char *path);
char *gone_path(const struct checkout *c);
bool is_object_id(const char *s);
bool is_real_dir(const char *path); /* and no link to one */

#define KEPT_REASON "ao: kept work of "
#define TRASH "refs/ao/trash/"

/* worktree_private.c: a git dir of our own beside a foreign worktree: none of its config, filters
 * or attributes count, and its index is a copy. Removed by scope. */
struct private_dir {
	char *path, *index, *objects;
	const char *work_tree;
	int64_t time_ms; /* of the commits made with it */
	int keep_fd;
};

MUST_USE struct err *private_open(
	struct private_dir *p, const struct checkout *c, const char *common, const char *work_tree);
/* A copy of git_dir's index, with what it shares. None there: *found false. */
MUST_USE struct err *private_index(struct private_dir *p, bool *found, const char *git_dir);
MUST_USE struct err *private_git(
	struct run_result *r, const struct private_dir *p, const struct buf *in, char *const *args);
MUST_USE struct err *private_ok(
	struct run_result *r, const struct private_dir *p, const struct buf *in, char *const *args);
void private_release(struct private_dir *p);

/* worktree_bring.c: a private dir that sees what the repository holds and the objects of a clone of it,
 * and writes to none of them: new ones are its own. */
MUST_USE struct err *private_borrow(struct private_dir *p, const struct checkout *c,
	const char *common, const char *clone_git, const char *work_tree);
/* Into the repository, each object hashed anew: all that `commit` leads to and no ref there holds. */
MUST_USE struct err *private_bring(
	struct private_dir *p, const struct checkout *c, const char *common, const char *commit);

/* worktree_nested.c */
struct link_entry { /* a gitlink of an index */
	char *id, *path;
};
struct links {
	VEC(struct link_entry) list;
};
void links_release(struct links *l);
/* Folders with repositories whose content no save holds: found by their .git in the folders that
 * the index names. listing: `git ls-files -s -z`; before: the gitlinks of the worktree's index. */
MUST_USE struct err *nested_find(struct strv *nested, const struct checkout *c, const char *listing,
	size_t n, const struct links *before);

/* `git worktree add` on c->branch, made at c->base where it is new; branch NULL: detached there. */
MUST_USE struct err *worktree_add(const struct checkout *c, const char *common);
/* What a `worktree add` that was killed at once left: an admin dir that names no path yet. */
MUST_USE struct err *drop_begun(const struct checkout *c, const char *common);
bool is_checked_out(const char *common, const char *branch); /* as anybody's HEAD */
/* The commit of a branch; NULL: no such branch. */
MUST_USE struct err *branch_tip(char **commit, const char *common, const char *branch);
/* Away with it where it is still at c->base and nobody's HEAD. */
MUST_USE struct err *drop_branch(const struct checkout *c, const char *common);

/* Was an undelete from the trash begun and not ended? What it has made so far stands in the trash. */
bool undelete_begun(const struct checkout *c);

/* The functions of the table. */
MUST_USE struct err *worktree_origin(struct start_point *out, const char *repo,
	const char *default_branch, const char *base, bool merges_here, struct sink *sink);
MUST_USE struct err *worktree_free_branch(
	char **name, const char *repo, const char *wanted, bool exact);
MUST_USE struct err *worktree_create(char **handle, const struct checkout *c, struct sink *sink);
MUST_USE struct err *worktree_save(
	struct saved *out, const struct checkout *c, const char *previous, int64_t now_ms);
MUST_USE struct err *worktree_remove(
	char **kept, const struct checkout *c, const struct saved *saved, int64_t now_ms);
MUST_USE struct err *worktree_discard(const struct checkout *c);
MUST_USE struct err *worktree_kept(struct strv *paths, const struct checkout *c);
MUST_USE struct err *worktree_undo(
	struct saved *out, const struct checkout *c, bool made_branch, int64_t now_ms);
MUST_USE struct err *worktree_undelete(
	char **handle, char **branch, const struct checkout *c, const char *ref, struct sink *sink);
MUST_USE struct err *worktree_trash(struct strv *refs, const char *repo, const char *id);
MUST_USE struct err *worktree_drop_trash(const char *repo, const char *ref);
MUST_USE struct err *worktree_recap(struct buf *out, const struct checkout *c);
MUST_USE struct err *worktree_leftovers(
	struct strv *paths, const char *repo, const char *worktree_dir);
MUST_USE struct err *worktree_adopt(
	char **handle, char **branch, char **base, const struct checkout *c);
MUST_USE struct err *worktree_stale_locks(struct strv *paths, const struct checkout *c);

/* Commits since base and changed files, by an open private dir; git_dir has the index. */
MUST_USE struct err *recap_private(struct buf *out, const struct checkout *c, struct private_dir *p,
	const char *git_dir, const char *head);

/* A lock file that no living git holds: older than 60 s, and no git process in the worktree. */
bool lock_is_stale(const char *lock, const struct checkout *c);
/* One git worktree command of ours per repository at a time: they race inside git. */
MUST_USE struct err *repo_lock(struct lock *l, const struct checkout *c, const char *common);
