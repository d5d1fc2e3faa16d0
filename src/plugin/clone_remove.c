/* Taking a clone away, and finding those that no record names. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "plugin/clone.h"

static struct err *move(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return fail_errno("cannot move %s to %s", from, path_base(to));
	return NULL;
}

static struct err *keep_aside(char **kept, const struct checkout *c, int64_t now_ms)
{
	AUTO(str_release) char *time = clock_compact(now_ms);
	AUTO(str_release) char *to = str_format("%s.kept-%s", c->path, time);

	TRY(move(c->path, to));
	*kept = to;
	to = NULL;
	return NULL;
}

/* A folder that an earlier try kept aside. */
static struct err *find_kept(char **kept, const struct checkout *c)
{
	AUTO(strv_release) struct strv paths = { 0 };

	TRY(worktree_kept(&paths, c));
	for (size_t i = paths.n; i-- > 0 && !*kept;)
		if (clone_is_ours(c, paths.v[i]) == TRI_YES)
			*kept = str_dup(paths.v[i]);
	return NULL;
}

struct err *clone_remove(
	char **kept, const struct checkout *c, const struct saved *saved, int64_t now_ms)
{
	AUTO(str_release) char *gone = gone_path(c);
	enum tri here = clone_is_ours(c, c->path);

	*kept = NULL;
	if (here == TRI_UNKNOWN)
		return fail(ERR_REFUSED, "cannot look at %s", c->path);
	if (here == TRI_NO && path_exists(c->path))
		return fail(ERR_REFUSED, "%s is not the clone of %s: left alone", c->path, c->id);
	if (here == TRI_NO)
		return find_kept(kept, c);
	if (saved && saved->nested.n)
		return keep_aside(kept, c, now_ms);
	TRY(file_remove_tree(gone)); /* half of one that was being made, or of an earlier kill */
	return move(c->path, gone);
}

struct err *clone_undo(
	struct saved *out, const struct checkout *c, bool made_branch, int64_t now_ms)
{
	AUTO(saved_release) struct saved saved = { 0 };
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *kept = NULL;

	TRY(repo_find(NULL, &common, c->repo));
	if (clone_is_ours(c, c->path) == TRI_YES)
		TRY(clone_save(&saved, c, NULL, now_ms));
	TRY(clone_remove(&kept, c, &saved, now_ms));
	TRY(worktree_discard(c));
	if (made_branch && !kept && is_object_id(c->base))
		TRY(drop_branch(c, common));
	*out = saved;
	saved = (struct saved){ 0 };
	return NULL;
}

struct err *clone_leftovers(struct strv *paths, const char *repo, const char *worktree_dir)
{
	AUTO(str_release) char *common = NULL;
	AUTO(strv_release) struct strv names = { 0 };

	TRY(repo_find(NULL, &common, repo));
	TRY(file_list(&names, worktree_dir));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *path = path_join(worktree_dir, *name);
		AUTO(str_release) char *id = NULL;
		if (str_starts(*name, ".ao-gone-") || clone_is_of(&id, NULL, path, common))
			strv_add(paths, path);
	}
	return NULL;
}

struct err *clone_adopt(char **handle, char **branch, char **base, const struct checkout *c)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *id = NULL;
	AUTO(str_release) char *from = NULL;
	AUTO(str_release) char *real = path_real(c->path);
	AUTO(str_release) char *git_dir = path_join(real, ".git");

	TRY(repo_find(NULL, &common, c->repo));
	if (!clone_is_of(&id, &from, c->path, common))
		return fail(ERR_REFUSED, "%s is not a clone of %s", c->path, c->repo);
	TRY(place_note(c, c->path));
	*branch = head_branch(git_dir);
	*base = from;
	from = NULL;
	*handle = git_dir;
	git_dir = NULL;
	return NULL;
}
