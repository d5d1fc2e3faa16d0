#include "op/queue.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/path.h"
#include "op/list.h"
#include "op/pull.h"
#include "op/spawn.h"
#include "store/room.h"

enum { ADMIT_WAIT_MS = 30000 };

/* What all who wait are judged by, read once for all of them. */
struct places {
	const struct world *world;
	bool counted, listed;
	struct strv held;   /* the project of each session that holds a place */
	struct views views; /* of all sessions */
};

/* What was read counts no more. */
static void places_release(struct places *p)
{
	strv_release(&p->held);
	views_release(&p->views);
	p->counted = p->listed = false;
}

/* Does it hold a place? Its agent lives, or a spawn is making it. */
static bool holds_place(const struct store *st, const char *id, const struct session *s)
{
	AUTO(str_release) char *run = store_path(st, id, "run.lock");

	if (session_is_orchestrator(s))
		return false;
	return lock_held(run) == TRI_YES || str_equal(s->doing, "spawn");
}

static struct err *count(struct places *p)
{
	const struct store *st = &p->world->store;
	AUTO(strv_release) struct strv ids = { 0 };

	if (p->counted)
		return NULL;
	TRY(store_ids(&ids, st, true));
	STRV_EACH(id, &ids) {
		AUTO(session_release) struct session s = { 0 };
		struct err *e = store_load(&s, st, *id);
		if (!e && holds_place(st, *id, &s))
			strv_add(&p->held, s.project ? s.project : "");
		err_drop(e, "a number that is only just taken holds no place");
	}
	p->counted = true;
	return NULL;
}

static int held_by(const struct places *p, const char *project)
{
	int n = 0;

	STRV_EACH(held, &p->held)
		n += str_equal(*held, project);
	return n;
}

/* *room: there is a place, only memory or disk is short. */
static struct err *find_limit(
	char **why, bool *room, struct places *places, const struct project *p)
{
	const struct config *c = &places->world->config;
	int all, own;

	*room = false;
	TRY(count(places));
	all = (int)places->held.n;
	own = held_by(places, p->id);
	if (c->max_sessions > 0 && all >= c->max_sessions)
		*why = str_format(
			"waits for a place: %d of %d sessions are running (limits.maxSessions)",
			all, c->max_sessions);
	else if (p->max_sessions > 0 && own >= p->max_sessions)
		*why = str_format("waits for a place: %d of %d sessions of %s are running "
				  "(projects.%s.limits.maxSessions)",
			own, p->max_sessions, p->id, p->id);
	else
		*room = (*why = room_short(c)) != NULL;
	return NULL;
}

/* ---- the quota of its agent --------------------------------------------------------------------- */

/* Until when its agent has none, as far as this session knows; 0: it has. */
static int64_t limit_told(const struct view *v)
{
	if (v->facts.recorded == STATUS_QUEUED)
		return 0;
	return v->facts.runtime == TRI_YES ? v->facts.limited_until : v->facts.limit_known;
}

/* What a queued one was told before counts on, should who told it be gone, unless the agent is seen at work. */
static struct err *find_quota(char **why, int64_t *until, struct places *p, const struct session *s)
{
	const char *by = NULL;
	bool at_work = false;

	if (!p->listed)
		TRY(op_list(&p->views, p->world, &(struct list_options){ .ask = ASK_KNOWN }));
	p->listed = true;
	for (size_t i = 0; i < p->views.list.n; i++) {
		const struct view *v = &p->views.list.v[i];
		if (!str_equal(v->session.agent, s->agent))
			continue;
		at_work |= v->activity.activity == ACTIVITY_ACTIVE;
		if (limit_told(v) > clock_wall() && (!by || limit_told(v) > *until)) {
			by = v->session.id;
			*until = limit_told(v);
		}
	}
	if (!by && !at_work && s->limited_until && clock_parse(until, s->limited_until))
		by = *until > clock_wall() ? "told before" : NULL;
	if (by) {
		AUTO(str_release) char *time = clock_iso(*until);
		*why = str_format("waits until %s: %s is rate limited (%s)", time, s->agent, by);
	}
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
	AUTO(places_release) struct places places = { .world = h->world };
	AUTO(lock_release) struct lock l = { 0 };
	int64_t until = 0;
	bool lost, room;

