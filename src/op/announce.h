/*
 * Telling people of a reaction, at most once: the notice is claimed in `reactions`, durable, then sent
 * by op/notify.h, then the claim is cleared. Where no notifier took it the claim is taken back, and the
 * next poll tries again, three times in all.
 */
#pragma once

#include <jansson.h>

#include "op/list.h"
#include "op/poll.h"
#include "rule/reaction_of.h"
#include "store/episodes.h"

enum announcement {
	ANNOUNCE_EVENT,
	ANNOUNCE_STRANGERS,  /* remarks of people who may not speak to an agent */
	ANNOUNCE_ESCALATION, /* urgent */
	ANNOUNCE_TROUBLE,    /* a message may not have arrived */
	ANNOUNCE_REFUSAL,    /* it could not be merged */
};

struct announcer {
	const struct world *world;
	const char *id; /* whose episodes (store/episodes.h); its reactions.lock is held */
	const struct project *project;
	const struct view *view; /* NULL: of a project */
	struct episodes *episodes;
	struct poll_ear *ear;
	bool *acted;
	bool again; /* a second look in the same pass: nothing is tried once more */
};

struct announced {
	enum announcement kind;
	enum reaction_event event;
	enum priority priority;
	const struct occasion *occasion;
	const char *title, *text, *why;
};

MUST_USE struct err *announce(const struct announcer *a, const struct announced *what);
/* Claims that a crash left: reported and cleared, in memory; true where there was one. */
bool announce_unsure(const struct announcer *a);

/* For op/react.c and op/poll.c: a line for whoever polls, and the log. decision: "send", "notify" … Takes
 * more. */
void announcer_tell(const struct announcer *a, enum reaction_event e, const char *what,
	const char *format, ...) PRINTF(4, 5);
void announcer_log(const struct announcer *a, enum reaction_event e, const char *decision,
	const char *reason, json_t *more);
