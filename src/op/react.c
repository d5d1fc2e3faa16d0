#include "op/react.h"

#include "base/clock.h"
#include "base/term.h"
#include "op/pull.h"
#include "op/reacting.h"
#include "op/reaction_text.h"
#include "op/settle.h"
#include "rule/screen.h"
#include "store/agent_files.h"

static void outlook_release(struct outlook *o)
{
	for (size_t i = 0; i < EVENT_COUNT; i++)
		occasion_release(&o->now[i]);
	str_release(&o->dialog);
}

static void reacting_release(struct reacting *r)
{
	outlook_release(&r->o);
	messages_release(&r->messages);
	agent_release(&r->agent);
	views_release(&r->views);
	hold_release(&r->h);
	episodes_release(&r->episodes);
	lock_release(&r->lock);
}

/* ---- think --------------------------------------------------------------------------------------- */

/* One whose project is no longer configured has no rules: nothing holds. */
static void outlook_take(struct outlook *o, const struct view *v)
{
	AUTO(buf_release) struct buf menu = { 0 };
	struct scene s = {
		.facts = &v->facts, .activity = v->activity.activity, .status = v->status.status
	};

	if (v->screen && s.status == STATUS_NEEDS_INPUT) {
		screen_menu(&menu, v->screen);
		buf_trim(&menu);
		o->dialog = buf_detach(&menu);
		s.dialog = o->dialog;
	}
	o->moment = (struct moment){ .now = v->facts.now,
		.reachable = v->facts.runtime == TRI_YES };
	for (int i = 0; v->project && i < EVENT_COUNT; i++) {
		enum reaction_event e = (enum reaction_event)i;
		o->rules[e] = reaction_effective(e, &v->project->reactions);
		occasion_of(&o->now[e], e, &s);
	}
}

struct decision outlook_decide(
	const struct outlook *o, enum reaction_event e, const struct episode *episode)
{
	return reaction_of(&o->rules[e], episode, &o->now[e], e, &o->moment);
}

static bool is_decided(const struct outlook *o, const struct episodes *episodes)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		struct decision d = outlook_decide(o, (enum reaction_event)i, &episodes->of[i]);
		if (episodes->of[i].notifying || decision_is_any(&d))
			return true;
	}
	return false;
}

static bool has_transition(const struct view *v)
{
	return v->status.status != v->facts.recorded && !v->facts.half_done;
}

/* A pull request that the agent made by itself is found by its branch; from here on the record has it. */
static bool has_found_pull(const struct view *v)
{
	const struct pull *p = &v->facts.pull;

	return p->state == PULL_OPEN && str_starts(p->url, "http") &&
		!str_equal(p->url, v->session.pr) && !v->facts.half_done;
}

/* What the record is to say of its quota: what is waited for must outlive us. One that does not run says
 * nothing new. */
static int64_t limit_to_know(const struct view *v)
{
	const struct facts *f = &v->facts;

	if (f->runtime != TRI_YES || f->half_done || f->recorded == STATUS_QUEUED)
		return f->limit_known;
	return f->limited_until > 0 ? f->limited_until : 0;
}

static bool has_limit_news(const struct view *v)
{
	return limit_to_know(v) / 1000 != v->facts.limit_known / 1000; /* kept in seconds */
}

bool react_is_due(const struct world *w, const struct view *v)
{
	AUTO(episodes_release) struct episodes episodes = { 0 };
	AUTO(outlook_release) struct outlook o = { 0 };
	struct err *e;

	if (str_empty(v->session.status)) /* a number that was only just taken */
		return false;
	if (has_transition(v) || has_found_pull(v) || has_limit_news(v) ||
		!str_empty(v->session.doing))
		return true;
	e = episodes_read(&episodes, &w->store, v->session.id);
	if (e) {
		err_drop(e, "react_session() meets it again and says so");
		return true;
	}
	if (outbox_last(&w->store, v->session.id) != episodes.outbox || episodes.held_until ||
		outbox_is_answered(w, v))
		return true;
	outlook_take(&o, v);
	return is_decided(&o, &episodes);
}

/* ---- the record ---------------------------------------------------------------------------------- */

