/*
 * Ending what runs for a session, with nothing left behind: the runtime by its mark, ao-run by its
 * lock, and, should ao-run itself have been killed, every process that carries the session's folder
 * in its environment. Servers that were started inside (AO_KEEP) are spared.
 */
#pragma once

#include "base/proc.h"
#include "op/hold.h"

/* Nothing comes up any more; then until run.lock is free and no process is left: TERM, 5 s (now: none), KILL. Not
 * running: fine. h has no handle then; saving that is the caller's. */
MUST_USE struct err *reap_runtime(struct hold *h, bool now);
/* Processes of the session that no ao-run looks after; meaningful when run.lock is free. */
void reap_find(struct pids *out, const char *folder);
