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
	TURN_SAID,        /* its words: its last, or a call of a tool comes behind them */
	TURN_CALL,        /* it asked for a tool: that runs, or waits for a permission */
	TURN_END,         /* over, with its last words */
	TURN_ERROR,       /* over, by an error */
	TURN_INTERRUPTED, /* over, by the user */
	TURN_ASIDE,       /* at work that is no turn: it sums its conversation up */
	TURN_STILL,       /* none is open, if none was: one was taken back, or an aside is over */
	TURN_ANEW,        /* what went before was written down once more, from its time on */
};

/* What one call of the model took: the sum is what is in its context now. */
struct usage {
	int64_t input, output, cache_read,
		cache_write; /* input: what no cache had; all 0: not said */
};

struct turn {
	enum turn_kind kind;
	int64_t at; /* ms since 1970; 0: not said */
	char *text; /* of a prompt: the user's words; else the agent's, NULL: none */
	struct usage usage;
};

int64_t usage_tokens(int64_t said);       /* a number from a transcript, as far as it can be true */
int64_t usage_sum(const struct usage *u); /* 0: not said */
void turn_release(struct turn *t);
