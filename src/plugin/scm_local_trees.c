/* Where the local forge's checks run: <dataDir>/checks/<hash of the repository>-<n>/, a worktree each,
 * for as long as checks.lock is held; and what checks and merges that died have left. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/proc.h"
#include "plugin/scm_local.h"

static char *prefix_of(const struct local *l)
{
	return str_format("%016llx-", (unsigned long long)hash_fnv(l->common, strlen(l->common)));
}

char *check_trees(const struct local *l, const char *data_dir, int number)
{
	AUTO(str_release) char *prefix = prefix_of(l);

	return str_format("%s/checks/%s%d", data_dir, prefix, number);
}

/* ---- commands whose run has died ----------------------------------------------------------------------- */

/* A check sees no AO_*; these two no script of anybody's has. */
static const char where_mark[] = "_AO_CHECKS", who_mark[] = "_AO_CHECKS_BY";

enum { TERM_MS = 2000, KILL_MS = 2000, NAP_MS = 20 };

static char *who(pid_t pid)
{
	return str_format("%d %lld", (int)pid, (long long)proc_start(pid));
}

void check_mark(struct strv *env, const char *trees)
{
	AUTO(str_release) char *by = who(getpid());

	env_set(env, where_mark, trees);
	env_set(env, who_mark, by);
}

static bool is_orphan(pid_t pid)
{
	AUTO(str_release) char *by = proc_env(pid, who_mark);
	AUTO(str_release) char *now = by ? who(atoi(by)) : NULL;
	struct proc runner;

	return by && (!str_equal(by, now) || !proc_read(&runner, atoi(by)) || runner.state == 'Z');
}

/* How many there are; signal 0: none is sent. */
static size_t signal_orphans(const char *trees, int signal)
{
	AUTO(str_release) char *entry = str_format("%s=%s", where_mark, trees);
	AUTO(pids_release) struct pids pids = { 0 };
	size_t n = 0;

	proc_with_env(&pids, entry, NULL);
	for (size_t i = 0; i < pids.n; i++) {
		int64_t start = proc_start(pids.v[i]);
		if (!is_orphan(pids.v[i]))
			continue;
		n++;
		if (signal)
			proc_signal(pids.v[i], start, signal);
	}
	return n;
}

struct err *check_orphans_end(bool *any, const char *trees)
{
	int64_t until = clock_mono() + TERM_MS, last = until + KILL_MS;

	*any = signal_orphans(trees, SIGTERM) > 0;
	if (*any)
		signal_orphans(trees, SIGCONT);
	while (signal_orphans(trees, clock_mono() < until ? 0 : SIGKILL)) {
		if (clock_mono() >= last)
			return fail(ERR_FAILED,
				"commands of interrupted checks do not end: see ps, %s=%s",
				where_mark, trees);
		TRY(clock_sleep(NAP_MS));
	}
	return NULL;
}

/* ---- their worktrees ----------------------------------------------------------------------------------- */

static struct err *git_forget(bool *done, const struct local *l, const char *tree, int keep_fd)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_run(&r,
		&(struct git){
			.git_dir = l->common, .timeout_ms = GIT_LONG_MS, .keep_fd = keep_fd },
		ARGV("worktree", "remove", "--force", "--force", "--", tree)));
	*done = r.code == 0;
	return NULL;
}

/* What git did not want to remove goes without it; its own entry of it would stay. */
struct err *check_tree_remove(const struct local *l, const char *tree, int keep_fd)
{
	bool there = path_exists(tree), done;

	TRY(git_forget(&done, l, tree, keep_fd));
	TRY(file_remove_tree(tree));
	return there && !done ? git_forget(&done, l, tree, keep_fd) : NULL;
}

struct err *check_trees_remove(const struct local *l, const char *trees, int keep_fd)
{
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, trees));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *tree = path_join(trees, *name);
		TRY(check_tree_remove(l, tree, keep_fd));
	}
	return file_remove_tree(trees);
}

/* Under the lock of their checks, which nobody holds; none where the pull request itself is gone. */
static struct err *remove_all(const struct local *l, const char *trees, int number)
{
	AUTO(str_release) char *path = local_path(l, number, "checks.lock");
	AUTO(lock_release) struct lock lock = { 0 };
	bool ended;

	TRY(check_orphans_end(&ended, trees));
	if (path_exists(path))
		TRY(lock_take(&lock, path, ended ? KILL_MS : 0));
	return check_trees_remove(l, trees, lock.fd);
}

static struct err *left_trees(
	struct strv *paths, const struct local *l, const char *data_dir, bool remove)
{
	AUTO(str_release) char *all = path_join(data_dir, "checks");
	AUTO(str_release) char *prefix = prefix_of(l);
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, all));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *trees = path_join(all, *name);
		AUTO(str_release) char *lock = NULL;
		int number = str_starts(*name, prefix) ? atoi(*name + strlen(prefix)) : 0;
		if (number <= 0)
			continue;
		lock = local_path(l, number, "checks.lock");
		if (lock_held(lock) != TRI_NO && !signal_orphans(trees, 0))
			continue;
		strv_add(paths, trees);
		if (remove)
			TRY(remove_all(l, trees, number));
	}
	return NULL;
}

static struct err *settle(struct local *l, const struct forge *f, int number)
{
	AUTO(record_release) struct record r = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };

	TRY(pull_lock(&lock, l, number));
	local_reread(l);
	TRY(record_read(&r, l, number, f->project));
	return local_settle(&r, l, f, lock.fd);
}

static bool merge_died(struct local *l, int number)
{
	AUTO(str_release) char *lock = local_path(l, number, "lock");
	AUTO(record_release) struct record r = { 0 };
	struct err *e = record_read(&r, l, number, NULL);
	bool doing = !e && !str_empty(kv_get(&r.kv, "doing"));

	err_drop(e, "one that cannot be read is told by its own verbs");
	return doing && lock_held(lock) == TRI_NO;
}

static struct err *left_merges(
	struct strv *paths, struct local *l, const struct forge *f, bool remove)
{
	struct numbers numbers = { 0 };
	struct err *e = local_numbers(&numbers, l);

	for (size_t i = 0; !e && i < numbers.list.n; i++) {
		int number = numbers.list.v[i];
		if (!merge_died(l, number))
			continue;
		strv_take(paths, local_path(l, number, "pull"));
		if (remove)
			e = settle(l, f, number);
	}
	free(numbers.list.v);
	return e;
}

struct err *local_leftovers(struct strv *paths, const struct forge *f, bool remove)
{
	AUTO(local_release) struct local l = { 0 };

	TRY(local_open(&l, f->repo));
	TRY(left_trees(paths, &l, f->data_dir, remove));
	return left_merges(paths, &l, f, remove);
}
