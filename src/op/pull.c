#include "op/pull.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "op/hold.h"
#include "op/issue.h"
#include "op/queue.h"

void pull_target_release(struct pull_target *t)
{
	str_release(&t->repo);
	str_release(&t->pr);
	str_release(&t->session);
}

static struct forge forge_of(const struct world *w, const struct pull_target *t)
{
	return (struct forge){ .project = t->project,
		.repo = t->repo,
		.pr = t->pr,
		.data_dir = w->store.data_dir,
		.actor = world_actor(),
		.sink = w->sink };
}

/* A forge that an untrusted configuration names is not asked, with a token least of all. */
static struct err *may_ask(const struct world *w, const struct project *p)
{
	static const char *const keys[] = { "host", "apiUrl", "socket" };

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		AUTO(str_release)
		char *value = str_format("projects.%s.scm.%s", p->id, keys[i]);
		TRY(config_need_trust(&w->config, value));
	}
	return NULL;
}

/* ---- which one ---------------------------------------------------------------------------------------- */

/* "#12" or "12"; 0: something else */
static int number_of(const char *word)
{
	const char *digits = word + (word[0] == '#');
	size_t n = strlen(digits);

	return n && n < 8 && strspn(digits, "0123456789") == n ? atoi(digits) : 0;
}

static struct err *find_by_number(
	struct pull_target *out, const struct world *w, int number, const char *project)
{
	TRY(world_project(&out->project, w, project));
	TRY(may_ask(w, out->project));
	TRY(scm_of_project(&out->scm, out->project));
	out->repo = str_dup(out->project->path);
	out->number = number;
	return NULL;
}

static struct err *need_project(const struct hold *h)
{
	return h->project ? NULL
			  : fail(ERR_CONFIG, "the project '%s' of %s is no longer configured",
				    h->s.project ? h->s.project : "", h->s.id);
}

/* Nothing is recorded; its branch may have one all the same. */
static struct err *find_by_branch(const struct world *w, struct hold *h)
{
	AUTO(pull_release) struct pull p = { 0 };

	pull_ask(&p, w, &h->s, h->project);
	if (!p.state)
		return fail(
			ERR_FAILED, "%s has no pull request: ao pr create %s", h->s.id, h->s.id);
	str_set(&h->s.pr, p.url);
	return NULL;
}

struct err *pull_find(
	struct pull_target *out, const struct world *w, const char *word, const char *project)
{
	AUTO(hold_release) struct hold h = { 0 };
	int number = number_of(word);

	if (number)
		return find_by_number(out, w, number, project);
	TRY(hold_read(&h, w, word));
	if (str_empty(h.s.pr))
		TRY(find_by_branch(w, &h));
	out->scm = scm_of_pull(h.s.pr);
	if (!out->scm)
		return fail(ERR_FAILED, "%s: no plugin here knows the forge of it", h.s.pr);
	TRY(need_project(&h));
	TRY(may_ask(w, h.project));
	out->project = h.project;
	out->number = out->scm->number(h.s.pr);
	out->repo = str_dup(h.s.repo ? h.s.repo : h.project->path);
	out->pr = str_dup(h.s.pr);
	out->session = str_dup(h.s.id);
	return NULL;
}

/* ---- the verbs ---------------------------------------------------------------------------------------- */

/* Told in the log of the session that the pull request is of. */
static void log_pull(const struct world *w, const struct pull *p, const char *verb)
{
	struct hold h = { .world = w };

	if (str_empty(p->session) || !store_exists(&w->store, p->session))
		return;
	h.s.id = p->session;
	hold_log(&h, "pull",
		json_pack("{s:s, s:i, s:s, s:s?, s:s?}", "verb", verb, "number", p->number, "head",
			p->head, "ci", ci_word(p->ci), "review", review_word(p->review)));
}

struct err *op_pull_list(struct pulls *out, const struct world *w, const struct project *p)
{
	struct pull_target t = { .project = p, .repo = p->path };
	struct forge f;

	TRY(may_ask(w, p));
	TRY(scm_of_project(&t.scm, p));
	f = forge_of(w, &t);
	return t.scm->list(out, &f);
}

