/* Where a branch starts, what it is called, and making it with its worktree. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/path.h"
#include "base/valid.h"
#include "plugin/worktree.h"

enum { FETCH_MS = 20000, CONFIG_MAX = 1 << 20, LOCK_WAIT_MS = 5 * 60 * 1000 };

/* Does the config name a remote `origin`? Its text tells in nearly every repository; only where it
 * includes other files git is asked. */
static struct err *has_origin(bool *yes, const char *common)
{
	AUTO(str_release) char *path = path_join(common, "config");
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	bool found;

	TRY(file_read_if(&text, &found, path, CONFIG_MAX));
	*yes = found && strcasestr(text.s, "[remote \"origin\"]");
	if (*yes || !found || !strcasestr(text.s, "[include"))
		return NULL;
	TRY(git_run(&r, &(struct git){ .git_dir = common },
		ARGV("config", "--get", "remote.origin.url")));
	*yes = r.code == 0;
	return NULL;
}

/* "refs/remotes/origin/HEAD" is a symbolic ref, and those are never packed. */
static char *remote_head(const char *common)
{
	AUTO(str_release) char *file = path_join(common, "refs/remotes/origin/HEAD");
	AUTO(str_release) char *line = first_line(file);
	const char *prefix = "ref: refs/remotes/origin/";

	return str_starts(line, prefix) ? str_dup(line + strlen(prefix)) : NULL;
}

static char *default_name(const char *given, const char *git_dir, const char *common)
{
	char *name = given ? str_dup(given) : remote_head(common);

	return name ? name : head_branch(git_dir);
}

static struct err *fetch_once(struct run_result *r, const char *common, const char *branch)
{
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);

	return git_run(r, &(struct git){ .git_dir = common, .timeout_ms = FETCH_MS },
		ARGV("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
			"--no-recurse-submodules", "--end-of-options", "origin", ref));
}

/* A fetch that fails must not stop a spawn: what was fetched before is a start as well. */
static struct err *fetch(const char *common, const char *branch, struct sink *sink)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result again = { 0 };
	struct run_result *last = &r;
	struct err *e;

	sink_say(sink, SINK_PROGRESS, "fetching %s from origin", branch);
	e = fetch_once(&r, common, branch);
	if (!e && r.code && strstr(buf_text(&r.err), "cannot lock ref")) { /* another fetch won */
		last = &again;
		e = fetch_once(&again, common, branch);
	}
	if (e && e->class == ERR_INTERRUPTED)
		return e;
	if (!e && last->code)
		e = git_failed(last, ARGV("fetch"));
	if (e)
		sink_say(sink, SINK_WARNING,
			"could not fetch from origin, starting from what is here (%s)", e->text);
	err_free(e);
	return NULL;
}

/* The ids of up to two refs, in one question. What is not there stays NULL. */
static struct err *two_refs(char *ids[2], const char *git_dir, const char *refs[2])
{
	AUTO(run_result_release) struct run_result r = { 0 };
	char *save = NULL;

	TRY(git_ok(&r, &(struct git){ .git_dir = git_dir },
		ARGV("for-each-ref", "--format=%(objectname) %(refname)", refs[0], refs[1])));
	for (char *line = r.out.n ? strtok_r(r.out.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(line, ' ');
		for (int i = 0; space && i < 2; i++)
			if (str_equal(space + 1, refs[i]) && !ids[i])
				ids[i] = str_ndup(line, (size_t)(space - line));
	}
	return NULL;
}

static struct err *no_start(const char *git_dir, const char *repo, const char *name)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_run(&r, &(struct git){ .git_dir = git_dir },
		ARGV("rev-list", "-n", "1", "--all", "HEAD", "--")));
	if (r.code || !r.out.n)
		return fail(
			ERR_FAILED, "%s has no commits yet: make a first one (git commit)", repo);
	return fail(ERR_FAILED, "%s has no branch '%s': name one as defaultBranch", repo, name);
}

/* What was merged here and not pushed yet belongs to the start of what comes next. */
static struct err *is_ahead(bool *yes, const char *git_dir, const char *here, const char *there)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_run(&r, &(struct git){ .git_dir = git_dir },
		ARGV("merge-base", "--is-ancestor", here, there)));
	*yes = r.code == 1;
	return NULL;
}

static struct err *start_default(
	struct start_point *o, const char *git_dir, const char *repo, bool remote, bool merges_here)
{
	AUTO(str_release) char *there = str_format("refs/remotes/origin/%s", o->default_branch);
	AUTO(str_release) char *here = str_format("refs/heads/%s", o->default_branch);
	AUTO(str_release) char *there_id = NULL;
	AUTO(str_release) char *here_id = NULL;
	char *ids[2] = { 0 };
	bool ahead = false;
	struct err *e = two_refs(ids, git_dir, (const char *[]){ there, here });

