/* The sessions of the namespace: what a crash or a hand left half done in each. */

#include "base/clock.h"
#include "base/path.h"
#include "op/exam.h"
#include "op/kill.h"
#include "op/queue.h"
#include "op/reap.h"
#include "op/spawn.h"

enum { YOUNG_MS = 2000 };

/* A number was taken and its maker died before the record was there: that is all it can have left. */
static struct err *is_half_made(bool *yes, const char *folder)
{
	static const char *const left[] = { "lock", "prompt.md", ".prompt.md.new",
		".metadata.new" };
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, folder));
	*yes = true;
	STRV_EACH(name, &names) {
		bool ours = false;
		for (size_t i = 0; i < COUNT_OF(left); i++)
			ours |= str_equal(*name, left[i]);
		*yes &= ours;
	}
	return NULL;
}

static struct err *remove_half_made(const struct exam *x, const char *id, const char *folder)
{
	AUTO(lock_release) struct lock l = { 0 };
	bool still;

	TRY(store_lock(&l, &x->world->store, id, 0));
	TRY(is_half_made(&still, folder));
	return still ? file_remove_tree(folder) : fail(ERR_REFUSED, "it was made meanwhile");
}

/* The record alone is lost: that of its worktree is made again (doctor_left.c), and nothing else is guessed. */
static void lost_record(struct exam *x, const char *id, const char *folder)
{
	AUTO(str_release) char *worktree = path_join(x->world->config.worktree_dir, id);
	struct finding *f;

	if (path_exists(worktree))
		return;
	f = exam_add(x, FINDING_PROBLEM, "%s: its record and its worktree are gone", id);
	f->fix = str_format("what is left of it lies in %s", folder);
}

static void no_record(struct exam *x, const char *id)
{
	AUTO(str_release) char *folder = store_folder(&x->world->store, id);
	AUTO(err_release) struct err *e = NULL;
	struct finding *f;
	bool half;

	if (clock_wall() - file_mtime(folder) < YOUNG_MS)
		return;
	e = is_half_made(&half, folder);
	if (e || !half) {
		lost_record(x, id, folder);
		return;
	}
	f = exam_add(x, FINDING_PROBLEM, "%s: its number was taken, but nothing was made", id);
	if (exam_fixable(x, f, "remove the empty folder; the number stays used"))
		exam_mended(f, remove_half_made(x, id, folder));
}

/* A verb died in the middle; hold_take() settles that. */
static bool check_doing(struct exam *x, const struct hold *h)
{
	AUTO(str_release) char *lock = path_join(h->folder, "lock");
	AUTO(hold_release) struct hold again = { 0 };
	struct finding *f;

	if (!h->s.doing || lock_held(lock) == TRI_YES)
		return false;
	f = exam_add(x, FINDING_PROBLEM, "%s: %s was interrupted", h->s.id, h->s.doing);
	if (exam_fixable(x, f, "finish it or take it back"))
		exam_mended(f, hold_take(&again, x->world, h->s.id));
	return true;
}

static void check_launch(struct exam *x, const struct hold *h, enum tri alive)
{
	AUTO(str_release) char *launch = path_join(h->folder, "launch");
	struct finding *f;

	if (h->s.doing || alive != TRI_NO || !path_exists(launch))
		return;
	f = exam_add(
		x, FINDING_PROBLEM, "%s: a launch file with its environment was left", h->s.id);
	if (exam_fixable(x, f, "remove it"))
		exam_mended(f, file_remove(launch));
}

static struct err *reap_left(const struct exam *x, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };

	TRY(hold_take(&h, x->world, id));
	return reap_runtime(&h, false);
}

static void check_orphans(struct exam *x, const struct hold *h, enum tri alive)
{
	AUTO(pids_release) struct pids pids = { 0 };
	struct finding *f;

	if (alive != TRI_NO)
		return;
	reap_find(&pids, h->folder);
	if (!pids.n)
		return;
	f = exam_add(x, FINDING_PROBLEM, "%s: %zu process%s of its ended agent still run", h->s.id,
		pids.n, pids.n == 1 ? "" : "es");
	if (exam_fixable(x, f, "end them"))
		exam_mended(f, reap_left(x, h->s.id));
}

/* Killed, but bytes were left; or alive in the record, but its worktree is gone. */
static void check_worktree(struct exam *x, const struct hold *h, enum tri alive)
{
	AUTO(killed_release) struct killed killed = { 0 };
	struct checkout c = hold_checkout(h);
	struct finding *f;

	if (!h->s.worktree || !h->s.workspace_handle || h->workspace->exists(&c) != TRI_NO)
		return;
	if (session_is(&h->s, STATUS_KILLED) || alive == TRI_UNKNOWN)
		return;
	f = exam_add(x, FINDING_PROBLEM, "%s: its worktree %s is gone", h->s.id, h->s.worktree);
	if (alive == TRI_YES)
		str_set(&f->fix, "its agent still runs there: ao session kill, then undelete");
	else if (exam_fixable(
			 x, f, "record it as killed (its branch stays; undelete makes it again)"))
		exam_mended(f,
			op_kill(&killed, x->world, h->s.id,
				&(struct kill_options){ .reason = "its worktree was gone" }));
}

