/*
 * A ref never moves under a checkout that did not follow. `git read-tree -m -u OLD NEW` brings index
 * and files along, and refuses as a whole where a file that it would write was edited.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "plugin/scm_local.h"

enum { NAMED_MAX = 20 };

struct place {
	char *path, *git_dir;
};

struct places {
	VEC(struct place) list;
};

static void places_release(struct places *p)
{
	for (size_t i = 0; i < p->list.n; i++) {
		free(p->list.v[i].path);
		free(p->list.v[i].git_dir);
	}
	free(p->list.v);
	*p = (struct places){ 0 };
}

static struct err *add_place(struct places *out, const char *path)
{
	AUTO(str_release) char *git_dir = NULL;
	struct place *place;

	if (!path_is_dir(path)) /* git still knows it; nothing is there to follow */
		return NULL;
	git_dir = gitfile_target(path);
	if (!git_dir)
		git_dir = path_join(path, ".git");
	if (!path_is_dir(git_dir))
		return fail(
			ERR_REFUSED, "the checkout of the branch in %s cannot be told apart", path);
	place = vec_push(&out->list);
	place->path = str_dup(path);
	place->git_dir = git_dir;
	git_dir = NULL;
	return NULL;
}

/* Records of NUL-ended lines, an empty one behind each (git-worktree(1), porcelain). */
static struct err *places_of(struct places *out, const struct local *l, const char *branch)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *wanted = str_format("branch refs/heads/%s", branch);
	const char *path = NULL;

	TRY(git_ok(&r, &(struct git){ .git_dir = l->common },
		ARGV("worktree", "list", "--porcelain", "-z")));
	if (!str_starts(buf_text(&r.out), "worktree ")) /* the repository itself is always named */
		return fail(ERR_FAILED, "git tells no checkouts of %s", l->common);
	for (size_t i = 0; i < r.out.n; i += strlen(r.out.s + i) + 1) {
		const char *line = r.out.s + i;
		if (str_starts(line, "worktree "))
			path = line + strlen("worktree ");
		else if (path && str_equal(line, wanted))
			TRY(add_place(out, path));
	}
	return NULL;
}

static struct git git_at(const struct place *at, int keep_fd)
{
	return (struct git){ .git_dir = at->git_dir,
		.work_tree = at->path,
		.timeout_ms = GIT_LONG_MS,
		.keep_fd = keep_fd };
}

static void add_lines(struct strv *out, const struct buf *b)
{
	for (size_t i = 0; i < b->n; i += strlen(b->s + i) + 1)
		strv_add(out, b->s + i);
}

/* What differs from old to new; filter: A added, or all. */
static struct err *changed(struct strv *out, const struct place *at, const char *old,
	const char *new, const char *filter)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = git_at(at, 0);

	TRY(git_ok(&r, &g,
		ARGV("diff-tree", "-r", "-z", "--name-only", "--no-renames", filter, old, new)));
	add_lines(out, &r.out);
	return NULL;
}

static char *join_names(const struct strv *names)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (size_t i = 0; i < names->n && i < NAMED_MAX; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", names->v[i]);
	if (names->n > NAMED_MAX)
		buf_addf(&b, " and %zu more", names->n - NAMED_MAX);
	return buf_detach(&b);
}

static struct err *local_changes(const struct place *at, const struct strv *names)
{
	AUTO(str_release) char *list = join_names(names);

	return fail(ERR_REFUSED, "%s has changes of its own in what the merge changes: %s",
		at->path, list);
}

/* A path covers another that is below it. */
static bool touches(const struct strv *paths, const char *name)
{
	STRV_EACH(path, paths) {
		if (path_within(name, *path) || path_within(*path, name))
			return true;
	}
	return false;
}

/* Why read-tree refused: names out of git status(1), porcelain v1, "XY name". */
static struct err *refusal(
	const struct place *at, const char *old, const char *new, struct err *said)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(strv_release) struct strv names = { 0 };
	struct git g = git_at(at, 0);
	struct err *e = changed(&paths, at, old, new, "--diff-filter=ACDMRTUXB");

	if (!e)
		e = git_ok(&r, &g,
			ARGV("status", "--porcelain", "-z", "--no-renames", "-uall",
				"--ignore-submodules=dirty"));
	for (size_t i = 0; !e && i < r.out.n; i += strlen(r.out.s + i) + 1)
		if (strlen(r.out.s + i) > 3 && touches(&paths, r.out.s + i + 3))
			strv_add(&names, r.out.s + i + 3);
	err_drop(e, "git's own words must do");
	if (!names.n)
		return wrap(said, "%s does not follow", at->path);
	err_drop(said, "named by file");
	return local_changes(at, &names);
}

/* An ignored file would be overwritten without a word (git-read-tree(1), since 2.34). */
static struct err *no_untracked_in_the_way(const struct place *at, const char *old, const char *new)
{
	AUTO(strv_release) struct strv added = { 0 };
	AUTO(strv_release) struct strv there = { 0 };

	TRY(changed(&added, at, old, new, "--diff-filter=A"));
	STRV_EACH(name, &added) {
		AUTO(str_release) char *path = path_join(at->path, *name);
		if (path_exists(path))
			strv_add(&there, *name);
	}
	return there.n ? local_changes(at, &there) : NULL;
}

static struct err *read_tree(const struct place *at, const char *from, const char *to, int keep_fd)
{
	AUTO(run_result_release) struct run_result refreshed = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = git_at(at, keep_fd);

	TRY(git_run(&refreshed, &g, ARGV("update-index", "-q", "--refresh")));
	return git_ok(&r, &g, ARGV("read-tree", "-m", "-u", from, to));
}

