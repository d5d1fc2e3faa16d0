/*
 * What follows from an occasion, given where its episode stands (model/reaction.h): the whole of
 * "react" but the doing. Pure.
 */
#pragma once

#include "rule/occasion.h"

enum { SETTLING_MS = 10 * 60 * 1000 /* so long a red check waits for its running neighbours */ };

enum {
	ATTENDED_MS = 30000,         /* so long after their last key a person is still typing */
	HELD_MAX_MS = 10 * 60 * 1000 /* and no longer than that are they not disturbed */
};

/* Is a person at work in the session's terminal, so that nothing is told and nothing is typed now?
 * typed_at: 0: nobody. held_since: what waits already waits since then; 0: nothing does. */
bool is_attended(int64_t now, int64_t typed_at, int64_t held_since);

/* So long after nobody took a notice for the tries-th time it is tried again; 0: no more. Messages do not wait for that. */
int64_t notice_pause_ms(int tries);

struct moment {
	int64_t now;
	bool reachable; /* its agent runs: a message would be read */
};

/* Each is independent of the others; why_… is a constant, in plain words. */
struct decision {
	bool begin, end; /* of the episode */
	bool tidy; /* what was dealt with has partly gone, and would be new if it came again */
	bool send, merge;
	bool notify, notify_strangers, escalate, tell_trouble; /* a human */
	const char *why_act, *why_notify, *why_escalate;
};

struct decision reaction_of(const struct reaction *r, const struct episode *e,
	const struct occasion *o, enum reaction_event event, const struct moment *m);
bool decision_is_any(const struct decision *d);
/* The episode as it is once begin, end and tidy were carried out. */
void decision_apply(struct episode *e, const struct decision *d, const struct occasion *o,
	enum reaction_event event, int64_t now);