static int64_t newest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t pull_evidence(const struct pull *p, enum status status)
{
	int64_t at = 0;

	if (status == STATUS_CI_FAILED || status == STATUS_MERGEABLE)
		for (size_t i = 0; i < p->checks.n; i++)
			at = newest(at, p->checks.v[i].ended_at);
	if (status == STATUS_CHANGES_REQUESTED || status == STATUS_REVIEW_PENDING ||
		status == STATUS_APPROVED || status == STATUS_MERGEABLE)
		for (size_t i = 0; i < p->remarks.n; i++)
			at = newest(at, p->remarks.v[i].at);
	return status == STATUS_MERGED ? p->ended_at : at;
}

/* Is the status one of the agent, as opposed to one of its pull request? */
static bool is_of_agent(enum status s)
{
	return s <= STATUS_WORKING || s >= STATUS_NEEDS_INPUT;
}

/* When what decided it was observed; 0: now. */
static int64_t evidence_at(const struct view *v)
{
	int64_t at = pull_evidence(&v->facts.pull, v->status.status);

	if (is_of_agent(v->status.status) && v->status.status != STATUS_STUCK &&
		v->activity.by >= 0)
		at = v->facts.v[v->activity.by].at;
	return at > v->facts.now ? 0 : at;
}

static struct err *transition(struct reacting *r)
{
	const struct view *v = r->a.view;
	AUTO(str_release) char *last = v->last_at ? clock_iso(v->last_at) : NULL;
	AUTO(str_release) char *told = NULL;
	AUTO(str_release) char *why = NULL;

	if (!has_transition(v))
		return NULL;
	told = is_of_agent(v->status.status) ? view_why(v) : str_dup(v->status.why);
	why = term_line(told); /* outside text is in it, and a log is UTF-8 */
	if (last)
		str_set(&r->h.s.last_activity_at, last);
	TRY(hold_status_at(&r->h, v->status.status, why, evidence_at(v)));
	announcer_tell(&r->a, EVENT_COUNT, "status", "%s → %s (%s)", status_word(v->facts.recorded),
		status_word(v->status.status), v->status.why);
	return NULL;
}

static struct err *record_pull(struct reacting *r)
{
	if (!has_found_pull(r->a.view))
		return NULL;
	str_set(&r->h.s.pr, r->a.view->facts.pull.url);
	return store_save(&r->world->store, &r->h.s);
}

static struct err *record_limit(struct reacting *r)
{
	int64_t until = limit_to_know(r->a.view);
	AUTO(str_release) char *text = until ? clock_iso(until) : NULL;

	if (!has_limit_news(r->a.view))
		return NULL;
	str_set(&r->h.s.limited_until, text);
	return store_save(&r->world->store, &r->h.s);
}

/* ---- the pass ------------------------------------------------------------------------------------ */

static struct err *take(bool *busy, struct reacting *r, const char *id)
{
	struct err *e = episodes_lock(&r->lock, &r->world->store, id, 0);

	*busy = e && e->class == ERR_TIMEOUT;
	if (*busy) {
		err_drop(e, "another poll is at it");
		return NULL;
	}
	TRY(e);
	return hold_try(busy, &r->h, r->world, id);
}

static struct err *look(struct reacting *r, const char *id)
{
	TRY(op_settle(&r->h));
	/* the pass has asked the forges; one by one they would cost as much for each as for all */
	TRY(op_list(&r->views, r->world,
		&(struct list_options){ .session = id, .all = true, .ask = ASK_KNOWN }));
	if (r->views.list.n != 1)
		return fail(ERR_MISSING, "no session '%s'", id);
	r->a.view = &r->views.list.v[0];
	r->a.project = r->a.view->project;
	err_drop(agent_load(&r->agent, &r->world->config, r->h.s.agent ? r->h.s.agent : ""),
		"without its file nothing is typed; the rest goes on");
	TRY(episodes_read(&r->episodes, &r->world->store, id));
	TRY(outbox_look(r));
	outlook_take(&r->o, r->a.view);
	return NULL;
}

