#include "op/channel.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/path.h"
#include "store/conversation.h"
#include "store/port.h"

const struct channel *channel_of(struct channel_ref *out, const struct world *w,
	const struct session *s, const char *folder, const struct agent *a, int64_t started_at)
{
	const struct channel *c = channel_named(a->send.channel);
	AUTO(conversation_release) struct conversation told = { 0 };
	AUTO(port_release) struct port port = { 0 };

	if (!c || !s->worktree || (c->needs && !agent_uses(&a->command, c->needs)))
		return NULL;
	port_read(&port, folder);
	if (str_equal(c->needs, "{port}") && !port.number)
		return NULL;
	conversation_read(&told, folder);
	*out = (struct channel_ref){
		.folder = str_dup(folder),
		.worktree = path_real(s->worktree),
		.port = port.number,
		.secret = port.secret,
		.conversation = str_dup(told.id ? told.id : s->agent_session_id),
		.since = started_at,
		.data_dir = w->config.data_dir,
	};
	port = (struct port){ 0 };
	return c;
}

/* ---- many ------------------------------------------------------------------------------------ */

void channel_round_add(struct channel_round *r, size_t who, const struct world *w,
	const struct session *s, const char *folder, const struct agent *a, int64_t started_at)
{
	struct channel_asked one = { .who = who };

	one.channel = channel_of(&one.ref, w, s, folder, a, started_at);
	if (one.channel && one.channel->look)
		*vec_push(&r->list) = one;
	else
		channel_ref_release(&one.ref);
}

/* Those of one kind. */
static struct err *ask_kind(struct channel_round *r, const struct channel *c)
{
	struct channel_ref *refs = mem_alloc((r->list.n + 1) * sizeof(*refs));
	struct channel_fact *facts = mem_alloc((r->list.n + 1) * sizeof(*facts));
	struct err *e;
	size_t n = 0;

	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.v[i].channel == c)
			refs[n++] = r->list.v[i].ref;
	e = c->look(facts, refs, n);
	n = 0;
	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.v[i].channel == c)
			r->list.v[i].fact = facts[n++];
	free(refs);
	free(facts);
	return e;
}

struct err *channel_round_ask(struct channel_round *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		bool asked = false;
		for (size_t j = 0; j < i; j++)
			asked = asked || r->list.v[j].channel == r->list.v[i].channel;
		if (!asked)
			TRY(ask_kind(r, r->list.v[i].channel));
	}
	return NULL;
}

void channel_round_release(struct channel_round *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		channel_ref_release(&r->list.v[i].ref);
		channel_fact_release(&r->list.v[i].fact);
	}
	free(r->list.v);
}

/* ---- one that is not running ----------------------------------------------------------------- */

void channel_find(char **id, const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env)
{
	const struct channel *c = channel_named(a->send.channel);
	AUTO(channel_ref_release) struct channel_ref ref = { .data_dir = w->config.data_dir };
	struct err *e;

	if (!c || !c->find || !s->worktree)
		return;
	ref.worktree = path_real(s->worktree);
	clock_parse(&ref.since, s->created_at);
	e = c->find(id, &ref, program, env->v);
	if (e)
		sink_say(w->sink, SINK_WARNING, "%s: which conversation it was in: %s", s->id,
			e->text);
	err_drop(e, "it starts afresh, with a recap");
}

bool channel_cut_off(const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env)
{
	const struct channel *c = channel_named(a->send.channel);
	AUTO(channel_ref_release) struct channel_ref ref = { .data_dir = w->config.data_dir };
	bool cut = false;
	struct err *e;

	if (!c || !c->cut_off || !s->worktree || str_empty(s->agent_session_id))
		return false;
	ref.worktree = path_real(s->worktree);
	ref.conversation = str_dup(s->agent_session_id);
	e = c->cut_off(&cut, &ref, program, env->v);
	if (e)
		sink_say(w->sink, SINK_WARNING, "%s: whether its last turn was over: %s", s->id,
			e->text);
	err_drop(e, "it is not told to continue");
	return cut;
}
