/*
 * The one way in which plugins run git.
 *
 * An agent can write to its worktree and to that worktree's config, so git never looks for its
 * repository itself: --git-dir is pinned, no GIT_* variable is inherited but those that say how to
 * reach a remote and where the user's config is, hooks and fsmonitor are off, nothing prompts, and
 * messages are in English (they are read in two or three places).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/run.h"

enum { GIT_LONG_MS = 30 * 60 * 1000 }; /* a checkout or a scan of a whole tree */

struct git {
	const char *git_dir;   /* required */
	const char *work_tree; /* also where it runs; NULL: none, in "/" */
	const char *objects;   /* NULL: those of git_dir */
	const char *index;     /* NULL: that of git_dir */
	const char *in;        /* standard input; NULL: nothing */
	size_t in_n;
	int in_fd;        /* as in struct run */
	char *const *env; /* NAME=value, over all else; NULL: none */
	int64_t time_ms;  /* for commits, which are ao's own; 0: now */
	int timeout_ms;   /* as in struct run */
	int keep_fd;
	bool as_user; /* commits are the user's, by their own GIT_* or config; not ao's */
	bool offline; /* reach no remote, not even for objects of a partial clone */
};

/* Any exit code is success. args: from the subcommand on. */
MUST_USE struct err *git_run(struct run_result *r, const struct git *g, char *const *args);
/* An exit code other than 0 is an error with the last line that git said. */
MUST_USE struct err *git_ok(struct run_result *r, const struct git *g, char *const *args);
/* git_run() of what changes `ref`, under a lock of ours. Where a git that was killed has left its own lock there, that is
 * taken away and it runs once more. ERR_REFUSED: somebody is at work on it. */
MUST_USE struct err *git_ref(
	struct run_result *r, const struct git *g, const char *ref, char *const *args);
/* Is the lock file so old, and no git at work in that repository that was there when it was made? */
bool git_lock_is_dead(const char *lock, const char *common, int64_t least_ms);
/* Such locks of refs and packed-refs, a minute old at least. */
MUST_USE struct err *git_left_locks(struct strv *out, const char *repo);
/* The error that git_ok would have given. */
MUST_USE struct err *git_failed(const struct run_result *r, char *const *args);
