#include "op/world.h"

#include <stdlib.h>

#include "store/config_file.h"

struct err *world_open(struct world *w, const char *named, struct sink *sink, bool writes)
{
	w->sink = sink;
	TRY(config_load(&w->config, named));
	return store_open(&w->store, &w->config, sink, writes);
}

void world_release(struct world *w)
{
	config_release(&w->config);
	store_release(&w->store);
}

struct err *world_project(const struct project **out, const struct world *w, const char *flag)
{
	return config_current_project(out, &w->config, flag);
}

const char *world_actor(void)
{
	const char *session = getenv("AO_SESSION"), *other = getenv("AO_ACTOR");

	return !str_empty(session) ? session : !str_empty(other) ? other : "user";
}
