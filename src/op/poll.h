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

struct poll_ear {
	void (*hear)(struct poll_ear *ear, const struct poll_line *line);
};

/* project: only this one; NULL: all. What fails for one session is a warning, holds up no other, and
 * is an error in the end. */
MUST_USE struct err *op_poll(const struct world *w, const char *project, struct poll_ear *ear);
