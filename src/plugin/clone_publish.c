/*
 * A branch of a clone, brought into the repository: its commits first, then the ref, compared with what
 * it was. It moves forward, or anywhere where it still is as we left it (the agent amended, rebased); a
 * branch that somebody else moved, or has checked out, is left alone.
 */
#include <string.h>

#include "base/path.h"
#include "base/valid.h"
#include "plugin/clone.h"

static char *note_file(const struct checkout *c)
{
	return path_join(c->folder, "brought");
}

struct err *clone_note_brought(const struct checkout *c, const char *branch, const char *commit)
{
	AUTO(str_release) char *file = note_file(c);
	AUTO(str_release) char *text = str_format("%s %s\n", commit, branch);

	return file_replace(file, text, strlen(text), FILE_VOLATILE);
}

/* Is the branch where we left it? */
static bool is_as_left(const struct checkout *c, const char *branch, const char *tip)
{
	AUTO(str_release) char *file = note_file(c);
	AUTO(str_release) char *line = first_line(file);
	AUTO(str_release) char *wanted = str_format("%s %s", tip, branch);

	return str_equal(line, wanted);
}

static struct err *is_ancestor(bool *yes, const char *common, const char *old, const char *new)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	char *const *args = ARGV("merge-base", "--is-ancestor", old, new);

	TRY(git_run(&r, &(struct git){ .git_dir = common }, args));
	*yes = r.code == 0;
	return r.code > 1 ? git_failed(&r, args) : NULL;
}

static struct err *move_branch(const struct checkout *c, const char *common, const char *branch,
	const char *from, const char *to)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);
	AUTO(str_release) char *why = str_format("ao: from the clone of %s", c->id);
	char *const *args = ARGV(
		"update-ref", "--create-reflog", "-m", why, ref, to, from ? from : "");

	TRY(git_run(&r, &(struct git){ .git_dir = common, .keep_fd = c->lock_fd }, args));
	if (r.code)
		return git_failed(&r, args);
	return clone_note_brought(c, branch, to);
}

static struct err *advance(const struct checkout *c, const char *common, const char *branch,
	const char *tip, const char *id)
{
	bool forward = true, behind = false;

	if (tip)
		TRY(is_ancestor(&forward, common, tip, id));
	if (!forward)
		TRY(is_ancestor(&behind, common, id, tip));
	if (behind && !is_as_left(c, branch, tip)) /* it has all of it, and more */
		return NULL;
	if (!forward && !is_as_left(c, branch, tip))
		return fail(ERR_REFUSED,
			"branch '%s' of %s has moved on, and was not changed: merge it in %s",
			branch, c->repo, c->path);
	if (is_checked_out(common, branch))
		return fail(ERR_REFUSED,
			"branch '%s' is checked out in %s and cannot follow %s: check out another "
			"one there",
			branch, c->repo, c->id);
	return move_branch(c, common, branch, tip, id);
}

/* The commit that was to be brought last, also where that was refused: it is not tried again and again. */
static char *offer_file(const struct checkout *c)
{
	return path_join(c->folder, "offered");
}

static struct err *note_offer(const struct checkout *c, const char *id)
{
	AUTO(str_release) char *file = offer_file(c);
	AUTO(str_release) char *line = str_format("%s\n", id);

	return file_replace(file, line, strlen(line), FILE_VOLATILE);
}

bool clone_has_news(const struct checkout *c, const char *branch)
{
	AUTO(clone_refs_release) struct clone_refs refs = { 0 };
	AUTO(str_release) char *git_dir = clone_git(c->path);
	AUTO(str_release) char *name = str_format("refs/heads/%s", branch);
	AUTO(str_release) char *file = offer_file(c);
	AUTO(str_release) char *offered = first_line(file);
	struct err *e;
	const char *id;

	if (!git_dir || clone_is_ours(c, c->path) != TRI_YES)
		return false;
	e = clone_refs_read(&refs, git_dir);
	if (e) {
		err_drop(e, "the next verb says what is wrong with it");
		return false;
	}
	id = clone_ref_id(&refs, name);
	return id && !str_equal(id, offered);
}

void clone_places(struct strv *folders, const struct checkout *c, const char *branch)
{
	AUTO(str_release) char *ref = str_format("%s/.git/refs/heads/%s", c->path, branch);

	*strrchr(ref, '/') = '\0';
	if (!strv_has(folders, ref))
		strv_add(folders, ref);
}

struct err *clone_publish(const struct checkout *c, const char *branch)
{
	AUTO(private_release) struct private_dir p = { 0 };
	AUTO(clone_refs_release) struct clone_refs refs = { 0 };
	AUTO(str_release) char *git_dir = clone_git(c->path);
	AUTO(str_release) char *name = str_format("refs/heads/%s", branch);
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *tip = NULL;
	const char *id;

	if (!git_dir || clone_is_ours(c, c->path) != TRI_YES || !valid_branch(branch))
		return NULL;
	TRY(repo_find(NULL, &common, c->repo));
	TRY(clone_refs_read(&refs, git_dir));
	TRY(branch_tip(&tip, common, branch));
	id = clone_ref_id(&refs, name);
	if (id)
		TRY(note_offer(c, id));
	if (!id || str_equal(id, tip))
		return NULL;
	TRY(private_borrow(&p, c, common, git_dir, NULL));
	TRY(wrap(private_bring(&p, c, common, id), "bringing branch '%s' over from %s", branch,
		c->path));
	return advance(c, common, branch, tip, id);
}
