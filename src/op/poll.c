#include "op/poll.h"

#include "op/announce.h"
#include "op/pull.h"
#include "op/pull_source.h"
#include "op/queue.h"
#include "op/react.h"
#include "rule/due_at.h"
#include "rule/items.h"
#include "store/conversation.h"

enum { ROUNDS_MAX = 4 };

/* ---- the sessions -------------------------------------------------------------------------------- */

struct pass {
	const struct world *world;
	const struct poll_options *options;
	struct poll_ear *ear;
	struct tellings tellings;
	struct strv again; /* sessions of which something was done: a second look may find more */
	struct strv busy;  /* something is due, and somebody is at work on it */
	struct strv waits; /* a message waits, and no file will tell when it can go */
	int failed;
	bool room; /* memory or disk is short for one that is queued */
};

static void pass_release(struct pass *p)
{
	strv_release(&p->again);
	strv_release(&p->busy);
	strv_release(&p->waits);
	tellings_release(&p->tellings);
}

static struct err *go_on(struct pass *p, struct err *e, const char *id)
{
	if (!e || e->class == ERR_INTERRUPTED)
		return e;
	p->failed++;
	sink_say(p->world->sink, SINK_WARNING, "%s: %s", id, e->text);
	err_drop(e, "told as a warning; the others go on");
	return NULL;
}

static struct err *react(struct pass *p, const struct view *v)
{
	struct reacted r = { 0 };
	struct err *e = NULL;

	if (react_is_due(p->world, v))
		e = react_session(&r, p->world, v->session.id, &p->tellings, p->ear);
	if (r.busy)
		strv_add(&p->busy, v->session.id);
	if (r.waits)
		strv_add(&p->waits, v->session.id);
	if (r.acted)
		strv_add(&p->again, v->session.id);
	return go_on(p, e, v->session.id);
}

/* ---- the forge that is ours ---------------------------------------------------------------------- */

static bool is_check_due(const struct pull *p)
{
	for (size_t i = 0; i < p->checks.n; i++)
		if (p->checks.v[i].state == CHECK_PENDING ||
			p->checks.v[i].state == CHECK_CANCELLED)
			return true;
	return p->untested;
}

static bool may_check(const struct world *w, const struct view *v)
{
	const struct scm *scm = scm_of_pull(v->session.pr);

	return scm && scm->runs_checks && v->facts.pull.state == PULL_OPEN && v->project &&
		(is_check_due(&v->facts.pull) || pull_is_behind(w, v));
}

/* Another poll, or `ao pr checks`, may be at it: the next poll sees what came of it. */
static struct err *check(struct pass *p, const struct view *v)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull after = { 0 };

	if (p->ear->hint || !may_check(p->world, v))
		return NULL;
	strv_add(&p->again, v->session.id);
	TRY(pull_find(&t, p->world, v->session.id, NULL));
	return op_pull_check(&after, p->world, &t, true);
}

/* ---- a project that is done ---------------------------------------------------------------------- */

struct tally {
	int sessions, over, merged;
	struct buf ended;
};

static void tally_release(struct tally *t)
{
	buf_release(&t->ended);
}

static void tally_take(struct tally *t, const struct views *views, const struct project *p)
{
	for (size_t i = 0; i < views->list.n; i++) {
		const struct view *v = &views->list.v[i];
		struct scene s = { .facts = &v->facts,
			.activity = v->activity.activity,
			.status = v->status.status };
		if (v->project != p || session_is_orchestrator(&v->session))
			continue;
		t->sessions++;
		if (!session_is_over(&s))
			continue;
		t->over++;
		t->merged += s.status == STATUS_MERGED;
		/* with its start: one that was restored comes to another end */
		items_add(&t->ended, "%.12s@%s", v->session.uid ? v->session.uid : v->session.id,
			v->session.started_at ? v->session.started_at : "");
	}
}

