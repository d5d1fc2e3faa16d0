/*
 * limits.maxSessions: how many runtimes live at once, in all and per project. Who comes above that is
 * queued: an id, a record and a prompt only. The command that ends a session starts the next.
 */
#pragma once

#include "op/hold.h"

/* Save the new record, durably: with doing=spawn where there is room, else queued. One at a time, so
 * two spawns never take the same place. *why tells the limit, for people; NULL: admitted. */
MUST_USE struct err *queue_admit(char **why, struct hold *h);

/* Start what has waited longest, as long as there is room. What fails is a warning, and errored. */
void queue_next(const struct world *w);
