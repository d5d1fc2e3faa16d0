/*
 * Messages to an agent and their life: outbox/0001 …, one file each: key=value lines, a blank line,
 * the text byte for byte. The state is durable before the act that it names: `typing` is on disk
 * before the first byte is typed, so a crash can never lead to a second paste.
 */
#pragma once

#include "store/store.h"

#define MESSAGE_STATES(X)                                                                          \
	X(QUEUED, "queued")           /* nothing was typed */                                      \
	X(TYPING, "typing")           /* may be in the box, or not */                              \
	X(SUBMITTED, "submitted")     /* Enter was pressed */                                      \
	X(ACCEPTED, "accepted")       /* a receipt: it is a turn */                                \
	X(ANSWERED, "answered")       /* the turn it made has ended */                             \
	X(UNCONFIRMED, "unconfirmed") /* pressed, no receipt */                                    \
	X(FAILED, "failed")           /* not sent, and never will be */                            \
	X(WITHDRAWN, "withdrawn")     /* taken back before anything was typed */

#define MESSAGE_ROW(name, word) MESSAGE_##name,
enum message_state { MESSAGE_STATES(MESSAGE_ROW) MESSAGE_STATE_COUNT };
#undef MESSAGE_ROW
const char *message_state_word(enum message_state s);

struct message {
	int number; /* 0001 … */
	enum message_state state;
	char *from; /* who sent it: a session id, "user", "reaction …" */
	char *kind; /* "message", "prompt" (the first one, typed for want of an argument) or "continue"
			   (the turn that a death cut off is asked for again) */
	char *note;     /* why it failed, what it left out */
	char *reaction; /* the event that ao itself made it for (model/reaction.h); NULL: a sender's */
	char *items;    /* what it is made of (rule/items.h) */
	char *ticket; /* "CONVERSATION TICKET", where its channel has tickets (slot/channel.h); NULL: none */
	int attempt; /* which one of its episode, from 1 */
	int64_t made_at, changed_at;
	bool refused;    /* typed, and its sender was told that it was not sent */
	int64_t mark;    /* ms: receipts count from here on */
	struct buf text; /* as it is typed */
};

MUST_USE struct err *outbox_add(const struct store *st, const char *id, struct message *m);
MUST_USE struct err *outbox_save(const struct store *st, const char *id, const struct message *m);
bool message_is_live(enum message_state s); /* queued, typing or submitted */
struct messages {
	VEC(struct message) list;
};
/* Numbers in order; live_only: those queued, typing or submitted. */
MUST_USE struct err *outbox_read(
	struct messages *out, const struct store *st, const char *id, bool live_only);
/* Those above a number. */
MUST_USE struct err *outbox_read_above(
	struct messages *out, const struct store *st, const char *id, int number);
int outbox_last(const struct store *st, const char *id); /* the highest number; 0: none */
void message_release(struct message *m);
void messages_release(struct messages *m);