	TRY(find_quota(why, &until, &places, &h->s));
	str_release(&h->s.limited_until);
	if (*why)
		h->s.limited_until = clock_iso(until);
	if (!*why && h->s.after)
		*why = queue_after(&lost, h->world, h->s.after);
	if (!*why) {
		TRY(admission(&l, h->world));
		TRY(find_limit(why, &room, &places, h->project));
	}
	if (!*why)
		return hold_begin(h, "spawn");
	str_set(&h->s.doing, NULL);
	return hold_status(h, STATUS_QUEUED, *why);
}

/* *room: memory or disk is all that is short. */
static bool is_due(bool *room, struct places *places, const struct session *s)
{
	const struct world *w = places->world;
	const struct project *p = config_project(&w->config, s->project ? s->project : "");
	AUTO(str_release) char *why = NULL;
	struct err *e = p ? find_limit(&why, room, places, p) : NULL;
	int64_t until = 0;
	bool ok, lost;

	if (!e && !why)
		e = find_quota(&why, &until, places, s);
	if (!e && !why && s->after)
		why = queue_after(&lost, w, s->after);
	ok = p && !e && !why;

	err_drop(e, "then it waits on");
	return ok;
}

bool queue_due(const struct world *w, const struct session *s)
{
	AUTO(places_release) struct places places = { .world = w };
	bool room;

	return is_due(&room, &places, s);
}

static void start_one(struct places *p, const char *id)
{
	const struct world *w = p->world;
	bool started = false;
	struct err *e = spawn_queued(&started, w, id);

	if (e)
		sink_say(w->sink, SINK_WARNING, "%s was queued and did not start: %s", id, e->text);
	else if (started) /* else another command was quicker */
		sink_say(w->sink, SINK_NOTE, "%s was queued and is started now", id);
	err_drop(e, "told as a warning");
	places_release(p);
}

struct queued {
	struct session *v;
	size_t n, room;
};

static void queued_release(struct queued *q)
{
	for (size_t i = 0; i < q->n; i++)
		session_release(&q->v[i]);
	free(q->v);
}

static int by_time(const void *a, const void *b)
{
	const struct session *x = a, *y = b;
	int64_t at[2] = { 0 };

	clock_parse(&at[0], x->created_at);
	clock_parse(&at[1], y->created_at);
	return at[0] != at[1] ? (at[0] > at[1]) - (at[0] < at[1])
			      : session_id_order(&x->id, &y->id);
}

/* Who has waited longest comes first. */
static void find_queued(struct queued *q, const struct world *w)
{
	AUTO(strv_release) struct strv ids = { 0 };

	err_drop(store_ids(&ids, &w->store, true), "nobody is started, then");
	STRV_EACH(id, &ids) {
		AUTO(session_release) struct session s = { 0 };
		struct err *e = store_load(&s, &w->store, *id);
		if (!e && session_is(&s, STATUS_QUEUED)) {
			*vec_push(q) = s;
			s = (struct session){ 0 };
		}
		err_drop(e, "it is no queued one");
	}
	if (q->n > 1)
		qsort(q->v, q->n, sizeof(*q->v), by_time);
}

bool queue_next(const struct world *w)
{
	AUTO(places_release) struct places places = { .world = w };
	AUTO(queued_release) struct queued q = { 0 };
	bool short_of_room = false;

	find_queued(&q, w);
	for (size_t i = 0; i < q.n; i++) {
		bool room = false;
		if (is_due(&room, &places, &q.v[i]))
			start_one(&places, q.v[i].id);
		short_of_room |= room;
	}
	return short_of_room;
}

void queue_before(const struct world *w)
{
	AUTO(places_release) struct places places = { .world = w };
	AUTO(queued_release) struct queued q = { 0 };
	bool room;

	find_queued(&q, w);
	for (size_t i = 0; i < q.n; i++)
		if (!q.v[i].after && is_due(&room, &places, &q.v[i]))
			start_one(&places, q.v[i].id);
}
