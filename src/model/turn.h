/*
 * A record of an agent's transcript, as far as it says what the agent does. The transcripts' formats are
 * their agents' own (plugin/agent_*.c); this is what all of them come down to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum turn_kind {
	TURN_NOTHING,
	TURN_PROMPT,      /* the user said something, and it is a turn */
	TURN_WORK,        /* the agent is at it */
	TURN_CALL,        /* it asked for a tool: that runs, or waits for a permission */
	TURN_END,         /* over, with its last words */
	TURN_ERROR,       /* over, by an error */
	TURN_INTERRUPTED, /* over, by the user */
};

struct turn {
	enum turn_kind kind;
	int64_t at;     /* ms since 1970; 0: not said */
	char *text;     /* of a prompt: the user's words; else the agent's, NULL: none */
	int64_t tokens; /* in the model's context with this record; 0: not said */
};

void turn_release(struct turn *t);