/* A forge elsewhere knows nothing of sessions, ours has no URL. */
static void complete(struct pull *p, const struct pull_target *t)
{
	if (str_empty(p->session) && t->session)
		str_set(&p->session, t->session);
	if (!p->url)
		p->url = t->scm->text(t->project, p->number);
}

static struct err *record_pull(struct hold *h, const struct pull *p, bool made)
{
	if (str_equal(p->url, h->s.pr))
		return NULL;
	str_set(&h->s.pr, p->url);
	if (made && session_is(&h->s, STATUS_MERGED))
		return hold_status(h, STATUS_PR_OPEN, "a new pull request was made");
	return store_save(&h->world->store, &h->s);
}

/* A workspace with branches of its own hands them over to where the pull request is. */
static struct err *hand_over(const struct hold *h, const struct scm *scm, const char *branch)
{
	struct checkout c = hold_checkout(h);

	if (!scm->in_files || !h->workspace->publish || !c.handle)
		return NULL;
	return h->workspace->publish(&c, branch);
}

/* The same before a verb that goes by the head; lists and views show it as it was handed over last. */
static struct err *bring_head(const struct world *w, const struct pull_target *t)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(hold_release) struct hold seen = { 0 };
	AUTO(hold_release) struct hold h = { 0 };
	struct forge f = forge_of(w, t);

	if (!t->scm->in_files)
		return NULL;
	TRY(t->scm->view(&p, &f, t->number));
	if (p.state != PULL_OPEN || str_empty(p.session) || !store_exists(&w->store, p.session))
		return NULL;
	TRY(hold_read(&seen, w, p.session));
	if (!seen.workspace->publish) /* and then nobody is waited for */
		return NULL;
	TRY(hold_take(&h, w, p.session));
	return hand_over(&h, t->scm, p.branch);
}

/* An issue on the same forge is closed by it when the pull request that names it so is merged. NULL: there is
 * none, or the forge is ours. */
static char *closing_words(const struct session *s, const struct scm *scm, const struct project *p)
{
	bool there = !scm->in_files && !str_empty(s->issue) &&
		str_equal(s->tracker, scm->plugin.name) && !issue_is_elsewhere(p);

	return there ? str_format("Closes #%s", s->issue) : NULL;
}

struct err *op_pull_create(struct pull *pull, struct pull_target *out, bool *made,
	const struct world *w, const char *id, const struct pull_draft_options *o)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(str_release) char *branch = NULL;
	AUTO(str_release) char *title = NULL;
	AUTO(str_release) char *body = NULL;
	struct checkout c;
	struct forge f;

	TRY(hold_take(&h, w, id));
	TRY(need_project(&h));
	TRY(may_ask(w, h.project));
	TRY(scm_of_project(&out->scm, h.project));
	out->session = str_dup(id);
	out->project = h.project;
	out->repo = str_dup(h.s.repo ? h.s.repo : h.project->path);
	c = hold_checkout(&h);
	branch = c.handle ? h.workspace->branch_now(&c) : NULL;
	if (!branch)
		branch = str_dup(h.s.branch);
	if (!branch)
		return fail(ERR_FAILED, "%s has no branch yet", id);
	TRY(hand_over(&h, out->scm, branch));
	f = forge_of(w, out);
	title = o->title ? str_dup(o->title) : issue_title(&h.s, w, h.project);
	body = o->body ? str_dup(o->body) : closing_words(&h.s, out->scm, h.project);
	TRY(out->scm->create(pull, made, &f,
		&(struct pull_draft){ .branch = branch,
			.base = o->base,
			.title = title,
			.body = body,
			.session = id }));
	out->number = pull->number;
	complete(pull, out);
	out->pr = str_dup(pull->url);
	TRY(record_pull(&h, pull, *made));
	if (*made)
		log_pull(w, pull, "create");
	return NULL;
}

struct err *op_pull_view(struct pull *out, const struct world *w, const struct pull_target *t)
{
	struct forge f = forge_of(w, t);

	TRY(t->scm->view(out, &f, t->number));
	complete(out, t);
	return NULL;
}

