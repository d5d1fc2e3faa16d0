/*
 * What becomes of a session whose verb died in the middle (`doing` in the record): the literal table
 * of the crash analysis. Pure; op/settle.c carries the choice out. Nothing follows from unknown.
 */
#pragma once

#include <stdbool.h>

#include "base/tri.h"

enum verb { VERB_NONE, VERB_SPAWN, VERB_KILL, VERB_RESTORE, VERB_UNDELETE, VERB_OTHER };

enum settlement {
	SETTLE_NOTHING, /* nothing is half done */
	SETTLE_LEAVE,   /* it cannot be told: ask again later */
	SETTLE_WAIT,    /* ao-run may be coming up: wait 1 s, ask again with waited set */
	SETTLE_FORWARD, /* complete the record */
	SETTLE_BACK,    /* take back what was made */
	SETTLE_AGAIN,   /* do the verb again from its start: each step may have been done */
};

struct settle_facts {
	enum verb verb;
	enum tri alive; /* run.lock */
	bool launch;    /* the file is still there: ao-run did not read it */
	bool ran;       /* `run` or `exit` was written since the verb began */
	bool waited;
	bool failed;    /* the verb itself asks, since a step failed: it did not die */
};

/* A kill that shall leave the worktree: whoever finishes it must know. */
#define DOING_KILL_KEEP "kill --keep-worktree"

enum verb verb_of(const char *doing);
enum settlement settle_of(const struct settle_facts *f);
const char *settlement_word(enum settlement s); /* in plain words, for log and doctor */
