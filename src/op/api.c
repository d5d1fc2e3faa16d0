#include "op/api.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/path.h"
#include "store/conversation.h"
#include "store/port.h"

const struct api *api_of(struct api_ref *out, const struct world *w, const struct session *s,
	const char *folder, const struct agent *a, int64_t started_at)
{
	const struct api *api = api_named(a->send.channel);
	AUTO(conversation_release) struct conversation told = { 0 };
	AUTO(port_release) struct port port = { 0 };

	if (!api || !s->worktree)
		return NULL;
	port_read(&port, folder);
	if (!port.number)
		return NULL;
	conversation_read(&told, folder);
	*out = (struct api_ref){
		.worktree = path_real(s->worktree),
		.port = port.number,
		.secret = port.secret,
		.conversation = str_dup(told.id ? told.id : s->agent_session_id),
		.since = started_at,
		.data_dir = w->config.data_dir,
	};
	port = (struct port){ 0 };
	return api;
}

/* ---- many ------------------------------------------------------------------------------------ */

void api_round_add(struct api_round *r, size_t who, const struct world *w, const struct session *s,
	const char *folder, const struct agent *a, int64_t started_at)
{
	struct api_asked one = { .who = who };

	one.api = api_of(&one.ref, w, s, folder, a, started_at);
	if (one.api)
		*vec_push(&r->list) = one;
}

/* Those of one kind. */
static struct err *ask_kind(struct api_round *r, const struct api *api)
{
	struct api_ref *refs = mem_alloc((r->list.n + 1) * sizeof(*refs));
	struct api_fact *facts = mem_alloc((r->list.n + 1) * sizeof(*facts));
	struct err *e;
	size_t n = 0;

	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.v[i].api == api)
			refs[n++] = r->list.v[i].ref;
	e = api->look(facts, refs, n);
	n = 0;
	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.v[i].api == api)
			r->list.v[i].fact = facts[n++];
	free(refs);
	free(facts);
	return e;
}

struct err *api_round_ask(struct api_round *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		bool asked = false;
		for (size_t j = 0; j < i; j++)
			asked = asked || r->list.v[j].api == r->list.v[i].api;
		if (!asked)
			TRY(ask_kind(r, r->list.v[i].api));
	}
	return NULL;
}

void api_round_release(struct api_round *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		api_ref_release(&r->list.v[i].ref);
		api_fact_release(&r->list.v[i].fact);
	}
	free(r->list.v);
}

/* ---- one that is not running ----------------------------------------------------------------- */

void api_find(char **id, const struct world *w, const struct session *s, const struct agent *a,
	const char *program, const struct strv *env)
{
	const struct api *api = api_named(a->send.channel);
	AUTO(api_ref_release) struct api_ref ref = { .data_dir = w->config.data_dir };
	struct err *e;

	if (!api || !s->worktree)
		return;
	ref.worktree = path_real(s->worktree);
	clock_parse(&ref.since, s->created_at);
	e = api->find(id, &ref, program, env->v);
	if (e)
		sink_say(w->sink, SINK_WARNING, "%s: which conversation it was in: %s", s->id,
			e->text);
	err_drop(e, "it starts afresh, with a recap");
}
