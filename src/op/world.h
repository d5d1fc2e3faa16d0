/*
 * What a verb works on: the config, its store, and where its remarks go. Opened once by the command,
 * read only; each verb reads the records that it needs.
 */
#pragma once

#include <stdbool.h>

#include "base/sink.h"
#include "model/config.h"
#include "store/store.h"

struct world {
	struct config config;
	struct store store;
	struct sink *sink;
};

/* named: --config, or NULL. */
MUST_USE struct err *world_open(struct world *w, const char *named, struct sink *sink, bool writes);
void world_release(struct world *w);

/* The project of a command that acts on one: flag (may be NULL), AO_PROJECT_ID, the current
 * directory, the only one. None of that name: ERR_MISSING lists those there are. */
MUST_USE struct err *world_project(
	const struct project **out, const struct world *w, const char *flag);
/* Who acts: AO_SESSION, else AO_ACTOR (the daemon), else "user". For events and messages. */
const char *world_actor(void);
