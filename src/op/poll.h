/*
 * Poll: one pass of sense, think, act over all sessions. Sense is op/list.h. Think is rule/status_of.h
 * and rule/reaction_of.h. Act is op/react.h: where a status differs from the record, one transition;
 * where something happened, a message to the agent or a notice to people, each once, whatever
 * crashes (docs/tour.md follows one). Nothing new: nothing is written, and nothing started but what a
 * list starts.
 */
#pragma once

#include "op/world.h"

/* A thing that was done, told as it is done. */
struct poll_line {
	const char *project; /* id; NULL: no longer configured */
	const char *session; /* NULL: of the project */
	const char *event;   /* as in `reactions`; NULL: of none */
	const char *what;    /* one word, for programs: status, sent, queued, withdrawn, told … */
	const char *text;    /* one line; outside text is in it */
};

/* What would make another pass of this session worth while, beside what its own files tell. */
struct poll_hint {
	const char *session;
	struct strv places; /* folders in which a file changes when its pull request does */
	int forge_ms; /* its forge is to be asked again after that long; 0: not for its sake */
	bool unread;  /* its pull request could not be read */
	bool check;   /* a check of it is due that runs here: `ao pr checks` */
	bool busy;    /* something is due, and another command is at work on it */
	bool waits;   /* a message waits for what no file will tell */
	bool room;    /* it is queued, and memory or disk is all that it waits for */
};

struct poll_ear {
	void (*hear)(struct poll_ear *ear, const struct poll_line *line);
	/* NULL: checks that are due are run; else they are not, and this is told at the end. */
	void (*hint)(struct poll_ear *ear, const struct poll_hint *hint);
	/* All is done but the telling of people, who may be slow to hear. NULL: nobody wants to know. failed: the
	 * end will be an error. */
	void (*telling)(struct poll_ear *ear, bool failed);
};

struct poll_options {
	const char *project; /* only this one; NULL: all */
	const struct strv
		*sessions; /* only these, and nothing of the project as a whole; NULL: all */
	bool quick;        /* what a forge said within 30 s is good enough */
};

/* What fails for one session is a warning, holds up no other, and is an error in the end. No session of
 * that name: ERR_MISSING. */
MUST_USE struct err *op_poll(
	const struct world *w, const struct poll_options *o, struct poll_ear *ear);
