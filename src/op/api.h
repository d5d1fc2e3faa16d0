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
/* Many of them, asked all at once. */
struct api_round {
	VEC(struct api_asked {
		size_t who;
		const struct api *api;
		struct api_ref ref;
		struct api_fact fact;
	})
	list;
};

/* Nothing where it has none. */
void api_round_add(struct api_round *r, size_t who, const struct world *w, const struct session *s,
	const char *folder, const struct agent *a, int64_t started_at);
MUST_USE struct err *api_round_ask(struct api_round *r);
void api_round_release(struct api_round *r);

/* The newest conversation that was begun since the session was made; *id NULL: none, or none that could
 * be found out, which is a warning. env: of its start. */
void api_find(char **id, const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env);
