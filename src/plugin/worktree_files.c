/*
 * The files of a save: each as it is, by a private dir and a copy of the index, as two trees: what was
 * staged, and what lies there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "plugin/worktree_shot.h"

/* "  ctime: S:N\n  mtime: S:N\n  dev: D\tino: I\n  uid: U\tgid: G\n  size: Z\tflags: F\n", as
 * `git ls-files --debug` prints what the index remembers of a file. */
static bool read_times(struct stat *st, const char *text)
{
	unsigned int ctime[2], mtime[2], ino, size;

	if (sscanf(text, " ctime: %u:%u mtime: %u:%u dev: %*u ino: %u uid: %*u gid: %*u size: %u",
		    &ctime[0], &ctime[1], &mtime[0], &mtime[1], &ino, &size) != 6)
		return false;
	st->st_ctim = (struct timespec){ ctime[0], ctime[1] };
	st->st_mtim = (struct timespec){ mtime[0], mtime[1] };
	st->st_ino = ino;
	st->st_size = size;
	return true;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/*
 * git as packaged compares times by the second, and reads what was written in the index's own second
 * again: without the user's filters here, so that a fresh checkout would count as work. Compared to
 * the nanosecond the question is settled: a file that is older than the index, and in all as the
 * index remembers it, was not touched since.
 */
static bool is_settled(const struct shot *s, const char *path, const char *debug)
{
	AUTO(str_release) char *full = NULL;
	struct stat then, now;

	if (!read_times(&then, debug) || then.st_mtim.tv_sec != s->index_time.tv_sec ||
		then.st_mtim.tv_nsec >= s->index_time.tv_nsec || !then.st_mtim.tv_nsec)
		return false;
	full = path_join(s->c->path, path);
	return lstat(full, &now) == 0 && S_ISREG(now.st_mode) &&
		same_time(&now.st_mtim, &then.st_mtim) && same_time(&now.st_ctim, &then.st_ctim) &&
		(unsigned int)now.st_ino == then.st_ino &&
		(unsigned int)now.st_size == then.st_size;
}

/* "H 100644 <id> 0\tpath", a lower-case tag for assume-unchanged (git-ls-files(1)). */
static void read_entry(struct shot *s, const char *entry, const char *debug)
{
	const char *tab = strchr(entry, '\t');

	if (!tab || strlen(entry) < 10)
		return;
	if (entry[0] >= 'a' && entry[0] <= 'z')
		strv_add(&s->hidden, tab + 1);
	if (tab[-1] != '0')
		return;
	if (str_starts(entry + 2, "160000 ")) {
		struct link_entry *link = vec_push(&s->links.list);
		link->id = str_ndup(entry + 9, strcspn(entry + 9, " "));
		link->path = str_dup(tab + 1);
	} else if (is_settled(s, tab + 1, debug)) {
		strv_add(&s->settled, tab + 1);
	}
}

/* Each entry ends in a NUL, and five lines about it follow. */
static void read_entries(struct shot *s, const struct buf *listing)
{
	const char *end = listing->s + listing->n;

	for (const char *e = buf_text(listing); e < end;) {
		const char *debug = e + strlen(e) + 1, *next = debug;
		for (int i = 0; i < 5 && next < end && *next == ' '; i++)
			next += strcspn(next, "\n") + 1;
		read_entry(s, e, debug < end ? debug : "");
		e = next;
	}
}

static struct err *mark(struct shot *s, const struct strv *paths, const char *how)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf lines = { 0 };

	STRV_EACH(path, paths)
		buf_add(&lines, *path, strlen(*path) + 1);
	return lines.n ? private_ok(&r, &s->p, &lines, ARGV("update-index", "-z", how, "--stdin"))
		       : NULL;
}

/*
 * Entries that git would not look at are made visible, and gitlinks are taken out: for one that it
 * knows, git would run `git status` in there, under that repository's own config. What is a
 * repository is found again as if it were new.
 */
static struct err *uncover(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv links = { 0 };

	TRY(private_ok(&r, &s->p, NULL, ARGV("ls-files", "-s", "-v", "-z", "--debug")));
	read_entries(s, &r.out);
	for (size_t i = 0; i < s->links.list.n; i++)
		strv_add(&links, s->links.list.v[i].path);
	TRY(mark(s, &s->hidden, "--no-assume-unchanged"));
	TRY(mark(s, &s->settled, "--assume-unchanged"));
	return mark(s, &links, "--force-remove");
}

