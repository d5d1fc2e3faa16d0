/*
 * Notify: a notice to all notifiers that its priority is routed to (`notificationRouting`, else the
 * project's `notifiers`). The notifiers are told at the same time, each one notice behind the other, with a
 * time limit (10 s, 12 for one that must be killed); one that fails or hangs holds up none, and one that
 * hung is not asked again for the rest. What came of a notice is an event.
 *
 * Of one project and priority 20 go out in a minute; further ones are events only, and the 20th and
 * the first one afterwards say so.
 *
 * The caller holds no namespace lock.
 */
#pragma once

#include "model/notice.h"
#include "op/world.h"

struct notified {
	int told;           /* notifiers that took it */
	bool held;          /* too many in this minute: it is in the log, nobody was told */
	struct strv failed; /* "desktop: no notify-send on PATH", a line for each that did not */
};

/* One notifier, and how it is. */
struct notifier_state {
	char *name;
	char *why; /* NULL: fine */
};

struct notifier_states {
	VEC(struct notifier_state) list;
};

/* A notice on its way. */
struct sending {
	const struct project *project; /* NULL: of none */
	const struct notice *notice;
	struct notified result; /* out */
	bool broken_off;        /* out: the user stopped us; whether anybody heard is not known */

	struct strv names; /* whom it is for */
	char *flood;       /* its text, where that says more than the notice's own; NULL */
	struct notifier_states states;
};

/* Each to all that it is for. ERR_INTERRUPTED: some were broken off. */
MUST_USE struct err *op_notify(const struct world *w, struct sending *v, size_t n);
void sending_release(struct sending *s);

/* Every notifier that the config names and that could be told something, each once. */
void op_notifiers(struct strv *names, const struct config *c);
/* Could each tell? Starts no program. */
void op_notifiers_usable(struct notifier_states *out, const struct world *w);
/* Did anybody write the name? The one that is there by default is silent, and tells doctor alone, where
 * the machine has no such medium. */
bool op_notifier_asked(const struct config *c, const char *name);
/* Those whose plugin, or a variable of theirs, is not there: only they, each with why. */
void op_notifiers_missing(struct notifier_states *out, const struct config *c);
/* A test notice to each of the names (none: to all). ERR_MISSING: the config has no such one, and none
 * was told. */
MUST_USE struct err *op_notify_test(
	struct notifier_states *out, const struct world *w, const struct strv *names);
void notified_release(struct notified *n);
void notifier_states_release(struct notifier_states *s);
