/* Workspace: a git worktree beside the project's own checkout. What takes git stands in the
 * worktree_*.c files; what a glance at files answers is here. */
#include "plugin/worktree.h"

static enum tri worktree_exists(const struct checkout *c)
{
	return c->handle ? place_is_ours(c, c->path) : TRI_NO;
}

static char *worktree_branch_now(const struct checkout *c)
{
	return c->handle ? head_branch(c->handle) : NULL;
}

static enum tri worktree_branch_exists(const struct checkout *c)
{
	AUTO(str_release) char *git_dir = repo_git_dir(c->repo);
	AUTO(str_release) char *common = git_dir ? repo_common_dir(git_dir) : NULL;
	AUTO(str_release) char *ref = str_format("refs/heads/%s", c->branch);

	return common ? ref_exists(common, ref) : TRI_UNKNOWN;
}

const struct workspace workspace_worktree = {
	.plugin = { SLOT_WORKSPACE, "worktree", "a git worktree with a branch of its own" },
	.origin = worktree_origin,
	.free_branch = worktree_free_branch,
	.create = worktree_create,
	.exists = worktree_exists,
	.branch_now = worktree_branch_now,
	.branch_exists = worktree_branch_exists,
	.save = worktree_save,
	.remove = worktree_remove,
	.discard = worktree_discard,
	.undo = worktree_undo,
	.undelete = worktree_undelete,
	.trash = worktree_trash,
	.drop_trash = worktree_drop_trash,
	.kept = worktree_kept,
	.recap = worktree_recap,
	.leftovers = worktree_leftovers,
	.adopt = worktree_adopt,
	.stale_locks = worktree_stale_locks,
	.left_locks = git_left_locks,
};
