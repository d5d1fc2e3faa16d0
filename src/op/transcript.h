/*
 * An agent's transcript, read from its end: what it did last, its last words, and whether a message
 * became a turn. Nothing is kept between two readings, and what is read is bounded however long the
 * file: blocks from its end that grow until the question is answered. A last line without an end is
 * being written and is left out.
 */
#pragma once

#include "model/agent.h"
#include "model/turn.h"
#include "op/hold.h"
#include "slot/agent.h"

struct transcript {
	const struct agent_log *log; /* NULL: it has none that is known */
	char *path;
};

/* Where it lies: told by its hooks, else where this agent keeps it. */
void transcript_find(
	struct transcript *t, const struct session *s, const char *folder, const struct agent *a);
void transcript_release(struct transcript *t);

struct lately {
	struct turn last;   /* the newest record that says something; kind TURN_NOTHING: none */
	int64_t still_at;   /* of a TURN_STILL behind it, ms since 1970; 0: there is none */
	char *words;        /* the agent's newest; outside text. NULL: none */
	struct usage usage; /* of its newest call of the model, where that is told near by */
};

/* No file: nothing. words false: the state alone is asked. */
void transcript_lately(struct lately *out, const struct transcript *t, bool words);
void lately_release(struct lately *l);
/* Did a text of this digest become a turn, not before `since` (ms since 1970)? */
bool transcript_has(const struct transcript *t, int64_t since, size_t length, uint64_t hash);