	there_id = ids[0];
	here_id = ids[1];

	if (e)
		return e;
	if (remote && there_id && merges_here && here_id)
		TRY(is_ahead(&ahead, git_dir, here_id, there_id));
	if (remote && there_id && !ahead) {
		o->commit = str_dup(there_id);
		o->shown = str_format("origin/%s", o->default_branch);
		return NULL;
	}
	if (!here_id)
		return no_start(git_dir, repo, o->default_branch);
	o->commit = str_dup(here_id);
	o->shown = str_dup(o->default_branch);
	return NULL;
}

static struct err *resolve(char **commit, const char *git_dir, const char *name)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *wanted = str_format("%s^{commit}", name);

	TRY(git_run(&r, &(struct git){ .git_dir = git_dir },
		ARGV("rev-parse", "-q", "--verify", "--end-of-options", wanted)));
	buf_trim(&r.out);
	if (r.code == 0 && is_object_id(buf_text(&r.out)))
		*commit = buf_detach(&r.out);
	return NULL;
}

static struct err *start_base(
	struct start_point *o, const char *git_dir, const char *repo, const char *base)
{
	AUTO(str_release) char *remote = str_format("refs/remotes/origin/%s", base);

	if (base[0] == '-' || !base[0])
		return fail(ERR_USAGE, "'%s' cannot be a base", base);
	TRY(resolve(&o->commit, git_dir, base));
	if (!o->commit)
		TRY(resolve(&o->commit, git_dir, remote));
	if (!o->commit)
		return fail(ERR_FAILED, "%s has no commit '%s' to start from", repo, base);
	o->shown = str_dup(base);
	return NULL;
}

static struct err *find_start(struct start_point *o, const char *repo, const char *default_branch,
	const char *base, bool merges_here, struct sink *sink)
{
	AUTO(str_release) char *git_dir = NULL;
	AUTO(str_release) char *common = NULL;
	bool remote;

	TRY(repo_find(&git_dir, &common, repo));
	o->default_branch = default_name(default_branch, git_dir, common);
	if (base)
		return start_base(o, git_dir, repo, base);
	if (!o->default_branch)
		return fail(ERR_FAILED, "%s is on no branch: name one as defaultBranch", repo);
	if (!valid_branch(o->default_branch))
		return fail(ERR_CONFIG, "%s: '%s' cannot be a branch", repo, o->default_branch);
	TRY(has_origin(&remote, common));
	if (remote)
		TRY(fetch(common, o->default_branch, sink));
	return start_default(o, git_dir, repo, remote, merges_here);
}

struct err *worktree_origin(struct start_point *out, const char *repo, const char *default_branch,
	const char *base, bool merges_here, struct sink *sink)
{
	AUTO(start_point_release) struct start_point o = { 0 };

	TRY(find_start(&o, repo, default_branch, base, merges_here, sink));
	*out = o;
	o = (struct start_point){ 0 };
	return NULL;
}

/* Is the name a branch, or the folder of one? */
static bool is_taken(const struct strv *refs, const char *name)
{
	AUTO(str_release) char *ref = str_format("refs/heads/%s", name);
	AUTO(str_release) char *below = str_format("%s/", ref);

	STRV_EACH(r, refs)
		if (str_equal(*r, ref) || str_starts(*r, below))
			return true;
	return false;
}

