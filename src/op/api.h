/*
 * The agent's own interface (slot/api.h) of a session: where its record says that one was started.
 */
#pragma once

#include "model/agent.h"
#include "op/world.h"
#include "slot/api.h"

/* NULL: none; out is left alone then. started_at: of this run, ms since 1970. */
const struct api *api_of(struct api_ref *out, const struct world *w, const struct session *s,
	const char *folder, const struct agent *a, int64_t started_at);
/* The newest conversation that was begun since the session was made; *id NULL: none, or none that could
 * be found out, which is a warning. env: of its start. */
void api_find(char **id, const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env);
