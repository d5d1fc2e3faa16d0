/*
 * Making a clone. Its objects are hard links to the repository's files (git-clone(1), --local; copies
 * where that cannot be), never borrowed ones: a `git gc` in the repository takes nothing from it. It is
 * made aside and renamed to its place when it is complete, so a half-made one is nobody's work.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/valid.h"
#include "plugin/clone.h"

enum { TRIES = 3 };

/* For the time of its making: the one remote that git-clone(1) insists on. */
#define SOURCE "ao-source"
#define ALL_OF_SOURCE "+refs/*:refs/remotes/ao-source/*"
/* What a crash leaves of these refs is removed as a whole. */
#define NO_SYNC "-c", "core.fsync=none"

/* ---- objects ------------------------------------------------------------------------------------ */

static struct err *list_packs(char **names, const char *common)
{
	AUTO(str_release) char *dir = path_join(common, "objects/pack");
	AUTO(strv_release) struct strv list = { 0 };
	AUTO(buf_release) struct buf text = { 0 };

	TRY(file_list(&list, dir));
	strv_sort(&list, 0);
	STRV_EACH(name, &list)
		buf_addf(&text, "%s\n", *name);
	str_release(names);
	*names = buf_detach(&text);
	return NULL;
}

/*
 * git links file by file, and a repack that ends meanwhile could take what was not linked yet into a
 * pack that was not there when its folder was read. It makes the new pack first: where the packs are
 * the same before and after, nothing was missed.
 */
static struct err *copy_objects(const struct checkout *c, const char *common, const char *at)
{
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;

	TRY(list_packs(&before, common));
	for (int i = 0; i < TRIES; i++) {
		AUTO(run_result_release) struct run_result r = { 0 };
		TRY(file_remove_tree(at));
		TRY(git_run(&r,
			&(struct git){ .git_dir = common,
				.timeout_ms = GIT_LONG_MS,
				.keep_fd = c->lock_fd },
			ARGV("clone", "-q", "--local", "--no-checkout", "--single-branch",
				"--no-tags", "-o", SOURCE, "--", common, at)));
		TRY(list_packs(&after, common));
		if (!str_equal(before, after)) {
			str_set(&before, after);
			continue;
		}
		return r.code ? git_failed(&r, ARGV("clone")) : NULL;
	}
	return fail(ERR_FAILED, "%s is being repacked: try again", common);
}

/* A shallow repository is not linked but fetched from, and then only what a ref asks for. */
static struct err *fetch_all(const struct checkout *c, const char *common, const char *at)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *git_dir = path_join(at, ".git");
	AUTO(str_release) char *shallow = path_join(common, "shallow");

	if (!path_exists(shallow))
		return NULL;
	return git_ok(&r,
		&(struct git){
			.git_dir = git_dir, .timeout_ms = GIT_LONG_MS, .keep_fd = c->lock_fd },
		ARGV(NO_SYNC, "fetch", "-q", "--no-tags", "--update-shallow",
			"--no-write-fetch-head", SOURCE, ALL_OF_SOURCE));
}

/* git leaves the remote's HEAD behind. */
static struct err *forget_source(const struct clone_plan *p, const char *git_dir)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *refs = path_join(git_dir, "refs/remotes/" SOURCE);
	AUTO(str_release) char *logs = path_join(git_dir, "logs/refs/remotes/" SOURCE);

	TRY(git_ok(&r, &(struct git){ .git_dir = git_dir, .keep_fd = p->c->lock_fd },
		ARGV(NO_SYNC, "remote", "remove", SOURCE)));
	TRY(file_remove_tree(refs));
	return file_remove_tree(logs);
}

/* ---- refs --------------------------------------------------------------------------------------- */