static struct err *announce_complete(const struct announcer *a, const struct reaction *r,
	const struct occasion *o, const struct tally *t)
{
	AUTO(str_release)
	char *title = str_format("%s: all sessions are complete", a->project->name);
	AUTO(str_release)
	char *text = str_format("%d session%s: %d merged, %d ended otherwise.\nao session ls -p %s",
		t->over, t->over == 1 ? "" : "s", t->merged, t->over - t->merged, a->project->id);

	return announce(a,
		&(struct announced){ .kind = ANNOUNCE_EVENT,
			.event = EVENT_COMPLETE,
			.priority = r->priority,
			.occasion = o,
			.title = title,
			.text = text,
			.why = "nothing is at work in it any more" });
}

static struct err *settle_project(
	const struct announcer *a, const struct occasion *o, const struct tally *t, int64_t now)
{
	struct reaction r = reaction_effective(EVENT_COMPLETE, &a->project->reactions);
	struct moment m = { .now = now };
	AUTO(lock_release) struct lock lock = { 0 };
	struct decision d;
	struct err *e = episodes_lock(&lock, &a->world->store, a->id, 0);

	r.action = REACT_NOTIFY; /* there is no agent to send it to */
	if (e && e->class == ERR_TIMEOUT) {
		err_drop(e, "another poll is at it");
		return NULL;
	}
	TRY(e);
	episodes_release(a->episodes);
	TRY(episodes_read(a->episodes, &a->world->store, a->id));
	announce_unsure(a);
	d = reaction_of(&r, &a->episodes->of[EVENT_COMPLETE], o, EVENT_COMPLETE, &m);
	decision_apply(&a->episodes->of[EVENT_COMPLETE], &d, o, EVENT_COMPLETE, now);
	TRY(episodes_save(&a->world->store, a->id, a->episodes));
	return d.notify ? announce_complete(a, &r, o, t) : NULL;
}

/* Looks without the lock first: nearly always there is nothing to do. */
static struct err *look_at_project(
	struct pass *p, const struct views *views, const struct project *project)
{
	AUTO(tally_release) struct tally t = { 0 };
	AUTO(episodes_release) struct episodes episodes = { 0 };
	AUTO(occasion_release) struct occasion o = { 0 };
	AUTO(str_release) char *id = episodes_of_project(project->id);
	struct reaction r = { .automatic = true, .action = REACT_NOTIFY, .retries = -1 };
	struct moment m = { .now = views->list.v[0].facts.now };
	bool acted = false;
	struct decision d;
	struct announcer a = { .world = p->world,
		.id = id,
		.project = project,
		.episodes = &episodes,
		.tellings = &p->tellings,
		.ear = p->ear,
		.acted = &acted };

	tally_take(&t, views, project);
	o.holds = !t.sessions ? TRI_UNKNOWN : t.over == t.sessions ? TRI_YES : TRI_NO;
	o.items = buf_detach(&t.ended);
	TRY(episodes_read(&episodes, &p->world->store, id));
	d = reaction_of(&r, &episodes.of[EVENT_COMPLETE], &o, EVENT_COMPLETE, &m);
	if (!decision_is_any(&d) && !episodes.of[EVENT_COMPLETE].notifying)
		return NULL;
	return settle_project(&a, &o, &t, views->list.v[0].facts.now);
}

/* What its interface tells while it runs is what a restore needs when it does not. */
static void note_conversation(const struct world *w, const struct view *v)
{
	AUTO(str_release) char *folder = store_folder(&w->store, v->session.id);

	if (v->told.conversation)
		err_drop(conversation_note(folder, v->facts.now, v->told.conversation, NULL),
			"the agent is asked for it when it is restored");
}

/* ---- the pass ------------------------------------------------------------------------------------ */

static struct err *list(struct views *out, const struct pass *p)
{
	views_release(out);
	return op_list(out, p->world,
		&(struct list_options){ .project = p->options->project,
			.sessions = p->options->sessions,
			.ask = p->options->quick ? ASK_QUICK : ASK_ALL });
}