/* git writes the index when all files are written, in one instant: it tells which half this is. */
static struct err *index_differs(
	bool *yes, const struct place *at, const char *commit, const struct strv *paths)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = git_at(at, 0);

	*yes = false;
	TRY(git_ok(&r, &g,
		ARGV("diff-index", "--cached", "-z", "--name-only", "--no-renames", commit)));
	for (size_t i = 0; i < r.out.n && !*yes; i += strlen(r.out.s + i) + 1)
		*yes = strv_has(paths, r.out.s + i);
	return NULL;
}

/* A git that was ended, or that did it and failed then, is none that refused: nothing may be touched
 * there, and with the others there is something to take back. */
static bool has_refused(
	const struct place *at, const char *old, const char *new, const struct err *said)
{
	AUTO(str_release) char *lock = path_join(at->git_dir, "index.lock");
	AUTO(strv_release) struct strv paths = { 0 };
	bool stayed = false;
	struct err *e = changed(&paths, at, old, new, "--diff-filter=ACDMRTUXB");

	if (!e)
		e = index_differs(&stayed, at, new, &paths);
	err_drop(e, "it has not refused, as far as can be told");
	return said->class == ERR_FAILED && stayed && !path_exists(lock);
}

static struct err *follow(const struct place *at, const char *old, const char *new, int keep_fd)
{
	AUTO(str_release) char *lock = path_join(at->git_dir, "index.lock");
	struct err *e;

	if (path_exists(lock))
		return fail(ERR_REFUSED, "git is at work in %s (%s is there): try again", at->path,
			lock);
	TRY(no_untracked_in_the_way(at, old, new));
	e = read_tree(at, old, new, keep_fd);
	if (!e || !has_refused(at, old, new, e))
		return e;
	e = refusal(at, old, new, e);
	e->class = ERR_REFUSED;
	return e;
}

struct err *checkouts_follow(
	const struct local *l, const char *branch, const char *old, const char *new, int keep_fd)
{
	AUTO(places_release) struct places places = { 0 };

	TRY(places_of(&places, l, branch));
	for (size_t i = 0; i < places.list.n; i++) {
		struct err *e = follow(&places.list.v[i], old, new, keep_fd);
		for (size_t k = i; e && k-- > 0;)
			err_drop(read_tree(&places.list.v[k], new, old, keep_fd), "told as i's");
		TRY(e);
	}
	return NULL;
}

/* ---- back --------------------------------------------------------------------------------------------- */

/* The blob of a path in a commit; NULL: none there. */
static char *blob_of(const struct place *at, const char *commit, const char *name)
{
	AUTO(str_release) char *object = str_format("%s:%s", commit, name);
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = git_at(at, 0);
	struct err *e = git_run(&r, &g, ARGV("rev-parse", "--verify", "-q", object));

	if (e || r.code) {
		err_drop(e, "none");
		return NULL;
	}
	buf_trim(&r.out);
	return buf_detach(&r.out);
}

static char *hash_of(const struct place *at, const char *name)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = git_at(at, 0);
	struct err *e = git_run(&r, &g, ARGV("hash-object", "--", name));

	if (e || r.code) {
		err_drop(e, "none");
		return NULL;
	}
	buf_trim(&r.out);
	return buf_detach(&r.out);
}

/* A file that the dead read-tree had taken away, opened or written, byte for byte, before it could
 * write the index. What was edited in between is left alone. */
static struct err *put_back(
	const struct place *at, const char *old, const char *new, const char *name)
{
	AUTO(str_release) char *path = path_join(at->path, name);
	AUTO(str_release) char *was = blob_of(at, old, name);
	AUTO(str_release) char *made = blob_of(at, new, name);
	AUTO(str_release) char *is = NULL;
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = git_at(at, 0);
	struct stat st;
	bool there = lstat(path, &st) == 0, ours;

	if (there && S_ISREG(st.st_mode))
		is = hash_of(at, name);
	ours = !there || (S_ISREG(st.st_mode) && st.st_size == 0) || (is && str_equal(is, made));
	if (!ours || (is && str_equal(is, was)) || (there ? !made : !was))
		return NULL;
	if (!was)
		return unlink(path) < 0 ? fail_errno("cannot take %s back", path) : NULL;
	return git_ok(&r, &g, ARGV("checkout-index", "-f", "-u", "--", name));
}

static struct err *come_back(const struct place *at, const char *old, const char *new, int keep_fd)
{
	AUTO(str_release) char *lock = path_join(at->git_dir, "index.lock");
	AUTO(strv_release) struct strv paths = { 0 };
	bool followed;

	if (path_exists(lock)) {
		struct checkout c = { .path = at->path, .handle = at->git_dir };
		if (!lock_is_stale(lock, &c))
			return fail(ERR_REFUSED,
				"a merge was interrupted in %s; if no git is at work there, remove "
				"%s and try "
				"again",
				at->path, lock);
		TRY(file_remove(lock));
	}
	TRY(changed(&paths, at, old, new, "--diff-filter=ACDMRTUXB"));
	TRY(index_differs(&followed, at, old, &paths));
	if (followed) {
		struct err *e = read_tree(at, new, old, keep_fd);
		return e ? refusal(at, old, new, e) : NULL;
	}
	STRV_EACH(name, &paths)
		TRY(put_back(at, old, new, *name));
	return NULL;
}

struct err *checkouts_return(
	const struct local *l, const char *branch, const char *old, const char *new, int keep_fd)
{
	AUTO(places_release) struct places places = { 0 };

	TRY(places_of(&places, l, branch));
	for (size_t i = 0; i < places.list.n; i++)
		TRY(come_back(&places.list.v[i], old, new, keep_fd));
	return NULL;
}
