/*
 * Spawn: issue → id → branch and worktree → launch line → runtime → one record. `doing=spawn` is on
 * disk before the first effect; a failure settles the record (op/settle.h) and is returned.
 */
#pragma once

#include "op/world.h"

struct spawn_options {
	const struct project *project;
	const char *issue;  /* 42, #42, INT-7, a URL, any words; NULL: none */
	const char *agent;  /* NULL: the project's */
	const char *branch; /* exactly this one; NULL: derived */
	const char *base;   /* NULL: the default branch */
	const char *prompt; /* NULL: made from the issue, or none */
	const char *after;  /* a session whose merge it waits for; NULL: none */
	int columns, rows;  /* the new terminal's size in cells; 0: 200 x 50 */
};

/* *attach: the line for people. *issue_shown: "#42", "INT-7", the words, or NULL. */
struct spawned {
	struct session session;
	char *attach, *issue_shown;
	char *queued; /* what it waits for; NULL: it was started */
};

MUST_USE struct err *op_spawn(
	struct spawned *out, const struct world *w, const struct spawn_options *o);
/* A queued session, once there is room for it (op/queue.h). No longer queued, or no room after all: not
 * *started. */
MUST_USE struct err *spawn_queued(bool *started, const struct world *w, const char *id);
void spawned_release(struct spawned *s);
