/* One session, looked at closely before something is typed into it: facts, judged, with its screen. */
#pragma once

#include "op/channel.h"
#include "op/hold.h"
#include "op/sense.h"
#include "rule/activity_of.h"
#include "rule/screen.h"

struct sight {
	struct facts facts;
	struct evidence evidence;
	struct runtime_fact terminal;
	const struct channel *channel; /* beside its keyboard, where it has one */
	struct channel_ref at;
	struct channel_fact told; /* what that answered, if it can be asked */
	struct verdict activity;
	bool blind;          /* its runtime never shows a screen: reports and process alone count */
	enum screen_box box; /* its input line: not found, empty, holds text */
	struct buf typed;    /* what it holds */
};

MUST_USE struct err *sight_take(struct sight *out, const struct hold *h, const struct agent *a);
/* Its own interface alone; the facts must have been read. */
MUST_USE struct err *sight_ask(struct sight *s, const struct hold *h, const struct agent *a);
void sight_release(struct sight *s);

/* May something be typed now? A refusal is an error (contract, send): gone, a question is open. Not
 * yet is *why, a constant; NULL: yes. */
MUST_USE struct err *sight_ready(const char **why, const struct sight *s, const struct hold *h,
	const struct agent *a, bool no_wait);
/* Where its terminal is what tells: is there a program to ask it with? None: waiting would not help. */
MUST_USE struct err *sight_askable(const struct sight *s, const struct hold *h);
bool sight_typing(const struct sight *s); /* a person, right now */
/* Is it at no turn, as far as is known? */
bool sight_rests(const struct sight *s);
/* How a message is handed to it beside its keyboard; NULL: it is typed. Only where somebody listens: an
 * interface that answers and knows the conversation, or an agent that has reported since its start, since
 * whoever is not up yet would never read it. */
const struct channel *sight_channel(const struct sight *s);
/* Could its input line be told from the screen, as far as agent and runtime go? */
bool sight_box(const struct sight *s, const struct agent *a);
/* Does its interface tell all the options of its question, or all that can be seen of them? */
bool sight_tells(const struct sight *s);
/* The open dialog, by its interface or from its screen, for people: outside text, several lines; "" unknown. */
char *sight_dialog(const struct sight *s);
