/*
 * What the sessions cost: the processes below each ao-run, of all sessions from one pass over /proc. What
 * was started to outlive the session (AO_KEEP=1: a tmux server) is none of its processes, nor is what is
 * below that. Reads only.
 */
#pragma once

#include "base/proc.h"
#include "op/world.h"

struct ps_orphan {
	pid_t pid;
	char comm[32];
};

struct ps_row {
	char *session;
	bool alive;       /* false: only orphans are left of it */
	pid_t agent;      /* 0: being started */
	int processes;    /* below ao-run, itself and zombies left out */
	int64_t rss, pss; /* bytes; what is shared counts in each, or in parts */
	int64_t cpu_ms;   /* with that of commands that have ended */
	int64_t started_at, age_ms;
	/* carry the session's folder in their environment, and no ao-run looks after them */
	VEC(struct ps_orphan) orphans;
};

struct ps {
	VEC(struct ps_row) rows; /* in the order of the ids */
};

/* project NULL: all. */
MUST_USE struct err *op_ps(struct ps *out, const struct world *w, const char *project);
void ps_release(struct ps *p);
