/*
 * What may follow from what happens to a session: the events of `reactions` in the config, what each
 * does unless the config says otherwise (contract, section 7), and where one stands. An *episode*
 * lasts from the first sight of an event's condition until it has cleared; within it each new
 * *occasion* (a check that failed once more, another review thread) is dealt with once.
 */
#pragma once

#include "model/config.h"
#include "model/notice.h"

/* In the order in which they matter: of several messages to one agent the first goes first. */
#define REACTION_EVENTS(X)                                                                         \
	X(CI_FAILED, "ci-failed")                                                                  \
	X(CHANGES, "changes-requested")                                                            \
	X(BUGBOT, "bugbot-comments")                                                               \
	X(CONFLICTS, "merge-conflicts")                                                            \
	X(APPROVED, "approved-and-green")                                                          \
	X(STUCK, "agent-stuck")                                                                    \
	X(NEEDS_INPUT, "agent-needs-input")                                                        \
	X(LIMITED, "rate-limited")                                                                 \
	X(EXITED, "agent-exited")                                                                  \
	X(COMPLETE, "all-complete") /* of a project; the others are of a session */

#define EVENT_ROW(name, word) EVENT_##name,
enum reaction_event { REACTION_EVENTS(EVENT_ROW) EVENT_COUNT };
#undef EVENT_ROW
const char *reaction_word(enum reaction_event e);
enum reaction_event reaction_parse(const char *word); /* EVENT_COUNT: none */

enum reaction_action { REACT_SEND, REACT_NOTIFY, REACT_MERGE };

struct reaction {
	bool automatic; /* else a human is told, whatever the action */
	enum reaction_action action;
	enum priority priority;
	int retries;         /* messages in an episode at most; -1: no limit */
	int escalate_count;  /* a human is told when so many did not help; -1: not by count */
	int64_t escalate_ms; /* … when the episode has lasted so long; 0: not by time */
	const char *message; /* the config's own first sentence; NULL: ours */
};

/* The defaults with what the config says laid over; points into it. */
struct reaction reaction_effective(enum reaction_event e, const struct reactions *config);

/* Where one event of one session stands: what must survive a restart. */
struct episode {
	int64_t began; /* ms since 1970; 0: none is going on */
	char *dealt;   /* items that a message was made of, or that were merged */
	char *told;    /* items that a human was told of */
	int attempts; /* messages that were made in this episode, those that were withdrawn not counted */
	bool escalated;  /* a human was told that it does not help */
	char *trouble;   /* why the last message may not have arrived, until a human was told */
	char *notifying; /* the notice that is being sent; left there by a crash, nobody knows */
	int tries;       /* how often no notifier took it */
	int64_t again;   /* people are not told before, ms since 1970; 0: nothing was in vain */
};

struct episodes {
	struct episode of[EVENT_COUNT];
	int outbox; /* the messages up to this number are all final and counted above */
	/* Held back, as a person types in its terminal: since when, and when to look again. 0: nothing is */
	int64_t held_since, held_until;
};

void episode_end(struct episode *e);
void episodes_release(struct episodes *e);
