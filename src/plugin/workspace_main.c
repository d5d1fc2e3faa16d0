/*
 * Workspace: the project's main checkout, for its orchestrator. It is the user's, and other programs work in
 * it: nothing here makes, changes, saves or removes anything, whoever asks.
 */
#include "base/path.h"
#include "slot/workspace.h"

static struct err *refuse(const char *what)
{
	return fail(ERR_REFUSED, "the main checkout is the user's: nothing in it is %s", what);
}

static struct err *origin(struct start_point *out, const char *repo, const char *default_branch,
	const char *base, bool merges_here, struct sink *sink)
{
	(void)out, (void)repo, (void)default_branch, (void)base, (void)merges_here, (void)sink;
	return refuse("branched off");
}

static struct err *free_branch(char **name, const char *repo, const char *wanted, bool exact)
{
	(void)name, (void)repo, (void)wanted, (void)exact;
	return refuse("branched off");
}

static struct err *create(char **handle, const struct checkout *c, struct sink *sink)
{
	(void)sink;
	if (!path_is_dir(c->path))
		return fail(ERR_FAILED, "%s: no such folder", c->path);
	*handle = str_dup(c->path);
	return NULL;
}

static enum tri exists(const struct checkout *c)
{
	return c->handle && path_is_dir(c->path) ? TRI_YES : TRI_NO;
}

/* Whatever it is on is no session's branch: no pull request is looked for by it. */
static char *branch_now(const struct checkout *c)
{
	(void)c;
	return NULL;
}

static enum tri branch_exists(const struct checkout *c)
{
	(void)c;
	return TRI_UNKNOWN;
}

static struct err *save(
	struct saved *out, const struct checkout *c, const char *previous, int64_t now_ms)
{
	(void)out, (void)c, (void)previous, (void)now_ms;
	return refuse("saved");
}

static struct err *take_away(
	char **kept, const struct checkout *c, const struct saved *saved, int64_t now_ms)
{
	(void)kept, (void)c, (void)saved, (void)now_ms;
	return refuse("removed");
}

static struct err *discard(const struct checkout *c)
{
	(void)c;
	return refuse("removed");
}

static struct err *undo(
	struct saved *out, const struct checkout *c, bool made_branch, int64_t now_ms)
{
	(void)out, (void)c, (void)made_branch, (void)now_ms;
	return refuse("removed");
}

static struct err *undelete(
	char **handle, char **branch, const struct checkout *c, const char *ref, struct sink *sink)
{
	(void)handle, (void)branch, (void)c, (void)ref, (void)sink;
	return refuse("brought back");
}

static struct err *trash(struct strv *refs, const char *repo, const char *id)
{
	(void)refs, (void)repo, (void)id;
	return NULL;
}

static struct err *drop_trash(const char *repo, const char *ref)
{
	(void)repo, (void)ref;
	return refuse("removed");
}

static struct err *kept(struct strv *paths, const struct checkout *c)
{
	(void)paths, (void)c;
	return NULL;
}

static struct err *recap(struct buf *out, const struct checkout *c)
{
	(void)out, (void)c;
	return NULL;
}

static struct err *leftovers(struct strv *paths, const char *repo, const char *worktree_dir)
{
	(void)paths, (void)repo, (void)worktree_dir;
	return NULL;
}

static struct err *adopt(char **handle, char **branch, char **base, const struct checkout *c)
{
	(void)handle, (void)branch, (void)base, (void)c;
	return refuse("adopted");
}

static struct err *stale_locks(struct strv *paths, const struct checkout *c)
{
	(void)paths, (void)c;
	return NULL;
}

static struct err *left_locks(struct strv *paths, const char *repo)
{
	(void)paths, (void)repo;
	return NULL;
}

const struct workspace workspace_main = {
	.plugin = { SLOT_WORKSPACE, "main", "the main checkout, for an orchestrator" },
	.borrowed = true,
	.origin = origin,
	.free_branch = free_branch,
	.create = create,
	.exists = exists,
	.branch_now = branch_now,
	.branch_exists = branch_exists,
	.save = save,
	.remove = take_away,
	.discard = discard,
	.undo = undo,
	.undelete = undelete,
	.trash = trash,
	.drop_trash = drop_trash,
	.kept = kept,
	.recap = recap,
	.leftovers = leftovers,
	.adopt = adopt,
	.stale_locks = stale_locks,
	.left_locks = left_locks,
};
