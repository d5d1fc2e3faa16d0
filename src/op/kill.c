#include "op/kill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/path.h"
#include "base/stop.h"
#include "op/lease.h"
#include "op/prepare.h"
#include "op/queue.h"
#include "op/reap.h"
#include "op/settle.h"
#include "op/start.h"

void killed_release(struct killed *k)
{
	str_release(&k->ref);
	str_release(&k->work);
	str_release(&k->kept);
}

static char *amount(int n, const char *noun)
{
	return str_format("%d %s%s", n, noun, n == 1 ? "" : "s");
}

static char *work_of(const struct saved *saved)
{
	AUTO(str_release) char *files = amount(saved->files, "file");
	AUTO(str_release) char *commits = amount(saved->commits, "commit");

	if (!saved->commits)
		return str_dup(files);
	return saved->files ? str_format("%s, %s", files, commits) : str_dup(commits);
}

/* Save, and put the ref into the record before anything follows from it. */
static struct err *save_work(struct killed *out, struct saved *saved, struct hold *h, bool last)
{
	struct checkout c = hold_checkout(h);
	AUTO(saved_release) struct saved fresh = { 0 };

	sink_say(h->world->sink, SINK_PROGRESS, "%s: saving its work", h->s.id);
	TRY(wrap(h->workspace->save(&fresh, &c, out->ref, clock_wall()),
		"nothing was removed, because the work of %s could not be saved", h->s.id));
	saved_release(saved);
	*saved = fresh;
	fresh = (struct saved){ 0 };
	if (saved->note && last)
		sink_say(h->world->sink, SINK_NOTE, "%s", saved->note);
	if (!saved->ref || str_equal(saved->ref, out->ref))
		return NULL;
	str_set(&out->ref, saved->ref);
	str_release(&out->work);
	out->work = work_of(saved);
	str_set(&h->s.saved, out->ref);
	str_set(&h->s.saved_work, out->work);
	return store_save(&h->world->store, &h->s);
}

/* One that is the session's own: of the main checkout nothing is saved and nothing taken away. */
static bool has_checkout(const struct hold *h)
{
	return !h->workspace->borrowed && h->s.worktree && h->s.repo && h->s.uid;
}

/*
 * The save of an earlier, interrupted kill is this one's as well. One of a kill that was undeleted
 * since is not: where there is nothing to save this time, undelete must not bring the old work back.
 */
static void take_up_earlier(struct killed *out, struct hold *h)
{
	struct checkout c = hold_checkout(h);

	if (verb_of(h->s.doing) == VERB_KILL) {
		str_set(&out->ref, h->s.saved);
		str_set(&out->work, h->s.saved_work);
	} else if (has_checkout(h) && h->workspace->exists(&c) == TRI_YES) {
		str_set(&h->s.saved, NULL);
		str_set(&h->s.saved_work, NULL);
	}
}

static struct err *take_away(struct killed *out, struct hold *h, const struct saved *saved)
{
	struct checkout c = hold_checkout(h);

	prepare_removal(h);
	sink_say(h->world->sink, SINK_PROGRESS, "%s: removing its worktree", h->s.id);
	TRY(h->workspace->remove(&out->kept, &c, saved, clock_wall()));
	if (out->kept)
		str_set(&h->s.kept, out->kept);
	return NULL;
}

static struct err *record(struct killed *out, struct hold *h, const struct kill_options *o)
{
	AUTO(str_release) char *now = clock_iso(clock_wall());
	AUTO(str_release)
	char *reason = o->reason ? str_dup(o->reason) : str_format("killed by %s", world_actor());

	str_set(&h->s.doing, NULL);
	str_set(&h->s.killed_at, now);
	str_set(&h->s.runtime_handle, NULL);
	if (h->workspace->borrowed) {
		str_set(&h->s.worktree, NULL);
		str_set(&h->s.workspace_handle, NULL);
	}
	TRY(hold_status(h, STATUS_KILLED, reason));
	hold_log(h, "killed",
		json_pack("{s:s, s:s?, s:s?, s:s?, s:b}", "reason", reason, "saved", out->ref,
			"work", out->work, "kept", out->kept, "worktreeKept", out->kept_worktree));
	return NULL;
}

/* What is left once the record says killed: bytes, and the hint for lists. */
static struct err *sweep(struct hold *h)
{
	struct checkout c = hold_checkout(h);

	TRY(h->workspace->discard(&c));
	if (h->workspace->exists(&c) == TRI_NO)
		TRY(store_close(&h->world->store, h->s.id));
	return NULL;
}

