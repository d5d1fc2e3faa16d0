/*
 * Objects of a clone, brought into the repository. Its owner may have written anything there, so none
 * of it is taken as it is: git reads it from a private dir, packs what the repository lacks, and
 * git-index-pack(1) hashes each object anew. Not by a fetch, which would run git-upload-pack(1) under
 * the clone's own config.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "plugin/worktree.h"

enum { SHALLOW_MAX = 16 << 20 };

/* A commit-graph, an index of packs or a bitmap that somebody made up could hide commits. */
static const char distrust[] = "[core]\n\tcommitGraph = false\n\tmultiPackIndex = false\n"
			       "[pack]\n\tuseBitmaps = false\n";

static struct err *copy_shallow(const char *common, const char *to)
{
	AUTO(str_release) char *from = path_join(common, "shallow");
	AUTO(str_release) char *file = path_join(to, "shallow");
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, from, SHALLOW_MAX));
	return found ? file_replace(file, b.s, b.n, FILE_VOLATILE) : NULL;
}

struct err *private_borrow(struct private_dir *p, const struct checkout *c, const char *common,
	const char *clone_git, const char *work_tree)
{
	AUTO(str_release) char *theirs = path_join(clone_git, "objects");
	AUTO(str_release) char *config = NULL;
	AUTO(str_release) char *info = NULL;
	AUTO(str_release) char *alternates = NULL;
	AUTO(buf_release) struct buf lines = { 0 };

	TRY(private_open(p, c, common, work_tree));
	buf_addf(&lines, "%s\n", p->objects);
	if (is_real_dir(clone_git) && is_real_dir(theirs))
		buf_addf(&lines, "%s\n", theirs);
	str_release(&p->objects);
	p->objects = path_join(p->path, "objects");
	info = path_join(p->objects, "info");
	alternates = path_join(info, "alternates");
	config = path_join(p->path, "config");
	TRY(file_make_dirs(info));
	TRY(file_replace(alternates, lines.s, lines.n, FILE_VOLATILE));
	TRY(file_append(config, distrust, strlen(distrust), FILE_VOLATILE));
	return copy_shallow(common, p->path);
}

/* "COMMIT", then "^ID" for all that the repository's own refs hold. */
static struct err *what_is_new(struct buf *in, const char *common, const char *commit)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("for-each-ref", "--format=^%(objectname)")));
	buf_addf(in, "%s\n", commit);
	buf_add(in, buf_text(&r.out), r.out.n);
	return NULL;
}

static struct err *unpack(
	const struct private_dir *p, const struct checkout *c, const char *common, const char *hash)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *pack = str_format("%s/out-%s.pack", p->path, hash);
	int fd = open(pack, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct err *e;

	if (fd < 0)
		return fail_errno("cannot read %s", pack);
	e = git_ok(&r,
		&(struct git){ .git_dir = common,
			.in_fd = fd,
			.timeout_ms = GIT_LONG_MS,
			.keep_fd = c->lock_fd },
		ARGV("index-pack", "--stdin", "--fix-thin"));
	close(fd);
	return e;
}

/* Does the repository by itself have all that the commit leads to? */
static struct err *is_whole(const char *common, const char *commit)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_run(&r,
		&(struct git){ .git_dir = common, .timeout_ms = GIT_LONG_MS, .offline = true },
		ARGV("rev-list", "--objects", "--quiet", commit, "--not", "--all", "--")));
	return r.code ? fail(ERR_FAILED, "objects of %.10s are missing or damaged", commit) : NULL;
}

struct err *private_bring(
	struct private_dir *p, const struct checkout *c, const char *common, const char *commit)
{
	AUTO(run_result_release) struct run_result any = { 0 };
	AUTO(run_result_release) struct run_result packed = { 0 };
	AUTO(str_release) char *base = path_join(p->path, "out");
	AUTO(buf_release) struct buf in = { 0 };

	TRY(what_is_new(&in, common, commit));
	TRY(private_ok(&any, p, &in, ARGV("rev-list", "-n", "1", "--stdin")));
	if (!any.out.n)
		return NULL;
	/* without its threshold for single files the save's config would keep every delta away */
	TRY(private_ok(&packed, p, &in,
		ARGV("-c", "core.bigFileThreshold=512m", "pack-objects", "-q", "--revs",
			"--delta-base-offset", base)));
	buf_trim(&packed.out);
	TRY(unpack(p, c, common, buf_text(&packed.out)));
	return is_whole(common, commit);
}
