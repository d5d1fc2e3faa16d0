/* Where the local forge's checks run: <dataDir>/checks/<hash of the repository>-<n>/, a worktree each,
 * for as long as checks.lock is held. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/path.h"
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

struct err *check_tree_remove(const struct local *l, const char *tree, int keep_fd)
{
	AUTO(run_result_release) struct run_result result = { 0 };

	TRY(git_run(&result,
		&(struct git){
			.git_dir = l->common, .timeout_ms = GIT_LONG_MS, .keep_fd = keep_fd },
		ARGV("worktree", "remove", "--force", "--force", "--", tree)));
	return file_remove_tree(tree);
}

/* Under the lock of their checks, which nobody holds; none where the pull request itself is gone. */
static struct err *remove_all(const struct local *l, const char *trees, int number)
{
	AUTO(str_release) char *path = local_path(l, number, "checks.lock");
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(strv_release) struct strv names = { 0 };

	if (path_exists(path))
		TRY(lock_take(&lock, path, 0));
	TRY(file_list(&names, trees));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *tree = path_join(trees, *name);
		TRY(check_tree_remove(l, tree, lock.fd));
	}
	return file_remove_tree(trees);
}

struct err *local_leftovers(struct strv *paths, const struct forge *f, bool remove)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(str_release) char *all = path_join(f->data_dir, "checks");
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(str_release) char *prefix = NULL;

	TRY(local_open(&l, f->repo));
	TRY(file_list(&names, all));
	prefix = prefix_of(&l);
	STRV_EACH(name, &names) {
		AUTO(str_release) char *trees = path_join(all, *name);
		AUTO(str_release) char *lock = NULL;
		int number = str_starts(*name, prefix) ? atoi(*name + strlen(prefix)) : 0;
		if (number <= 0)
			continue;
		lock = local_path(&l, number, "checks.lock");
		if (lock_held(lock) != TRI_NO)
			continue;
		strv_add(paths, trees);
		if (remove)
			TRY(remove_all(&l, trees, number));
	}
	return NULL;
}