static bool nothing_left(const struct hold *h)
{
	struct checkout c = hold_checkout(h);
	AUTO(run_info_release) struct run_info run = { 0 };

	run_read(&run, h->folder);
	return session_is(&h->s, STATUS_KILLED) && !h->s.doing && run.alive == TRI_NO &&
		(!has_checkout(h) || h->workspace->exists(&c) == TRI_NO);
}

/* A stranger's folder in our place, and ours gone: nothing there is ours to take. */
static bool is_strange(const struct hold *h)
{
	struct checkout c = hold_checkout(h);

	return h->workspace->exists(&c) == TRI_NO && path_exists(c.path);
}

static struct err *end_and_remove(struct killed *out, struct hold *h, const struct kill_options *o)
{
	AUTO(saved_release) struct saved saved = { 0 };
	/* also when only git still knows it */
	bool all = has_checkout(h) && !o->keep_worktree && !is_strange(h);
	AUTO(str_release) char *before = str_dup(h->s.doing);
	struct err *e;

	TRY(hold_begin(h, o->keep_worktree ? DOING_KILL_KEEP : "kill"));
	e = all ? save_work(out, &saved, h, false) : NULL;
	if (e) { /* nothing was touched yet */
		err_drop(hold_begin(h, before), "the next verb settles it");
		return e;
	}
	sink_say(h->world->sink, SINK_PROGRESS, "%s: ending its agent", h->s.id);
	TRY(reap_runtime(h, o->now));
	if (all) {
		TRY(save_work(out, &saved, h, true)); /* what it wrote while it was ending */
		TRY(take_away(out, h, &saved));
	} else if (has_checkout(h) && !o->keep_worktree) {
		sink_say(h->world->sink, SINK_NOTE,
			"%s is not the worktree of %s and was left alone", h->s.worktree, h->s.id);
	}
	lease_end(h);
	out->kept_worktree = o->keep_worktree;
	return NULL;
}

/* A refusal before anything was taken away leaves the session as it was. */
static struct err *give_up(struct hold *h, struct err *e)
{
	AUTO(run_info_release) struct run_info run = { 0 };
	struct checkout c = hold_checkout(h);

	run_read(&run, h->folder);
	if (run.alive == TRI_YES || (has_checkout(h) && h->workspace->exists(&c) == TRI_YES))
		err_drop(hold_begin(h, NULL), "the next verb settles it");
	return e;
}

struct err *kill_held(struct killed *out, struct hold *h, const struct kill_options *o)
{
	struct err *e;

	if (nothing_left(h)) {
		out->already = true;
		return has_checkout(h) ? sweep(h) : store_close(&h->world->store, h->s.id);
	}
	take_up_earlier(out, h);
	e = end_and_remove(out, h, o);
	if (e)
		return give_up(h, e);
	TRY(record(out, h, o));
	if (h->workspace->borrowed || !has_checkout(h))
		return store_close(&h->world->store, h->s.id);
	return o->keep_worktree ? NULL : sweep(h);
}

/* A session that kills itself would be ended in the middle of it, as a descendant of its own ao-run:
 * ao starts itself again under the mark that ao-run spares. */
static struct err *outlive(const char *id)
{
	const char *inside = getenv("AO_SESSION");
	AUTO(buf_release) struct buf line = { 0 };
	AUTO(strv_release) struct strv argv = { 0 }, env = { 0 };
	AUTO(str_release) char *self = path_self();

	if (!str_equal(inside, id))
		return NULL;
	if (getenv("AO_KEEP")) { /* the terminal that we sit in is about to go */
		stop_ignore_hangup();
		return NULL;
	}
	TRY(file_read(&line, "/proc/self/cmdline", 1 << 20));
	for (size_t i = 0; i < line.n; i += strlen(line.s + i) + 1)
		strv_add(&argv, line.s + i);
	str_set(&argv.v[0], self);
	env_copy(&env);
	env_set(&env, "AO_KEEP", "1");
	return child_exec(argv.v, env.v);
}

struct err *op_kill(
	struct killed *out, const struct world *w, const char *id, const struct kill_options *o)
{
	AUTO(hold_release) struct hold h = { 0 };

	TRY(outlive(id));
	TRY(hold_take_unsettled(&h, w, id));
	if (verb_of(h.s.doing) != VERB_KILL)
		TRY(op_settle(&h));
	if (o->allowed && !nothing_left(&h))
		TRY(o->allowed(w, id));
	TRY(kill_held(out, &h, o));
	hold_release(&h);
	(void)queue_next(w);
	return NULL;
}
