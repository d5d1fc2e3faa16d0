#include "cmd/row.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static struct group *group_add(struct groups *g, const char *id, const char *name, bool configured)
{
	struct group *new = vec_push(&g->list);

	new->id = id;
	new->name = name;
	new->configured = configured;
	g->projects += configured;
	return new;
}

static struct group *group_of(struct groups *g, const char *id)
{
	for (size_t i = 0; i < g->list.n; i++)
		if (str_equal(g->list.v[i].id, id))
			return &g->list.v[i];
	return NULL;
}

void groups_fill(
	struct groups *g, const struct config *c, const char *project, const struct views *v)
{
	for (size_t i = 0; i < c->projects.n; i++) {
		const struct project *p = &c->projects.v[i];

		if (!project || str_equal(project, p->id))
			group_add(g, p->id, p->name, true);
	}
	for (size_t i = 0; i < v->list.n; i++) {
		const struct view *view = &v->list.v[i];
		const char *id = view->project ? view->project->id : view->session.project;
		struct group *group;

		id = id ? id : "?";
		group = group_of(g, id);
		if (!group)
			group = group_add(g, id, id, false);
		if (session_is_orchestrator(&view->session)) {
			group->orchestrator = view;
			g->orchestrators++;
			continue;
		}
		*vec_push(&group->rows) = view;
		g->sessions++;
	}
}

void groups_release(struct groups *g)
{
	for (size_t i = 0; i < g->list.n; i++)
		free(g->list.v[i].rows.v);
	free(g->list.v);
	*g = (struct groups){ 0 };
}

const char *row_branch(const struct view *v)
{
	return str_empty(v->branch_now) ? v->session.branch : v->branch_now;
}

const char *row_pr(const struct view *v)
{
	const char *pr = str_empty(v->facts.pull.url) ? v->session.pr : v->facts.pull.url;

	return str_empty(pr) ? NULL : pr;
}

/* Before anything was asked, the record's own text tells: …/pull/42, …/merge_requests/7, local:app#1. */
int row_pr_number(const struct view *v)
{
	const char *pr = row_pr(v), *at;

	if (v->facts.pull.number || !pr)
		return v->facts.pull.number;
	for (at = pr + strlen(pr); at > pr && isdigit((unsigned char)at[-1]);)
		at--;
	return at > pr && strlen(at) < 10 && strchr("/#", at[-1]) ? atoi(at) : 0;
}

char *row_age(const struct view *v)
{
	return v->last_at ? clock_age(v->facts.now - v->last_at) : str_dup("-");
}

enum ink status_ink(enum status s)
{
	static const enum ink table[STATUS_COUNT] = {
		[STATUS_WORKING] = INK_GREEN,
		[STATUS_MERGEABLE] = INK_GREEN,
		[STATUS_APPROVED] = INK_GREEN,
		[STATUS_CI_FAILED] = INK_RED,
		[STATUS_CHANGES_REQUESTED] = INK_YELLOW,
		[STATUS_NEEDS_INPUT] = INK_YELLOW,
		[STATUS_STUCK] = INK_RED,
		[STATUS_ERRORED] = INK_RED,
		[STATUS_KILLED] = INK_DIM,
		[STATUS_IDLE] = INK_DIM,
		[STATUS_QUEUED] = INK_DIM,
	};

	return table[s];
}

enum ink activity_ink(enum activity a)
{
	static const enum ink table[ACTIVITY_COUNT] = {
		[ACTIVITY_ACTIVE] = INK_GREEN,
		[ACTIVITY_WAITING_INPUT] = INK_YELLOW,
		[ACTIVITY_BLOCKED] = INK_RED,
		[ACTIVITY_EXITED] = INK_RED,
		[ACTIVITY_IDLE] = INK_DIM,
		[ACTIVITY_UNKNOWN] = INK_DIM,
	};

	return table[a];
}

const char *tri_word(enum tri t, const char *yes, const char *no)
{
	return t == TRI_YES ? yes : t == TRI_NO ? no : "unknown";
}

static json_t *time_json(int64_t at)
{
	AUTO(str_release) char *iso = at ? clock_iso(at) : NULL;

	return json_text(iso);
}

