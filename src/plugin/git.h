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
/* The error that git_ok would have given. */
MUST_USE struct err *git_failed(const struct run_result *r, char *const *args);
