/*
 * Starting an agent in a session's workspace: the launch file, the runtime, and the proof that
 * ao-run came up. Shared by spawn and restore.
 */
#pragma once

#include "op/hold.h"

struct start {
	const struct agent *agent;
	char *const *argv;      /* expanded; argv[0] found */
	const struct strv *env; /* the project's `env`; NULL: none */
	int columns, rows;      /* 0: 200 x 50 */
};

/* The agent's program, absolute or as found on PATH; missing: ERR_FAILED with the name looked for. */
MUST_USE struct err *start_program(char **program, const struct agent *a);
/* Trust: what comes from an untrusted config is not run (ERR_CONFIG): the agent's command, the
 * project's env and, where `making` the workspace, its postCreate. p NULL: no longer configured. */
MUST_USE struct err *start_allowed(
	const struct world *w, const struct agent *a, const struct project *p, bool making);

/* Its command line: `words` of its file, with what the caller says (prompt, promptFile, conversation) and what
 * the session and its project do. */
MUST_USE struct err *start_argv(struct strv *argv, const struct hold *h, const struct agent *a,
	const char *program, const struct strv *words, struct agent_values values);

/* What it is started with: the caller's environment, the agent's, the project's, ours. */
void start_env(struct strv *env, const struct hold *h, const struct start *o);

/* Write launch, start the runtime, wait until ao-run holds its lock or has written `exit`. The handle
 * is in the record (saved without fsync); `doing` is left to the caller. */
MUST_USE struct err *start_agent(struct hold *h, const struct start *o);

/* An agent that cannot go on (a lost conversation, a bad option) ends in its first moments: ERR_FAILED
 * when it does so within wait_ms; its first report, that of its end aside, ends the wait. */
enum {
	START_SPAWN_MS = 30,
	START_RESTORE_MS = 500,
	START_REPORT_MS = 5000, /* where its hooks will report (measured: 0.4 to 4 s) */
};
MUST_USE struct err *start_stays(const struct hold *h, int wait_ms);

/* Find the runtime by its mark and put its handle into the record; none: no handle. Not to be asked:
 * an error. */
MUST_USE struct err *start_adopt(struct hold *h);
/* Nothing is started any more: launch goes, which holds secrets, too. An ao-run that has read it holds run.lock. */
MUST_USE struct err *start_withdraw(const struct hold *h);
