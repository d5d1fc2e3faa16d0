/*
 * Saving a worktree: its files as they are, the staged state beside them, and every commit that only
 * it held, as one commit under refs/ao/trash/<id>/. Nothing in the worktree's own hands is run, read
 * as configuration or changed: git works on a private dir and a copy of the index.
 *
 * What the save was made of stands in the commit's message, so two saves are the same if their trees
 * and messages are; undelete reads it there too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/path.h"
#include "plugin/worktree_shot.h"

enum { LOCK_WAIT_MS = 5000, LOCK_NAP_MS = 50 };

void shot_release(struct shot *s)
{
	private_release(&s->p);
	str_release(&s->head_name);
	str_release(&s->head);
	str_release(&s->head_tree);
	str_release(&s->tip);
	strv_release(&s->also);
	strv_release(&s->held);
	strv_release(&s->words);
	str_release(&s->index_tree);
	str_release(&s->tree);
	links_release(&s->links);
	strv_release(&s->hidden);
	strv_release(&s->settled);
	strv_release(&s->nested);
}

struct err *shot_wait(const char *admin, const struct checkout *c)
{
	AUTO(str_release) char *lock = path_join(admin, "index.lock");
	int64_t until = clock_mono() + LOCK_WAIT_MS;

	while (path_exists(lock) && !lock_is_stale(lock, c)) {
		if (clock_mono() >= until)
			return fail(ERR_REFUSED, "git is at work in %s (%s is there): try again",
				c->path, lock);
		TRY(clock_sleep(LOCK_NAP_MS));
	}
	return NULL;
}

void shot_heads(struct strv *also, const char *admin)
{
	static const char *const names[] = { "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD",
		"REBASE_HEAD", "rebase-merge/autostash", "rebase-apply/autostash",
		"MERGE_AUTOSTASH" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *path = path_join(admin, names[i]);
		AUTO(buf_release) struct buf b = { 0 };
		char *save = NULL;
		err_drop(file_read(&b, path, 65536), "no such head");
		for (char *line = b.n ? strtok_r(b.s, "\n", &save) : NULL; line;
			line = strtok_r(NULL, "\n", &save))
			if (is_object_id(line) && !strv_has(also, line))
				strv_add(also, line);
	}
}

char *shot_answer(const char **text)
{
	const char *line = *text;
	size_t n = strcspn(line, "\n"), id_n = strcspn(line, " \n");
	AUTO(str_release) char *id = str_ndup(line, id_n);

	*text = line + n + (line[n] == '\n');
	return is_object_id(id) && !str_starts(line + id_n, " missing") ? str_dup(id) : NULL;
}

/* HEAD, its tree, the branch's tip and what else may be held here alone: one question. */
static struct err *ask_commits(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv heads = { 0 };
	AUTO(buf_release) struct buf ask = { 0 };
	const char *basis[3];
	const char *text;
	AUTO(str_release) char *head = str_format("worktrees/%s/HEAD", path_base(s->admin));
	AUTO(str_release) char *branch = str_format("refs/heads/%s", s->c->branch);

	basis[0] = head;
	basis[1] = branch;
	basis[2] = s->c->base ? s->c->base : branch;
	shot_heads(&heads, s->admin);
	for (size_t i = 0; i < COUNT_OF(basis); i++)
		buf_addf(&ask, "%s^{commit}\n%s^{tree}\n", basis[i], basis[i]);
	STRV_EACH(h, &heads)
		buf_addf(&ask, "%s^{commit}\n", *h);
	TRY(git_ok(&r, &(struct git){ .git_dir = s->common, .in = ask.s, .in_n = ask.n },
		ARGV("cat-file", "--batch-check")));
	text = buf_text(&r.out);
	for (size_t i = 0; i < COUNT_OF(basis);
		i++) { /* an unborn HEAD: measured by what is next */
		AUTO(str_release) char *commit = shot_answer(&text);
		AUTO(str_release) char *tree = shot_answer(&text);
		if (i == 1)
			str_set(&s->tip, commit);
		if (!s->head && commit && tree) {
			s->head = str_dup(commit);
			s->head_tree = str_dup(tree);
		}
	}
	STRV_EACH(h, &heads) {
		AUTO(str_release) char *commit = shot_answer(&text);
		if (commit && !str_equal(commit, s->head) && !strv_has(&s->also, commit))
			strv_add(&s->also, commit);
	}
	return NULL;
}

