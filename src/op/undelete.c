#include <string.h>

#include "base/clock.h"
#include "op/lease.h"
#include "op/restore.h"
#include "op/settle.h"

void undeleted_release(struct undeleted *u)
{
	session_release(&u->session);
	str_release(&u->ref);
	str_release(&u->work);
}

struct err *op_trash(struct strv *refs, const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };

	TRY(hold_read(&h, w, id));
	if (!h.s.repo)
		return NULL;
	return h.workspace->trash(refs, h.s.repo, id);
}

/* The save of the last kill; none: the branch alone. */
static struct err *choose(char **ref, const struct hold *h)
{
	AUTO(strv_release) struct strv refs = { 0 };

	if (!h->s.saved)
		return NULL;
	TRY(h->workspace->trash(&refs, h->s.repo, h->s.id));
	if (strv_has(&refs, h->s.saved))
		*ref = str_dup(h->s.saved);
	else
		return fail(ERR_MISSING, "%s: its saved work %s is no longer in %s", h->s.id,
			h->s.saved, h->s.repo);
	return NULL;
}

static struct err *check(const struct hold *h)
{
	struct checkout c = hold_checkout(h);
	AUTO(run_info_release) struct run_info run = { 0 };

	run_read(&run, h->folder);
	if (h->workspace->borrowed)
		return fail(ERR_REFUSED,
			"cannot undelete %s: it had no files of its own; ao orchestrator %s starts a new "
			"one",
			h->s.id, h->s.project);
	if (!h->s.worktree || !h->s.repo || !h->s.branch)
		return fail(ERR_REFUSED, "cannot undelete %s: it never had a worktree", h->s.id);
	if (run.alive != TRI_NO)
		return fail(ERR_REFUSED, "cannot undelete %s: it is running", h->s.id);
	if (h->workspace->exists(&c) == TRI_YES && !session_is(&h->s, STATUS_KILLED))
		return fail(ERR_REFUSED, "cannot undelete %s: its worktree is there (%s)", h->s.id,
			h->s.worktree);
	return NULL;
}

static struct err *bring_back(struct hold *h, const char *ref)
{
	struct checkout c = hold_checkout(h);
	AUTO(str_release) char *handle = NULL;
	AUTO(str_release) char *branch = NULL;

	/* killed with --keep-worktree: nothing is made, so there is nothing to take back either */
	if (h->workspace->exists(&c) == TRI_YES)
		return NULL;
	TRY(hold_begin(h, "undelete"));
	sink_say(h->world->sink, SINK_PROGRESS, "%s: bringing back its worktree", h->s.id);
	TRY(h->workspace->undelete(&handle, &branch, &c, ref, h->world->sink));
	str_set(&h->s.workspace_handle, handle);
	str_set(&h->s.branch, branch);
	return NULL;
}

static struct err *make(struct hold *h, const char *ref)
{
	AUTO(str_release) char *now = clock_iso_ms(clock_wall());

	TRY(store_reopen(&h->world->store, h->s.id));
	TRY(bring_back(h, ref));
	TRY(lease_ports(h, NULL));
	str_set(&h->s.undeleted_at, now);
	str_set(&h->s.kept, NULL);
	str_set(&h->s.killed_at, NULL);
	str_set(&h->s.doing, NULL);
	TRY(hold_status(h, STATUS_IDLE, "undeleted"));
	hold_log(h, "undeleted", json_pack("{s:s?, s:s}", "ref", ref, "branch", h->s.branch));
	return NULL;
}

struct err *op_undelete(struct undeleted *out, const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(str_release) char *ref = NULL;
	struct err *e;

	TRY(hold_take(&h, w, id));
	TRY(check(&h));
	TRY(choose(&ref, &h));
	e = make(&h, ref);
	if (e)
		return op_settle_after(&h, e);
	out->ref = ref;
	ref = NULL;
	out->work = out->ref ? str_dup(h.s.saved_work) : NULL;
	out->session = h.s;
	h.s = (struct session){ 0 };
	return NULL;
}
