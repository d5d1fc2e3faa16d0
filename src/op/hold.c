#include "op/hold.h"

#include "base/clock.h"
#include "op/settle.h"
#include "store/events.h"

struct err *hold_plugins(struct hold *h)
{
	const char *runtime = h->s.runtime, *workspace = h->s.workspace;

	/* whatever became of its record: the main checkout is never taken for one of ours */
	if (h->s.id && session_is_orchestrator(&h->s))
		workspace = "main";
	TRY(runtime_find(&h->runtime, str_empty(runtime) ? "tmux" : runtime));
	return workspace_find(&h->workspace, str_empty(workspace) ? "worktree" : workspace);
}

struct err *hold_read(struct hold *h, const struct world *w, const char *id)
{
	h->world = w;
	TRY(store_load(&h->s, &w->store, id));
	str_release(&h->folder);
	h->folder = store_folder(&w->store, id);
	h->project = config_project(&w->config, h->s.project ? h->s.project : "");
	return hold_plugins(h);
}

struct err *hold_take_unsettled(struct hold *h, const struct world *w, const char *id)
{
	struct err *e = store_lock(&h->lock, &w->store, id, 0);

	if (e && e->class == ERR_TIMEOUT) {
		sink_say(w->sink, SINK_PROGRESS, "%s: waiting for the command at work on it", id);
		err_drop(e, "waited for");
		e = store_lock(&h->lock, &w->store, id, HOLD_WAIT_MS);
	}
	TRY(e);
	return hold_read(h, w, id);
}

struct err *hold_try(bool *busy, struct hold *h, const struct world *w, const char *id)
{
	struct err *e = store_lock(&h->lock, &w->store, id, 0);

	*busy = e && e->class == ERR_TIMEOUT;
	if (*busy) {
		err_drop(e, "whoever holds it is not waited for");
		return NULL;
	}
	TRY(e);
	return hold_read(h, w, id);
}

struct err *hold_take(struct hold *h, const struct world *w, const char *id)
{
	TRY(hold_take_unsettled(h, w, id));
	return op_settle(h);
}

void hold_release(struct hold *h)
{
	session_release(&h->s);
	lock_release(&h->lock);
	str_release(&h->folder);
}

struct checkout hold_checkout(const struct hold *h)
{
	return (struct checkout){
		.id = h->s.id,
		.uid = h->s.uid,
		.repo = h->s.repo,
		.path = h->s.worktree,
		.handle = h->s.workspace_handle,
		.branch = h->s.branch,
		.base = h->s.base,
		.folder = h->folder,
		.data_dir = h->world->store.data_dir,
		.lock_fd = h->lock.fd,
	};
}

struct runtime_ref hold_runtime(const struct hold *h)
{
	return (struct runtime_ref){ .handle = h->s.runtime_handle, .uid = h->s.uid };
}

struct err *hold_press(const struct hold *h, char *const *keys)
{
	struct runtime_ref ref = hold_runtime(h);
	enum runtime_answer answer;

	TRY(h->runtime->press(&answer, &ref, keys));
	return answer == RUNTIME_DONE
		? NULL
		: fail(ERR_FAILED, "the agent of %s ended meanwhile", h->s.id);
}

struct err *hold_begin(struct hold *h, const char *verb)
{
	str_set(&h->s.doing, verb);
	return store_save(&h->world->store, &h->s);
}

static void log_at(const struct hold *h, const char *type, int64_t at, json_t *more)
{
	struct err *e = events_append(&h->world->store, h->s.id, type, at, more);

	if (e)
		sink_say(h->world->sink, SINK_WARNING, "not in the event log: %s", e->text);
	err_drop(e, "told as a warning");
}

struct err *hold_status(struct hold *h, enum status status, const char *reason)
{
	return hold_status_at(h, status, reason, 0);
}

struct err *hold_status_at(struct hold *h, enum status status, const char *reason, int64_t at)
{
	AUTO(str_release) char *from = str_dup(h->s.status);
	AUTO(str_release) char *when = clock_iso(at ? at : clock_wall());
	bool same = str_equal(from, status_word(status));

	str_set(&h->s.status, status_word(status));
	str_set(&h->s.reason, reason);
	if (!same)
		str_set(&h->s.status_at, when);
	TRY(store_save(&h->world->store, &h->s));
	if (!same)
		log_at(h, "status", at,
			json_pack("{s:s?, s:s, s:s?}", "from", from, "to", status_word(status),
				"reason", reason));
	return NULL;
}

void hold_log(struct hold *h, const char *type, json_t *more)
{
	log_at(h, type, 0, more);
}

struct err *hold_not_running(const struct hold *h)
{
	const char *id = h->s.id;

	if (session_is(&h->s, STATUS_KILLED))
		return fail(ERR_FAILED,
			"%s was killed; bring it back with: ao session undelete %s, then "
			"ao session restore %s",
			id, id, id);
	if (session_is(&h->s, STATUS_QUEUED))
		return fail(ERR_FAILED,
			"%s is queued and not started yet; what it waits for: ao status --why %s",
			id, id);
	return fail(ERR_FAILED, "%s is not running; start it again with: ao session restore %s", id,
		id);
}
