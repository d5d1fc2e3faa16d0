#include "op/names.h"

#include "base/term.h"
#include "op/notify.h"
#include "slot/scm.h"
#include "slot/tracker.h"
#include "store/agent_files.h"
#include "store/config_file.h"
#include "store/store.h"

static void session_names(struct strv *out, const struct config *c, bool live)
{
	AUTO(store_release) struct store st = { 0 };
	struct err *e = store_open(&st, c, NULL, false);

	if (!e)
		e = store_ids(out, &st, live);
	err_drop(e, "nothing is completed, then");
}

static const struct project *project_of(const struct config *c, const struct names_of *of)
{
	const struct project *p = !of->project && of->word ? config_project(c, of->word) : NULL;

	if (!p)
		err_drop(config_current_project(&p, c, of->project), "nothing is completed, then");
	return p;
}

/* Titles were written by somebody else, and end up on a terminal. */
static void add_titled(struct strv *out, const char *id, const char *title)
{
	AUTO(str_release) char *safe = term_line(title);

	strv_addf(out, "%s\t%s", id, safe);
}

/* The configured tracker's; where none is, whether there are any is only seen by looking. */
static void issue_names(struct strv *out, const struct project *p)
{
	const char *name = p->tracker.plugin ? p->tracker.plugin : "local";
	const struct tracker *tracker = tracker_named(name);
	struct tracked t = { .path = p->path, .repo = p->repo, .config = &p->tracker };
	AUTO(issues_release) struct issues all = { 0 };

	if (!tracker || !tracker->in_files)
		return;
	err_drop(tracker->list(&all, &t, false, NULL), "nothing is completed, then");
	for (size_t i = 0; i < all.list.n; i++)
		add_titled(out, all.list.v[i].id, all.list.v[i].title);
}

static void pull_names(struct strv *out, const struct project *p)
{
	struct forge f = { .project = p, .repo = p->path };
	AUTO(pulls_release) struct pulls all = { 0 };
	const struct scm *scm = NULL;
	struct err *e = scm_of_project(&scm, p);

	if (!e && scm->in_files)
		e = scm->list(&all, &f);
	err_drop(e, "nothing is completed, then");
	for (size_t i = 0; i < all.list.n; i++) {
		AUTO(str_release) char *number = str_format("%d", all.list.v[i].number);
		if (all.list.v[i].state == PULL_OPEN)
			add_titled(out, number, all.list.v[i].title);
	}
}

static void project_names(
	struct strv *out, enum names which, const struct config *c, const struct names_of *of)
{
	const struct project *p = project_of(c, of);

	if (p && which == NAMES_ISSUES)
		issue_names(out, p);
	else if (p)
		pull_names(out, p);
}

void op_names(struct strv *out, enum names which, const struct names_of *of)
{
	AUTO(config_release) struct config c = { 0 };
	struct err *e = config_peek(&c, of->config);

	if (which == NAMES_AGENTS)
		agent_all_names(out, &c);
	else if (!e && which == NAMES_NOTIFIERS)
		op_notifiers(out, &c);
	else if (!e && (which == NAMES_ISSUES || which == NAMES_PULLS))
		project_names(out, which, &c, of);
	else if (!e && which != NAMES_PROJECTS)
		session_names(out, &c, which == NAMES_LIVE);
	for (size_t i = 0; which == NAMES_PROJECTS && i < c.projects.n; i++)
		strv_add(out, c.projects.v[i].id);
	err_drop(e, "nothing is completed, then");
}
