/*
 * Saving a clone. The session's branch goes into the repository (clone_publish.c); what it does not
 * hold is saved as of a worktree, with every other ref and the whole stash beside it. git runs on a
 * private dir that borrows the clone's objects: nothing in the clone is run, believed or changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/valid.h"
#include "plugin/clone.h"
#include "plugin/worktree_shot.h"

/* Does the repository have the very same? Then it comes back from there. */
static bool is_there(const struct buf *refs, const struct clone_ref *r)
{
	AUTO(str_release) char *line = str_format("%s %s\n", r->id, r->name);

	return strstr(buf_text(refs), line) != NULL;
}

/* Lines of the message by which undelete makes them again (worktree_past.c). */
static struct err *describe(struct shot *s, const struct clone_refs *refs)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_ok(&r, &(struct git){ .git_dir = s->common },
		ARGV("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags")));
	for (size_t i = 0; i < refs->list.n; i++) {
		const struct clone_ref *ref = &refs->list.v[i];
		if (!is_there(&r.out, ref) && !str_equal(ref->name, "refs/stash") &&
			valid_branch(ref->name + strlen("refs/")))
			strv_addf(&s->words, "ref %s %s", ref->id, ref->name);
	}
	for (size_t i = 0; i < refs->stash.n; i++)
		strv_addf(&s->words, "stash %s %s", refs->stash.v[i].id, refs->stash.v[i].text);
	return NULL;
}

static void hold(struct shot *s, struct strv *to, const char **answers)
{
	AUTO(str_release) char *commit = shot_answer(answers);

	if (commit && !str_equal(commit, s->head) && !strv_has(to, commit))
		strv_add(to, commit);
}

/* HEAD, else where the branch is or was made, and what all else leads to: one question. */
static struct err *ask_commits(struct shot *s, const struct clone_refs *refs, const char *tip)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *head = clone_head(s->admin, refs);
	AUTO(strv_release) struct strv heads = { 0 };
	AUTO(buf_release) struct buf ask = { 0 };
	const char *basis[] = { head, tip, s->c->base };
	const char *text;

	shot_heads(&heads, s->admin);
	for (size_t i = 0; i < COUNT_OF(basis); i++)
		buf_addf(&ask, "%s^{commit}\n%s^{tree}\n", basis[i] ? basis[i] : "none",
			basis[i] ? basis[i] : "none");
	STRV_EACH(h, &heads)
		buf_addf(&ask, "%s^{commit}\n", *h);
	for (size_t i = 0; i < refs->list.n; i++)
		buf_addf(&ask, "%s^{commit}\n", refs->list.v[i].id);
	for (size_t i = 0; i < refs->stash.n; i++)
		buf_addf(&ask, "%s^{commit}\n", refs->stash.v[i].id);
	TRY(private_ok(&r, &s->p, &ask, ARGV("cat-file", "--batch-check")));
	text = buf_text(&r.out);
	for (size_t i = 0; i < COUNT_OF(basis); i++) {
		AUTO(str_release) char *commit = shot_answer(&text);
		AUTO(str_release) char *tree = shot_answer(&text);
		if (!s->head && commit && tree) {
			s->head = str_dup(commit);
			s->head_tree = str_dup(tree);
		}
	}
	STRV_EACH(h, &heads)
		hold(s, &s->also, &text);
	for (size_t i = 0; i < refs->list.n + refs->stash.n; i++)
		hold(s, &s->held, &text);
	return s->head ? NULL : fail(ERR_FAILED, "its HEAD names no commit");
}

/* Those that no branch, remote or tag of the repository holds. */
static struct err *count_commits(struct shot *s)
{
	AUTO(run_result_release) struct run_result theirs = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf in = { 0 };

	TRY(git_ok(&theirs, &(struct git){ .git_dir = s->common },
		ARGV("for-each-ref", "--format=^%(objectname)", "refs/heads", "refs/remotes",
			"refs/tags")));
	buf_addf(&in, "%s\n", s->head);
	STRV_EACH(also, &s->also)
		buf_addf(&in, "%s\n", *also);
	STRV_EACH(held, &s->held)
		buf_addf(&in, "%s\n", *held);
	buf_add(&in, buf_text(&theirs.out), theirs.out.n);
	TRY(private_ok(&r, &s->p, &in, ARGV("rev-list", "--count", "--stdin")));
	s->commits = atoi(buf_text(&r.out));
	return NULL;
}

