/*
 * Bringing a clone back: a fresh one of the repository, with every ref that the save tells of, then the
 * files byte for byte and the staged state. It appears in its place when it is complete.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/valid.h"
#include "plugin/clone.h"

static struct err *find_and_move_back(bool *found, const struct checkout *c)
{
	AUTO(strv_release) struct strv paths = { 0 };

	*found = clone_is_ours(c, c->path) == TRI_YES;
	TRY(worktree_kept(&paths, c));
	for (size_t i = paths.n; i-- > 0 && !*found;) {
		if (clone_is_ours(c, paths.v[i]) != TRI_YES)
			continue;
		if (renameat2(AT_FDCWD, paths.v[i], AT_FDCWD, c->path, RENAME_NOREPLACE) < 0)
			return fail_errno("cannot move %s back to %s", paths.v[i], c->path);
		*found = true;
	}
	return NULL;
}

/* Where the session's branch was in the clone. */
static const char *saved_tip(const struct past *p, const char *ref)
{
	if (p->tip)
		return p->tip;
	return str_equal(p->head_name, ref) ? p->head : NULL;
}

/* The repository's branch, where it went meanwhile; where it moved on, it is told. */
static struct err *restore_branch(
	const struct checkout *c, const char *common, const struct past *p, struct sink *sink)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s", c->branch);
	AUTO(str_release) char *now = NULL;
	const char *tip = saved_tip(p, ref);

	TRY(branch_tip(&now, common, c->branch));
	if (now && tip && !str_equal(now, tip))
		sink_say(sink, SINK_WARNING,
			"branch '%s' of %s is at another commit: %s is back as it was", c->branch,
			c->repo, c->id);
	if (now || !tip)
		return NULL;
	return git_ok(&r, &(struct git){ .git_dir = common, .keep_fd = c->lock_fd },
		ARGV("update-ref", ref, tip, ""));
}

static struct err *from_branch(struct past *p, const struct checkout *c, const char *common)
{
	TRY(branch_tip(&p->head, common, c->branch));
	if (!p->head)
		return fail(ERR_MISSING, "branch '%s' of %s is gone, and nothing was saved",
			c->branch, c->id);
	p->head_name = str_format("refs/heads/%s", c->branch);
	return NULL;
}

static void tell(const struct checkout *c, const struct past *p, const char *ref, struct sink *sink)
{
	if (!str_starts(p->head_name, "refs/heads/"))
		sink_say(sink, SINK_NOTE, "%s is on no branch, as it was", c->id);
	if (p->merging)
		sink_say(sink, SINK_NOTE, "a merge or rebase was going on: its commits are in %s",
			ref);
}

static struct err *make_again(char **handle, const struct checkout *c, const char *common,
	const char *ref, struct sink *sink)
{
	AUTO(past_release) struct past past = { 0 };
	AUTO(str_release) char *at = NULL;
	struct clone_plan plan = { .c = c, .common = common, .past = &past };

	if (path_exists(c->path))
		return fail(ERR_REFUSED, "%s is there already: move it away", c->path);
	TRY(ref ? past_read(&past, common, ref) : from_branch(&past, c, common));
	plan.head = past.head;
	plan.head_name = past.head_name;
	TRY(restore_branch(c, common, &past, sink));
	TRY(clone_make(&at, &plan));
	TRY(clone_appear(handle, &plan, at));
	tell(c, &past, ref, sink);
	return NULL;
}

struct err *clone_undelete(
	char **handle, char **branch, const struct checkout *c, const char *ref, struct sink *sink)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *real = NULL;
	char *on;
	bool found;

	TRY(repo_find(NULL, &common, c->repo));
	TRY(find_and_move_back(&found, c));
	if (!found)
		TRY(make_again(handle, c, common, ref, sink));
	if (found) {
		real = path_real(c->path);
		*handle = path_join(real, ".git");
	}
	on = head_branch(*handle);
	*branch = on ? on : str_dup(c->branch);
	return NULL;
}
