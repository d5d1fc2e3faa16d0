/*
 * Taking a worktree away. Each step may have been done before: the rename makes it vanish in one
 * instant, git forgets it after that (git-worktree(1): `remove` of a path that is gone), the bytes go
 * last. `git worktree prune` is never run: it takes worktrees of others whose disk is away.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "plugin/worktree.h"

struct err *worktree_kept(struct strv *paths, const struct checkout *c)
{
	AUTO(str_release) char *dir = path_dir(c->path);
	AUTO(str_release) char *prefix = str_format("%s.kept-", path_base(c->path));
	AUTO(strv_release) struct strv names = { 0 };
	size_t before = paths->n;

	TRY(file_list(&names, dir));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *path = path_join(dir, *name);
		AUTO(str_release) char *dot_git = path_join(path, ".git");
		if (str_starts(*name, prefix) && path_is_dir(path) && path_exists(dot_git))
			strv_add(paths, path);
	}
	strv_sort(paths, before);
	return NULL;
}

static struct err *move(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return fail_errno("cannot move %s to %s", from, path_base(to));
	return NULL;
}

/* git-worktree(1), `lock` and `repair`, by the two files that they write: those commands read the
 * .git in the worktree first, which may say anything by now. */
static struct err *admin_write(const char *admin, const char *name, const char *text)
{
	AUTO(str_release) char *file = path_join(admin, name);
	AUTO(str_release) char *line = str_format("%s\n", text);

	return file_replace(file, line, strlen(line), FILE_DURABLE);
}

struct err *admin_set_path(const char *admin, const char *path)
{
	AUTO(str_release) char *dot_git = path_join(path, ".git");

	return admin_write(admin, "gitdir", dot_git);
}

static struct err *keep_aside(
	char **kept, const struct checkout *c, const char *admin, int64_t now_ms)
{
	AUTO(str_release) char *time = clock_compact(now_ms);
	AUTO(str_release) char *to = str_format("%s.kept-%s", c->path, time);
	AUTO(str_release) char *reason = str_format(KEPT_REASON "%s", c->id);

	TRY(admin_write(admin, "locked", reason));
	TRY(move(c->path, to));
	TRY(admin_set_path(admin, to));
	*kept = to;
	to = NULL;
	return NULL;
}

/* A folder that an earlier try kept aside; git may not have been told where it is. */
static struct err *find_kept(char **kept, const struct checkout *c, const char *admin)
{
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(str_release) char *lock = admin_lock(admin);

	if (!str_starts(lock, KEPT_REASON))
		return NULL;
	TRY(worktree_kept(&paths, c));
	for (size_t i = paths.n; i-- > 0 && !*kept;) {
		if (place_is_ours(c, paths.v[i]) != TRI_YES)
			continue;
		TRY(admin_set_path(admin, paths.v[i]));
		*kept = str_dup(paths.v[i]);
	}
	return NULL;
}

static struct err *check_lock(const char *admin, const struct checkout *c)
{
	AUTO(str_release) char *lock = admin_lock(admin);

	if (!lock || str_starts(lock, KEPT_REASON) ||
		(!c->handle && str_equal(lock, "initializing")))
		return NULL;
	return fail(ERR_REFUSED, "%s is locked%s%s: git worktree unlock %s", c->path,
		lock[0] ? ": " : "", lock, c->path);
}

struct err *admin_not_moved(const char *admin, const struct checkout *c)
{
	AUTO(str_release) char *path = admin_path(admin);

	if (!path || same_place(path, c->path))
		return NULL;
	return fail(ERR_REFUSED,
		"the worktree of %s was moved to %s: move it back first: git -C %s worktree move "
		"%s %s",
		c->id, path, c->repo, path, c->path);
}

/* After the path is free. A worktree that somebody moved elsewhere is not forgotten. */
static struct err *forget(const char *admin, const struct checkout *c)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *common = admin_common_dir(admin);
	AUTO(str_release) char *path = admin_path(admin);
	AUTO(lock_release) struct lock l = { 0 };

	TRY(admin_not_moved(admin, c));
	if (!path) /* killed inside `worktree add`, before it wrote where; or inside `remove` */
		return file_remove_tree(admin);
	TRY(repo_lock(&l, c, common));
	TRY(git_run(&r, &(struct git){ .git_dir = common, .keep_fd = c->lock_fd },
		ARGV("worktree", "remove", "--force", "--force", "--", path)));
	return r.code && path_is_dir(admin) ? git_failed(&r, ARGV("worktree", "remove")) : NULL;
}

static struct err *move_away(const struct checkout *c)
{
	AUTO(str_release) char *gone = gone_path(c);

	if (path_exists(gone)) /* of an earlier kill of this session; its content was saved then */
		TRY(file_remove_tree(gone));
	return move(c->path, gone);
}