static json_t *age_json(const struct view *v)
{
	AUTO(str_release) char *age = row_age(v);
	AUTO(str_release) char *ago = str_format("%s ago", age);

	return json_text(v->last_at ? ago : NULL);
}

static json_t *number_json(int number)
{
	return number ? json_integer(number) : json_null();
}

static json_t *facts_json(const struct view *v)
{
	json_t *list = json_array();

	for (int i = 0; i < v->facts.n; i++) {
		const struct fact *f = &v->facts.v[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:o, s:b}", "source", source_word(f->source),
				"says", activity_word(f->says), "at", time_json(f->at), "detail",
				json_text(f->detail), "decided", i == v->activity.by));
	}
	return list;
}

/* Keys keep the order in which they are set: the contract's. */
static void page_keys(json_t *row, const struct view *v)
{
	const struct pull *p = &v->facts.pull;

	json_object_set_new(row, "name", json_text(v->session.id));
	json_object_set_new(row, "branch", json_text(row_branch(v)));
	json_object_set_new(row, "status", json_text(status_word(v->status.status)));
	json_object_set_new(row, "prNumber", number_json(row_pr_number(v)));
	json_object_set_new(row, "ciStatus", json_text(p->state ? ci_word(p->ci) : NULL));
	json_object_set_new(
		row, "reviewDecision", json_text(p->state ? review_word(p->review) : NULL));
	json_object_set_new(
		row, "pendingThreads", p->state ? json_integer(p->threads) : json_null());
	json_object_set_new(row, "activity", json_text(activity_word(v->activity.activity)));
	json_object_set_new(row, "lastActivity", age_json(v));
}

static void set_new_key(json_t *row, const char *key, json_t *value)
{
	if (json_object_get(row, key))
		json_decref(value);
	else
		json_object_set_new(row, key, value);
}

static void list_keys(json_t *row, const struct view *v, const char *attach)
{
	const struct session *s = &v->session;

	set_new_key(row, "name", json_text(s->id));
	set_new_key(row, "project", json_text(v->project ? v->project->id : s->project));
	set_new_key(row, "branch", json_text(row_branch(v)));
	set_new_key(row, "status", json_text(status_word(v->status.status)));
	set_new_key(row, "pr", json_text(row_pr(v)));
	set_new_key(row, "prNumber", number_json(row_pr_number(v)));
	set_new_key(row, "issue", json_text(s->issue));
	set_new_key(row, "agent", json_text(s->agent));
	set_new_key(row, "activity", json_text(activity_word(v->activity.activity)));
	set_new_key(row, "lastActivity", age_json(v));
	set_new_key(row, "lastActivityAt", time_json(v->last_at));
	set_new_key(row, "createdAt", json_text(s->created_at));
	set_new_key(row, "worktree", json_text(s->worktree));
	set_new_key(row, "attach", json_text(attach));
}

static json_t *usage_json(const struct told *t)
{
	const struct usage *u = &t->usage;

	if (!t->source)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:s, s:o, s:s?}", "input", (json_int_t)u->input,
		"output", (json_int_t)u->output, "cacheRead", (json_int_t)u->cache_read,
		"cacheWrite", (json_int_t)u->cache_write, "source", t->source, "costUsd",
		t->has_cost ? json_real(t->cost) : json_null(), "priceSource", t->price_source);
}

static void full_keys(json_t *row, const struct view *v)
{
	json_object_set_new(row, "summary", json_text(str_empty(v->summary) ? NULL : v->summary));
	json_object_set_new(row, "runtime", json_text(tri_word(v->facts.runtime, "alive", "gone")));
	json_object_set_new(row, "facts", facts_json(v));
	json_object_set_new(row, "usage", usage_json(&v->told));
	json_object_set_new(row, "limitedUntil",
		v->facts.limited_until > 0 ? time_json(v->facts.limited_until) : json_null());
}

json_t *row_json(const struct view *v, const char *attach, bool full)
{
	json_t *row = json_object();

	if (full)
		page_keys(row, v);
	list_keys(row, v, attach);
	if (full)
		full_keys(row, v);
	json_object_set_new(row, "role",
		json_string(session_is_orchestrator(&v->session) ? "orchestrator" : "worker"));
	return row;
}
