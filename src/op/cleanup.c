#include "op/cleanup.h"

#include <stdlib.h>

#include "base/clock.h"
#include "op/issue.h"
#include "op/prompt.h"
#include "rule/cleanup_reason.h"

void cleanup_plan_release(struct cleanup_plan *p)
{
	for (size_t i = 0; i < p->list.n; i++) {
		free(p->list.v[i].id);
		free(p->list.v[i].reason);
	}
	free(p->list.v);
	*p = (struct cleanup_plan){ 0 };
}

static struct cleanup_verdict judge(
	const struct world *w, const struct view *v, const struct issue_state *issue)
{
	struct cleanup_facts c = {
		.facts = &v->facts,
		.issue_closed = issue->closed == TRI_YES,
		.issue_closed_at = issue->closed_at,
		.orchestrator = session_is_orchestrator(&v->session),
	};
	AUTO(run_info_release) struct run_info run = { 0 };
	AUTO(str_release) char *folder = store_folder(&w->store, v->session.id);
	int64_t undeleted = 0, restored = 0;

	run_read(&run, folder);
	c.died_at = run.has_exit ? run.ended_at : run.started_at;
	clock_parse(&undeleted, v->session.undeleted_at);
	clock_parse(&restored, v->session.restored_at);
	c.brought_back_at = undeleted > restored ? undeleted : restored;
	return cleanup_reason(&c);
}

static char *reason_text(
	const struct cleanup_verdict *v, const struct facts *f, const struct session *s)
{
	if (v->issue) {
		AUTO(str_release) char *shown = issue_shown(s->issue);
		return str_format("issue %s closed", shown);
	}
	if (f->pull.state == PULL_MERGED && v->kill && !v->dead_only && f->pull.number)
		return str_format("PR #%d merged", f->pull.number);
	return str_dup(v->why);
}

struct err *op_cleanup_plan(struct cleanup_plan *out, const struct world *w, const char *project)
{
	AUTO(views_release) struct views views = { 0 };
	struct issue_state *issues;

	TRY(op_list(&views, w, &(struct list_options){ .project = project, .ask = ASK_QUICK }));
	issues = mem_alloc((views.list.n + 1) * sizeof(*issues));
	issue_states(issues, &views, w);
	for (size_t i = 0; i < views.list.n; i++) {
		const struct view *v = &views.list.v[i];
		struct cleanup_verdict verdict = judge(w, v, &issues[i]);
		struct cleanup_row *row;
		if (!verdict.kill && !verdict.skip)
			continue;
		row = vec_push(&out->list);
		row->id = str_dup(v->session.id);
		row->reason = reason_text(&verdict, &v->facts, &v->session);
		row->skipped = verdict.skip;
	}
	free(issues);
	return NULL;
}

/* Since the plan was made it may have been restored, undeleted, or have come to new work. */
static struct err *still_done(const struct world *w, const char *id)
{
	AUTO(views_release) struct views views = { 0 };
	struct issue_state issue = { 0 };

	TRY(op_list(&views, w, &(struct list_options){ .session = id, .ask = ASK_QUICK }));
	if (views.list.n == 1) {
		issue_states(&issue, &views, w);
		if (judge(w, &views.list.v[0], &issue).kill)
			return NULL;
	}
	return fail(ERR_REFUSED, "it was brought back meanwhile and is kept");
}

struct err *op_cleanup(struct killed *out, const struct world *w, const struct cleanup_row *row)
{
	AUTO(str_release) char *reason = str_format("cleaned up: %s", row->reason);

	return op_kill(
		out, w, row->id, &(struct kill_options){ .reason = reason, .allowed = still_done });
}
