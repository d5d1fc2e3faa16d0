#include "op/list.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/path.h"
#include "op/channel.h"
#include "op/hold.h"
#include "op/pull.h"
#include "op/queue.h"
#include "op/sense.h"
#include "store/agent_files.h"

enum { PARALLEL_FROM = 32 };

/* What is needed only while the list is made, beside each view. */
struct work {
	struct evidence evidence;
	const struct runtime *runtime;
	struct runtime_fact terminal;
};

static void view_release(struct view *v)
{
	session_release(&v->session);
	facts_release(&v->facts);
	str_release(&v->branch_now);
	str_release(&v->summary);
	told_release(&v->told);
	str_release(&v->runtime_title);
	str_release(&v->screen);
}

void views_release(struct views *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		view_release(&v->list.v[i]);
	free(v->list.v);
	*v = (struct views){ 0 };
}

/* A verb is at work, or it died in the middle: the lock tells which. */
static void note_half_done(struct view *v, const char *folder)
{
	AUTO(str_release) char *lock = path_join(folder, "lock");
	AUTO(str_release) char *text = NULL;

	if (str_empty(v->session.doing) || lock_held(lock) != TRI_NO)
		return;
	text = str_format("%s was interrupted: ao doctor --fix", v->session.doing);
	str_set(&v->session.reason, text);
}

static struct err *read_one(struct view *v, struct work *k, const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	struct checkout c;

	TRY(hold_read(&h, w, id));
	c = hold_checkout(&h);
	if (h.s.worktree && h.s.workspace_handle)
		v->facts.has_workspace = h.workspace->exists(&c) != TRI_NO;
	else if (h.s.worktree) /* a record from elsewhere, or by hand */
		v->facts.has_workspace = path_is_dir(h.s.worktree);
	if (v->facts.has_workspace)
		v->branch_now = h.workspace->branch_now(&c);
	evidence_read(&v->facts, &k->evidence, &h.s, h.folder, h.project);
	v->project = h.project;
	k->runtime = h.runtime;
	v->session = h.s;
	h.s = (struct session){ 0 };
	note_half_done(v, h.folder);
	return NULL;
}

/* A folder whose record was never written, or cannot be read: it is shown all the same. */
static void half_made(struct view *v, const struct world *w, const char *id, const struct err *e)
{
	AUTO(str_release) char *folder = store_folder(&w->store, id);
	bool young = clock_wall() - file_mtime(folder) <
		2000; /* a spawn has just taken the number */

	str_set(&v->session.id, id);
	str_set(&v->session.reason,
		e->class != ERR_MISSING ? e->text
			: young         ? "being made"
					: "half made: ao doctor --fix");
	v->facts.now = clock_wall();
	v->facts.recorded = young ? STATUS_SPAWNING : STATUS_ERRORED;
	v->facts.runtime = TRI_NO;
	v->facts.half_done = true;
}

/* ---- the terminals, all in one question ------------------------------------------------------ */

struct agents {
	VEC(struct agent) list;
};

static void agents_release(struct agents *a)
{
	for (size_t i = 0; i < a->list.n; i++)
		agent_release(&a->list.v[i]);
	free(a->list.v);
}

/* Index of the agent by name, read once. One that is gone from the files has no patterns. */
static size_t agent_of(struct agents *agents, const struct world *w, const char *name)
{
	struct agent fresh = { 0 };

	for (size_t i = 0; i < agents->list.n; i++)
		if (str_equal(agents->list.v[i].name, name))
			return i;
	err_drop(agent_load(&fresh, &w->config, name ? name : ""), "no patterns, then");
	str_set(&fresh.name, name);
	*vec_push(&agents->list) = fresh;
	return agents->list.n - 1;
}

struct question {
	VEC(size_t) who; /* indexes of views */
	struct runtime_ref *refs;
	bool *screens;
	struct runtime_fact *answers;
};

static void question_release(struct question *q)
{
	for (size_t i = 0; q->answers && i < q->who.n; i++)
		runtime_fact_release(&q->answers[i]);
	free(q->who.v);
	free(q->refs);
	free(q->screens);
	free(q->answers);
}

