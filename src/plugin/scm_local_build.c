/*
 * The commit that a merge leads to, made of objects alone: git merge-tree(1) --write-tree. Its
 * --merge-base came with git 2.40; a rebase on older ones helps itself with a commit that has the
 * wanted base as its parent.
 */
#include <stdlib.h>
#include <string.h>

#include "plugin/scm_local.h"

/* Of an identity as git prints it, "Ann <ann@example.org> 1700000000 +0000": is there one? */
static bool has_identity(const struct local *l)
{
	AUTO(run_result_release) struct run_result a = { 0 };
	AUTO(run_result_release) struct run_result c = { 0 };
	struct git g = { .git_dir = l->common, .as_user = true };
	struct err *e = git_run(
		&a, &g, ARGV("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"));

	if (!e)
		e = git_run(&c, &g,
			ARGV("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"));
	if (e) {
		err_drop(e, "as ao, then");
		return false;
	}
	return a.code == 0 && c.code == 0;
}

static struct err *output_id(char **id, struct run_result *r)
{
	buf_cut(&r->out, strcspn(buf_text(&r->out), "\n"));
	if (!is_object_id(buf_text(&r->out)))
		return fail(ERR_FAILED, "git gave no object id back");
	*id = buf_detach(&r->out);
	return NULL;
}

static struct err *ask_id(char **id, const struct local *l, char *const *args)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_ok(&r, &(struct git){ .git_dir = l->common }, args));
	return output_id(id, &r);
}

/* Names from "path" lines behind the tree's id, up to the blank line. */
static char *conflict_names(const struct buf *out)
{
	AUTO(buf_release) struct buf names = { 0 };
	const char *at = strchr(buf_text(out), '\n');

	while (at && at[1] && at[1] != '\n') {
		size_t n = strcspn(at + 1, "\n");
		buf_addf(&names, "%s%.*s", names.n ? ", " : "", (int)n, at + 1);
		at = strchr(at + 1, '\n');
	}
	return buf_detach(&names);
}

static struct err *merge_tree(
	char **tree, const struct local *l, const char *ours, const char *theirs)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *names = NULL;
	char *const *args = ARGV("merge-tree", "--write-tree", "--name-only", "--no-messages",
		"--allow-unrelated-histories", ours, theirs);

	TRY(git_run(&r, &(struct git){ .git_dir = l->common, .timeout_ms = GIT_LONG_MS }, args));
	if (r.code > 1)
		return git_failed(&r, args);
	if (r.code == 0)
		return output_id(tree, &r);
	names = conflict_names(&r.out);
	return fail(ERR_REFUSED, "conflicts in: %s", names);
}

static struct err *commit_tree(char **commit, const struct local *l, const char *tree,
	const char *const parents[2], const struct buf *message, char *const *env)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv args = { 0 };
	struct git g = {
		.git_dir = l->common, .in = buf_text(message), .in_n = message->n, .env = env
	};

	strv_add_all(&args, ARGV("-c", "i18n.commitEncoding=UTF-8", "commit-tree"));
	for (int i = 0; i < 2 && parents[i]; i++)
		strv_add_all(&args, ARGV("-p", parents[i]));
	strv_add_all(&args, ARGV("-F", "-", tree));
	g.as_user = has_identity(l);
	TRY(git_ok(&r, &g, args.v));
	return output_id(commit, &r);
}

static void message_of(struct buf *b, const struct merge_plan *m)
{
	const struct pull *p = m->p;

	if (m->method == MERGE_COMMIT)
		buf_addf(b, "Merge pull request #%d from %s\n\n%s\n", p->number, p->branch,
			p->title);
	else
		buf_addf(b, "%s (#%d)\n", p->title, p->number);
	if (!str_empty(p->body))
		buf_addf(b, "\n%s\n", p->body);
}

static struct err *build_one(char **commit, const struct merge_plan *m)
{
	AUTO(str_release) char *tree = NULL;
	AUTO(buf_release) struct buf message = { 0 };
	const char *second = m->method == MERGE_COMMIT ? m->p->head : NULL;

	TRY(merge_tree(&tree, m->l, m->old, m->p->head));
	message_of(&message, m);
	return commit_tree(commit, m->l, tree, (const char *[]){ m->old, second }, &message, NULL);
}

/* ---- rebase ------------------------------------------------------------------------------------------- */

/* Author and message of a commit, as environment and text. */
static struct err *whose(struct strv *env, struct buf *message, char **parent,
	const struct local *l, const char *commit)
{
	static const char *const names[] = { "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
		"GIT_AUTHOR_DATE" };
	AUTO(run_result_release) struct run_result r = { 0 };
	char *at, *end;

	TRY(git_ok(&r, &(struct git){ .git_dir = l->common },
		ARGV("log", "-1", "--no-show-signature", "--format=%P%n%an%n%ae%n%ad%n%B",
			"--date=raw", commit)));
	at = r.out.n ? r.out.s : NULL;
	for (int i = 0; at && i < 4; i++) {
		end = strchr(at, '\n');
		if (!end)
			return fail(ERR_FAILED, "git log: cannot read %s", commit);
		*end = '\0';
		if (i == 0)
			str_set(parent, at);
		else
			strv_addf(env, "%s=%s", names[i - 1], at);
		at = end + 1;
	}
	buf_adds(message, at ? at : "");
	return NULL;
}

/* The change that `commit` makes, on top of *onto. */
static struct err *pick(char **onto, const struct local *l, const char *commit)
{
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(buf_release) struct buf message = { 0 };
	AUTO(buf_release) struct buf nothing = { 0 };
	AUTO(str_release) char *parent = NULL;
	AUTO(str_release) char *name = str_format("%s^{tree}", *onto);
	AUTO(str_release) char *had = NULL;
	AUTO(str_release) char *bridge = NULL;
	AUTO(str_release) char *tree = NULL;
	char *made = NULL;

	TRY(whose(&env, &message, &parent, l, commit));
	if (str_equal(parent, *onto)) {
		str_set(onto, commit);
		return NULL;
	}
	TRY(ask_id(&had, l, ARGV("rev-parse", "--verify", name)));
	TRY(commit_tree(&bridge, l, had,
		(const char *[]){ str_empty(parent) ? NULL : parent, NULL }, &nothing, NULL));
	TRY(wrap(merge_tree(&tree, l, bridge, commit), "rebasing %.10s", commit));
	if (str_equal(tree, had)) /* it is there already */
		return NULL;
	TRY(commit_tree(&made, l, tree, (const char *[]){ *onto, NULL }, &message, env.v));
	str_release(onto);
	*onto = made;
	return NULL;
}

static struct err *build_rebase(char **commit, const struct merge_plan *m)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *range = str_format("%s..%s", m->old, m->p->head);
	AUTO(str_release) char *onto = str_dup(m->old);
	char *save = NULL;

	TRY(git_ok(&r, &(struct git){ .git_dir = m->l->common },
		ARGV("rev-list", "--reverse", "--topo-order", "--no-merges", range, "--")));
	for (char *line = r.out.n ? strtok_r(r.out.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		TRY(pick(&onto, m->l, line));
	*commit = onto;
	onto = NULL;
	return NULL;
}

struct err *merge_build(char **commit, const struct merge_plan *m)
{
	return m->method == MERGE_REBASE ? build_rebase(commit, m) : build_one(commit, m);
}