/* A branch named like a folder of the wanted name: "feat" for "feat/42". Belongs to the caller. */
static char *blocker(const struct strv *refs, const char *wanted)
{
	for (const char *slash = strchr(wanted, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO(str_release) char *above = str_ndup(wanted, (size_t)(slash - wanted));
		AUTO(str_release) char *ref = str_format("refs/heads/%s", above);
		if (strv_has(refs, ref))
			return str_dup(above);
	}
	return NULL;
}

static char *dashed(const char *wanted)
{
	char *name = str_dup(wanted);

	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '-';
	return name;
}

/* Every branch that could be in the way, in one question. */
static struct err *branches_near(struct strv *refs, const char *repo, const char *wanted)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv args = { 0 };
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *flat = dashed(wanted);
	const char *names[] = { wanted, flat };
	char *save = NULL;

	TRY(repo_find(NULL, &common, repo));
	strv_add_all(&args, ARGV("for-each-ref", "--format=%(refname)"));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		strv_addf(&args, "refs/heads/%s", names[i]);
		strv_addf(&args, "refs/heads/%s-*", names[i]);
		strv_addf(&args, "refs/heads/%s-*/**", names[i]);
	}
	for (const char *slash = strchr(wanted, '/'); slash; slash = strchr(slash + 1, '/'))
		strv_addf(&args, "refs/heads/%.*s", (int)(slash - wanted), wanted);
	TRY(git_ok(&r, &(struct git){ .git_dir = common }, args.v));
	for (char *line = r.out.n ? strtok_r(r.out.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		strv_add(refs, line);
	return NULL;
}

struct err *worktree_free_branch(char **name, const char *repo, const char *wanted, bool exact)
{
	AUTO(strv_release) struct strv refs = { 0 };
	AUTO(str_release) char *above = NULL;
	AUTO(str_release) char *stem = NULL;
	AUTO(str_release) char *free_name = NULL;

	if (!valid_branch(wanted))
		return fail(ERR_USAGE, "'%s' cannot be a branch", wanted);
	TRY(branches_near(&refs, repo, wanted));
	above = blocker(&refs, wanted);
	if (exact && above)
		return fail(ERR_REFUSED, "branch '%s' cannot be made: there is a branch '%s'",
			wanted, above);
	if (exact && is_taken(&refs, wanted))
		return fail(ERR_REFUSED, "branch '%s' is taken: choose another name", wanted);
	stem = above ? dashed(wanted) : str_dup(wanted);
	free_name = str_dup(stem);
	for (int i = 2; is_taken(&refs, free_name); i++) {
		str_release(&free_name);
		free_name = str_format("%s-%d", stem, i);
	}
	*name = free_name;
	free_name = NULL;
	return NULL;
}

struct err *repo_lock(struct lock *l, const struct checkout *c, const char *common)
{
	AUTO(str_release) char *dir = path_join(c->data_dir, "save");
	AUTO(str_release)
	char *file = str_format(
		"%s/%016llx.lock", dir, (unsigned long long)hash_fnv(common, strlen(common)));

	TRY(file_make_dirs(dir));
	return lock_take(l, file, LOCK_WAIT_MS);
}

/* git's own words are a paragraph; these are the two that a user meets. */
static struct err *add_failed(
	const struct run_result *r, const struct checkout *c, char *const *args)
{
	const char *said = buf_text(&r->err);

	if (strstr(said, "a branch named"))
		return fail(ERR_REFUSED, "branch '%s' is taken: choose another name", c->branch);
	if (strstr(said, "is already checked out at") ||
		strstr(said, "is already used by worktree"))
		return fail(
			ERR_REFUSED, "branch '%s' is checked out in another worktree", c->branch);
	return git_failed(r, args);
}

struct err *worktree_add(const struct checkout *c, const char *common)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *ref = str_format("refs/heads/%s", c->branch ? c->branch : "");
	AUTO(strv_release) struct strv args = { 0 };

	strv_add_all(&args, ARGV("-c", "checkout.workers=2", "worktree", "add", "-q"));
	if (!c->branch)
		strv_add_all(&args, ARGV("--detach", "--", c->path, c->base));
	else if (ref_exists(common, ref) == TRI_YES)
		strv_add_all(&args, ARGV("--", c->path, c->branch));
	else
		strv_add_all(&args, ARGV("--no-track", "-b", c->branch, "--", c->path, c->base));
	TRY(repo_lock(&l, c, common));
	TRY(git_run(&r,
		&(struct git){
			.git_dir = common, .timeout_ms = GIT_LONG_MS, .keep_fd = c->lock_fd },
		args.v));
	return r.code ? add_failed(&r, c, args.v) : NULL;
}

struct err *worktree_create(char **handle, const struct checkout *c, struct sink *sink)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *admin = NULL;

	(void)sink;
	TRY(repo_find(NULL, &common, c->repo));
	if (!valid_branch(c->branch) || !is_object_id(c->base))
		return fail(ERR_FAILED, "cannot make a worktree from '%s'", c->base ? c->base : "");
	if (path_exists(c->path)) /* also an empty folder, which git would take */
		return fail(ERR_REFUSED, "%s is there already: move it away", c->path);
	TRY(worktree_add(c, common));
	admin = gitfile_target(c->path);
	if (!admin || !path_is_dir(admin))
		return fail(ERR_FAILED, "git made no worktree in %s", c->path);
	TRY(index_settle(admin));
	TRY(admin_sync(admin, c->path));
	TRY(place_note(c, c->path));
	*handle = path_real(admin);
	return NULL;
}
