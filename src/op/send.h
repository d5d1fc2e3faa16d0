/*
 * Send: text → outbox → lock of the session → ready? → paste, Enter → receipt → one word, one exit
 * code (contract, section 4). Typed exactly once: retries press Enter, they never paste again.
 */
#pragma once

#include "op/world.h"

struct send_options {
	bool no_wait;
	int64_t timeout_ms; /* for the agent to become ready */
	bool interrupt;     /* press the agent's interrupt key first */
	const char *answer; /* answer the open dialog with this option, instead of a message */
	bool raw;           /* may begin like a command of the agent's interface */
	const char *from;   /* NULL: world_actor() */
};

enum send_outcome {
	SEND_PROCESSING,  /* ✓ Message sent and processing */
	SEND_QUEUED,      /* ✓ Message queued (session finishing previous task) */
	SEND_UNCONFIRMED, /* ! Message sent — could not confirm it was received; exit 3 */
	SEND_ANSWERED,    /* the dialog is gone */
};

MUST_USE struct err *op_send(enum send_outcome *out, const struct world *w, const char *id,
	const char *text, size_t n, const struct send_options *o);

/* A message of ours, with nobody who waits for it: into the outbox, durable; then typed when the agent is ready
 * within a minute, else, or without wait, it stays there for the next send or poll, and that is told. */
MUST_USE struct err *op_send_keep(int *number, const struct world *w, const char *id,
	const char *kind, const char *text, size_t n);
MUST_USE struct err *op_send_kept(const struct world *w, const char *id, int number, bool wait);

/* A first prompt that is no argument of the agent: both at once. */
MUST_USE struct err *op_send_first(
	const struct world *w, const char *id, const char *text, size_t n, bool wait);
