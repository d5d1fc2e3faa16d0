/*
 * An `ao` that acts for the daemon: started, its output taken line by line, its end told. It has a process
 * group of its own; its errors go where the daemon's go.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"

enum {
	JOB_LINE_MAX = 1 << 20,
	JOB_MAX_MS = 3600000, /* then it is told to end */
	JOB_GRACE_MS = 60000, /* then it is ended */
};

struct job {
	struct child child;
	void *owner;
	/* A line of its output, without the newline. NULL: nobody wants it. */
	void (*line)(struct job *j, const char *text, size_t n);
	/* It has ended and been reaped; j goes away behind it. code: exit status, or 128 + signal. */
	void (*end)(struct job *j, int code);
	uv_poll_t death, output;
	uv_timer_t limit;
	int out; /* -1: it has closed it */
	struct buf text;
	int open; /* handles that are to be closed */
	struct job **slot;
};

/* *slot is j until the end, then NULL; j is freed by itself. */
MUST_USE struct err *job_start(struct job **slot, uv_loop_t *loop, char *const *argv,
	const struct job *like); /* owner, line and end of it */
void job_move(struct job *j, struct job **slot);
void job_stop(struct job *j); /* SIGTERM to its group; NULL: nothing */
