/* A worktree whose record was lost: what the record would have to say, from git's own files. */
#include "base/path.h"
#include "plugin/worktree.h"

static struct err *head_commit(char **commit, const char *common, const char *admin)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *name = str_format("worktrees/%s/HEAD^{commit}", path_base(admin));

	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("rev-parse", "-q", "--verify", "--end-of-options", name)));
	buf_trim(&r.out);
	*commit = str_dup(buf_text(&r.out));
	return NULL;
}

struct err *worktree_adopt(char **handle, char **branch, char **base, const struct checkout *c)
{
	AUTO(str_release) char *target = gitfile_target(c->path);
	AUTO(str_release) char *admin = target ? path_real(target) : NULL;
	AUTO(str_release) char *known = admin ? admin_path(admin) : NULL;
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *its = admin ? admin_common_dir(admin) : NULL;

	TRY(repo_find(NULL, &common, c->repo));
	if (!admin || !known || !same_place(known, c->path) || !same_place(its, common))
		return fail(ERR_REFUSED, "%s is not a worktree of %s", c->path, c->repo);
	TRY(head_commit(base, common, admin));
	*branch = head_branch(admin);
	*handle = admin;
	admin = NULL;
	return place_note(c, c->path);
}
