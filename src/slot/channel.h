/*
 * Channel: a way to hand an agent a message that is no keyboard (an agent's `send: {channel: …}`). What is
 * handed over can neither answer a menu nor mix with what somebody types, and an agent at work keeps it
 * until it is ready. That it became a turn is not told here: the receipt is the agent's own report or
 * its transcript, as for what is typed.
 *
 * To add one, copy plugin/channel_qwen.c and add a line to slot/channels.def.
 */
#pragma once

#include "slot/plugin.h"

struct channel_ref {
	const char *folder;       /* the session's */
	const char *conversation; /* the agent's own id of it; NULL: not known */
};

struct channel {
	struct plugin plugin; /* name: as in `channel` */

	/* What the agent's command must say for somebody to listen at the other end: a placeholder of
	 * model/agent.h; NULL: nothing. */
	const char *needs;

	/* text[0, n) has no control bytes but newline and tab. An error of class ERR_UNCONFIRMED or
	 * ERR_TIMEOUT: the agent may have it; any other: it has not, and never will. */
	MUST_USE struct err *(*hand)(const struct channel_ref *r, const char *text, size_t n);
};

const struct channel *channel_named(const char *name); /* NULL: none; its messages are typed */
