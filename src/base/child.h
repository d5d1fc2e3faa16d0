/*
 * Starting programs: the only file of ao that does so (tools/layers.sh checks it). An argv, never a
 * shell. A child gets only standard descriptors and, where asked, one lock to hold with us. Where we
 * were started with SIGCHLD ignored, the first of them ends that: else no exit code could be had.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct child_options {
	char *const *argv; /* argv[0] is looked up on our PATH */
	char *const *env;  /* NULL: ours */
	const char *dir;   /* NULL: here */
	int fd[3];         /* its standard descriptors; -1: /dev/null */
	int keep_fd;       /* stays open in it under number 3; 0: none */
	bool own_session;  /* without our terminal, which it is to outlive */
	const char
		*tty; /* with own_session: this terminal is its standard descriptors, and its own */
};

struct child {
	pid_t pid;
	int pidfd; /* readable when it has ended */
};

/* In a process group of its own, with default signals. Not found: ERR_MISSING. */
MUST_USE struct err *child_start(struct child *c, const struct child_options *o);
void child_signal_group(const struct child *c, int signal);
/* Reaps it; blocks until it ends. Exit status, or 128 + signal. */
int child_reap(struct child *c);

/* Become the program: returns only on failure. */
MUST_USE struct err *child_exec(char *const *argv, char *const *env);

/* For ao-run: a child that has the terminal on descriptor 0 as its foreground group, dies with us
 * (PDEATHSIG), has default signals, none blocked, and no descriptor above 2. It is held before its
 * exec until child_go(), so that what must be on disk first can be. The caller has all signals
 * blocked. */
struct child_held {
	pid_t pid;
	int fd;
};

MUST_USE struct err *child_fork_foreground(
	struct child_held *c, char *const *argv, char *const *env, const char *dir, mode_t mask);
void child_go(struct child_held *c);
/* After its death: why its program could not be started. NULL: it was. */
char *child_why(struct child_held *c);