/* A report of an error may be without words, and behind it a menu may be open. */
static bool has_failed(const struct facts *f)
{
	return f->runtime == TRI_YES && activity_of(f).activity == ACTIVITY_BLOCKED;
}

static void choose(struct question *q, const struct views *views, const struct runtime *rt,
	const struct work *work, bool look)
{
	for (size_t i = 0; i < views->list.n; i++) {
		const struct view *v = &views->list.v[i];
		if (work[i].runtime != rt || str_empty(v->session.runtime_handle))
			continue;
		if (needs_terminal(&v->facts) || has_failed(&v->facts) ||
			(look && v->facts.runtime == TRI_YES))
			*vec_push(&q->who) = i;
	}
	q->refs = mem_alloc((q->who.n + 1) * sizeof(*q->refs));
	q->screens = mem_alloc(q->who.n + 1);
	q->answers = mem_alloc((q->who.n + 1) * sizeof(*q->answers));
	for (size_t i = 0; i < q->who.n; i++) {
		const struct session *s = &views->list.v[q->who.v[i]].session;
		q->refs[i] = (struct runtime_ref){ s->runtime_handle, s->uid };
		q->screens[i] = true;
	}
}

static struct err *ask(struct views *views, struct work *work, const struct world *w,
	struct agents *agents, const struct runtime *rt, bool look)
{
	AUTO(question_release) struct question q = { 0 };

	choose(&q, views, rt, work, look);
	if (!q.who.n)
		return NULL;
	TRY(rt->probe(q.answers, q.refs, q.screens, q.who.n));
	for (size_t i = 0; i < q.who.n; i++) {
		struct view *v = &views->list.v[q.who.v[i]];
		struct work *k = &work[q.who.v[i]];
		size_t a = agent_of(agents, w, v->session.agent);
		sense_terminal(&v->facts, &k->evidence, &agents->list.v[a], &q.answers[i]);
		str_set(&v->runtime_title, q.answers[i].title);
		str_set(&v->screen, q.answers[i].screen);
	}
	return NULL;
}

static void read_transcripts(
	struct views *views, const struct work *work, const struct world *w, struct agents *agents)
{
	for (size_t i = 0; i < views->list.n; i++) {
		struct view *v = &views->list.v[i];
		AUTO(str_release) char *folder = NULL;
		size_t a;
		if (v->facts.runtime != TRI_YES)
			continue;
		folder = store_folder(&w->store, v->session.id);
		a = agent_of(agents, w, v->session.agent);
		sense_transcript(&v->facts, &v->told, &work[i].evidence, &v->session, folder,
			&agents->list.v[a]);
	}
}

static void sense_limits(struct views *views, const struct world *w, struct agents *agents)
{
	for (size_t i = 0; i < views->list.n; i++) {
		struct view *v = &views->list.v[i];
		enum activity activity = activity_of(&v->facts).activity;
		if (v->facts.runtime == TRI_YES)
			sense_limit(&v->facts, activity,
				&agents->list.v[agent_of(agents, w, v->session.agent)], v->screen);
	}
}

static struct err *ask_channels(
	struct views *views, struct work *work, const struct world *w, struct agents *agents)
{
	AUTO(channel_round_release) struct channel_round r = { 0 };

	for (size_t i = 0; i < views->list.n; i++) {
		const struct view *v = &views->list.v[i];
		AUTO(str_release) char *folder = store_folder(&w->store, v->session.id);
		if (v->facts.runtime == TRI_YES)
			channel_round_add(&r, i, w, &v->session, folder,
				&agents->list.v[agent_of(agents, w, v->session.agent)],
				v->facts.started_at);
	}
	TRY(channel_round_ask(&r));
	for (size_t i = 0; i < r.list.n; i++) {
		struct view *v = &views->list.v[r.list.v[i].who];
		AUTO(str_release) char *folder = store_folder(&w->store, v->session.id);
		sense_channel(&v->facts, &v->told, &work[r.list.v[i].who].evidence, folder,
			r.list.v[i].channel, &r.list.v[i].fact);
	}
	return NULL;
}