static struct err *may_run(const struct world *w, const struct project *p)
{
	AUTO(str_release) char *checks = str_format("projects.%s.checks", p->id);
	AUTO(str_release) char *env = str_format("projects.%s.env", p->id);

	if (p->checks.n)
		TRY(config_need_trust(&w->config, checks));
	return p->checks.n && p->env.n ? config_need_trust(&w->config, env) : NULL;
}

static struct err *check(struct pull *out, const struct world *w, const struct pull_target *t,
	bool red, bool no_wait)
{
	struct forge f = forge_of(w, t);

	f.red = red;
	f.no_wait = no_wait;
	TRY(may_run(w, t->project));
	TRY(bring_head(w, t));
	TRY(t->scm->check(out, &f, t->number));
	complete(out, t);
	log_pull(w, out, "checks");
	return NULL;
}

struct err *op_pull_check(
	struct pull *out, const struct world *w, const struct pull_target *t, bool no_wait)
{
	return check(out, w, t, false, no_wait);
}

struct err *op_pull_check_again(
	struct pull *out, const struct world *w, const struct pull_target *t)
{
	return check(out, w, t, true, false);
}

struct err *op_pull_review(struct pull *out, const struct world *w, const struct pull_target *t,
	const struct remark_wish *wish)
{
	struct forge f = forge_of(w, t);

	TRY(t->scm->review(out, &f, t->number, wish));
	complete(out, t);
	log_pull(w, out,
		wish->resolve          ? "resolve"
			: wish->reopen ? "reopen"
				       : remark_word(wish->kind));
	return NULL;
}

/* The merge has happened; that its session could not be told is a warning. */
static struct err *mark_merged(const struct world *w, const struct pull *p)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(str_release) char *reason = str_format("its pull request #%d was merged", p->number);

	if (!p->merged_into_default || str_empty(p->session) ||
		!store_exists(&w->store, p->session))
		return NULL;
	TRY(hold_take(&h, w, p->session));
	if (session_is(&h.s, STATUS_KILLED))
		return NULL;
	return hold_status(&h, STATUS_MERGED, reason);
}

struct err *op_pull_merge(struct pull *out, const struct world *w, const struct pull_target *t,
	enum merge_method method, const char *head)
{
	struct forge f = forge_of(w, t);
	struct err *e;

	TRY(bring_head(w, t));
	TRY(t->scm->merge(out, &f, t->number, method, head));
	complete(out, t);
	log_pull(w, out, "merge");
	e = mark_merged(w, out);
	if (e)
		sink_say(w->sink, SINK_WARNING, "merged, but not recorded: %s", e->text);
	err_drop(e, "told as a warning");
	(void)queue_next(w);
	return NULL;
}

struct err *op_pull_close(struct pull *out, const struct world *w, const struct pull_target *t)
{
	struct forge f = forge_of(w, t);

	TRY(t->scm->close(out, &f, t->number));
	complete(out, t);
	log_pull(w, out, "close");
	return NULL;
}

struct err *op_pull_examine(struct strv *said, const struct world *w, const struct project *p)
{
	struct pull_target t = { .project = p, .repo = p->path };
	struct forge f;
	struct err *e = scm_of_project(&t.scm, p);

	if (e || !t.scm->examine) {
		err_drop(e, "a project may be without a forge");
		return NULL;
	}
	TRY(may_ask(w, p));
	f = forge_of(w, &t);
	return t.scm->examine(said, &f);
}

/* ---- for lists ---------------------------------------------------------------------------------------- */

static struct pull_ref ref_of(const struct session *s, const struct project *p)
{
	struct pull_ref ref = { .pr = s->pr,
		.repo = s->repo ? s->repo
			: p     ? p->path
				: NULL,
		.branch = s->branch,
		.project = p };

	clock_parse(&ref.since, s->created_at);
	return ref;
}

/* Whose forge it is: of its pull request, else where one may be found by its branch. */
static const struct scm *scm_of_session(const struct session *s, const struct project *p)
{
	const struct scm *scm = scm_of_pull(s->pr);
	struct err *e = NULL;

	if (scm || !str_empty(s->pr) || !p || str_empty(s->branch))
		return scm;
	e = scm_of_project(&scm, p);
	if (e) {
		err_drop(e, "a project without a forge");
		return NULL;
	}
	return scm->finds ? scm : NULL;
}

