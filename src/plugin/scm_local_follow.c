/*
 * A ref never moves under a checkout that did not follow. `git read-tree -m -u OLD NEW` brings index
 * and files along, and refuses as a whole where a file that it would write was edited.
 *
 * The index that it brings along is a copy, ao-index, and takes the place of the checkout's own when the
 * ref has moved: a `git commit` in between would make the merged files its own. Until then we hold git's
 * index.lock, with our words in it, so that it is known whose it is when we have died.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "plugin/scm_local.h"
#include "plugin/scm_local_place.h"

enum { INDEX_MAX = 1 << 30, LOCK_TAIL = 64 };

static const char our_lock[] = "ao pr merge\n";

struct places {
	VEC(struct place) list;
	char *rebase; /* where a rebase of the branch has stopped, which is to move it at its end; NULL: none */
};

static void places_release(struct places *p)
{
	for (size_t i = 0; i < p->list.n; i++) {
		free(p->list.v[i].path);
		free(p->list.v[i].git_dir);
		free(p->list.v[i].lock);
		free(p->list.v[i].index);
	}
	free(p->list.v);
	free(p->rebase);
	*p = (struct places){ 0 };
}

static char *copy_of(const struct place *at)
{
	return path_join(at->git_dir, "ao-index");
}

static struct err *lock_is_ours(bool *ours, const struct place *at)
{
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_tail_if(&b, &found, at->lock, LOCK_TAIL));
	*ours = found && str_equal(buf_text(&b), our_lock);
	return NULL;
}

/* The copy counts while our lock is there, and where somebody took that away but has not used git since. */
static struct err *find_copy(struct place *at)
{
	AUTO(str_release) char *copy = copy_of(at);
	AUTO(str_release) char *index = path_join(at->git_dir, "index");
	bool ours;

	TRY(lock_is_ours(&ours, at));
	if (path_exists(copy) &&
		(ours || (!path_exists(at->lock) && file_mtime(index) < file_mtime(copy))))
		at->index = str_dup(copy);
	return NULL;
}

static char *git_dir_of(const char *path)
{
	char *git_dir = gitfile_target(path);

	return git_dir ? git_dir : path_join(path, ".git");
}

static struct err *add_place(struct places *out, const char *path)
{
	AUTO(str_release) char *git_dir = NULL;
	struct place *place;

	if (!path_is_dir(path)) /* git still knows it; nothing is there to follow */
		return NULL;
	git_dir = git_dir_of(path);
	if (!path_is_dir(git_dir))
		return fail(
			ERR_REFUSED, "the checkout of the branch in %s cannot be told apart", path);
	place = vec_push(&out->list);
	place->path = str_dup(path);
	place->git_dir = git_dir;
	place->lock = path_join(git_dir, "index.lock");
	git_dir = NULL;
	return find_copy(place);
}

/* Its HEAD is detached meanwhile; the branch is named where git rebase and git am keep their state. */
static bool rebases(const char *path, const char *branch)
{
	static const char *const names[] = { "rebase-merge/head-name", "rebase-apply/head-name" };
	AUTO(str_release) char *git_dir = git_dir_of(path);
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);
	bool yes = false;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *file = path_join(git_dir, names[i]);
		AUTO(str_release) char *line = first_line(file);
		yes |= line && str_equal(line, ref);
	}
	return yes;
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
		else if (path && str_equal(line, "detached") && rebases(path, branch))
			str_set(&out->rebase, path);
	}
	return NULL;
}

static struct err *read_tree(const struct place *at, const char *from, const char *to, int keep_fd)
{
	AUTO(run_result_release) struct run_result refreshed = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = place_git(at, keep_fd);

	TRY(git_run(&refreshed, &g, ARGV("update-index", "-q", "--refresh")));
	return git_ok(&r, &g, ARGV("read-tree", "-m", "-u", from, to));
}

/* git writes the index when all files are written, in one instant: it tells which half this is. */
static struct err *index_differs(
	bool *yes, const struct place *at, const char *commit, const struct strv *paths)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = place_git(at, 0);

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
	AUTO(str_release) char *lock = str_format("%s.lock", at->index);
	AUTO(strv_release) struct strv paths = { 0 };
	bool stayed = false;
	struct err *e = place_changed(&paths, at, old, new, "--diff-filter=ACDMRTUXB");

	if (!e)
		e = index_differs(&stayed, at, new, &paths);
	err_drop(e, "it has not refused, as far as can be told");
	return said->class == ERR_FAILED && stayed && !path_exists(lock);
}

