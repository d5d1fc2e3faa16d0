/*
 * The channel of a session's agent (slot/channel.h): where its command and its record say that somebody
 * listens at the other end.
 */
#pragma once

#include "model/agent.h"
#include "op/world.h"
#include "slot/channel.h"

/* NULL: none; out is left alone then. started_at: of this run, ms since 1970. */
const struct channel *channel_of(struct channel_ref *out, const struct world *w,
	const struct session *s, const char *folder, const struct agent *a, int64_t started_at);

/* Many of those that can be asked, all at once. */
struct channel_round {
	VEC(struct channel_asked {
		size_t who;
		const struct channel *channel;
		struct channel_ref ref;
		struct channel_fact fact;
	})
	list;
};

/* Nothing where it has none. */
void channel_round_add(struct channel_round *r, size_t who, const struct world *w,
	const struct session *s, const char *folder, const struct agent *a, int64_t started_at);
MUST_USE struct err *channel_round_ask(struct channel_round *r);
void channel_round_release(struct channel_round *r);

/* The newest conversation that was begun since the session was made; *id NULL: none, or none that could
 * be found out, which is a warning. env: of its start. */
void channel_find(char **id, const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env);
/* Did its conversation, which is known, end in the middle of a turn? False where that can't be found out. */
bool channel_cut_off(const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env);