static void apply(struct reacting *r)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		enum reaction_event e = (enum reaction_event)i;
		struct episode now = episode_now(r, e);
		struct decision d = outlook_decide(&r->o, e, &now);

		if (is_under_way(r, e)) /* it may neither end nor forget what is being said */
			d.end = d.tidy = false;
		if (!d.begin && !d.end && !d.tidy)
			continue;
		if (d.end && now.attempts)
			announcer_log(&r->a, e, "end", "it is no longer so", NULL);
		decision_apply(&r->episodes.of[e], &d, &r->o.now[e], e, r->o.moment.now);
		r->changed = true;
	}
}

static struct err *save(struct reacting *r)
{
	if (r->changed)
		TRY(episodes_save(&r->world->store, r->h.s.id, &r->episodes));
	r->changed = false;
	return NULL;
}

static struct err *under_lock(struct reacting *r)
{
	bool added = false;

	TRY(record_pull(r));
	TRY(record_limit(r));
	TRY(transition(r));
	r->changed |= announce_unsure(&r->a);
	TRY(outbox_mend(r));
	TRY(outbox_answered(r));
	outbox_fold(r);
	apply(r);
	TRY(outbox_send(&added, r));
	TRY(save(r));
	TRY(outbox_deliver(r, added));
	outbox_fold(r);
	return save(r);
}

/* ---- people, and merging: without the session's lock ---------------------------------------------- */

/* That an agent which confirms nothing did not confirm is no news. */
static enum priority priority_of_kind(
	const struct reacting *r, enum reaction_event e, enum announcement kind)
{
	bool lost = kind == ANNOUNCE_TROUBLE && r->a.view->facts.has_hooks;

	return lost || kind == ANNOUNCE_ESCALATION ? PRIORITY_URGENT : r->o.rules[e].priority;
}

static struct err *announce_as(
	struct reacting *r, enum reaction_event e, enum announcement kind, const char *why)
{
	struct episode now = episode_now(r, e);
	struct story story = { .event = e,
		.reaction = &r->o.rules[e],
		.view = r->a.view,
		.dialog = r->o.dialog,
		.attempts = now.attempts };
	AUTO(str_release) char *title = reaction_title(&story);
	AUTO(buf_release) struct buf text = { 0 };

	reaction_notice(&text, &story, why);
	return announce(&r->a,
		&(struct announced){ .kind = kind,
			.event = e,
			.priority = priority_of_kind(r, e, kind),
			.occasion = &r->o.now[e],
			.title = title,
			.text = buf_text(&text),
			.why = why });
}

/* Whose config may make ao merge by itself? Only one that the user has seen. */
static struct err *may_merge(const struct reacting *r, enum reaction_event e)
{
	AUTO(str_release) char *top = str_format("reactions.%s.action", reaction_word(e));
	AUTO(str_release) char *own = str_format("projects.%s.%s", r->a.project->id, top);

	TRY(config_need_trust(&r->world->config, top));
	return config_need_trust(&r->world->config, own);
}

static struct err *merge(struct reacting *r, enum reaction_event e)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull merged = { 0 };

	TRY(may_merge(r, e));
	TRY(pull_find(&t, r->world, r->h.s.id, NULL));
	TRY(op_pull_merge(&merged, r->world, &t, MERGE_SQUASH, r->a.view->facts.pull.head));
	announcer_log(
		&r->a, e, "merge", "approved and green", json_pack("{s:s?}", "head", merged.head));
	announcer_tell(&r->a, e, "merged", "#%d merged into %s as %.10s", merged.number,
		merged.base, merged.merged_as);
	return NULL;
}

/* Refused is told once for each head; what is only busy is tried again. */
static struct err *try_merge(struct reacting *r, enum reaction_event e)
{
	struct err *refusal = merge(r, e);
	AUTO(str_release) char *why = NULL;

	if (!refusal || refusal->class == ERR_TIMEOUT || refusal->class == ERR_INTERRUPTED)
		return refusal;
	why = term_line(refusal->text);
	err_drop(refusal, "it is told");
	return announce_as(r, e, ANNOUNCE_REFUSAL, why);
}

