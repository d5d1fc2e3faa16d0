/*
 * Telling people of a reaction, at most once: the notice is claimed in `reactions`, durable, then sent
 * by op/notify.h, then the claim is cleared. Where no notifier took it the claim is taken back, and a
 * later poll tries again, five times in all (notice_pause_ms).
 *
 * Some of those who are to be told may hang, so that is the end of a pass: what is to be told is only noted
 * while sessions are looked at, and told when all else is done and their locks are free. From its note to
 * its end telling.lock beside the `reactions` is held: nobody else tells of that session meanwhile, and a
 * claim without it was left by a crash.
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
	ANNOUNCE_TROUBLE, /* a message may not have arrived; urgent, where its agent confirms what does */
	ANNOUNCE_REFUSAL, /* it could not be merged */
};

/* What is to be told. */
struct telling {
	const struct project *project;
	enum announcement kind;
	enum reaction_event event;
	enum priority priority;
	struct occasion occasion;
	char *id, *uid; /* whose episodes; uid: what stands for it in the notice's id */
	char *title, *text, *why, *url;
	struct episode
		before; /* as it was before the claim, but for the name that stands in that */
};

struct tellings {
	VEC(struct telling) list;
	VEC(struct teller {
		char *id;
		struct lock lock;
	})
	tellers;
};

struct announcer {
	const struct world *world;
	const char *id; /* whose episodes (store/episodes.h); its reactions.lock is held */
	const struct project *project;
	const struct view *view; /* NULL: of a project */
	struct episodes *episodes;
	struct tellings *tellings; /* of the pass */
	struct poll_ear *ear;
	bool *acted;
};

struct announced {
	enum announcement kind;
	enum reaction_event event;
	enum priority priority;
	const struct occasion *occasion;
	const char *title, *text, *why;
};

/* Notes it, unless it is noted already, or another pass is telling of the same session: the next one does. */
MUST_USE struct err *announce(const struct announcer *a, const struct announced *what);
/* Is it noted already? */
bool is_announced(const struct announcer *a, enum reaction_event e, enum announcement kind);
/* Claims that a crash left: reported and cleared, in memory; true where there was one. */
bool announce_unsure(const struct announcer *a);

/* Claims all that was noted, and then tells it. The caller holds no lock. */
MUST_USE struct err *tellings_claim(struct tellings *t, const struct world *w);
MUST_USE struct err *tellings_tell(struct tellings *t, const struct world *w, struct poll_ear *ear);
void tellings_release(struct tellings *t);

/* For op/react.c and op/poll.c: a line for whoever polls, and the log. decision: "send", "notify" … Takes
 * more. */
void announcer_tell(const struct announcer *a, enum reaction_event e, const char *what,
	const char *format, ...) PRINTF(4, 5);
void announcer_log(const struct announcer *a, enum reaction_event e, const char *decision,
	const char *reason, json_t *more);