static struct err *ask_all(struct views *views, struct work *work, const struct world *w, bool look)
{
	AUTO(agents_release) struct agents agents = { 0 };

	read_transcripts(views, work, w, &agents);
	TRY(ask_channels(views, work, w, &agents));
	for (size_t i = 0; i < views->list.n; i++) {
		bool seen = !work[i].runtime;
		for (size_t j = 0; j < i && !seen; j++)
			seen = work[j].runtime == work[i].runtime;
		if (!seen)
			TRY(ask(views, work, w, &agents, work[i].runtime, look));
	}
	sense_limits(views, w, &agents);
	return NULL;
}

/* ---- judged ---------------------------------------------------------------------------------- */

/* Of one that is. */
static char *limit_text(const struct view *v)
{
	AUTO(str_release)
	char *time = v->facts.limited_until > 0 ? clock_iso(v->facts.limited_until) : NULL;

	return time ? str_format("rate limited until %s", time) : str_dup("rate limited");
}

static void judge(struct view *v)
{
	int64_t recorded = 0;

	v->activity = activity_of(&v->facts);
	v->status = status_of(&v->facts, v->activity.activity);
	clock_parse(&recorded, v->session.last_activity_at);
	v->last_at = v->facts.activity_at;
	if (!v->last_at)
		v->last_at = recorded > v->facts.created_at ? recorded : v->facts.created_at;
	if (!v->branch_now)
		v->branch_now = str_dup(v->session.branch ? v->session.branch : "");
	v->listed = v->facts.has_workspace || v->facts.runtime != TRI_NO || v->facts.half_done ||
		v->facts.recorded == STATUS_QUEUED;
	if (v->facts.recorded == STATUS_ERRORED || v->facts.recorded == STATUS_QUEUED ||
		v->facts.half_done)
		str_set(&v->summary, v->session.reason ? v->session.reason : v->session.title);
	if (!v->summary && v->facts.limited_until)
		v->summary = limit_text(v);
	if (!v->summary && v->told.words)
		v->summary = str_dup(v->told.words);
	if (!v->summary)
		v->summary = str_dup(v->session.title ? v->session.title : "");
}

/* What a queued one waits for may have changed since it was recorded. */
static void tell_wait(struct view *v, const struct views *views, const struct world *w)
{
	const char *after = v->session.after;
	const struct view *other = NULL;
	AUTO(str_release) char *why = NULL;
	bool lost;

	if (v->facts.recorded != STATUS_QUEUED || !after)
		return;
	for (size_t i = 0; i < views->list.n; i++)
		if (str_equal(views->list.v[i].session.id, after))
			other = &views->list.v[i];
	why = other ? queue_after_of(&lost, after, &other->session, &other->facts.pull)
		    : queue_after(&lost, w, after); /* it is killed, mostly */
	str_set(&v->session.reason, why ? why : "waits for a place");
}

char *view_why(const struct view *v)
{
	const struct fact *f = v->activity.by >= 0 ? &v->facts.v[v->activity.by] : NULL;

	if (v->facts.recorded == STATUS_QUEUED && !str_empty(v->session.reason))
		return str_format("it %s", v->session.reason);
	if (v->facts.limited_until)
		return limit_text(v);
	if (!f || str_empty(f->detail))
		return str_format("%s (%s)", v->status.why, v->activity.why);
	return str_format("%s: %s (%s)", v->status.why, f->detail, v->activity.why);
}

static bool wanted(const struct view *v, const struct world *w, const struct list_options *o)
{
	const struct project *p = v->project;

	if (o->session)
		return true;
	if (!p)
		p = config_project_of_session(&w->config, v->session.id);
	if (o->project && (!p || !str_equal(p->id, o->project)))
		return false;
	return o->all || v->listed;
}

static size_t project_rank(const struct world *w, const struct view *v)
{
	return v->project ? (size_t)(v->project - w->config.projects.v) : w->config.projects.n;
}