/* ---- the lock ----------------------------------------------------------------------------------------- */

/* The checkout is git's again, with its own index. */
static struct err *let_go(struct place *at)
{
	AUTO(str_release) char *copy = copy_of(at);
	AUTO(str_release) char *lock = str_format("%s.lock", copy);
	bool ours;

	TRY(file_remove(lock));
	TRY(file_remove(copy));
	str_release(&at->index);
	TRY(lock_is_ours(&ours, at));
	return ours ? file_remove(at->lock) : NULL;
}

/* The same with what the copy says by now. */
static struct err *publish(struct place *at)
{
	AUTO(str_release) char *index = path_join(at->git_dir, "index");

	if (at->index && rename(at->index, index) < 0)
		return fail_errno("cannot write %s", index);
	return let_go(at);
}

static struct err *take_lock(const struct place *at)
{
	AUTO(str_release) char *mine = path_join(at->git_dir, "ao-holds");
	struct err *e = NULL;

	TRY(file_replace(mine, our_lock, strlen(our_lock), FILE_VOLATILE));
	if (link(mine, at->lock) < 0)
		e = errno == EEXIST
			? fail(ERR_REFUSED, "git is at work in %s (%s is there): try again",
				  at->path, at->lock)
			: fail_errno("cannot make %s", at->lock);
	err_drop(file_remove(mine), "the next one takes its place");
	return e;
}

static struct err *hold(struct place *at)
{
	AUTO(str_release) char *index = path_join(at->git_dir, "index");
	AUTO(str_release) char *copy = copy_of(at);
	AUTO(buf_release) struct buf b = { 0 };
	struct err *e;

	TRY(take_lock(at));
	e = file_read(&b, index, INDEX_MAX);
	if (!e)
		e = file_replace(copy, b.s, b.n, FILE_VOLATILE);
	if (!e)
		at->index = str_dup(copy);
	else
		err_drop(let_go(at), "told as the other");
	return e;
}

/* ---- there -------------------------------------------------------------------------------------------- */

static struct err *follow(struct place *at, const char *old, const char *new, int keep_fd)
{
	struct err *e;

	TRY(place_is_free(at, old, new));
	TRY(hold(at));
	e = read_tree(at, old, new, keep_fd);
	if (!e || !has_refused(at, old, new, e))
		return e;
	err_drop(let_go(at), "what settles it does that");
	e = place_refusal(at, old, new, e);
	e->class = ERR_REFUSED;
	return e;
}

struct err *checkouts_follow(
	const struct local *l, const char *branch, const char *old, const char *new, int keep_fd)
{
	AUTO(places_release) struct places places = { 0 };

	TRY(places_of(&places, l, branch));
	if (places.rebase)
		return fail(ERR_REFUSED, "%s is being rebased in %s: end that first", branch,
			places.rebase);
	for (size_t i = 0; i < places.list.n; i++) {
		struct err *e = follow(&places.list.v[i], old, new, keep_fd);
		for (size_t k = i; e && k-- > 0;) {
			err_drop(read_tree(&places.list.v[k], new, old, keep_fd), "told as i's");
			err_drop(publish(&places.list.v[k]), "told as i's");
		}
		TRY(e);
	}
	return NULL;
}

struct err *checkouts_publish(const struct local *l, const char *branch)
{
	AUTO(places_release) struct places places = { 0 };

	TRY(places_of(&places, l, branch));
	for (size_t i = 0; i < places.list.n; i++)
		TRY(publish(&places.list.v[i]));
	return NULL;
}

/* ---- back --------------------------------------------------------------------------------------------- */

/* The blob of a path in a commit; NULL: none there. */
static char *blob_of(const struct place *at, const char *commit, const char *name)
{
	AUTO(str_release) char *object = str_format("%s:%s", commit, name);
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = place_git(at, 0);
	struct err *e = git_run(&r, &g, ARGV("rev-parse", "--verify", "-q", object));

	if (e || r.code) {
		err_drop(e, "none");
		return NULL;
	}
	buf_trim(&r.out);
	return buf_detach(&r.out);
}

