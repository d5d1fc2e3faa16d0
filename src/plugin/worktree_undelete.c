/*
 * Bringing a worktree back: a checkout of the commit it stood on, with the user's own filters, then
 * what was saved over it byte for byte, then the staged state. While that goes on the session's
 * folder holds `undeleting` with the branch's name, so that the next try knows a half-made worktree
 * from a stranger's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/valid.h"
#include "plugin/worktree_past.h"

struct rebirth {
	const struct checkout *c;
	char *common;
	struct past past;
	char *begun;  /* the branch of a half-made earlier try */
	char *branch; /* chosen; NULL: detached */
};

static void rebirth_release(struct rebirth *r)
{
	str_release(&r->common);
	past_release(&r->past);
	str_release(&r->begun);
	str_release(&r->branch);
}

static char *note_path(const struct checkout *c)
{
	return path_join(c->folder, "undeleting");
}

/* The admin dir behind a kept-aside folder, if the lock on it is ours. */
static char *kept_admin(const struct checkout *c, const char *common, const char *at)
{
	AUTO(str_release) char *dir = path_join(common, "worktrees");
	AUTO(str_release) char *reason = str_format(KEPT_REASON "%s", c->id);
	AUTO(str_release) char *target = gitfile_target(at);
	AUTO(str_release) char *real = target ? path_real(target) : NULL;
	AUTO(str_release) char *lock = NULL;

	if (c->handle && path_is_dir(c->handle) && place_is_ours(c, at) == TRI_YES)
		str_set(&real, c->handle);
	lock = real ? admin_lock(real) : NULL;
	return real && path_within(real, dir) && str_equal(lock, reason) ? str_dup(real) : NULL;
}

static struct err *move_back(const struct checkout *c, const char *admin, const char *from)
{
	AUTO(str_release) char *locked = path_join(admin, "locked");

	if (from && renameat2(AT_FDCWD, from, AT_FDCWD, c->path, RENAME_NOREPLACE) < 0)
		return fail_errno("cannot move %s back to %s", from, c->path);
	TRY(admin_set_path(admin, c->path));
	TRY(file_remove(locked));
	return place_note(c, c->path);
}

/* *admin stays NULL where nothing was kept aside. */
static struct err *find_and_move_back(char **admin, const struct checkout *c, const char *common)
{
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(str_release) char *half = path_exists(c->path) ? kept_admin(c, common, c->path) : NULL;

	if (half) { /* moved already, git was not told */
		TRY(move_back(c, half, NULL));
		*admin = half;
		half = NULL;
		return NULL;
	}
	TRY(worktree_kept(&paths, c));
	for (size_t i = paths.n; i-- > 0;) {
		AUTO(str_release) char *found = kept_admin(c, common, paths.v[i]);
		if (!found)
			continue;
		if (path_exists(c->path))
			return fail(ERR_REFUSED, "%s is there already: move it away", c->path);
		TRY(move_back(c, found, paths.v[i]));
		*admin = found;
		found = NULL;
		return NULL;
	}
	return NULL;
}

struct err *branch_tip(char **commit, const char *common, const char *branch)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s^{commit}", branch);

	TRY(git_run(&r, &(struct git){ .git_dir = common },
		ARGV("rev-parse", "-q", "--verify", "--end-of-options", ref)));
	buf_trim(&r.out);
	if (r.code == 0 && is_object_id(buf_text(&r.out)))
		*commit = buf_detach(&r.out);
	return NULL;
}

static struct err *read_branch(struct rebirth *r)
{
	TRY(branch_tip(&r->past.head, r->common, r->c->branch));
	if (!r->past.head)
		return fail(ERR_MISSING, "branch '%s' of %s is gone, and nothing was saved",
			r->c->branch, r->c->id);
	r->past.head_name = str_format("refs/heads/%s", r->c->branch);
	return NULL;
}

/* May the worktree stand on this branch as it is? *there: the branch exists at all. */
static struct err *can_use(bool *yes, bool *there, const struct rebirth *r, const char *branch)
{
	AUTO(str_release) char *tip = NULL;

	TRY(branch_tip(&tip, r->common, branch));
	*there = tip != NULL;
	*yes = str_equal(tip, r->past.head) && !is_checked_out(r->common, branch);
	return NULL;
}

static struct err *choose_branch(struct rebirth *r, struct sink *sink)
{
	const char *wanted = r->past.head_name + strlen("refs/heads/");
	AUTO(str_release) char *other = NULL;
	bool yes = false, there;

