/*
 * Run a program and wait for it: argv, input, two outputs, a deadline. Fill in a struct run; zero is
 * the default everywhere. At the deadline or at the user's stop the whole process group gets
 * SIGTERM, then SIGKILL after 2 s. Output still held open by a grandchild is not waited for.
 * AO_TRACE=1 prints each program run: milliseconds, status, argv. For tests AO_TEST_RUN_MS shortens
 * every deadline.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

enum { RUN_TIMEOUT_MS = 30000, RUN_OUTPUT_MAX = 256 << 20 };

struct run {
	char *const *argv;
	char *const *env; /* whole environment; NULL: ours */
	const char *dir;  /* NULL: here */
	const void *in;   /* standard input; NULL: /dev/null */
	size_t in_n;
	int in_fd;      /* > 0: standard input, for what is too large to hold; `in` is NULL then */
	int timeout_ms; /* 0: RUN_TIMEOUT_MS; negative: none */
	int keep_fd;    /* a lock to hold as long as the child or a child of it lives */
	size_t keep_n;  /* only about that much of the end of each output is kept; 0: all of it */
	int log_fd;     /* > 0: both outputs go there, and r->out and r->err stay empty */
};

struct run_result {
	int code; /* exit status, or 128 + signal */
	struct buf out, err;
};

/* Errors: not found (ERR_MISSING), ERR_TIMEOUT, ERR_INTERRUPTED, ERR_FAILED. Any exit code is success. */
MUST_USE struct err *run(struct run_result *r, const struct run *o);
/* An exit code other than 0 is an error too: "git worktree add: <last line it said on stderr>". */
MUST_USE struct err *run_ok(struct run_result *r, const struct run *o);
/* The error that run_ok would give for r. */
MUST_USE struct err *run_failed(const struct run_result *r, const struct run *o);
void run_result_release(struct run_result *r);

#define RUN(result, ...) run(result, &(const struct run){ __VA_ARGS__ })
#define RUN_OK(result, ...) run_ok(result, &(const struct run){ __VA_ARGS__ })
