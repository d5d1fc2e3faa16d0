/*
 * Repositories inside a worktree. A save holds files, not another repository's history, so a
 * worktree with one is kept aside as a whole, unless it is a submodule as it came: its HEAD what the
 * worktree's index recorded, nothing changed, no commit that is not at its remote. A submodule is
 * asked with the same care as the worktree: a private dir, a copy of its index, no config of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "plugin/worktree.h"

enum { DEPTH_MAX = 8 };

void links_release(struct links *l)
{
	for (size_t i = 0; i < l->list.n; i++) {
		str_release(&l->list.v[i].id);
		str_release(&l->list.v[i].path);
	}
	free(l->list.v);
	*l = (struct links){ 0 };
}

/* What is asked about one submodule. */
struct sub {
	const struct checkout *c;
	const char *path;    /* absolute */
	const char *git_dir; /* below the worktree's admin dir */
	const char *id;      /* the recorded commit */
	int depth;
};

static struct err *is_untouched(bool *yes, const struct sub *s);

/* "160000 <id> 0\tpath" entries whose folder holds a .git. */
static struct err *below_untouched(bool *yes, const struct sub *s, const struct buf *listing)
{
	*yes = true;
	for (const char *e = buf_text(listing); *yes && e < listing->s + listing->n;
		e += strlen(e) + 1) {
		const char *tab = strchr(e, '\t');
		AUTO(str_release) char *path = tab ? path_join(s->path, tab + 1) : NULL;
		AUTO(str_release) char *target = path ? gitfile_target(path) : NULL;
		AUTO(str_release) char *git_dir = target ? path_real(target) : NULL;
		AUTO(str_release) char *id = NULL;
		AUTO(str_release) char *dot_git = path ? path_join(path, ".git") : NULL;
		if (!str_starts(e, "160000 ") || !tab || !path_exists(dot_git))
			continue;
		id = str_ndup(e + 7, strcspn(e + 7, " "));
		if (!git_dir || s->depth >= DEPTH_MAX || !path_within(git_dir, s->c->handle)) {
			*yes = false;
			return NULL;
		}
		TRY(is_untouched(yes, &(struct sub){ s->c, path, git_dir, id, s->depth + 1 }));
	}
	return NULL;
}

static struct err *says_nothing(
	bool *yes, const struct private_dir *p, char *const *args, struct run_result *r)
{
	TRY(private_git(r, p, NULL, args));
	*yes = r->code == 0 && r->out.n == 0;
	return NULL;
}

/* Index against HEAD, files against index (by content where only the time differs), files that git
 * does not know. */
static struct err *files_untouched(bool *yes, const struct sub *s)
{
	AUTO(private_release) struct private_dir p = { 0 };
	AUTO(run_result_release) struct run_result staged = { 0 };
	AUTO(run_result_release) struct run_result changed = { 0 };
	AUTO(run_result_release) struct run_result fresh = { 0 };
	AUTO(run_result_release) struct run_result listing = { 0 };
	struct checkout inner = *s->c;
	AUTO(str_release) char *folder = str_format("%s/save.git/sub-%d", s->c->folder, s->depth);
	bool found;

	inner.folder = folder;
	TRY(private_open(&p, &inner, s->git_dir, s->path));
	TRY(private_index(&p, &found, s->git_dir));
	*yes = found;
	if (*yes)
		TRY(says_nothing(yes, &p,
			ARGV("diff-index", "--cached", "--name-only", "--ignore-submodules=all",
				s->id, "--"),
			&staged));
	if (*yes)
		TRY(says_nothing(yes, &p, ARGV("update-index", "--refresh", "--ignore-submodules"),
			&changed));
	if (*yes)
		TRY(says_nothing(yes, &p,
			ARGV("ls-files", "-o", "--directory", "--no-empty-directory",
				"--exclude-standard"),
			&fresh));
	if (!*yes)
		return NULL;
	TRY(private_ok(&listing, &p, NULL, ARGV("ls-files", "-s", "-z")));
	return below_untouched(yes, s, &listing.out);
}

/* Its HEAD is the recorded commit, and everything it has is at its remote. rev-list runs nothing
 * that a config names; `offline` keeps a partial clone from reaching out. */
static struct err *commits_untouched(bool *yes, const struct sub *s)
{
	AUTO(run_result_release) struct run_result head = { 0 };
	AUTO(run_result_release) struct run_result own = { 0 };
	struct git g = { .git_dir = s->git_dir, .offline = true };

	*yes = false;
	TRY(git_run(&head, &g, ARGV("rev-parse", "-q", "--verify", "HEAD^{commit}")));
	buf_trim(&head.out);
	if (head.code || !str_equal(buf_text(&head.out), s->id))
		return NULL;
	TRY(git_run(&own, &g,
		ARGV("rev-list", "-n", "1", "--all", "--not", "--remotes", "--tags", s->id, "--")));
	*yes = own.code == 0 && own.out.n == 0;
	return NULL;
}

static struct err *is_untouched(bool *yes, const struct sub *s)
{
	TRY(commits_untouched(yes, s));
	return *yes ? files_untouched(yes, s) : NULL;
}

static const struct link_entry *recorded(const struct links *links, const char *path)
{
	for (size_t i = 0; i < links->list.n; i++)
		if (str_equal(links->list.v[i].path, path))
			return &links->list.v[i];
	return NULL;
}

static struct err *look_at(
	struct strv *nested, const struct checkout *c, const char *name, const struct links *before)
{
	const struct link_entry *link = recorded(before, name);
	AUTO(str_release) char *path = path_join(c->path, name);
	AUTO(str_release) char *target = gitfile_target(path);
	AUTO(str_release) char *git_dir = target ? path_real(target) : NULL;
	bool untouched = false;

	if (link && git_dir && path_within(git_dir, c->handle)) {
		struct err *e = is_untouched(
			&untouched, &(struct sub){ c, path, git_dir, link->id, 0 });
		if (e && e->class == ERR_INTERRUPTED)
			return e;
		if (e)
			untouched = false;
		err_drop(e, "kept aside then");
	}
	if (!untouched && !strv_has(nested, name))
		strv_add(nested, name);
	return NULL;
}

/* The folders above an entry. The index is sorted, so what it has in common with the entry before was
 * looked at then. */
static struct err *look_at_folders(struct strv *nested, const struct checkout *c, const char *path,
	const char *last, const struct links *before)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path);
		AUTO(str_release) char *name = str_ndup(path, n);
		AUTO(str_release) char *dot_git = NULL;
		if (last && strncmp(last, path, n + 1) == 0) /* looked at with the entry before */
			continue;
		dot_git = str_format("%s/%s/.git", c->path, name);
		if (path_exists(dot_git))
			TRY(look_at(nested, c, name, before));
	}
	return NULL;
}

struct err *nested_find(struct strv *nested, const struct checkout *c, const char *listing,
	size_t n, const struct links *before)
{
	const char *last = NULL;

	for (const char *e = listing; e < listing + n; e += strlen(e) + 1) {
		const char *tab = strchr(e, '\t');
		if (!tab)
			continue;
		if (str_starts(e, "160000 ")) {
			AUTO(str_release)
			char *dot_git = str_format("%s/%s/.git", c->path, tab + 1);
			if (path_exists(dot_git))
				TRY(look_at(nested, c, tab + 1, before));
		}
		TRY(look_at_folders(nested, c, tab + 1, last, before));
		last = tab + 1;
	}
	return NULL;
}
