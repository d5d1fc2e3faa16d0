/*
 * One session in a verb's hands: its lock, its record, its plugins. hold_take() waits for the lock,
 * reads the record and settles what an interrupted verb left (op/settle.h).
 */
#pragma once

#include <jansson.h>

#include "op/world.h"
#include "slot/runtime.h"
#include "slot/workspace.h"
#include "store/run.h"

enum { HOLD_WAIT_MS = 15000 };

struct hold {
	const struct world *world;
	const struct project *project; /* NULL: no longer in the config */
	struct session s;
	struct lock lock;
	char *folder;
	const struct runtime *runtime;
	const struct workspace *workspace;
};

MUST_USE struct err *hold_take(struct hold *h, const struct world *w, const char *id);
/* The same, but leaves what is half done alone. */
MUST_USE struct err *hold_take_unsettled(struct hold *h, const struct world *w, const char *id);
/* As hold_take_unsettled(), but does not wait: *busy where another command is at work on it. */
MUST_USE struct err *hold_try(bool *busy, struct hold *h, const struct world *w, const char *id);
/* Record and plugins without the lock, for reading. */
MUST_USE struct err *hold_read(struct hold *h, const struct world *w, const char *id);
/* Plugins by the record's words; called by the two above, and by spawn for a new record. */
MUST_USE struct err *hold_plugins(struct hold *h);
void hold_release(struct hold *h);

struct checkout hold_checkout(const struct hold *h); /* points into h */
struct runtime_ref hold_runtime(const struct hold *h);
/* Keys, in order; an agent that is gone is an error. */
MUST_USE struct err *hold_press(const struct hold *h, char *const *keys);

/* Nothing runs in it: why, and what starts it. ERR_FAILED. */
MUST_USE struct err *hold_not_running(const struct hold *h);

/* doing=verb is durable before the first effect; NULL clears it with the last. */
MUST_USE struct err *hold_begin(struct hold *h, const char *verb);
/* Record a status with its reason, log the transition where it differs. Durable. */
MUST_USE struct err *hold_status(struct hold *h, enum status status, const char *reason);
/* The same, by evidence of that time (ms since 1970; 0: now). */
MUST_USE struct err *hold_status_at(
	struct hold *h, enum status status, const char *reason, int64_t at);

/* Log what was done. The record is the truth and is on disk by then, so a log that cannot be written
 * is a warning, not a failure of the verb. Takes more. */
void hold_log(struct hold *h, const char *type, json_t *more);
