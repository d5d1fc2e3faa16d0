/*
 * One session in a poll's hands: its record brought up to date, what waits in its outbox looked after,
 * and what follows from its events done.
 *
 * A message counts as made by its file in the outbox, durable, with event, items and attempt in it; the
 * state in `reactions` is brought up to it afterwards (fold), so there is no instant at which a crash
 * could make it twice. A notice is claimed in `reactions` before it goes out; a claim that a crash
 * left is reported, never repeated.
 */
#pragma once

#include "op/announce.h"

/* Is there anything to do? Reads only. */
bool react_is_due(const struct world *w, const struct view *v);
struct reacted {
	bool acted; /* something was done, so that a second look may find more */
	bool busy;  /* another command works on it, so nothing was done */
	bool waits; /* a message of its outbox waits for what no file will tell, as copy mode */
};

/* Whom to tell of what is noted in tellings. */
MUST_USE struct err *react_session(struct reacted *out, const struct world *w, const char *id,
	struct tellings *tellings, struct poll_ear *ear);
