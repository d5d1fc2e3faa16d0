/* What of its user's own stands in the way of a merge in a checkout. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "plugin/scm_local_place.h"

enum { NAMED_MAX = 20 };

struct git place_git(const struct place *at, int keep_fd)
{
	return (struct git){ .git_dir = at->git_dir,
		.work_tree = at->path,
		.index = at->index,
		.timeout_ms = GIT_LONG_MS,
		.keep_fd = keep_fd };
}

static void add_lines(struct strv *out, const struct buf *b)
{
	for (size_t i = 0; i < b->n; i += strlen(b->s + i) + 1)
		strv_add(out, b->s + i);
}

/* What differs from old to new; filter: A added, or all. */
struct err *place_changed(struct strv *out, const struct place *at, const char *old,
	const char *new, const char *filter)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct git g = place_git(at, 0);

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
struct err *place_refusal(
	const struct place *at, const char *old, const char *new, struct err *said)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(strv_release) struct strv names = { 0 };
	struct git g = place_git(at, 0);
	struct err *e = place_changed(&paths, at, old, new, "--diff-filter=ACDMRTUXB");

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

/* Adds what no commit of the checkout has, itself or below it; ignored files too. */
static struct err *untracked(struct strv *out, const struct place *at, const char *name)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *literally = str_format(":(literal)%s", name);
	struct git g = place_git(at, 0);

	TRY(git_ok(&r, &g, ARGV("ls-files", "--others", "-z", "--", literally)));
	add_lines(out, &r.out);
	return NULL;
}

/* A file where the name needs a folder; NULL: none. */
static char *file_above(const struct place *at, const char *name)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO(str_release) char *above = str_ndup(name, (size_t)(slash - name));
		AUTO(str_release) char *path = path_join(at->path, above);
		struct stat st;
		if (lstat(path, &st) < 0)
			return NULL;
		if (!S_ISDIR(st.st_mode))
			return str_dup(above);
	}
	return NULL;
}

/* An ignored file would be overwritten without a word (git-read-tree(1), since 2.34). What the merge takes
 * away is in nobody's way: a folder that becomes a file, a file that becomes a folder. */
struct err *place_is_free(const struct place *at, const char *old, const char *new)
{
	AUTO(strv_release) struct strv added = { 0 };
	AUTO(strv_release) struct strv there = { 0 };

	TRY(place_changed(&added, at, old, new, "--diff-filter=A"));
	STRV_EACH(name, &added) {
		AUTO(str_release) char *path = path_join(at->path, *name);
		AUTO(str_release) char *above = file_above(at, *name);
		if (above || path_exists(path))
			TRY(untracked(&there, at, above ? above : *name));
	}
	return there.n ? local_changes(at, &there) : NULL;
}
