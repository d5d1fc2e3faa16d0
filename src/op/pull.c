#include "op/pull.h"

#include <stdlib.h>
#include <string.h>

#include "op/hold.h"
#include "op/issue.h"
#include "op/queue.h"

void pull_target_release(struct pull_target *t)
{
	str_release(&t->repo);
}

static struct forge forge_of(const struct world *w, const struct pull_target *t)
{
	return (struct forge){ .project = t->project,
		.repo = t->repo,
		.data_dir = w->store.data_dir,
		.actor = world_actor(),
		.sink = w->sink };
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

struct err *pull_find(
	struct pull_target *out, const struct world *w, const char *word, const char *project)
{
	AUTO(hold_release) struct hold h = { 0 };
	int number = number_of(word);

	if (number)
		return find_by_number(out, w, number, project);
	TRY(hold_read(&h, w, word));
	out->scm = scm_of_pull(h.s.pr);
	if (str_empty(h.s.pr))
		return fail(ERR_FAILED, "%s has no pull request: ao pr create %s", word, word);
	if (!out->scm)
		return fail(ERR_FAILED, "%s: no plugin here knows the forge of it", h.s.pr);
	TRY(need_project(&h));
	out->project = h.project;
	out->number = out->scm->number(h.s.pr);
	out->repo = str_dup(h.s.repo ? h.s.repo : h.project->path);
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

	TRY(scm_of_project(&t.scm, p));
	f = forge_of(w, &t);
	return t.scm->list(out, &f);
}

static struct err *record_pull(struct hold *h, const struct scm *scm, int number, bool made)
{
	AUTO(str_release) char *text = scm->text(h->project, number);

	if (str_equal(text, h->s.pr))
		return NULL;
	str_set(&h->s.pr, text);
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

struct err *op_pull_create(struct pull *pull, struct pull_target *out, bool *made,
	const struct world *w, const char *id, const struct pull_draft_options *o)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(str_release) char *branch = NULL;
	AUTO(str_release) char *title = NULL;
	struct checkout c;
	struct forge f;

	TRY(hold_take(&h, w, id));
	TRY(need_project(&h));
	TRY(scm_of_project(&out->scm, h.project));
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
	title = o->title ? str_dup(o->title) : issue_title(&h.s, h.project, w->sink);
	TRY(out->scm->create(pull, made, &f,
		&(struct pull_draft){ .branch = branch,
			.base = o->base,
			.title = title,
			.body = o->body,
			.session = id }));
	out->number = pull->number;
	TRY(record_pull(&h, out->scm, pull->number, *made));
	if (*made)
		log_pull(w, pull, "create");
	return NULL;
}

struct err *op_pull_view(struct pull *out, const struct world *w, const struct pull_target *t)
{
	struct forge f = forge_of(w, t);

	return t->scm->view(out, &f, t->number);
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
	log_pull(w, out, "merge");
	e = mark_merged(w, out);
	if (e)
		sink_say(w->sink, SINK_WARNING, "merged, but not recorded: %s", e->text);
	err_drop(e, "told as a warning");
	queue_next(w);
	return NULL;
}

struct err *op_pull_close(struct pull *out, const struct world *w, const struct pull_target *t)
{
	struct forge f = forge_of(w, t);

	TRY(t->scm->close(out, &f, t->number));
	log_pull(w, out, "close");
	return NULL;
}

/* ---- for lists ---------------------------------------------------------------------------------------- */

static struct pull_ref ref_of(const struct session *s, const struct project *p)
{
	return (struct pull_ref){ .pr = s->pr,
		.repo = s->repo ? s->repo
			: p     ? p->path
				: NULL,
		.project = p };
}

/* All views of one forge in one question. */
static struct err *look(struct views *v, const struct scm *scm, bool known)
{
	struct pull_ref *refs = mem_alloc((v->list.n + 1) * sizeof(*refs));
	struct pull *answers = mem_alloc((v->list.n + 1) * sizeof(*answers));
	size_t *who = mem_alloc((v->list.n + 1) * sizeof(*who));
	size_t n = 0;
	struct err *e;

	for (size_t i = 0; i < v->list.n; i++) {
		if (scm_of_pull(v->list.v[i].session.pr) != scm)
			continue;
		refs[n] = ref_of(&v->list.v[i].session, v->list.v[i].project);
		who[n++] = i;
	}
	e = scm->refresh(answers, refs, n, known);
	for (size_t i = 0; i < n; i++) {
		if (e)
			pull_release(&answers[i]);
		else
			v->list.v[who[i]].facts.pull = answers[i];
	}
	free(refs);
	free(answers);
	free(who);
	return e;
}

struct err *pulls_look(struct views *v, bool known)
{
	for (size_t i = 0; i < v->list.n; i++) {
		const struct scm *scm = scm_of_pull(v->list.v[i].session.pr);
		bool asked = !scm;
		for (size_t k = 0; k < i && !asked; k++)
			asked = scm_of_pull(v->list.v[k].session.pr) == scm;
		if (!asked)
			TRY(look(v, scm, known));
	}
	return NULL;
}

void pull_places(struct strv *folders, const struct view *v)
{
	const struct scm *scm = scm_of_pull(v->session.pr);
	struct pull_ref ref = ref_of(&v->session, v->project);

	if (scm)
		scm->places(folders, &ref, &v->facts.pull);
}

void pulls_places(struct strv *folders, const struct views *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		pull_places(folders, &v->list.v[i]);
}

void pull_ask(struct pull *out, const struct session *s, const struct project *p)
{
	const struct scm *scm = scm_of_pull(s->pr);
	struct pull_ref ref = ref_of(s, p);
	struct err *e = scm ? scm->refresh(out, &ref, 1, false) : NULL;

	err_drop(e, "then it is unknown");
}

bool pull_is_merged(const struct session *s, const struct project *p)
{
	AUTO(pull_release) struct pull pull = { 0 };

	pull_ask(&pull, s, p);
	return pull.state == PULL_MERGED && pull.merged_into_default;
}
