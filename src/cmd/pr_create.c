#include "cmd/pr.h"

static const struct option options[] = {
	{ "title", 0, "TEXT", "else the issue's, else the subject of the last commit" },
	{ "body", 0, "TEXT", "what it is about" },
	{ "base", 0, "BRANCH", "merge into this branch, not the default one" },
	{ "no-checks", 0, NULL, "run no checks now" },
	{ 0 },
};

/* It is made, whatever becomes of its checks. */
static struct err *check(
	struct pull *p, const struct face *f, const struct world *w, const struct pull_target *t)
{
	AUTO(pull_release) struct pull after = { 0 };
	struct err *e = op_pull_check(&after, w, t, false);

	if (e && e->class == ERR_INTERRUPTED)
		return e;
	if (e) {
		sink_say((struct sink *)&f->sink, SINK_WARNING, "its checks did not run: %s",
			e->text);
		err_drop(e, "told as a warning");
		return NULL;
	}
	pull_release(p);
	*p = after;
	after = (struct pull){ 0 };
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull p = { 0 };
	struct pull_draft_options o = { .title = args_value(a, "title"),
		.body = args_value(a, "body"),
		.base = args_value(a, "base") };
	const char *id;
	bool made;

	TRY(args_session(&id, a));
	TRY(op_pull_create(&p, &t, &made, w, id, &o));
	if (!f->json) {
		face_ink(f, INK_GREEN, "✓");
		face_print(f,
			made ? " Pull request #%d created for %s.\n"
			     : " Pull request #%d of %s is open already.\n",
			p.number, id);
		pull_print_head(f, &p);
		fflush(f->out);
	}
	if (!args_has(a, "no-checks"))
		TRY(check(&p, f, w, &t));
	if (f->json)
		face_json(f, pull_json(&p));
	else
		pull_print_checks(f, &p, true);
	return NULL;
}

const struct command cmd_pr_create = {
	.name = "pr create",
	.words = "[session]",
	.max = 1,
	.summary = "make a pull request of a session's branch and run its checks",
	.example = "ao pr create fe-1 --title 'Add the login'",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