static struct err *act_on(struct reacting *r, enum reaction_event e)
{
	struct episode now = episode_now(r, e);
	struct decision d = outlook_decide(&r->o, e, &now);
	AUTO(str_release) char *trouble = NULL;

	if (d.tell_trouble) {
		trouble = str_format(
			"the agent may not have the message: %s", r->episodes.of[e].trouble);
		TRY(announce_as(r, e, ANNOUNCE_TROUBLE, trouble));
	}
	if (d.merge && !is_announced(&r->a, e, ANNOUNCE_REFUSAL))
		TRY(try_merge(r, e));
	if (d.notify_strangers)
		TRY(announce_as(r, e, ANNOUNCE_STRANGERS,
			"said by somebody who may not speak to an agent"));
	if (d.notify)
		TRY(announce_as(r, e, ANNOUNCE_EVENT, d.why_notify));
	if (d.escalate)
		TRY(announce_as(r, e, ANNOUNCE_ESCALATION, d.why_escalate));
	return NULL;
}

/* ---- a person at work ---------------------------------------------------------------------------- */

/* A terminal that cannot be asked has nobody in it: what waits in vain is worse than a disturbance. */
static int64_t ask_typed(const struct reacting *r)
{
	AUTO(runtime_fact_release) struct runtime_fact f = { 0 };
	struct runtime_ref ref = hold_runtime(&r->h);

	if (r->a.view->facts.runtime != TRI_YES || str_empty(ref.handle))
		return 0;
	err_drop(r->h.runtime->probe(&f, &ref, NULL, 1), "then nobody types");
	return f.typed_at;
}

bool reacting_held(struct reacting *r, enum reaction_event e)
{
	int64_t now = clock_wall();

	if (r->typed_at < 0)
		r->typed_at = ask_typed(r);
	if (!is_attended(now, r->typed_at, r->episodes.held_since))
		return false;
	if (r->held == EVENT_COUNT)
		r->held = e;
	return true;
}

static bool disturbs(const struct decision *d)
{
	return d->tell_trouble || d->merge || d->notify_strangers || d->notify || d->escalate;
}

/* Said once, when it begins. */
static void say_held(struct reacting *r)
{
	static const char why[] = "somebody is typing in its terminal";

	announcer_log(&r->a, r->held, "hold", why, NULL);
	announcer_tell(&r->a, r->held, "held", "waits: %s", why);
}

static struct err *note_held(struct reacting *r)
{
	struct episodes *e = &r->episodes;
	int64_t until = r->held < EVENT_COUNT ? r->typed_at + ATTENDED_MS : 0;

	if (until == e->held_until)
		return NULL;
	if (until && !e->held_since)
		say_held(r);
	e->held_since = !until ? 0 : e->held_since ? e->held_since : clock_wall();
	e->held_until = until;
	return episodes_save(&r->world->store, r->h.s.id, e);
}

static struct err *act(struct reacting *r)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		struct episode now = episode_now(r, (enum reaction_event)i);
		struct decision d = outlook_decide(&r->o, (enum reaction_event)i, &now);

		if (disturbs(&d) && reacting_held(r, (enum reaction_event)i))
			return note_held(r);
	}
	TRY(note_held(r));
	for (int i = 0; i < EVENT_COUNT; i++)
		TRY(act_on(r, (enum reaction_event)i));
	return NULL;
}

struct err *react_session(struct reacted *out, const struct world *w, const char *id,
	struct tellings *tellings, struct poll_ear *ear)
{
	AUTO(reacting_release)
	struct reacting r = { .world = w, .typed_at = -1, .held = EVENT_COUNT };

	r.a = (struct announcer){ .world = w,
		.id = id,
		.episodes = &r.episodes,
		.tellings = tellings,
		.ear = ear,
		.acted = &out->acted };
	TRY(take(&out->busy, &r, id));
	if (out->busy)
		return NULL;
	TRY(look(&r, id));
	TRY(under_lock(&r));
	TRY(signals_turn(r.h.folder));
	lock_release(&r.h.lock);
	TRY(act(&r));
	out->waits = r.held == EVENT_COUNT && outbox_waits(&r);
	return NULL;
}