/* The forge of each view. Sessions of one project follow one another, so it is looked for once. */
static const struct scm **forges_of(const struct views *v, const struct world *w)
{
	const struct scm **scms = mem_alloc((v->list.n + 1) * sizeof(*scms));
	const struct scm *found = NULL;
	const struct project *last = NULL;

	for (size_t i = 0; i < v->list.n; i++) {
		const struct view *view = &v->list.v[i];
		struct err *e = view->project ? may_ask(w, view->project) : NULL;

		if (e) {
			err_drop(e, "an untrusted configuration names no forge");
		} else if (!str_empty(view->session.pr)) {
			scms[i] = scm_of_pull(view->session.pr);
		} else if (view->project && !str_empty(view->session.branch)) {
			if (view->project != last)
				found = scm_of_session(&view->session, view->project);
			last = view->project;
			scms[i] = found;
		}
	}
	return scms;
}

/* All views of one forge in one question. */
static struct err *look(struct views *v, const struct scm *const *scms, const struct scm *scm,
	const struct look *how)
{
	struct pull_ref *refs = mem_alloc((v->list.n + 1) * sizeof(*refs));
	struct pull *answers = mem_alloc((v->list.n + 1) * sizeof(*answers));
	size_t *who = mem_alloc((v->list.n + 1) * sizeof(*who));
	size_t n = 0;
	struct err *e;

	for (size_t i = 0; i < v->list.n; i++) {
		if (scms[i] != scm)
			continue;
		refs[n] = ref_of(&v->list.v[i].session, v->list.v[i].project);
		if (!str_empty(v->list.v[i].branch_now))
			refs[n].branch = v->list.v[i].branch_now;
		who[n++] = i;
	}
	e = scm->refresh(answers, refs, n, how);
	for (size_t i = 0; i < n; i++) {
		struct view *view = &v->list.v[who[i]];

		if (e) {
			pull_release(&answers[i]);
			continue;
		}
		if (answers[i].state && str_empty(answers[i].session))
			str_set(&answers[i].session, view->session.id);
		view->facts.pull = answers[i];
	}
	free(refs);
	free(answers);
	free(who);
	return e;
}

struct err *pulls_look(struct views *v, const struct world *w, enum ask ask)
{
	struct look how = { .ask = ask, .data_dir = w->store.data_dir, .sink = w->sink };
	const struct scm **scms = forges_of(v, w);
	struct err *e = NULL;

	for (size_t i = 0; i < v->list.n && !e; i++) {
		bool asked = !scms[i];
		for (size_t k = 0; k < i && !asked; k++)
			asked = scms[k] == scms[i];
		if (!asked)
			e = look(v, scms, scms[i], &how);
	}
	free(scms);
	return e;
}

void pull_places(struct strv *folders, const struct world *w, const struct view *v)
{
	const struct scm *scm = scm_of_pull(v->session.pr);
	struct pull_ref ref = ref_of(&v->session, v->project);

	if (scm && scm->places)
		scm->places(folders, &ref, &v->facts.pull, w->store.data_dir);
}

void pulls_places(struct strv *folders, const struct world *w, const struct views *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		pull_places(folders, w, &v->list.v[i]);
}

void pull_ask(
	struct pull *out, const struct world *w, const struct session *s, const struct project *p)
{
	const struct scm *scm = scm_of_session(s, p);
	struct pull_ref ref = ref_of(s, p);
	struct look how = { .ask = ASK_QUICK, .data_dir = w->store.data_dir, .sink = w->sink };
	struct err *e = p ? may_ask(w, p) : NULL;

	if (!e && scm)
		e = scm->refresh(out, &ref, 1, &how);
	err_drop(e, "then it is unknown");
}

bool pull_is_merged(const struct world *w, const struct session *s, const struct project *p)
{
	AUTO(pull_release) struct pull pull = { 0 };

	pull_ask(&pull, w, s, p);
	return pull.state == PULL_MERGED && pull.merged_into_default;
}
