#include "op/settle.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/stop.h"
#include "op/kill.h"
#include "op/lease.h"
#include "op/reap.h"
#include "op/start.h"

/* Did ao-run write something since the verb began? restore puts the time of its start into the record
 * with `doing`; what is older tells of the run before. */
static bool has_run(const struct hold *h, const struct run_info *run)
{
	int64_t began = 0, wrote = run->has_exit ? run->ended_at : run->started_at;

	if (!run->has_run && !run->has_exit)
		return false;
	return verb_of(h->s.doing) != VERB_RESTORE || !clock_parse(&began, h->s.started_at) ||
		wrote >= began;
}

static struct settle_facts look(const struct hold *h, bool waited, const struct err *cause)
{
	AUTO(str_release) char *path = path_join(h->folder, "launch");
	AUTO(run_info_release) struct run_info run = { 0 };
	bool launch = path_exists(path); /* before the lock, which whoever takes it has by then */

	run_read(&run, h->folder);
	return (struct settle_facts){
		.verb = verb_of(h->s.doing),
		.alive = run.alive,
		.launch = launch,
		.ran = has_run(h, &run),
		.waited = waited,
		.failed = cause != NULL,
	};
}

/* ao-run is there, or was: the record only lacks its last words. */
static struct err *forward_start(struct hold *h)
{
	TRY(start_adopt(h));
	str_set(&h->s.doing, NULL);
	return hold_status(h, STATUS_SPAWNING, "an interrupted start was completed");
}

static void tell_saved(const struct hold *h, const struct saved *saved)
{
	if (saved->ref)
		sink_say(h->world->sink, SINK_NOTE, "%s: work was saved under %s", h->s.id,
			saved->ref);
}

/* Where making it never came to its end, nobody can have worked there: what lies in its place and
 * cannot be told to be ours is left alone, told, and the session is settled all the same. */
static struct err *undo_workspace(
	struct saved *saved, const struct hold *h, const struct checkout *c)
{
	struct err *e = h->workspace->undo(
		saved, c, str_equal(h->s.made_branch, "yes"), clock_wall());

	if (!e || e->class != ERR_REFUSED || c->handle)
		return e;
	sink_say(h->world->sink, SINK_WARNING, "%s", e->text);
	err_drop(e, "told as a warning");
	return NULL;
}

static struct err *back_spawn(struct hold *h)
{
	AUTO(saved_release) struct saved saved = { 0 };
	struct checkout c = hold_checkout(h);

	TRY(reap_runtime(h, false));
	if (c.repo && c.path && c.branch)
		TRY(undo_workspace(&saved, h, &c));
	lease_end(h);
	if (saved.ref)
		str_set(&h->s.saved, saved.ref);
	tell_saved(h, &saved);
	str_set(&h->s.workspace_handle, NULL);
	if (h->workspace->borrowed)
		str_set(&h->s.worktree, NULL);
	str_set(&h->s.doing, NULL);
	TRY(hold_status(h, STATUS_ERRORED, "spawn interrupted"));
	return store_close(&h->world->store, h->s.id);
}

static struct err *back_restore(struct hold *h)
{
	TRY(reap_runtime(h, false));
	return hold_begin(h, NULL);
}

/* The saved ref stays, so the half of a worktree that is there can go. */
static struct err *back_undelete(struct hold *h)
{
	AUTO(saved_release) struct saved saved = { 0 };
	struct checkout c = hold_checkout(h);

	TRY(h->workspace->undo(&saved, &c, false, clock_wall()));
	lease_end(h);
	tell_saved(h, &saved);
	return hold_begin(h, NULL);
}

static struct err *back(struct hold *h, enum verb verb)
{
	if (verb == VERB_SPAWN)
		return back_spawn(h);
	return verb == VERB_RESTORE ? back_restore(h) : back_undelete(h);
}

static struct err *carry_out(struct hold *h, enum settlement s, enum verb verb)
{
	AUTO(killed_release) struct killed killed = { 0 };

	switch (s) {
	case SETTLE_FORWARD:
		return forward_start(h);
	case SETTLE_BACK:
		return back(h, verb);
	case SETTLE_AGAIN:
		return kill_held(&killed, h,
			&(struct kill_options){ .reason = "an interrupted kill was finished",
				.keep_worktree = str_equal(h->s.doing, DOING_KILL_KEEP) });
	default:
		return fail(ERR_FAILED, "%s: an interrupted %s is %s", h->s.id, h->s.doing,
			settlement_word(s));
	}
}

static void tell(struct hold *h, const char *verb, enum settlement s, const struct err *cause)
{
	sink_say(h->world->sink, SINK_NOTE,
		cause ? "%s: the failed %s was %s" : "%s: an interrupted %s was %s", h->s.id, verb,
		settlement_word(s));
	hold_log(h, "settled", json_pack("{s:s, s:s}", "verb", verb, "how", settlement_word(s)));
}

/* cause: the failure of the verb itself; NULL: it died, and another one came. */
static struct err *settle(struct hold *h, const struct err *cause)
{
	struct settle_facts f = look(h, false, cause);
	enum settlement s = settle_of(&f);
	AUTO(str_release) char *verb = str_dup(h->s.doing);

	if (s == SETTLE_NOTHING)
		return NULL;
	for (int i = 0; s == SETTLE_WAIT; i++) {
		TRY(clock_sleep(20));
		f = look(h, i >= 50, cause);
		s = settle_of(&f);
	}
	TRY(wrap(carry_out(h, s, f.verb), "%s: settling an interrupted %s", h->s.id, verb));
	if (cause && session_is(&h->s, STATUS_ERRORED))
		TRY(hold_status(h, STATUS_ERRORED, cause->text));
	tell(h, verb, s, cause);
	return NULL;
}

struct err *op_settle(struct hold *h)
{
	return settle(h, NULL);
}

struct err *op_settle_after(struct hold *h, struct err *e)
{
	struct err *second;

	if (!e)
		return NULL;
	stop_forget();
	second = settle(h, e);
	if (second)
		sink_say(h->world->sink, SINK_WARNING, "%s; ao doctor --fix tries again",
			second->text);
	err_drop(second, "told as a warning");
	return e;
}
