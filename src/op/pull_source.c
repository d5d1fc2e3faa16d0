#include "op/pull_source.h"

#include "op/hold.h"
#include "slot/scm.h"

static bool has_source(struct hold *h, const struct world *w, const struct view *v)
{
	const struct scm *scm = scm_of_pull(v->session.pr);
	const struct workspace *ws = NULL;
	struct err *e;

	if (!scm || !scm->in_files || v->facts.pull.state != PULL_OPEN || !v->facts.pull.branch)
		return false;
	e = str_empty(v->session.workspace) ? NULL : workspace_find(&ws, v->session.workspace);
	err_drop(e, "a verb on it will say so");
	if (!ws || !ws->publish) /* most have none, and nothing more is read for them */
		return false;
	e = hold_read(h, w, v->session.id);
	if (e) {
		err_drop(e, "a verb on it will say so");
		return false;
	}
	return h->s.workspace_handle;
}

bool pull_is_behind(const struct world *w, const struct view *v)
{
	AUTO(hold_release) struct hold h = { 0 };
	struct checkout c;

	if (!has_source(&h, w, v))
		return false;
	c = hold_checkout(&h);
	return h.workspace->has_news(&c, v->facts.pull.branch);
}

void pull_source_places(struct strv *folders, const struct world *w, const struct view *v)
{
	AUTO(hold_release) struct hold h = { 0 };
	struct checkout c;

	if (!has_source(&h, w, v))
		return;
	c = hold_checkout(&h);
	h.workspace->places(folders, &c, v->facts.pull.branch);
}
