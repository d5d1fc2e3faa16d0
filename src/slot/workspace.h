/*
 * Workspace: the files that one session works on, with a branch of its own.
 *
 * A checkout names one workspace. `handle` is what create() gave back and opaque outside the plugin
 * (worktree: the absolute path of git's admin dir for it, as read from the worktree's .git; clone: the
 * path of its git dir). No function decides by a guess: what does not match path and handle is not ours and is left alone.
 *
 * git runs with hooks, fsmonitor and filters of the worktree's own config off and a pinned git dir,
 * since an agent can write there; lock_fd goes to every child that changes something.
 *
 * To add one, copy plugin/workspace_worktree.c and add a line to slot/workspaces.def.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "slot/plugin.h"

struct checkout {
	const char *id;       /* session id */
	const char *uid;      /* session uid, 32 hex digits */
	const char *repo;     /* the project's path: a main checkout or a bare repository */
	const char *path;     /* where the workspace is or shall be, absolute */
	const char *handle;   /* NULL before create() */
	const char *branch;   /* its branch, without refs/heads/ */
	const char *base;     /* the commit it started from, full id */
	const char *folder;   /* the session's folder */
	const char *data_dir; /* for save/<hash>.git */
	int lock_fd;          /* the session's lock, held */
};

/* Where a new branch starts. */
struct start_point {
	char *default_branch; /* its name */
	char *commit;         /* full id of the base */
	char *shown;          /* "origin/main" */
};

struct saved {
	char *ref;          /* refs/ao/trash/ID/TIME; NULL: nothing of worth was there */
	int files, commits; /* files that differ from HEAD; commits that no branch holds */
	struct strv nested; /* folders in it that hold repositories of their own: keep it aside */
	char *note;         /* what the user must be told; NULL: nothing */
};

struct workspace {
	struct plugin plugin;
	bool borrowed; /* the main checkout: not the session's to make, save or take away */

	/* Find the start of a new branch: `base` if not NULL, else origin/<default branch> after a
	 * fetch (at most 20 s; failing is a warning), else the local branch. merges_here: pull requests
	 * are merged into the local branch, so it is the start where it holds what the remote one lacks.
	 * Errors are one clear line: not a repository, no commits, no such base. */
	MUST_USE struct err *(*origin)(struct start_point *out, const char *repo,
		const char *default_branch, const char *base, bool merges_here, struct sink *sink);

	/* *name: the wanted branch, or -2, -3 … when taken, or with / as - where a branch of the name
	 * of its first folder forbids it. exact: only the wanted one, else ERR_REFUSED with the reason. */
	MUST_USE struct err *(*free_branch)(
		char **name, const char *repo, const char *wanted, bool exact);

	/* Make branch and workspace. On an error what was made is still there, for undo(). */
	MUST_USE struct err *(*create)(char **handle, const struct checkout *c, struct sink *sink);

	/* Is it there and ours? No process is started. */
	enum tri (*exists)(const struct checkout *c);
	/* The branch it is on now, from its HEAD file; NULL: detached or unknown. */
	char *(*branch_now)(const struct checkout *c);
	enum tri (*branch_exists)(const struct checkout *c);

	/* Save everything of worth that the session's branch in the repository does not hold, under refs/ao/trash/<id>/<time>. A `previous` ref (may be NULL) that
	 * already holds the same is given back instead. Never changes the workspace. ERR_REFUSED when
	 * anything could not be saved. */
	MUST_USE struct err *(*save)(
		struct saved *out, const struct checkout *c, const char *previous, int64_t now_ms);

	/* Bring the branch's commits into the project's repository, and its ref there along: what pull
	 * requests of that repository go by. A branch that somebody else moved or has checked out stays:
	 * ERR_REFUSED. NULL: its branches are the repository's own. */
	MUST_USE struct err *(*publish)(const struct checkout *c, const char *branch);
	/* Has the branch commits that publish() was not asked to bring yet? From files alone. NULL where
	 * publish is. */
	bool (*has_news)(const struct checkout *c, const char *branch);
	/* The folders in which that shows, added to what is there. NULL where publish is. */
	void (*places)(struct strv *folders, const struct checkout *c, const char *branch);

	/* Take it away: renamed to .ao-gone-<id>-<uid8> beside it, then forgotten by git; or, where
	 * nested repositories were found, kept aside as <path>.kept-<time>, locked: *kept is that path
	 * (else NULL). Every step may have been done before. The bytes go with discard(). */
	MUST_USE struct err *(*remove)(
		char **kept, const struct checkout *c, const struct saved *saved, int64_t now_ms);
	MUST_USE struct err *(*discard)(const struct checkout *c);

	/* After a failed create(): save, remove, discard and take the branch back where it still
	 * points to base. made_branch: the branch did not exist before. */
	MUST_USE struct err *(*undo)(
		struct saved *out, const struct checkout *c, bool made_branch, int64_t now_ms);

	/* Bring branch (if gone), files and staged state back; ref NULL: from the branch alone.
	 * *branch: the one it is on (another name, and a warning, when the branch has moved). A half-made
	 * earlier try is taken back first. A folder that was kept aside is moved back instead. */
	MUST_USE struct err *(*undelete)(char **handle, char **branch, const struct checkout *c,
		const char *ref, struct sink *sink);

	/* Trash of one session (or of all, id NULL), oldest first: full ref names. */
	MUST_USE struct err *(*trash)(struct strv *refs, const char *repo, const char *id);
	MUST_USE struct err *(*drop_trash)(const char *repo, const char *ref);
	/* Kept-aside folders of a session, oldest first. */
	MUST_USE struct err *(*kept)(struct strv *paths, const struct checkout *c);

	/* For a fresh start in an old workspace: commits since base and changed files, as text. */
	MUST_USE struct err *(*recap)(struct buf *out, const struct checkout *c);

	/* For `ao doctor`: workspaces of ours (below worktree_dir) that git knows, and .ao-gone-*
	 * folders. One process. */
	MUST_USE struct err *(*leftovers)(
		struct strv *paths, const char *repo, const char *worktree_dir);
	/* What the record of a workspace would say whose record was lost: path, repo and folder are
	 * given. Not one of this repository: ERR_REFUSED. *branch NULL: detached. */
	MUST_USE struct err *(*adopt)(
		char **handle, char **branch, char **base, const struct checkout *c);
	/* index.lock and HEAD.lock files of the checkout that nobody holds: for `ao doctor`. */
	MUST_USE struct err *(*stale_locks)(struct strv *paths, const struct checkout *c);
	/* The same of the repository's refs. */
	MUST_USE struct err *(*left_locks)(struct strv *paths, const char *repo);
};

void start_point_release(struct start_point *o);
void saved_release(struct saved *s);
MUST_USE struct err *workspace_find(const struct workspace **out, const char *name);
