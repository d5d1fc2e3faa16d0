/*
 * limits.maxSessions: how many runtimes live at once, in all and per project; and is there memory and
 * disk for one more (store/room.h)? Who comes above that is queued: an id, a record and a prompt only; so
 * is who comes `after` another session, until the pull request of that one is merged into the default
 * branch, and whose agent has spent its quota, as another session tells, until that is there again. What
 * ends a session or merges one starts them, and a poll; a new spawn those that wait for a place.
 */
#pragma once

#include "model/pull.h"
#include "op/hold.h"

/* Save the new record, durably: with doing=spawn where there is room, else queued. One at a time, so
 * two spawns never take the same place. *why tells what it waits for; NULL: admitted. */
MUST_USE struct err *queue_admit(char **why, struct hold *h);

/* Start what has waited longest, as long as there is room, and what waited for a merge that is there.
 * What fails is a warning, and errored. True: one waits on for memory or disk alone, of which nobody
 * tells when they are there. */
bool queue_next(const struct world *w);
/* A new one comes: who waits for a place, and no merge, goes first. */
void queue_before(const struct world *w);

/* May this queued one start now? Asks the forge where it comes after another one. */
bool queue_due(const struct world *w, const struct session *s);

/* May a new session wait for that one? ERR_MISSING: there is none; ERR_REFUSED: it waits for itself. */
MUST_USE struct err *queue_check_after(const struct world *w, const char *after);
/* Why who comes after that session must wait on, for people; NULL: it is merged. *lost: as things are,
 * it never will be. Asks its forge. */
char *queue_after(bool *lost, const struct world *w, const char *after);
/* The same, by what is known of it already. s NULL: its record is gone. */
char *queue_after_of(
	bool *lost, const char *after, const struct session *s, const struct pull *pull);
