/*
 * One session in the daemon's eyes: what its files told when it was looked at, what the last poll knew, and
 * with that, whether another one is worth while. What is compared is what the files *mean*: a hundred
 * reports of work are one thing.
 */
#pragma once

#include "store/store.h"

enum {
	PAUSE_MS = 2000, /* after a poll that changed something one more looks, later each time */
	PAUSE_MAX_MS = 300000,
	WAITS_MAX_MS = 30000,  /* the same where a message waits for what no file will tell */
	HELD_MS = 250,         /* somebody else was at work on it */
	CHECK_PAUSE_MS = 5000, /* a check that was run and is due again */
};

struct seen {
	uint64_t heard;   /* what the agent, its forge and the clock said */
	uint64_t written; /* its record, reactions and outbox, which a poll writes itself */
	uint64_t tally;   /* what counts for its project */
	bool busy;        /* a verb is at work on it */
	bool queued;
	bool owed; /* stuck, as far as files tell; a poll also sees a command that runs, and may end */
	bool room;   /* cramped, and there is memory and disk again */
	int64_t due; /* look again, ms since 1970; 0: only when something is told */
	int64_t timed; /* the same but for its terminal, of which a glance tells whether it was written to */
	bool still; /* it was not, for long */
	int64_t tty_at;
};

struct ward {
	char *id;
	bool dirty;  /* something may have happened: look */
	bool wanted; /* a poll is worth while */
	bool lock;   /* a lock of it was let go, and is free a moment later */
	struct seen now, polled;
	char *tty;
	uint64_t after; /* `written` as the last poll left it */
	int pause_ms;
	int64_t not_before, due; /* ms since 1970; 0: none */

	/* as the last poll said */
	struct strv places;
	char *places_told; /* the same, as it was told */
	int forge_ms;
	int64_t forge_at;
	bool unread, check;
	bool held;    /* another command was at work on it: nothing was done */
	bool waits;   /* a message waits for what no file will tell: it is asked for now and then */
	bool cramped; /* memory or disk is all that it waits for */

	bool checking;
	bool forget; /* poll it again, whatever is known */
	int check_pause_ms;
	int64_t check_at;
};

void ward_look(struct ward *w, const struct store *st, const struct config *c);
/* It is due only for a terminal that was silent, and still is: then the look is put off, and true. One stat(2). */
bool ward_glance(struct ward *w, int64_t now);
/* wanted and due, by what was seen. */
void ward_decide(struct ward *w, int64_t now);
/* A poll of it begins; it has ended. forge_factor: how much later its forge is asked again; 0: that poll did
 * not ask it. */
void ward_begin(struct ward *w);
void ward_end(struct ward *w, int64_t now, int forge_factor);
/* Nobody could be told of it: that its files say so is no news, and it is tried again by and by. */
void ward_rest(struct ward *w, const struct store *st, const struct config *c, int64_t now);
void ward_free(struct ward *w);
