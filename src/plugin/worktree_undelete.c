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
#include "plugin/worktree.h"

struct rebirth {
	const struct checkout *c;
	char *common;
	char *save;             /* the commit of the save; NULL: from the branch alone */
	char *head, *head_name; /* where the worktree stood */
	char *index_tree, *tip;
	bool merging;
	char *begun;  /* the branch of a half-made earlier try */
	char *branch; /* chosen; NULL: detached */
};

static void rebirth_release(struct rebirth *r)
{
	str_release(&r->common);
	str_release(&r->save);
	str_release(&r->head);
	str_release(&r->head_name);
	str_release(&r->index_tree);
	str_release(&r->tip);
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
	return place_note(c);
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

static void read_word(char **slot, const char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) == 0 && line[n] == ' ')
		str_set(slot, line + n + 1);
}

/* The message that the save wrote (worktree_save.c). */
static void read_message(struct rebirth *r, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		read_word(&r->head_name, line, "head");
		read_word(&r->head, line, "commit");
		read_word(&r->index_tree, line, "index");
		read_word(&r->tip, line, "tip");
		r->merging |= str_starts(line, "also ");
	}
}

static struct err *read_save(struct rebirth *r, const char *ref)
{
	AUTO(run_result_release) struct run_result result = { 0 };
	AUTO(str_release) char *ask = str_format("%s^{commit}\n", ref);
	char *text;

	TRY(git_ok(&result, &(struct git){ .git_dir = r->common, .in = ask, .in_n = strlen(ask) },
		ARGV("cat-file", "--batch")));
	r->save = str_ndup(buf_text(&result.out), strcspn(buf_text(&result.out), " "));
	text = result.out.n ? strstr(result.out.s, "\n\n") : NULL;
	if (!is_object_id(r->save) || !text)
		return fail(ERR_MISSING, "%s is gone", ref);
	read_message(r, text + 2);
	if (!is_object_id(r->head) || !r->head_name ||
		(r->index_tree && !is_object_id(r->index_tree)) ||
		(r->tip && !is_object_id(r->tip)))
		return fail(ERR_FAILED, "%s was not saved by ao", ref);
	return NULL;
}

/* The commit of a branch; NULL: no such branch. */
static struct err *tip_of(char **commit, const char *common, const char *branch)
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
	TRY(tip_of(&r->head, r->common, r->c->branch));
	if (!r->head)
		return fail(ERR_MISSING, "branch '%s' of %s is gone, and nothing was saved",
			r->c->branch, r->c->id);
	r->head_name = str_format("refs/heads/%s", r->c->branch);
	return NULL;
}

/* May the worktree stand on this branch as it is? *there: the branch exists at all. */
static struct err *can_use(bool *yes, bool *there, const struct rebirth *r, const char *branch)
{
	AUTO(str_release) char *tip = NULL;

	TRY(tip_of(&tip, r->common, branch));
	*there = tip != NULL;
	*yes = str_equal(tip, r->head) && !is_checked_out(r->common, branch);
	return NULL;
}

static struct err *choose_branch(struct rebirth *r, struct sink *sink)
{
	const char *wanted = r->head_name + strlen("refs/heads/");
	AUTO(str_release) char *other = NULL;
	bool yes = false, there;

	if (!str_starts(r->head_name, "refs/heads/") || !valid_branch(wanted))
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

	TRY(tip_of(&now, r->common, r->c->branch));
	if (now || !r->tip)
		return NULL;
	return git_ok(&result, &(struct git){ .git_dir = r->common, .keep_fd = r->c->lock_fd },
		ARGV("update-ref", ref, r->tip, ""));
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
	half.base = r->head;
	TRY(drop_begun(&half, r->common));
	TRY(worktree_remove(&kept, &half, NULL, 0));
	return worktree_discard(&half);
}

static struct err *unlink_below(const char *root, const char *name)
{
	AUTO(str_release) char *path = path_join(root, name);
	AUTO(str_release) char *above = path_dir(path);

