/* Questions about worktrees that change nothing but the trash. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/valid.h"
#include "plugin/worktree.h"

enum { STALE_MS = 60000, RECAP_LINES = 100 };

struct err *worktree_trash(struct strv *refs, const char *repo, const char *id)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *pattern = str_format(TRASH "%s%s", id ? id : "", id ? "/" : "");
	char *save = NULL;

	if (id && !valid_id(id))
		return fail(ERR_USAGE, "'%s' cannot be a session", id);
	TRY(repo_find(NULL, &common, repo));
	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("for-each-ref", "--sort=refname", "--sort=creatordate", "--format=%(refname)",
			pattern)));
	for (char *line = r.out.n ? strtok_r(r.out.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		strv_add(refs, line);
	return NULL;
}

struct err *worktree_drop_trash(const char *repo, const char *ref)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *common = NULL;

	if (!str_starts(ref, TRASH))
		return fail(ERR_REFUSED, "%s is not in the trash", ref);
	TRY(repo_find(NULL, &common, repo));
	return git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("update-ref", "--no-deref", "-d", ref));
}

static void add_lines(struct buf *out, const char *title, const char *text, const char *prefix)
{
	int lines = 0;

	if (*text)
		buf_addf(out, "%s:\n", title);
	for (; *text; lines++) {
		size_t n = strcspn(text, "\n");
		if (lines < RECAP_LINES)
			buf_addf(out, "  %s%.*s\n", prefix, (int)n, text);
		text += n + (text[n] == '\n');
	}
	if (lines > RECAP_LINES)
		buf_addf(out, "  … and %d more\n", lines - RECAP_LINES);
}

static struct err *recap_files(
	struct buf *out, struct private_dir *p, const char *git_dir, const char *head)
{
	AUTO(run_result_release) struct run_result fresh = { 0 };
	AUTO(run_result_release) struct run_result changed = { 0 };
	AUTO(run_result_release) struct run_result unknown = { 0 };
	bool found;

	TRY(private_index(p, &found, git_dir));
	TRY(private_git(
		&fresh, p, NULL, ARGV("update-index", "-q", "--refresh", "--ignore-submodules")));
	TRY(private_ok(&changed, p, NULL,
		ARGV("diff-index", "--name-status", "--ignore-submodules=all", head, "--")));
	TRY(private_ok(&unknown, p, NULL,
		ARGV("ls-files", "-o", "--directory", "--no-empty-directory",
			"--exclude-standard")));
	add_lines(out, "Changed files, not committed", buf_text(&changed.out), "");
	add_lines(out, "New files, not committed", buf_text(&unknown.out), "");
	return NULL;
}

struct err *recap_private(struct buf *out, const struct checkout *c, struct private_dir *p,
	const char *git_dir, const char *head)
{
	AUTO(run_result_release) struct run_result log = { 0 };

	if (is_object_id(c->base)) {
		TRY(private_ok(&log, p, NULL,
			ARGV("log", "--no-color", "--no-decorate", "--no-show-signature",
				"--format=%h %s", head, "--not", c->base, "--")));
		add_lines(out, "Commits", buf_text(&log.out), "");
	}
	return recap_files(out, p, git_dir, head);
}

struct err *worktree_recap(struct buf *out, const struct checkout *c)
{
	AUTO(private_release) struct private_dir p = { 0 };
	AUTO(run_result_release) struct run_result head = { 0 };
	AUTO(str_release) char *common = c->handle ? admin_common_dir(c->handle) : NULL;
	AUTO(str_release)
	char *name = c->handle ? str_format("worktrees/%s/HEAD^{commit}", path_base(c->handle))
			       : NULL;

	if (place_is_ours(c, c->path) != TRI_YES)
		return fail(ERR_MISSING, "%s is not there", c->path);
	TRY(git_ok(&head, &(struct git){ .git_dir = common },
		ARGV("rev-parse", "-q", "--verify", "--end-of-options", name)));
	buf_trim(&head.out);
	TRY(private_open(&p, c, common, c->path));
	return recap_private(out, c, &p, c->handle, buf_text(&head.out));
}

/* The first one is the repository's own checkout. */
static void listed_worktrees(struct strv *paths, const struct buf *out, const char *worktree_dir)
{
	AUTO(str_release) char *dir = path_real(worktree_dir);
	bool first = true;

	for (const char *e = buf_text(out); e < out->s + out->n; e += strlen(e) + 1) {
		if (!str_starts(e, "worktree "))
			continue;
		if (!first && path_within(e + 9, dir))
			strv_add(paths, e + 9);
		first = false;
	}
}

struct err *worktree_leftovers(struct strv *paths, const char *repo, const char *worktree_dir)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *common = NULL;
	AUTO(strv_release) struct strv names = { 0 };

	TRY(repo_find(NULL, &common, repo));
	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("worktree", "list", "--porcelain", "-z")));
	listed_worktrees(paths, &r.out, worktree_dir);
	TRY(file_list(&names, worktree_dir));
	STRV_EACH(name, &names) {
		AUTO(str_release) char *path = path_join(worktree_dir, *name);
		if (str_starts(*name, ".ao-gone-"))
			strv_add(paths, path);
	}
	return NULL;
}

/* Does the process look like a git at work in this worktree? */
static bool is_git_in(const char *pid, const struct checkout *c)
{
	AUTO(str_release) char *comm = str_format("/proc/%s/comm", pid);
	AUTO(str_release) char *cwd = str_format("/proc/%s/cwd", pid);
	AUTO(str_release) char *name = first_line(comm);
	char at[PATH_MAX];
	ssize_t n;

	if (!str_starts(name, "git"))
		return false;
	n = readlink(cwd, at, sizeof(at) - 1);
	if (n < 0) /* who ends has no folder any more; what may not be seen may well be there */
		return errno != ENOENT && errno != ESRCH;
	at[n] = '\0';
	return path_within(at, c->path) || (c->handle && path_within(at, c->handle));
}

bool lock_is_stale(const char *lock, const struct checkout *c)
{
	AUTO(strv_release) struct strv pids = { 0 };
	int64_t made = file_mtime(lock);

	if (!made || clock_wall() - made < STALE_MS)
		return false;
	err_drop(file_list(&pids, "/proc"), "no processes to be seen");
	if (!pids.n)
		return false;
	STRV_EACH(pid, &pids)
		if (isdigit((unsigned char)(*pid)[0]) && is_git_in(*pid, c))
			return false;
	return true;
}

struct err *worktree_stale_locks(struct strv *paths, const struct checkout *c)
{
	static const char *const names[] = { "index.lock", "HEAD.lock" };

	for (size_t i = 0; c->handle && i < COUNT_OF(names); i++) {
		AUTO(str_release) char *path = path_join(c->handle, names[i]);
		if (path_exists(path) && lock_is_stale(path, c))
			strv_add(paths, path);
	}
	return NULL;
}