	if (!str_starts(r->past.head_name, "refs/heads/") || !valid_branch(wanted))
		return NULL;
	if (r->begun && valid_branch(r->begun))
		TRY(can_use(&yes, &there, r, r->begun));
	if (yes) {
		str_set(&r->branch, r->begun);
		return NULL;
	}
	TRY(can_use(&yes, &there, r, wanted));
	if (yes) {
		str_set(&r->branch, wanted);
		return NULL;
	}
	other = there ? str_format("%s-undeleted", wanted) : str_dup(wanted);
	TRY(worktree_free_branch(&r->branch, r->c->repo, other, false));
	if (!str_equal(r->branch, wanted))
		sink_say(sink, SINK_WARNING, "branch '%s' %s: %s is back on '%s'", wanted,
			there ? "has moved on" : "cannot be made", r->c->id, r->branch);
	return NULL;
}

/* HEAD was elsewhere: the session's branch comes back beside it. */
static struct err *restore_tip(const struct rebirth *r)
{
	AUTO(run_result_release) struct run_result result = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s", r->c->branch);
	AUTO(str_release) char *now = NULL;

	TRY(branch_tip(&now, r->common, r->c->branch));
	if (now || !r->past.tip)
		return NULL;
	return git_ok(&result, &(struct git){ .git_dir = r->common, .keep_fd = r->c->lock_fd },
		ARGV("update-ref", ref, r->past.tip, ""));
}

/* An earlier try that was killed: away with it, by the same steps as any other. */
bool undelete_begun(const struct checkout *c)
{
	AUTO(str_release) char *note = note_path(c);

	return path_exists(note);
}

static struct err *take_back(struct rebirth *r)
{
	AUTO(str_release) char *note = note_path(r->c);
	AUTO(str_release) char *kept = NULL;
	struct checkout half = *r->c;

	r->begun = first_line(note);
	if (!r->begun)
		return NULL;
	half.handle = NULL;
	half.branch = r->begun;
	half.base = r->past.head;
	TRY(drop_begun(&half, r->common));
	TRY(worktree_remove(&kept, &half, NULL, 0));
	return worktree_discard(&half);
}

static struct err *make_again(char **handle, const struct rebirth *r)
{
	AUTO(str_release) char *note = note_path(r->c);
	AUTO(str_release) char *target = NULL;
	AUTO(str_release) char *admin = NULL;
	const char *name = r->branch ? r->branch : r->c->branch;
	struct checkout again = *r->c;

	again.branch = r->branch;
	again.base = r->past.head;
	TRY(file_replace(note, name, strlen(name), FILE_DURABLE));
	TRY(worktree_add(&again, r->common));
	target = gitfile_target(r->c->path);
	if (!target || !path_is_dir(target))
		return fail(ERR_FAILED, "git made no worktree in %s", r->c->path);
	admin = path_real(target);
	if (r->past.save) {
		TRY(past_overlay(&r->past, r->c, r->common, r->c->path));
		TRY(past_stage(&r->past, r->c, admin, r->c->path));
	}
	TRY(index_settle(admin));
	TRY(admin_sync(admin, r->c->path));
	TRY(place_note(r->c, r->c->path));
	TRY(file_remove(note));
	*handle = admin;
	admin = NULL;
	return NULL;
}

static struct err *from_save(
	char **handle, char **branch, struct rebirth *r, const char *ref, struct sink *sink)
{
	TRY(ref ? past_read(&r->past, r->common, ref) : read_branch(r));
	TRY(take_back(r));
	if (path_exists(r->c->path))
		return fail(ERR_REFUSED, "%s is there already: move it away", r->c->path);
	TRY(choose_branch(r, sink));
	TRY(make_again(handle, r));
	if (!r->branch || !str_equal(r->branch, r->c->branch))
		TRY(restore_tip(r));
	if (!r->branch)
		sink_say(sink, SINK_NOTE, "%s is on no branch, as it was", r->c->id);
	if (r->past.merging)
		sink_say(sink, SINK_NOTE, "a merge or rebase was going on: its commits are in %s",
			ref);
	*branch = str_dup(r->branch ? r->branch : r->c->branch);
	return NULL;
}

struct err *worktree_undelete(
	char **handle, char **branch, const struct checkout *c, const char *ref, struct sink *sink)
{
	AUTO(rebirth_release) struct rebirth r = { .c = c };
	AUTO(str_release) char *admin = NULL;
	char *on;

	TRY(repo_find(NULL, &r.common, c->repo));
	TRY(find_and_move_back(&admin, c, r.common));
	if (!admin)
		return from_save(handle, branch, &r, ref, sink);
	on = head_branch(admin);
	*branch = on ? on : str_dup(c->branch);
	*handle = admin;
	admin = NULL;
	return NULL;
}