static struct err *find_commits(struct shot *s)
{
	AUTO(str_release) char *ref = head_ref(s->admin);

	s->head_name = str_dup(ref ? ref : "detached");
	TRY(ask_commits(s));
	if (!s->head)
		return fail(ERR_FAILED, "its HEAD names no commit");
	if (str_equal(s->tip, s->head))
		str_release(&s->tip);
	return NULL;
}

/* HEAD on a branch is held by it; only what else there is must be counted. */
static struct err *count_commits(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv args = { 0 };

	if (str_starts(s->head_name, "refs/heads/") && !s->also.n)
		return NULL;
	strv_add_all(&args, ARGV("rev-list", "--count", s->head));
	strv_add_all(&args, s->also.v);
	strv_add_all(&args, ARGV("--not", "--branches", "--remotes", "--tags", "--"));
	TRY(git_ok(&r, &(struct git){ .git_dir = s->common, .timeout_ms = GIT_LONG_MS }, args.v));
	s->commits = atoi(buf_text(&r.out));
	return NULL;
}

static struct err *shoot(struct saved *out, struct shot *s)
{
	AUTO(str_release) char *ref = NULL;

	TRY(shot_wait(s->admin, s->c));
	TRY(find_commits(s));
	TRY(count_commits(s));
	TRY(private_open(&s->p, s->c, s->common, s->empty ? NULL : s->c->path));
	TRY(shot_files(s));
	if (shot_is_worth(s))
		TRY(shot_keep(&ref, s));
	shot_give(out, s, &ref);
	return NULL;
}

/* May this worktree be taken at all? Answers before the agent is stopped. */
static struct err *check_place(enum tri *there, const struct checkout *c, const char *admin)
{
	AUTO(str_release) char *lock = admin ? admin_lock(admin) : NULL;

	*there = place_is_ours(c, c->path);
	if (*there == TRI_UNKNOWN)
		return fail(ERR_REFUSED, "cannot look at %s", c->path);
	if (*there == TRI_NO && path_exists(c->path))
		return fail(
			ERR_REFUSED, "%s is not the worktree of %s: left alone", c->path, c->id);
	if (*there == TRI_YES && !admin)
		return fail(ERR_REFUSED, "git has forgotten the worktree %s: move it away by hand",
			c->path);
	if (lock && !str_starts(lock, KEPT_REASON))
		return fail(ERR_REFUSED, "%s is locked%s%s: git worktree unlock %s", c->path,
			lock[0] ? ": " : "", lock, c->path);
	return NULL;
}

static bool is_kept_aside(const char *admin)
{
	AUTO(str_release) char *lock = admin_lock(admin);

	return str_starts(lock, KEPT_REASON);
}

struct err *shot_refused(struct err *e, const struct checkout *c)
{
	if (e && e->class != ERR_INTERRUPTED && e->class != ERR_REFUSED)
		e = wrap(e, "cannot save the work in %s", c->path);
	if (e && e->class != ERR_INTERRUPTED)
		e->class = ERR_REFUSED;
	return e;
}

struct err *worktree_save(
	struct saved *out, const struct checkout *c, const char *previous, int64_t now_ms)
{
	AUTO(str_release)
	char *admin = c->handle && path_is_dir(c->handle) ? str_dup(c->handle) : NULL;
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *gone = gone_path(c);
	AUTO(shot_release) struct shot s = { .c = c, .admin = admin, .now_ms = now_ms };
	enum tri there;

	TRY(checkout_common(&common, c));
	TRY(check_place(&there, c, admin));
	if (there == TRI_NO && (!admin || path_exists(gone) || is_kept_aside(admin))) {
		/* taken away already, half or all; what is left says nothing about the work */
		*out = (struct saved){ .ref = str_dup(previous) };
		return NULL;
	}
	if (there == TRI_NO)
		TRY(admin_not_moved(admin, c));
	s.common = common;
	s.empty = there == TRI_NO;
	return shot_refused(shoot(out, &s), c);
}
