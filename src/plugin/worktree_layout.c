/* Where git keeps things, read from its documented files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "plugin/worktree.h"

enum { SMALL_MAX = 65536, PACKED_REFS_MAX = 256 << 20 };

/* *unreadable is set where the file is there, but could not be read. */
static char *line_of(const char *path, bool *unreadable)
{
	AUTO(buf_release) struct buf b = { 0 };
	bool found;
	struct err *e = path_is_dir(path) ? NULL : file_read_if(&b, &found, path, SMALL_MAX);

	*unreadable |= e != NULL;
	err_drop(e, "unknown is an answer");
	buf_cut(&b, strcspn(buf_text(&b), "\r\n"));
	return b.n ? buf_detach(&b) : NULL;
}

char *first_line(const char *path)
{
	bool ignored = false;

	return line_of(path, &ignored);
}

bool is_real_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_git_dir(const char *path)
{
	AUTO(str_release) char *head = path_join(path, "HEAD");
	AUTO(str_release) char *objects = path_join(path, "objects");
	AUTO(str_release) char *common = path_join(path, "commondir");

	return path_exists(head) && (path_is_dir(objects) || path_exists(common));
}

static char *target_of(const char *worktree, bool *unreadable)
{
	AUTO(str_release) char *file = path_join(worktree, ".git");
	AUTO(str_release) char *line = line_of(file, unreadable);

	if (!str_starts(line, "gitdir: "))
		return NULL;
	return path_absolute(line + strlen("gitdir: "), worktree);
}

char *gitfile_target(const char *worktree)
{
	bool ignored = false;

	return target_of(worktree, &ignored);
}

/* The git dir of exactly this folder. */
static char *git_dir_at(const char *path)
{
	AUTO(str_release) char *dot_git = path_join(path, ".git");
	AUTO(str_release) char *target = gitfile_target(path);

	if (target && is_git_dir(target))
		return path_real(target);
	if (is_git_dir(dot_git))
		return path_real(dot_git);
	return is_git_dir(path) ? path_real(path) : NULL;
}

char *repo_git_dir(const char *path)
{
	AUTO(str_release) char *at = path_real(path);

	for (;;) {
		char *found = git_dir_at(at);
		AUTO(str_release) char *up = path_dir(at);
		if (found || str_equal(up, at))
			return found;
		str_set(&at, up);
	}
}

char *repo_common_dir(const char *git_dir)
{
	AUTO(str_release) char *file = path_join(git_dir, "commondir");
	AUTO(str_release) char *line = first_line(file);
	AUTO(str_release) char *common = line ? path_absolute(line, git_dir) : NULL;

	return path_real(common ? common : git_dir);
}

struct err *repo_find(char **git_dir, char **common, const char *path)
{
	AUTO(str_release) char *found = repo_git_dir(path);

	if (!found)
		return fail(ERR_FAILED, "%s is not a git repository", path);
	if (common)
		*common = repo_common_dir(found);
	if (git_dir) {
		*git_dir = found;
		found = NULL;
	}
	return NULL;
}

char *admin_common_dir(const char *admin)
{
	AUTO(str_release) char *worktrees = path_dir(admin);

	return path_dir(worktrees);
}

/* A record can be edited by hand, and what a handle names may be removed: it must be an admin dir. */
struct err *checkout_common(char **common, const struct checkout *c)
{
	AUTO(str_release) char *worktrees = c->handle ? path_dir(c->handle) : NULL;
	AUTO(str_release) char *found = NULL;

	if (!c->handle)
		return repo_find(NULL, common, c->repo);
	found = admin_common_dir(c->handle);
	if (!str_equal(path_base(worktrees), "worktrees") || !is_git_dir(found))
		return fail(ERR_REFUSED, "%s is no worktree of git's", c->handle);
	*common = found;
	found = NULL;
	return NULL;
}

char *admin_path(const char *admin)
{
	AUTO(str_release) char *file = path_join(admin, "gitdir");
	AUTO(str_release) char *line = first_line(file);
	AUTO(str_release) char *dot_git = line ? path_absolute(line, admin) : NULL;

	return dot_git ? path_dir(dot_git) : NULL;
}

char *admin_lock(const char *admin)
{
	AUTO(str_release) char *file = path_join(admin, "locked");
	char *line = first_line(file);

	if (line)
		return line;
	return path_exists(file) ? str_dup("") : NULL;
}

/* The last component as it is, what is above it resolved. */
static char *resolve_above(const char *path)
{
	AUTO(str_release) char *absolute = path_absolute(path, NULL);
	AUTO(str_release) char *above = path_dir(absolute);
	AUTO(str_release) char *real = path_real(above);

	return path_join(real, path_base(absolute));
}

bool same_place(const char *a, const char *b)
{
	AUTO(str_release) char *one = NULL;
	AUTO(str_release) char *other = NULL;

	if (!a || !b)
		return false;
	if (strcmp(a, b) == 0) /* nearly always, and then no link needs to be resolved */
		return true;
	one = resolve_above(a);
	other = resolve_above(b);
	return one && str_equal(one, other);
}

/*
 * A folder's identity is its inode and its time of birth (statx(2)): a folder that somebody made
 * later under the same name may get the inode again, never the time. Both survive a rename.
 */
static char *identity_of(const char *path)
{
	struct statx st;
	unsigned int want = STATX_INO | STATX_BTIME | STATX_TYPE;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, want, &st) < 0)
		return NULL;
	if ((st.stx_mask & want) != want || !S_ISDIR(st.stx_mode))
		return NULL;
	return str_format("%llu %lld.%09u", (unsigned long long)st.stx_ino,
		(long long)st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
}