/* By project in the config's order; the ids come sorted, and this keeps their order. */
static void sort(struct views *views, const struct world *w)
{
	for (size_t i = 1; i < views->list.n; i++) {
		struct view moved = views->list.v[i];
		size_t j = i;
		for (; j > 0 && project_rank(w, &views->list.v[j - 1]) > project_rank(w, &moved);
			j--)
			views->list.v[j] = views->list.v[j - 1];
		views->list.v[j] = moved;
	}
}

static void keep_wanted(struct views *views, const struct world *w, const struct list_options *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < views->list.n; i++) {
		if (wanted(&views->list.v[i], w, o))
			views->list.v[kept++] = views->list.v[i];
		else
			view_release(&views->list.v[i]);
	}
	views->list.n = kept;
}

/* Every record is read for itself, into a place of its own, and nearly all of the time goes into
 * opening files: from PARALLEL_FROM on two read at once, the second on another processor. */
struct reading {
	const struct world *world;
	const struct strv *ids;
	struct view *views;
	struct work *work;
	size_t from, step;
	bool one;
	struct err *missing; /* of the one session that was asked for */
};

static void *read_share(void *arg)
{
	struct reading *r = arg;

	for (size_t i = r->from; i < r->ids->n; i += r->step) {
		const char *id = r->ids->v[i];
		struct err *e = read_one(&r->views[i], &r->work[i], r->world, id);

		if (e && r->one && !store_exists(&r->world->store, id)) {
			r->missing = e;
			continue;
		}
		if (e)
			half_made(&r->views[i], r->world, id, e);
		err_drop(e, "shown as the session's reason");
	}
	return NULL;
}

/* False: there is no other processor, or no thread to be had. */
static bool start_second(pthread_t *thread, struct reading *share)
{
	pthread_attr_t attributes;
	cpu_set_t others;
	bool started;

	if (sched_getaffinity(0, sizeof(others), &others) < 0)
		return false;
	CPU_CLR((size_t)sched_getcpu(), &others);
	if (!CPU_COUNT(&others) || pthread_attr_init(&attributes) != 0)
		return false;
	started = pthread_attr_setaffinity_np(&attributes, sizeof(others), &others) == 0 &&
		pthread_create(thread, &attributes, read_share, share) == 0;
	pthread_attr_destroy(&attributes);
	return started;
}

static struct err *read_shares(struct reading r)
{
	struct reading second = r;
	pthread_t thread;
	bool two;

	second.from = 1;
	second.step = 2;
	two = r.ids->n >= PARALLEL_FROM && start_second(&thread, &second);
	r.step = two ? 2 : 1;
	read_share(&r);
	if (two)
		pthread_join(thread, NULL);
	return r.missing;
}

static struct err *read_all(struct views *views, struct work **work, const struct world *w,
	const struct list_options *o)
{
	AUTO(strv_release) struct strv ids = { 0 };

	if (o->session)
		strv_add(&ids, o->session);
	else if (o->sessions)
		strv_add_all(&ids, o->sessions->v);
	else
		TRY(store_ids(&ids, &w->store, !o->all));
	*work = mem_alloc((ids.n + 1) * sizeof(**work));
	for (size_t i = 0; i < ids.n; i++)
		(void)vec_push(&views->list);
	clock_boot_id(); /* kept from its first call on: that one must not be two */
	return read_shares((struct reading){
		.world = w,
		.ids = &ids,
		.views = views->list.v,
		.work = *work,
		.step = 1,
		.one = o->session != NULL,
	});
}

struct err *op_list(struct views *out, const struct world *w, const struct list_options *o)
{
	AUTO(views_release) struct views views = { 0 };
	struct work *work = NULL;
	struct err *e = read_all(&views, &work, w, o);

	if (!e)
		e = ask_all(&views, work, w, o->look);
	for (size_t i = 0; work && i < views.list.n; i++)
		evidence_release(&work[i].evidence);
	free(work);
	TRY(e);
	TRY(pulls_look(&views, w, o->ask));
	for (size_t i = 0; i < views.list.n; i++) {
		tell_wait(&views.list.v[i], &views, w);
		judge(&views.list.v[i]);
	}
	keep_wanted(&views, w, o);
	sort(&views, w);
	*out = views;
	views = (struct views){ 0 };
	return NULL;
}