/* "ref ID NAME" and "stash ID MESSAGE" out of a save: a line for update-ref, or nothing. */
static void add_past_ref(struct buf *updates, const char *word, const char *head_name)
{
	const char *name = strrchr(word, ' ');
	AUTO(str_release) char *id = NULL;

	if (!str_starts(word, "ref ") || name <= word + 4)
		return;
	id = str_ndup(word + 4, (size_t)(name - word - 4));
	name++;
	if (is_object_id(id) && str_starts(name, "refs/") && valid_branch(name + strlen("refs/")) &&
		!str_equal(name, head_name))
		buf_addf(updates, "update %s %s\n", name, id);
}

static struct err *restore_stash(const struct clone_plan *p, const char *git_dir, const char *word)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	const char *text = str_starts(word, "stash ") ? strchr(word + 6, ' ') : NULL;
	AUTO(str_release) char *id = text ? str_ndup(word + 6, (size_t)(text - word - 6)) : NULL;

	if (!is_object_id(id))
		return NULL;
	return git_ok(&r, &(struct git){ .git_dir = git_dir, .keep_fd = p->c->lock_fd },
		ARGV(NO_SYNC, "update-ref", "--create-reflog", "-m", text + 1, "refs/stash", id));
}

static struct err *update_refs(
	const struct clone_plan *p, const char *git_dir, const struct buf *updates)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	return git_ok(&r,
		&(struct git){ .git_dir = git_dir,
			.in = buf_text(updates),
			.in_n = updates->n,
			.keep_fd = p->c->lock_fd },
		ARGV(NO_SYNC, "update-ref", "--stdin"));
}

/* What the save knows beats what the repository has by now. */
static struct err *set_refs(const struct clone_plan *p, const char *git_dir)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf theirs = { 0 };
	AUTO(buf_release) struct buf saved = { 0 };

	TRY(clone_list_refs(&theirs, p->common, git_dir));
	TRY(update_refs(p, git_dir, &theirs));
	for (size_t i = 0; p->past && i < p->past->words.n; i++)
		add_past_ref(&saved, p->past->words.v[i], p->head_name);
	if (saved.n)
		TRY(update_refs(p, git_dir, &saved));
	TRY(git_ok(&r, &(struct git){ .git_dir = git_dir, .keep_fd = p->c->lock_fd },
		ARGV(NO_SYNC, "pack-refs", "--all")));
	for (size_t i = 0; p->past && i < p->past->words.n; i++)
		TRY(restore_stash(p, git_dir, p->past->words.v[i]));
	return NULL;
}

/* git made a branch like the repository's own HEAD; ours takes its place. */
static struct err *set_head(const struct clone_plan *p, const char *git_dir)
{
	AUTO(run_result_release) struct run_result dropped = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *made = head_ref(git_dir);
	AUTO(str_release) char *file = path_join(git_dir, "HEAD");
	bool on_branch = str_starts(p->head_name, "refs/heads/") &&
		valid_branch(p->head_name + strlen("refs/heads/"));
	AUTO(str_release)
	char *line = on_branch ? str_format("ref: %s\n", p->head_name)
			       : str_format("%s\n", p->head);
	struct git g = { .git_dir = git_dir, .keep_fd = p->c->lock_fd };

	TRY(file_replace(file, line, strlen(line), FILE_VOLATILE));
	if (made)
		TRY(git_ok(&dropped, &g, ARGV(NO_SYNC, "update-ref", "-d", made)));
	return git_ok(&r, &g, ARGV(NO_SYNC, "update-ref", "-m", "ao: clone", "HEAD", p->head));
}

/* ---- files -------------------------------------------------------------------------------------- */

/* By the user's own filters: the config is still a copy of the repository's. */
static struct err *check_out(const struct clone_plan *p, const char *git_dir, const char *at)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_ok(&r,
		&(struct git){ .git_dir = git_dir,
			.work_tree = at,
			.timeout_ms = GIT_LONG_MS,
			.keep_fd = p->c->lock_fd },
		ARGV("-c", "checkout.workers=2", "read-tree", "-m", "-u", p->head)));
	if (!p->past || !p->past->save)
		return NULL;
	TRY(past_overlay(p->past, p->c, p->common, at));
	return past_stage(p->past, p->c, git_dir, at);
}

