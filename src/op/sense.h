/*
 * Sense: what is known of a session, as facts. Files first (store/evidence.h), the agent's transcript,
 * then, for those that need it, the terminal: title, output, screen, children. Nothing is decided here.
 */
#pragma once

#include "model/agent.h"
#include "model/facts.h"
#include "model/turn.h"
#include "op/world.h"
#include "slot/channel.h"
#include "slot/runtime.h"
#include "store/evidence.h"

/* What its transcript, or its interface, says beside what it is doing. */
struct told {
	char *words;        /* the first line of the agent's last; outside text, NULL: none known */
	struct usage usage; /* of its newest call of the model */
	const char *source; /* the transcript's format, static; NULL: it tells no usage */
	bool has_cost;
	double cost;              /* of the conversation so far, US dollars */
	const char *price_source; /* by whose prices, static */
	char *conversation;       /* its own id of it, by its interface; NULL: not told */
};

/* After the files, of which `in` is. told: NULL is not asked, and cheaper. */
void sense_transcript(struct facts *f, struct told *told, const struct evidence *in,
	const struct session *s, const char *folder, const struct agent *a);
/* By its own interface, a channel that can be asked. */
void sense_channel(struct facts *f, struct told *told, const struct evidence *in,
	const char *folder, const struct channel *c, const struct channel_fact *a);
/* Does it wait for its quota? After all else was sensed; activity as judged, screen NULL: not asked. */
void sense_limit(
	struct facts *f, enum activity activity, const struct agent *a, const char *screen);
void told_release(struct told *t);
/* t as the runtime's probe gave it, with or without screen. */
void sense_terminal(struct facts *f, const struct evidence *in, const struct agent *a,
	const struct runtime_fact *t);