/* What git would store of it; NULL: a folder, not there. */
static char *hash_of(const struct place *at, const char *name, const struct stat *st)
{
	AUTO(str_release) char *path = path_join(at->path, name);
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = place_git(at, 0);
	char target[PATH_MAX];
	ssize_t n = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof(target)) : -1;
	struct err *e;

	if (n < 0 && !S_ISREG(st->st_mode))
		return NULL;
	g.in = n < 0 ? NULL : target;
	g.in_n = n < 0 ? 0 : (size_t)n;
	e = git_run(
		&r, &g, n < 0 ? ARGV("hash-object", "--", name) : ARGV("hash-object", "--stdin"));
	if (e || r.code) {
		err_drop(e, "none");
		return NULL;
	}
	buf_trim(&r.out);
	return buf_detach(&r.out);
}

/* Takes an added file away, and the folders that were made for it. */
static struct err *take_away(const struct place *at, const char *name)
{
	AUTO(str_release) char *path = path_join(at->path, name);
	size_t root = strlen(at->path);

	if (unlink(path) < 0)
		return fail_errno("cannot take %s back", path);
	for (char *slash = strrchr(path, '/'); slash > path + root; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (rmdir(path) < 0)
			break;
	}
	return NULL;
}

/* A file that the dead read-tree had taken away, opened or written, byte for byte, before it could
 * write the index. What was edited in between is left alone. */
static struct err *put_back(
	const struct place *at, const char *was, const char *made, const char *name)
{
	AUTO(str_release) char *path = path_join(at->path, name);
	AUTO(str_release) char *is = NULL;
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = place_git(at, 0);
	struct stat st;
	bool there = lstat(path, &st) == 0, ours;

	if (there)
		is = hash_of(at, name, &st);
	ours = !there || (S_ISREG(st.st_mode) && st.st_size == 0) || (is && str_equal(is, made));
	if (!ours || (is && str_equal(is, was)) || (there ? !made : !was))
		return NULL;
	if (!was)
		return take_away(at, name);
	return git_ok(&r, &g, ARGV("checkout-index", "-f", "-u", "--", name));
}

/* What was added goes first: it may stand where a file or a folder was. */
static struct err *put_all_back(const struct place *at, const char *old, const char *new)
{
	static const char *const filters[] = { "--diff-filter=A", "--diff-filter=D",
		"--diff-filter=CMRTUXB" };

	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		AUTO(strv_release) struct strv paths = { 0 };
		TRY(place_changed(&paths, at, old, new, filters[i]));
		STRV_EACH(name, &paths) {
			AUTO(str_release) char *was = i == 0 ? NULL : blob_of(at, old, *name);
			AUTO(str_release) char *made = i == 1 ? NULL : blob_of(at, new, *name);
			TRY(put_back(at, was, made, *name));
		}
	}
	return NULL;
}

/* One that another git left, or is at work with. */
static struct err *no_lock_of_others(const struct place *at)
{
	struct checkout c = { .path = at->path, .handle = at->git_dir };

	if (!path_exists(at->lock))
		return NULL;
	if (!lock_is_stale(at->lock, &c))
		return fail(ERR_REFUSED,
			"a merge was interrupted in %s; if no git is at work there, remove %s and "
			"try again",
			at->path, at->lock);
	return file_remove(at->lock);
}

static struct err *undo(const struct place *at, const char *old, const char *new, int keep_fd)
{
	AUTO(strv_release) struct strv paths = { 0 };
	bool followed;

	TRY(place_changed(&paths, at, old, new, "--diff-filter=ACDMRTUXB"));
	TRY(index_differs(&followed, at, old, &paths));
	if (followed) {
		struct err *e = read_tree(at, new, old, keep_fd);
		return e ? place_refusal(at, old, new, e) : NULL;
	}
	return put_all_back(at, old, new);
}

/* Whatever comes of it, the checkout is git's again: what was edited in it is its user's to settle. */
static struct err *come_back(struct place *at, const char *old, const char *new, int keep_fd)
{
	AUTO(str_release) char *lock = str_format("%s.lock", at->index ? at->index : "");
	struct err *e, *second;

	if (at->index) {
		TRY(file_remove(lock)); /* of a git that died: one at work holds the pull's lock */
	} else {
		TRY(let_go(at));
		TRY(no_lock_of_others(at));
	}
	e = undo(at, old, new, keep_fd);
	second = publish(at);
	if (!e)
		return second;
	err_drop(second, "told as the first");
	return e;
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