static void check_stale_locks(struct exam *x, const struct hold *h)
{
	AUTO(strv_release) struct strv locks = { 0 };
	struct checkout c = hold_checkout(h);

	if (!h->s.workspace_handle || h->workspace->exists(&c) != TRI_YES)
		return;
	err_drop(h->workspace->stale_locks(&locks, &c), "git will say it");
	STRV_EACH(path, &locks) {
		struct finding *f = exam_add(
			x, FINDING_PROBLEM, "%s: git left a lock: %s", h->s.id, *path);
		if (exam_fixable(x, f, "remove it"))
			exam_mended(f, file_remove(*path));
	}
}

static struct err *start_queued(const struct exam *x, const char *id)
{
	bool started = false;

	TRY(spawn_queued(&started, x->world, id));
	return started ? NULL : fail(ERR_FAILED, "its place was taken meanwhile");
}

/* What it waits for will never be; NULL: it may. */
static char *waits_in_vain(const struct exam *x, const struct hold *h)
{
	AUTO(err_release) struct err *e = NULL;
	AUTO(str_release) char *why = NULL;
	bool lost;

	if (!h->project)
		return str_format("its project '%s' is no longer configured",
			h->s.project ? h->s.project : "");
	if (!h->s.after)
		return NULL;
	why = queue_after(&lost, x->world, h->s.after);
	if (why && lost)
		return str_format("it %s", why);
	e = queue_check_after(x->world, h->s.after);
	return e ? str_dup(e->text) : NULL;
}

/* The command that should have started it died, or nobody ever will. */
static void check_queue(struct exam *x, const struct hold *h)
{
	AUTO(str_release) char *why = NULL;
	struct finding *f;

	if (!session_is(&h->s, STATUS_QUEUED) || h->s.doing)
		return;
	why = waits_in_vain(x, h);
	if (why) {
		f = exam_add(x, FINDING_NOTE, "%s: queued in vain: %s", h->s.id, why);
		f->fix = str_format("ao session kill %s ends the waiting", h->s.id);
	} else if (queue_due(x->world, &h->s)) {
		f = exam_add(
			x, FINDING_PROBLEM, "%s: it is queued, and nothing holds it up", h->s.id);
		if (exam_fixable(x, f, "start it"))
			exam_mended(f, start_queued(x, h->s.id));
	}
}

static void check_session(struct exam *x, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(run_info_release) struct run_info run = { 0 };
	struct err *e = hold_read(&h, x->world, id);

	if (e && e->class == ERR_MISSING)
		no_record(x, id);
	else if (e)
		exam_add(x, FINDING_PROBLEM, "%s: %s", id, e->text);
	if (e) {
		err_drop(e, "it is a finding");
		return;
	}
	if (check_doing(x, &h) && !x->fix)
		return;
	run_read(&run, h.folder);
	check_launch(x, &h, run.alive);
	check_orphans(x, &h, run.alive);
	check_stale_locks(x, &h);
	check_queue(x, &h);
	if (!h.s.doing)
		check_worktree(x, &h, run.alive);
}

/* Would a list show it? */
static bool holds_something(const struct session *s, const char *folder)
{
	AUTO(run_info_release) struct run_info run = { 0 };

	if (session_is(s, STATUS_KILLED) && !s->doing)
		return false;
	run_read(&run, folder);
	return s->doing || session_is(s, STATUS_QUEUED) || run.alive == TRI_YES ||
		(s->worktree && path_is_dir(s->worktree));
}

/* .closed is a hint by which lists leave out what ended; a file from a backup, say, may name what lives. */
static void check_closed(struct exam *x, const char *id)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(str_release) char *folder = store_folder(&x->world->store, id);
	struct err *e = store_load(&s, &x->world->store, id);
	struct finding *f;

	if (e || !holds_something(&s, folder)) {
		err_drop(e, "there is nothing to list");
		return;
	}
	f = exam_add(x, FINDING_PROBLEM, "%s: lists leave it out, as one that has ended", id);
	if (exam_fixable(x, f, "list it"))
		exam_mended(f, store_reopen(&x->world->store, id));
}

struct err *exam_sessions(struct exam *x)
{
	AUTO(strv_release) struct strv all = { 0 }, listed = { 0 };

	TRY(store_ids(&all, &x->world->store, false));
	TRY(store_ids(&listed, &x->world->store, true));
	STRV_EACH(id, &all)
		if (!strv_has(&listed, *id))
			check_closed(x, *id);
	STRV_EACH(id, &listed)
		check_session(x, *id);
	return NULL;
}
