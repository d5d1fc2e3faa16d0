/*
 * A git dir of our own, with the repository's objects. Attributes in info/ have the last word
 * (gitattributes(5)), so no filter, no line-end rule and no encoding applies: bytes in, bytes out.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "plugin/worktree.h"

enum { CONFIG_MAX = 1 << 20, EXCLUDE_MAX = 16 << 20, INDEX_MAX = 1 << 30 };

static const char attributes[] = "* -text -filter -ident !working-tree-encoding !eol\n";

/* sparseCheckout: files that are there lose skip-worktree by themselves. protectNTFS, protectHFS:
 * names that other systems could not hold are saved too. fsync: what was saved is about to be
 * deleted elsewhere. bigFileThreshold: every new file goes into one pack, which is one fsync instead
 * of one each (20,000 small files: 1.5 s instead of 12). */
static const char config[] =
	"[core]\n\tbare = false\n\tfsmonitor = false\n\tautocrlf = false\n\tsafecrlf = false\n"
	"\thooksPath = /dev/null\n\tfileMode = true\n\tsymlinks = true\n\tignoreCase = false\n"
	"\tuntrackedCache = false\n\tsplitIndex = false\n\tsparseCheckout = true\n"
	"\tprotectNTFS = false\n\tprotectHFS = false\n\ttrustctime = true\n\tcheckStat = default\n"
	"\tfsync = objects,reference\n\tbigFileThreshold = 0\n\tquotePath = false\n"
	"[gc]\n\tauto = 0\n[i18n]\n\tcommitEncoding = utf-8\n[index]\n\tsparse = false\n"
	"[advice]\n\taddEmbeddedRepo = false\n[submodule]\n\trecurse = false\n";

static struct err *put(const char *dir, const char *name, const char *text)
{
	AUTO(str_release) char *path = path_join(dir, name);

	return file_replace(path, text, strlen(text), FILE_VOLATILE);
}

static struct err *put_config(const char *dir, const char *common)
{
	AUTO(buf_release) struct buf theirs = { 0 };
	AUTO(str_release) char *path = path_join(common, "config");
	AUTO(buf_release) struct buf ours = { 0 };
	bool found, sha256;

	TRY(file_read_if(&theirs, &found, path, CONFIG_MAX));
	sha256 = strcasestr(buf_text(&theirs), "objectformat") && strcasestr(theirs.s, "sha256");
	buf_adds(&ours, config);
	buf_addf(&ours, "[core]\n\trepositoryformatversion = %d\n", sha256 ? 1 : 0);
	if (sha256)
		buf_adds(&ours, "[extensions]\n\tobjectFormat = sha256\n");
	return put(dir, "config", buf_text(&ours));
}

static struct err *put_exclude(const char *dir, const char *common)
{
	AUTO(str_release) char *from = path_join(common, "info/exclude");
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, from, EXCLUDE_MAX));
	return found ? put(dir, "info/exclude", buf_text(&b)) : NULL;
}

static struct err *make(const char *dir, const char *common)
{
	static const char *const folders[] = { "objects", "refs", "info" };

	TRY(file_remove_tree(dir)); /* of a save that was killed: the session's lock is ours now */
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		AUTO(str_release) char *folder = path_join(dir, folders[i]);
		TRY(file_make_dirs(folder));
	}
	TRY(put(dir, "HEAD", "ref: refs/heads/none\n"));
	TRY(put(dir, "info/attributes", attributes));
	TRY(put_exclude(dir, common));
	return put_config(dir, common);
}

struct err *private_open(
	struct private_dir *p, const struct checkout *c, const char *common, const char *work_tree)
{
	p->path = path_join(c->folder, "save.git");
	p->index = path_join(p->path, "index");
	p->objects = path_join(common, "objects");
	p->work_tree = work_tree;
	p->keep_fd = c->lock_fd;
	return make(p->path, common);
}

/* git looks into a file whose time is not older than the index's (git's technical/racy-git): a copy
 * that looked newer would hide what was edited within that instant. */
static struct err *keep_times(const char *from, const char *to)
{
	struct stat st;

	if (lstat(from, &st) < 0)
		return fail_errno("cannot look at %s", from);
	if (utimensat(AT_FDCWD, to, (struct timespec[]){ st.st_atim, st.st_mtim }, 0) < 0)
		return fail_errno("cannot set the time of %s", to);
	return NULL;
}

static struct err *copy(const char *from_dir, const char *to_dir, const char *name, bool *found)
{
	AUTO(str_release) char *from = path_join(from_dir, name);
	AUTO(str_release) char *to = path_join(to_dir, name);
	AUTO(buf_release) struct buf b = { 0 };

	TRY(file_read_if(&b, found, from, INDEX_MAX));
	if (!*found)
		return NULL;
	TRY(file_replace(to, b.s, b.n, FILE_VOLATILE));
	return keep_times(from, to);
}

struct err *private_index(struct private_dir *p, bool *found, const char *git_dir)
{
	AUTO(strv_release) struct strv names = { 0 };
	bool there;

	TRY(copy(git_dir, p->path, "index", found));
	TRY(file_list(&names, git_dir));
	STRV_EACH(name, &names) /* a split index (git-update-index(1)) is two files */
		if (str_starts(*name, "sharedindex."))
			TRY(copy(git_dir, p->path, *name, &there));
	return NULL;
}

static struct git settings(const struct private_dir *p, const struct buf *in)
{
	return (struct git){
		.git_dir = p->path,
		.work_tree = p->work_tree,
		.objects = p->objects,
		.index = p->index,
		.in = in ? buf_text(in) : NULL,
		.in_n = in ? in->n : 0,
		.time_ms = p->time_ms,
		.timeout_ms = GIT_LONG_MS,
		.keep_fd = p->keep_fd,
	};
}

struct err *private_git(
	struct run_result *r, const struct private_dir *p, const struct buf *in, char *const *args)
{
	struct git g = settings(p, in);

	return git_run(r, &g, args);
}

struct err *private_ok(
	struct run_result *r, const struct private_dir *p, const struct buf *in, char *const *args)
{
	struct git g = settings(p, in);

	return git_ok(r, &g, args);
}

void private_release(struct private_dir *p)
{
	if (p->path)
		err_drop(file_remove_tree(p->path), "the next save of the session removes it");
	str_release(&p->path);
	str_release(&p->index);
	str_release(&p->objects);
}