/* What was done may lead to more: a check to a message, a merge to the end of an episode. */
static struct err *look_again(struct pass *p, struct views *views)
{
	for (int round = 0; p->again.n && round < ROUNDS_MAX; round++) {
		AUTO(strv_release) struct strv now = p->again;

		p->again = (struct strv){ 0 };
		TRY(list(views, p));
		for (size_t i = 0; i < views->list.n; i++)
			if (strv_has(&now, views->list.v[i].session.id))
				TRY(react(p, &views->list.v[i]));
	}
	return NULL;
}

static bool is_wanted(const struct poll_options *o, const struct project *project)
{
	return !o->sessions && (!o->project || str_equal(project->id, o->project));
}

static struct err *look_at_projects(struct pass *p, struct views *views)
{
	const struct config *c = &p->world->config;

	for (size_t i = 0; i < c->projects.n; i++) {
		const struct project *project = &c->projects.v[i];
		struct err *e = NULL;
		if (views->list.n && is_wanted(p->options, project))
			e = look_at_project(p, views, project);
		TRY(go_on(p, e, project->id));
	}
	return NULL;
}

static bool any_queued(const struct views *views)
{
	for (size_t i = 0; i < views->list.n; i++)
		if (views->list.v[i].facts.recorded == STATUS_QUEUED)
			return true;
	return false;
}

/* ---- for who waits for the next time ------------------------------------------------------------- */

/* Its forge was asked, or should have been, and did not answer. */
static bool is_unread(const struct pass *p, const struct view *v)
{
	const struct pull *pull = &v->facts.pull;
	int64_t good_enough = p->options->quick ? FORGE_OPEN_MS : 0;

	return pull->state == PULL_NONE ||
		(pull->seen_at && v->facts.now - pull->seen_at > good_enough);
}

static void hint(struct pass *p, const struct view *v)
{
	const struct scm *scm = scm_of_pull(v->session.pr);
	AUTO(strv_release) struct strv places = { 0 };
	struct poll_hint h = { .session = v->session.id,
		.check = may_check(p->world, v),
		.busy = strv_has(&p->busy, v->session.id),
		.waits = strv_has(&p->waits, v->session.id),
		.room = p->room && v->facts.recorded == STATUS_QUEUED };

	if (scm)
		pull_places(&places, p->world, v);
	pull_source_places(&places, p->world, v);
	h.places = places;
	h.unread = scm && is_unread(p, v);
	if (scm && !scm->in_files)
		h.forge_ms = h.unread ? FORGE_OPEN_MS : forge_again_ms(&v->facts.pull);
	p->ear->hint(p->ear, &h);
}

static struct err *need_sessions(const struct world *w, const struct strv *sessions)
{
	STRV_EACH(id, sessions)
		if (!store_exists(&w->store, *id))
			return fail(ERR_MISSING, "no session '%s'", *id);
	return NULL;
}

struct err *op_poll(const struct world *w, const struct poll_options *o, struct poll_ear *ear)
{
	AUTO(pass_release) struct pass p = { .world = w, .options = o, .ear = ear };
	AUTO(views_release) struct views views = { 0 };

	if (o->sessions)
		TRY(need_sessions(w, o->sessions));
	TRY(list(&views, &p));
	for (size_t i = 0; i < views.list.n; i++)
		note_conversation(w, &views.list.v[i]);
	for (size_t i = 0; i < views.list.n; i++)
		TRY(react(&p, &views.list.v[i]));
	for (size_t i = 0; i < views.list.n; i++)
		TRY(go_on(&p, check(&p, &views.list.v[i]), views.list.v[i].session.id));
	TRY(look_again(&p, &views));
	TRY(look_at_projects(&p, &views));
	if (any_queued(&views))
		p.room = queue_next(w);
	TRY(tellings_claim(&p.tellings, w));
	for (size_t i = 0; ear->hint && i < views.list.n; i++)
		hint(&p, &views.list.v[i]);
	if (ear->telling && p.tellings.list.n)
		ear->telling(ear, p.failed != 0);
	TRY(tellings_tell(&p.tellings, w, ear));
	if (p.failed)
		return fail(
			ERR_FAILED, "%d of what was looked at failed; the rest was done", p.failed);
	return NULL;
}