/* What git did not take, as pathspecs that leave it out. Anything but a repository: refused. */
static struct err *left_out(struct shot *s, struct buf *specs, const struct run_result *add)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	size_t before = s->nested.n;

	TRY(private_ok(&r, &s->p, NULL,
		ARGV("ls-files", "-o", "-z", "--directory", "--no-empty-directory",
			"--exclude-standard")));
	buf_add(specs, ".", 2);
	for (const char *e = buf_text(&r.out); e < r.out.s + r.out.n; e += strlen(e) + 1) {
		AUTO(str_release) char *name = str_ndup(e, strlen(e) - (size_t)str_ends(e, "/"));
		AUTO(str_release) char *dot_git = str_format("%s/%s/.git", s->c->path, name);
		if (!path_exists(dot_git))
			continue;
		strv_add(&s->nested, name);
		buf_addf(specs, ":(exclude,literal)%s", name);
		buf_addc(specs, '\0');
	}
	return s->nested.n > before ? NULL : git_failed(add, ARGV("add"));
}

/* Not fsyncMethod=batch, which git.c asks for: git 2.39 makes a folder of its own for the first loose
 * object of a batch (an empty file, a symlink), puts the pack of the other new files in there, and
 * then looks for that pack where it no longer is. */
#define ADD_ALL "-c", "core.fsyncMethod=fsync", "add", "-A", "--sparse"

static struct err *add_all(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result again = { 0 };
	AUTO(buf_release) struct buf specs = { 0 };

	TRY(private_git(&r, &s->p, NULL, ARGV(ADD_ALL, "--ignore-errors", "--", ".")));
	if (!r.code)
		return NULL;
	TRY(left_out(
		s, &specs, &r)); /* a repository without commits cannot be added, the rest can */
	return private_ok(&again, &s->p, &specs,
		ARGV(ADD_ALL, "--pathspec-from-file=-", "--pathspec-file-nul"));
}

/* A submodule that was never filled is an empty folder: still there, and no change. */
static struct err *put_links_back(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf lines = { 0 };

	for (size_t i = 0; i < s->links.list.n; i++) {
		const struct link_entry *link = &s->links.list.v[i];
		AUTO(str_release) char *path = path_join(s->c->path, link->path);
		AUTO(strv_release) struct strv names = { 0 };
		if (!path_is_dir(path))
			continue;
		TRY(file_list(&names, path));
		if (names.n)
			continue;
		buf_addf(&lines, "160000 %s 0\t%s", link->id, link->path);
		buf_addc(&lines, '\0');
	}
	if (!lines.n)
		return NULL;
	return private_ok(&r, &s->p, &lines, ARGV("update-index", "-z", "--index-info"));
}

static struct err *write_tree(char **tree, struct shot *s, bool must)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(private_git(&r, &s->p, NULL, ARGV("write-tree", "--missing-ok")));
	buf_trim(&r.out);
	if (r.code == 0 && is_object_id(buf_text(&r.out)))
		*tree = buf_detach(&r.out);
	return *tree || !must ? NULL : git_failed(&r, ARGV("write-tree"));
}

static struct err *find_nested(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(private_ok(&r, &s->p, NULL, ARGV("ls-files", "-s", "-z")));
	return nested_find(&s->nested, s->c, buf_text(&r.out), r.out.n, &s->links);
}

static struct timespec file_time(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mtim : (struct timespec){ 0 };
}

struct err *shot_files(struct shot *s)
{
	bool found;

	s->p.time_ms = s->now_ms;
	TRY(private_index(&s->p, &found, s->admin));
	s->index_time = file_time(s->p.index);
	if (found)
		TRY(write_tree(&s->index_tree, s, false)); /* an unmerged index is no tree */
	if (s->empty) {
		str_set(&s->tree, s->index_tree ? s->index_tree : s->head_tree);
		return NULL;
	}
	TRY(uncover(s));
	TRY(add_all(s));
	TRY(put_links_back(s));
	TRY(find_nested(s));
	return write_tree(&s->tree, s, true);
}