static struct err *not_partial(const struct checkout *c, const char *common)
{
	if (clone_config_has(common, "partialclone") || clone_config_has(common, "promisor"))
		return fail(ERR_REFUSED,
			"%s is a partial clone itself and cannot be cloned: use workspace: worktree",
			c->repo);
	return NULL;
}

struct err *clone_make(char **at, const struct clone_plan *p)
{
	AUTO(str_release) char *gone = gone_path(p->c);
	AUTO(str_release) char *git_dir = path_join(gone, ".git");

	TRY(not_partial(p->c, p->common));
	TRY(copy_objects(p->c, p->common, gone));
	TRY(fetch_all(p->c, p->common, gone));
	TRY(forget_source(p, git_dir));
	TRY(clone_configure(p->common, git_dir));
	TRY(set_head(p, git_dir));
	TRY(set_refs(p, git_dir));
	TRY(check_out(p, git_dir, gone));
	*at = gone;
	gone = NULL;
	return NULL;
}

struct err *clone_appear(char **handle, const struct clone_plan *p, const char *at)
{
	static const char *const names[] = { "HEAD", "config", "index", "packed-refs" };
	const struct checkout *c = p->c;
	AUTO(str_release) char *git_dir = path_join(at, ".git");
	AUTO(str_release) char *above = path_dir(c->path);
	AUTO(str_release) char *real = NULL;

	TRY(index_settle(git_dir));
	TRY(clone_mark(c, p->common, at));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *file = path_join(git_dir, names[i]);
		if (path_exists(file))
			TRY(file_sync(file));
	}
	TRY(place_note(c, at)); /* before the rename: from then on it is ours, and not before */
	if (renameat2(AT_FDCWD, at, AT_FDCWD, c->path, RENAME_NOREPLACE) < 0)
		return fail_errno("cannot move %s to %s", at, c->path);
	TRY(file_sync_dir(above));
	real = path_real(c->path);
	*handle = path_join(real, ".git");
	return NULL;
}

/* ---- create ------------------------------------------------------------------------------------- */

/* The branch is the repository's: two sessions cannot take one name. */
static struct err *take_branch(char **commit, const struct checkout *c, const char *common)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s", c->branch);

	TRY(branch_tip(commit, common, c->branch));
	if (*commit && is_checked_out(common, c->branch))
		return fail(
			ERR_REFUSED, "branch '%s' is checked out in another worktree", c->branch);
	if (*commit)
		return NULL;
	TRY(git_run(&r, &(struct git){ .git_dir = common, .keep_fd = c->lock_fd },
		ARGV("update-ref", ref, c->base, "")));
	if (r.code && strstr(buf_text(&r.err), "already exists"))
		return fail(ERR_REFUSED, "branch '%s' is taken: choose another name", c->branch);
	if (r.code)
		return git_failed(&r, ARGV("update-ref"));
	*commit = str_dup(c->base);
	return NULL;
}

struct err *clone_create(char **handle, const struct checkout *c, struct sink *sink)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *commit = NULL;
	AUTO(str_release) char *head_name = NULL;
	AUTO(str_release) char *at = NULL;
	struct clone_plan p;

	(void)sink;
	TRY(repo_find(NULL, &common, c->repo));
	if (!valid_branch(c->branch) || !is_object_id(c->base))
		return fail(ERR_FAILED, "cannot make a clone from '%s'", c->base ? c->base : "");
	if (path_exists(c->path))
		return fail(ERR_REFUSED, "%s is there already: move it away", c->path);
	TRY(not_partial(c, common)); /* before there is a branch to take back */
	TRY(take_branch(&commit, c, common));
	TRY(clone_note_brought(c, c->branch, commit));
	head_name = str_format("refs/heads/%s", c->branch);
	p = (struct clone_plan){ .c = c, .common = common, .head_name = head_name, .head = commit };
	TRY(clone_make(&at, &p));
	return clone_appear(handle, &p, at);
}
