/* Workspace: a clone of the project's repository, with objects, refs and config of its own. What takes
 * git stands in the clone_*.c files, what it shares with worktrees in those of worktree_*.c; what a
 * glance at files answers is here. */
#include "base/path.h"
#include "plugin/clone.h"

static enum tri clone_exists(const struct checkout *c)
{
	return c->handle ? clone_is_ours(c, c->path) : TRI_NO;
}

static char *clone_branch_now(const struct checkout *c)
{
	AUTO(str_release) char *git_dir = clone_git(c->path);

	return git_dir ? head_branch(git_dir) : NULL;
}

/* In the clone, else in the repository. */
static enum tri clone_branch_exists(const struct checkout *c)
{
	AUTO(str_release) char *git_dir = clone_git(c->path);
	AUTO(str_release) char *repo_dir = repo_git_dir(c->repo);
	AUTO(str_release) char *common = repo_dir ? repo_common_dir(repo_dir) : NULL;
	AUTO(str_release) char *ref = str_format("refs/heads/%s", c->branch);

	if (c->handle && git_dir && ref_exists(git_dir, ref) == TRI_YES)
		return TRI_YES;
	return common ? ref_exists(common, ref) : TRI_UNKNOWN;
}

const struct workspace workspace_clone = {
	.plugin = { SLOT_WORKSPACE, "clone", "a clone of the repository, for itself" },
	.origin = worktree_origin,
	.free_branch = worktree_free_branch,
	.create = clone_create,
	.exists = clone_exists,
	.branch_now = clone_branch_now,
	.branch_exists = clone_branch_exists,
	.save = clone_save,
	.publish = clone_publish,
	.has_news = clone_has_news,
	.places = clone_places,
	.remove = clone_remove,
	.discard = worktree_discard,
	.undo = clone_undo,
	.undelete = clone_undelete,
	.trash = worktree_trash,
	.drop_trash = worktree_drop_trash,
	.kept = worktree_kept,
	.recap = clone_recap,
	.leftovers = clone_leftovers,
	.adopt = clone_adopt,
	.stale_locks = worktree_stale_locks,
	.left_locks = git_left_locks,
};