struct err *place_note(const struct checkout *c, const char *at)
{
	AUTO(str_release) char *identity = identity_of(at);
	AUTO(str_release) char *file = path_join(c->folder, "place");

	if (!identity) /* a file system that does not tell: the worktree's .git must do */
		return file_remove(file);
	return file_replace(file, identity, strlen(identity), FILE_VOLATILE);
}

/*
 * Files of the checkout's last instant bear the time of the index itself, so nobody could say later
 * whether they were edited after it. Nobody else writes here yet: an index that is a little newer,
 * within its second, tells the truth (worktree_save.c, is_settled).
 */
struct err *index_settle(const char *admin)
{
	AUTO(str_release) char *index = path_join(admin, "index");
	struct stat st;

	if (lstat(index, &st) < 0)
		return fail_errno("cannot look at %s", index);
	st.st_mtim.tv_nsec += st.st_mtim.tv_nsec < 989999999 ? 10000000
							     : 999999999 - st.st_mtim.tv_nsec;
	if (utimensat(AT_FDCWD, index, (struct timespec[]){ st.st_atim, st.st_mtim }, 0) < 0)
		return fail_errno("cannot set the time of %s", index);
	return NULL;
}

/* git syncs nothing of this, and after a power cut a worktree with an empty .git is nobody's. */
struct err *admin_sync(const char *admin, const char *path)
{
	static const char *const names[] = { "HEAD", "commondir", "gitdir", "index" };
	AUTO(str_release) char *dot_git = path_join(path, ".git");

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *file = path_join(admin, names[i]);
		TRY(file_sync(file));
	}
	return file_sync(dot_git);
}

bool place_is_noted(const struct checkout *c, const char *at, bool *unreadable)
{
	AUTO(str_release) char *identity = identity_of(at);
	AUTO(str_release) char *file = path_join(c->folder, "place");
	AUTO(str_release) char *noted = line_of(file, unreadable);

	return identity && str_equal(identity, noted);
}

enum tri place_is_ours(const struct checkout *c, const char *at)
{
	AUTO(str_release) char *target = NULL;
	bool unreadable = false;
	struct stat st;

	if (lstat(at, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? TRI_NO : TRI_UNKNOWN;
	if (!S_ISDIR(st.st_mode) || !c->handle)
		return TRI_NO;
	target = target_of(at, &unreadable);
	if (target && same_place(target, c->handle))
		return TRI_YES;
	if (place_is_noted(c, at, &unreadable))
		return TRI_YES;
	return unreadable ? TRI_UNKNOWN : TRI_NO;
}

/* An admin dir found by its path alone must also be on our branch, or not yet on anything. */
static bool fits(const char *admin, const struct checkout *c)
{
	AUTO(str_release) char *path = admin_path(admin);
	AUTO(str_release) char *branch = head_branch(admin);
	AUTO(str_release) char *file = path_join(admin, "HEAD");
	AUTO(str_release) char *head = first_line(file);

	if (!same_place(path, c->path))
		return false;
	if (branch)
		return str_equal(branch, c->branch);
	return !head || head[strspn(head, "0")] == '\0' || str_equal(head, c->base);
}

char *admin_find(const struct checkout *c, const char *common)
{
	AUTO(str_release) char *dir = path_join(common, "worktrees");
	AUTO(strv_release) struct strv names = { 0 };

	if (c->handle)
		return path_is_dir(c->handle) ? str_dup(c->handle) : NULL;
	err_drop(file_list(&names, dir), "no list, no admin dir");
	STRV_EACH(name, &names) {
		AUTO(str_release) char *admin = path_join(dir, *name);
		if (fits(admin, c))
			return str_dup(admin);
	}
	return NULL;
}

static bool in_packed_refs(const char *text, const char *ref)
{
	AUTO(str_release) char *line = str_format(" %s\n", ref);

	return strstr(text, line) != NULL;
}

enum tri ref_exists(const char *common, const char *ref)
{
	AUTO(str_release) char *loose = path_join(common, ref);
	AUTO(str_release) char *packed = path_join(common, "packed-refs");
	AUTO(str_release) char *reftable = path_join(common, "reftable");
	AUTO(buf_release) struct buf b = { 0 };
	struct stat st;
	struct err *e;
	bool found;

	if (path_is_dir(reftable) || !path_is_dir(common))
		return TRI_UNKNOWN;
	if (lstat(loose, &st) == 0 && S_ISREG(st.st_mode))
		return TRI_YES;
	e = file_read_if(&b, &found, packed, PACKED_REFS_MAX);
	if (e) {
		err_drop(e, "unknown then");
		return TRI_UNKNOWN;
	}
	return found && in_packed_refs(buf_text(&b), ref) ? TRI_YES : TRI_NO;
}

char *head_ref(const char *git_dir)
{
	AUTO(str_release) char *file = path_join(git_dir, "HEAD");
	AUTO(str_release) char *line = first_line(file);

	/* refs/heads/.invalid: what a reftable repository shows to readers of files */
	if (!str_starts(line, "ref: refs/") || str_equal(line, "ref: refs/heads/.invalid"))
		return NULL;
	return str_dup(line + strlen("ref: "));
}

char *head_branch(const char *git_dir)
{
	AUTO(str_release) char *ref = head_ref(git_dir);

	return str_starts(ref, "refs/heads/") ? str_dup(ref + strlen("refs/heads/")) : NULL;
}

char *gone_path(const struct checkout *c)
{
	AUTO(str_release) char *dir = path_dir(c->path);

	return str_format("%s/.ao-gone-%s-%.8s", dir, c->id, c->uid);
}

bool is_object_id(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	return (n == 40 || n == 64) && strspn(s, "0123456789abcdef") == n;
}
