#include "op/api.h"

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
