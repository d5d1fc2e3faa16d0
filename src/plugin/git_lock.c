/* Lock files that a killed git has left on a repository's refs. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "plugin/git.h"
#include "plugin/worktree.h"

enum {
	DEAD_MS = 2000,
	WAIT_MS = 6000,
	NAP_MS = 50,
	LEFT_MS = 60000,
	SLACK_MS = 1000,
	DEPTH_MAX = 32
};

/* The repository that a folder lies in. */
static char *common_above(const char *folder)
{
	AUTO(str_release) char *at = str_dup(folder);
	char *common = NULL;

	for (;;) {
		struct err *e = repo_find(NULL, &common, at);
		bool last = !e || str_equal(at, "/");
		AUTO(str_release) char *up = path_dir(at);
		err_drop(e, "none is here");
		if (last)
			return common;
		str_set(&at, up);
	}
}

/* By its folder, or by the words it was started with. What may not be seen may well be at work here. */
static bool is_at(pid_t pid, const char *common)
{
	AUTO(str_release) char *link = str_format("/proc/%d/cwd", (int)pid);
	AUTO(strv_release) struct strv words = { 0 };
	AUTO(str_release) char *theirs = NULL;
	char cwd[PATH_MAX];
	ssize_t n = readlink(link, cwd, sizeof(cwd) - 1);

	if (n < 0)
		return path_exists(link);
	cwd[n] = '\0';
	proc_words(&words, pid);
	STRV_EACH(word, &words)
		if (strstr(*word, common))
			return true;
	theirs = common_above(cwd);
	return same_place(theirs, common);
}

bool git_lock_is_dead(const char *lock, const char *common, int64_t least_ms)
{
	AUTO(procs_release) struct procs all = { 0 };
	int64_t made = file_mtime(lock), age = clock_wall() - made;
	struct err *e;

	if (!made || age < least_ms)
		return false;
	e = proc_all(&all);
	if (e || !all.n) {
		err_drop(e, "no processes to be seen: it may be anybody's");
		return false;
	}
	for (size_t i = 0; i < all.n; i++)
		if (str_starts(all.v[i].comm, "git") && all.v[i].state != 'Z' &&
			proc_age(&all.v[i]) + SLACK_MS >= age && is_at(all.v[i].pid, common))
			return false;
	return true;
}

static struct err *take_away(const char *lock, const char *common)
{
	int64_t until = clock_mono() + WAIT_MS;

	while (path_exists(lock)) {
		if (git_lock_is_dead(lock, common, DEAD_MS))
			return file_remove(lock);
		if (clock_mono() >= until)
			return fail(ERR_REFUSED, "git is at work in %s (%s is there): try again",
				common, lock);
		TRY(clock_sleep(NAP_MS));
	}
	return NULL;
}

struct err *git_ref(struct run_result *r, const struct git *g, const char *ref, char *const *args)
{
	AUTO(str_release) char *lock = str_format("%s/%s.lock", g->git_dir, ref);

	TRY(git_run(r, g, args));
	if (!r->code || !path_exists(lock))
		return NULL;
	TRY(take_away(lock, g->git_dir));
	run_result_release(r);
	return git_run(r, g, args);
}

static struct err *look_below(struct strv *out, const char *dir, const char *common, int depth)
{
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, dir));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *path = path_join(dir, *name);
		if (str_ends(*name, ".lock") && git_lock_is_dead(path, common, LEFT_MS))
			strv_add(out, path);
		else if (depth < DEPTH_MAX && path_is_dir(path))
			TRY(look_below(out, path, common, depth + 1));
	}
	return NULL;
}

struct err *git_left_locks(struct strv *out, const char *repo)
{
	AUTO(str_release) char *common = NULL, *refs = NULL, *packed = NULL;

	TRY(repo_find(NULL, &common, repo));
	refs = path_join(common, "refs");
	packed = path_join(common, "packed-refs.lock");
	if (git_lock_is_dead(packed, common, LEFT_MS))
		strv_add(out, packed);
	return look_below(out, refs, common, 0);
}
