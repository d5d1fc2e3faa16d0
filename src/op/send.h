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

/* A first prompt that is no argument of the agent: sent when it is ready within a minute, else, or
 * without wait, it stays in the outbox for the next send, and that is told. */
MUST_USE struct err *op_send_first(
	const struct world *w, const char *id, const char *text, size_t n, bool wait);