	TRY(file_remove(path));
	while (path_within(above, root) && !str_equal(above, root) && rmdir(above) == 0) {
		AUTO(str_release) char *up = path_dir(above);
		str_set(&above, up);
	}
	return NULL;
}

/* What the save lacks is unlinked first, so that a file can become a folder and back. */
static struct err *overlay(const struct rebirth *r)
{
	AUTO(private_release) struct private_dir p = { 0 };
	AUTO(run_result_release) struct run_result lacking = { 0 };
	AUTO(run_result_release) struct run_result other = { 0 };
	AUTO(run_result_release) struct run_result read = { 0 };
	AUTO(run_result_release) struct run_result written = { 0 };

	TRY(private_open(&p, r->c, r->common, r->c->path));
	TRY(private_ok(&lacking, &p, NULL,
		ARGV("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=D", "--name-only",
			r->head, r->save)));
	for (const char *e = buf_text(&lacking.out); e < lacking.out.s + lacking.out.n;
		e += strlen(e) + 1)
		TRY(unlink_below(r->c->path, e));
	TRY(private_ok(&read, &p, NULL, ARGV("read-tree", r->save)));
	TRY(private_ok(&other, &p, NULL,
		ARGV("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=d", "--name-only",
			r->head, r->save)));
	/* the save's threshold would stream each small file by itself, which is four times as slow */
	return private_ok(&written, &p, &other.out,
		ARGV("-c", "core.bigFileThreshold=512m", "checkout-index", "-q", "-f", "-z",
			"--stdin"));
}

static struct err *stage(const struct rebirth *r, const char *admin)
{
	AUTO(run_result_release) struct run_result read = { 0 };
	AUTO(run_result_release) struct run_result fresh = { 0 };
	struct git g = { .git_dir = admin,
		.work_tree = r->c->path,
		.timeout_ms = GIT_LONG_MS,
		.keep_fd = r->c->lock_fd };

	if (r->index_tree)
		TRY(git_ok(&read, &g, ARGV("read-tree", "-i", "-m", r->index_tree)));
	return git_run(&fresh, &g, ARGV("update-index", "-q", "--refresh"));
}

static struct err *make_again(char **handle, const struct rebirth *r)
{
	AUTO(str_release) char *note = note_path(r->c);
	AUTO(str_release) char *target = NULL;
	AUTO(str_release) char *admin = NULL;
	const char *name = r->branch ? r->branch : r->c->branch;
	struct checkout again = *r->c;

	again.branch = r->branch;
	again.base = r->head;
	TRY(file_replace(note, name, strlen(name), FILE_DURABLE));
	TRY(worktree_add(&again, r->common));
	target = gitfile_target(r->c->path);
	if (!target || !path_is_dir(target))
		return fail(ERR_FAILED, "git made no worktree in %s", r->c->path);
	admin = path_real(target);
	if (r->save) {
		TRY(overlay(r));
		TRY(stage(r, admin));
	}
	TRY(index_settle(admin));
	TRY(admin_sync(admin, r->c->path));
	TRY(place_note(r->c));
	TRY(file_remove(note));
	*handle = admin;
	admin = NULL;
	return NULL;
}

static struct err *from_save(
	char **handle, char **branch, struct rebirth *r, const char *ref, struct sink *sink)
{
	TRY(ref ? read_save(r, ref) : read_branch(r));
	TRY(take_back(r));
	if (path_exists(r->c->path))
		return fail(ERR_REFUSED, "%s is there already: move it away", r->c->path);
	TRY(choose_branch(r, sink));
	TRY(make_again(handle, r));
	if (!r->branch || !str_equal(r->branch, r->c->branch))
		TRY(restore_tip(r));
	if (!r->branch)
		sink_say(sink, SINK_NOTE, "%s is on no branch, as it was", r->c->id);
	if (r->merging)
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
