#include "cmd/issue_row.h"
#include "cmd/pr.h"

static const struct option options[] = {
	{ "squash", 0, NULL, "one commit of all (the default)" },
	{ "merge", 0, NULL, "a merge commit" },
	{ "rebase", 0, NULL, "each commit on top of the base" },
	{ 0 },
};

static struct err *which_method(enum merge_method *method, const struct args *a)
{
	static const enum merge_method methods[] = { MERGE_SQUASH, MERGE_COMMIT, MERGE_REBASE };
	size_t n = 0;

	*method = MERGE_SQUASH;
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		if (args_has(a, merge_word(methods[i]))) {
			*method = methods[i];
			n++;
		}
	}
	return n > 1 ? fail(ERR_USAGE, "only one of --squash, --merge and --rebase") : NULL;
}

/* Some forges close an issue with the pull request that says so; others never do. */
static void print_issue(const struct face *f, const struct world *w, const struct pull_target *t)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(str_release) char *name = NULL;
	AUTO(str_release) char *project = NULL;

	issue_of_session(&i, w, t->project, t->session);
	if (!i.id)
		return;
	name = issue_name(&i);
	if (w->config.projects.n > 1)
		project = str_format(" -p %s", t->project->id);
	if (issue_closed(&i))
		face_print(f, "  Issue %s is closed.\n", name);
	else
		face_print(f, "  Issue %s stays open: ao issue close%s %s\n", name,
			project ? project : "", i.id);
}

static void print_next(const struct face *f, const struct world *w, const struct pull_target *t,
	const struct pull *p)
{
	if (!t->session || !p->merged_into_default)
		return;
	print_issue(f, w, t);
	face_field(f, "Next", "ao session cleanup");
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(str_release) char *base = NULL;
	enum merge_method method;

	TRY(which_method(&method, a));
	TRY(pr_find(&t, f, w, a));
	TRY(op_pull_merge(&p, w, &t, method, NULL));
	if (f->json) {
		face_json(f, pull_json(&p));
		return NULL;
	}
	base = term_line(p.base);
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Pull request #%d merged into %s as %.10s.\n", p.number, base, p.merged_as);
	if (p.threads)
		face_print(f, "  %d thread%s still open.\n", p.threads,
			p.threads == 1 ? " is" : "s are");
	print_next(f, w, &t, &p);
	return NULL;
}

const struct command cmd_pr_merge = {
	.name = "pr merge",
	.words = "[session|#number]",
	.max = 1,
	.summary = "merge a pull request that is green and not held up by a review",
	.example = "ao pr merge fe-1 --rebase",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