static struct err *find_commits(struct shot *s)
{
	AUTO(clone_refs_release) struct clone_refs refs = { 0 };
	AUTO(str_release) char *ref = head_ref(s->admin);
	AUTO(str_release) char *name = str_format("refs/heads/%s", s->c->branch);
	AUTO(str_release) char *theirs = NULL;
	const char *tip;

	TRY(clone_refs_read(&refs, s->admin));
	TRY(branch_tip(&theirs, s->common, s->c->branch));
	tip = clone_ref_id(&refs, name);
	s->head_name = str_dup(ref ? ref : "detached");
	TRY(ask_commits(s, &refs, tip ? tip : theirs));
	if (tip && !str_equal(tip, s->head))
		s->tip = str_dup(tip);
	TRY(describe(s, &refs));
	return count_commits(s);
}

static struct err *shoot(struct saved *out, struct shot *s)
{
	AUTO(str_release) char *ref = NULL;

	TRY(shot_wait(s->admin, s->c));
	TRY(private_borrow(&s->p, s->c, s->common, s->admin, s->c->path));
	TRY(find_commits(s));
	TRY(shot_files(s));
	if (shot_is_worth(s))
		TRY(shot_keep(&ref, s));
	shot_give(out, s, &ref);
	return NULL;
}

/* That the branch cannot follow takes nothing away: the commits are saved beside the rest. */
static struct err *publish(char **note, const struct checkout *c)
{
	struct err *e = c->branch ? clone_publish(c, c->branch) : NULL;

	if (!e || e->class == ERR_INTERRUPTED)
		return e;
	*note = str_dup(e->text);
	err_drop(e, "told by the caller");
	return NULL;
}

struct err *clone_save(
	struct saved *out, const struct checkout *c, const char *previous, int64_t now_ms)
{
	AUTO(str_release) char *git_dir = clone_git(c->path);
	/* where its git dir was taken away or made a link, nothing is read there; files remain */
	AUTO(str_release) char *admin = git_dir ? str_dup(git_dir) : path_join(c->folder, "none");
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *note = NULL;
	AUTO(shot_release)
	struct shot s = { .c = c, .admin = admin, .now_ms = now_ms, .quarantined = true };
	enum tri there = clone_is_ours(c, c->path);

	TRY(repo_find(NULL, &common, c->repo));
	if (there == TRI_UNKNOWN)
		return fail(ERR_REFUSED, "cannot look at %s", c->path);
	if (there == TRI_NO && path_exists(c->path))
		return fail(ERR_REFUSED, "%s is not the clone of %s: left alone", c->path, c->id);
	if (there == TRI_NO) { /* taken away already */
		*out = (struct saved){ .ref = str_dup(previous) };
		return NULL;
	}
	s.common = common;
	TRY(publish(&note, c));
	TRY(shot_refused(shoot(out, &s), c));
	out->note = note;
	note = NULL;
	return NULL;
}

struct err *clone_recap(struct buf *out, const struct checkout *c)
{
	AUTO(private_release) struct private_dir p = { 0 };
	AUTO(clone_refs_release) struct clone_refs refs = { 0 };
	AUTO(str_release) char *git_dir = clone_git(c->path);
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *head = NULL;

	if (!git_dir || clone_is_ours(c, c->path) != TRI_YES)
		return fail(ERR_MISSING, "%s is not there", c->path);
	TRY(repo_find(NULL, &common, c->repo));
	TRY(clone_refs_read(&refs, git_dir));
	head = clone_head(git_dir, &refs);
	if (!head)
		return fail(ERR_FAILED, "%s: its HEAD names no commit", c->path);
	TRY(private_borrow(&p, c, common, git_dir, c->path));
	return recap_private(out, c, &p, git_dir, head);
}
