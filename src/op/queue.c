#include "op/queue.h"

#include "base/path.h"
#include "op/pull.h"
#include "op/spawn.h"

enum { ADMIT_WAIT_MS = 30000 };

struct count {
	int all, project;
};

/* Does it hold a place? Its agent lives, or a spawn is making it. */
static bool holds_place(const struct store *st, const char *id, const struct session *s)
{
	AUTO(str_release) char *run = store_path(st, id, "run.lock");

	if (session_is_orchestrator(s))
		return false;
	return lock_held(run) == TRI_YES || str_equal(s->doing, "spawn");
}

static struct err *count(struct count *out, const struct world *w, const char *project)
{
	AUTO(strv_release) struct strv ids = { 0 };

	*out = (struct count){ 0 };
	TRY(store_ids(&ids, &w->store, true));
	STRV_EACH(id, &ids) {
		AUTO(session_release) struct session s = { 0 };
		struct err *e = store_load(&s, &w->store, *id);
		if (!e && holds_place(&w->store, *id, &s)) {
			out->all++;
			out->project += str_equal(s.project, project);
		}
		err_drop(e, "a number that is only just taken holds no place");
	}
	return NULL;
}

static struct err *find_limit(char **why, const struct world *w, const struct project *p)
{
	struct count n;

	TRY(count(&n, w, p->id));
	if (w->config.max_sessions > 0 && n.all >= w->config.max_sessions)
		*why = str_format("waits for a place: %d of %d sessions are running", n.all,
			w->config.max_sessions);
	else if (p->max_sessions > 0 && n.project >= p->max_sessions)
		*why = str_format("waits for a place: %d of %d sessions of %s are running",
			n.project, p->max_sessions, p->id);
	return NULL;
}

/* ---- after another one ----------------------------------------------------------------------- */

struct err *queue_check_after(const struct world *w, const char *after)
{
	AUTO(strv_release) struct strv seen = { 0 };
	AUTO(str_release) char *next = str_dup(after);

	while (next) {
		AUTO(session_release) struct session s = { 0 };
		struct err *e = store_load(&s, &w->store, next);
		if (e && seen.n) { /* further on; whoever waits for that is told so */
			err_drop(e, "it is not ours to wait for");
			return NULL;
		}
		TRY(e);
		if (strv_has(&seen, next))
			return fail(ERR_REFUSED,
				"%s waits for itself: see 'after' in ao session show", next);
		strv_add(&seen, next);
		str_set(&next, session_is(&s, STATUS_QUEUED) ? s.after : NULL);
	}
	return NULL;
}

char *queue_after_of(
	bool *lost, const char *after, const struct session *s, const struct pull *pull)
{
	*lost = true;
	if (!s)
		return str_format("waits for %s, which is gone", after);
	if (pull->state == PULL_MERGED && !pull->merged_into_default)
		return str_format(
			"waits for %s, which was merged, but not into the default branch", after);
	if (pull->state == PULL_CLOSED)
		return str_format(
			"waits for %s, whose pull request was closed without a merge", after);
	if (session_is(s, STATUS_KILLED) && pull->state != PULL_MERGED)
		return str_format("waits for %s, which was killed before it was merged", after);
	*lost = false;
	if (session_is(s, STATUS_MERGED) || pull->state == PULL_MERGED)
		return NULL;
	return str_format("waits for the merge of %s", after);
}

char *queue_after(bool *lost, const struct world *w, const char *after)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(pull_release) struct pull pull = { 0 };
	struct err *e = store_load(&s, &w->store, after);

	if (!e)
		pull_ask(&pull, w, &s, config_project(&w->config, s.project ? s.project : ""));
	else if (e->class != ERR_MISSING)
		str_set(&s.id, after); /* there, but not to be read: not known to be merged */
	err_drop(e, "it is waited for");
	return queue_after_of(lost, after, s.id ? &s : NULL, &pull);
}

/* ---- in and out ------------------------------------------------------------------------------ */

static struct err *admission(struct lock *l, const struct world *w)
{
	AUTO(str_release) char *path = path_join(w->store.dir, ".admit");

	return lock_take(l, path, ADMIT_WAIT_MS);
}

struct err *queue_admit(char **why, struct hold *h)
{
	AUTO(lock_release) struct lock l = { 0 };
	bool lost;

	if (h->s.after)
		*why = queue_after(&lost, h->world, h->s.after);
	if (!*why) {
		TRY(admission(&l, h->world));
		TRY(find_limit(why, h->world, h->project));
	}
	if (!*why)
		return hold_begin(h, "spawn");
	str_set(&h->s.doing, NULL);
	return hold_status(h, STATUS_QUEUED, *why);
}

bool queue_due(const struct world *w, const struct session *s)
{
	const struct project *p = config_project(&w->config, s->project ? s->project : "");
	AUTO(str_release) char *why = NULL;
	struct err *e = p ? find_limit(&why, w, p) : NULL;
	bool ok, lost;

	if (!e && !why && s->after)
		why = queue_after(&lost, w, s->after);
	ok = p && !e && !why;

	err_drop(e, "then it waits on");
	return ok;
}

static void start_one(const struct world *w, const char *id)
{
	bool started = false;
	struct err *e = spawn_queued(&started, w, id);

	if (e)
		sink_say(w->sink, SINK_WARNING, "%s was queued and did not start: %s", id, e->text);
	else if (started) /* else another command was quicker */
		sink_say(w->sink, SINK_NOTE, "%s was queued and is started now", id);
	err_drop(e, "told as a warning");
}

void queue_next(const struct world *w)
{
	AUTO(strv_release) struct strv ids = { 0 };

	err_drop(store_ids(&ids, &w->store, true), "nobody is started, then");
	STRV_EACH(id, &ids) {
		AUTO(session_release) struct session s = { 0 };
		struct err *e = store_load(&s, &w->store, *id);
		if (!e && session_is(&s, STATUS_QUEUED) && queue_due(w, &s))
			start_one(w, *id);
		err_drop(e, "it is no queued one");
	}
}
