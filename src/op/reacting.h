/*
 * A poll at work on one session, for op/react.c and op/react_outbox.c: its locks, what was seen, and
 * where its episodes stand.
 */
#pragma once

#include "op/announce.h"
#include "op/hold.h"
#include "store/outbox.h"

/* What holds now, and by which rules. */
struct outlook {
	struct occasion now[EVENT_COUNT];
	struct reaction rules[EVENT_COUNT];
	struct moment moment;
	char *dialog; /* the open question; NULL */
};

struct reacting {
	struct announcer a; /* whom to tell; a.view is what was seen under the lock */
	const struct world *world;
	struct episodes episodes;
	struct lock lock; /* reactions.lock, held to the end; the session's is in h */
	struct hold h;
	struct views views;
	struct agent agent;
	struct messages messages; /* those above episodes.outbox */
	int last;                 /* the outbox's highest number before they were read */
	struct outlook o;
	int64_t typed_at; /* a person's last key in its terminal; 0: nobody's, -1: not asked yet */
	enum reaction_event held; /* the first that waits for a person; EVENT_COUNT: none */
	bool changed;             /* episodes are to be saved */
};

/* Does the event wait, as a person types in its terminal? Asks the terminal once. */
bool reacting_held(struct reacting *r, enum reaction_event e);
struct decision outlook_decide(
	const struct outlook *o, enum reaction_event e, const struct episode *episode);

/* op/react_outbox.c; all need the session's lock, but the last two */

/* Reads the messages that are not counted yet. */
MUST_USE struct err *outbox_look(struct reacting *r);
/* What a sender that died left half typed is finished; what is out of date is taken back. */
MUST_USE struct err *outbox_mend(struct reacting *r);
/* Has the turn of the newest message ended, and is that not written down yet? Needs no lock. */
bool outbox_is_answered(const struct world *w, const struct view *v);
MUST_USE struct err *outbox_answered(struct reacting *r);
/* Messages that have come to their end are counted into the episodes, up to the first that has not. */
void outbox_fold(struct reacting *r);
/* A message for the first event that asks for one, unless one is under way already. */
MUST_USE struct err *outbox_send(bool *added, struct reacting *r);
/* The first message that may go, if its agent is ready; looked at once. added: by outbox_send(). */
MUST_USE struct err *outbox_deliver(struct reacting *r, bool added);
/* Does one wait, although by all that files tell its agent is ready? */
bool outbox_waits(const struct reacting *r);
/* The episode with the messages that are not counted into it yet. It borrows all its texts. */
struct episode episode_now(const struct reacting *r, enum reaction_event e);
bool is_under_way(const struct reacting *r, enum reaction_event e); /* EVENT_COUNT: any */