/* As a power cut leaves what git had written and not yet synced. */
static bool is_empty_file(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* Is what lies at the path the worktree of this admin dir? Without a handle nothing was noted yet:
 * git's own record of the path must do, and a .git that says otherwise is a stranger's. */
static enum tri is_here(const struct checkout *c, const char *admin)
{
	AUTO(str_release) char *target = NULL;
	AUTO(str_release) char *dot_git = path_join(c->path, ".git");

	if (c->handle || !path_exists(c->path))
		return place_is_ours(c, c->path);
	target = gitfile_target(c->path);
	if (target)
		return admin && same_place(target, admin) ? TRI_YES : TRI_NO;
	if (path_exists(dot_git)) /* an empty one no stranger has */
		return is_empty_file(dot_git) ? TRI_YES : TRI_NO;
	return admin ? TRI_YES : TRI_NO;
}

struct err *worktree_remove(
	char **kept, const struct checkout *c, const struct saved *saved, int64_t now_ms)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *admin = NULL;
	enum tri here;

	*kept = NULL;
	TRY(checkout_common(&common, c));
	admin = admin_find(c, common);
	here = is_here(c, admin);
	if (here == TRI_UNKNOWN)
		return fail(ERR_REFUSED, "cannot look at %s", c->path);
	if (here == TRI_NO && path_exists(c->path))
		return fail(
			ERR_REFUSED, "%s is not the worktree of %s: left alone", c->path, c->id);
	if (admin)
		TRY(check_lock(admin, c));
	if (here == TRI_YES && admin && saved && saved->nested.n)
		return keep_aside(kept, c, admin, now_ms);
	if (here == TRI_YES)
		TRY(move_away(c));
	else if (admin)
		TRY(find_kept(kept, c, admin));
	return admin && !*kept ? forget(admin, c) : NULL;
}

struct err *worktree_discard(const struct checkout *c)
{
	AUTO(str_release) char *gone = gone_path(c);

	return file_remove_tree(gone);
}

/* An admin dir that `worktree add` had only just begun: named like our folder, nothing but the lock
 * in it. The repository's lock is held, so no other ao is making it. */
struct err *drop_begun(const struct checkout *c, const char *common)
{
	AUTO(str_release) char *dir = path_join(common, "worktrees");
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(lock_release) struct lock l = { 0 };

	TRY(repo_lock(&l, c, common));
	TRY(file_list(&names, dir));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *admin = path_join(dir, *name);
		AUTO(str_release) char *lock = admin_lock(admin);
		AUTO(strv_release) struct strv inside = { 0 };
		size_t n = strlen(path_base(c->path));
		bool named = str_starts(*name, path_base(c->path)) &&
			strspn(*name + n, "0123456789") == strlen(*name + n);
		TRY(file_list(&inside, admin));
		if (named && inside.n == 1 && str_equal(lock, "initializing"))
			TRY(file_remove_tree(admin));
	}
	rmdir(c->path); /* made by the same command, still empty; else it stays */
	return NULL;
}

/* Is the branch anybody's HEAD? Taking it would leave that worktree without a commit. */
bool is_checked_out(const char *common, const char *branch)
{
	AUTO(str_release) char *dir = path_join(common, "worktrees");
	AUTO(str_release) char *main_head = head_branch(common);
	AUTO(strv_release) struct strv names = { 0 };

	if (str_equal(main_head, branch))
		return true;
	err_drop(file_list(&names, dir), "then none is");
	STRV_EACH(name, &names) {
		AUTO(str_release) char *admin = path_join(dir, *name);
		AUTO(str_release) char *head = head_branch(admin);
		if (str_equal(head, branch))
			return true;
	}
	return false;
}

struct err *drop_branch(const struct checkout *c, const char *common)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s", c->branch);

	if (ref_exists(common, ref) == TRI_NO || is_checked_out(common, c->branch))
		return NULL;
	TRY(git_run(&r, &(struct git){ .git_dir = common, .keep_fd = c->lock_fd },
		ARGV("update-ref", "-d", ref, c->base)));
	if (!r.code || strstr(buf_text(&r.err), "but expected") ||
		strstr(buf_text(&r.err), "unable to resolve reference"))
		return NULL; /* it has moved on: there is work on it */
	return git_failed(&r, ARGV("update-ref"));
}

struct err *worktree_undo(
	struct saved *out, const struct checkout *c, bool made_branch, int64_t now_ms)
{
	AUTO(saved_release) struct saved saved = { 0 };
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *kept = NULL;
	struct checkout half = *c;

	TRY(repo_find(NULL, &common, c->repo));
	/* a half-made undelete: the handle is that of the worktree before, and all is in the trash */
	if (undelete_begun(c))
		half.handle = NULL;
	if (half.handle) /* else create() never came to its end, and nobody could work there */
		TRY(worktree_save(&saved, &half, NULL, now_ms));
	else
		TRY(drop_begun(&half, common));
	TRY(worktree_remove(&kept, &half, &saved, now_ms));
	TRY(worktree_discard(&half));
	if (made_branch && !kept && is_object_id(c->base))
		TRY(drop_branch(c, common));
	*out = saved;
	saved = (struct saved){ 0 };
	return NULL;
}
