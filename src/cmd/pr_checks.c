#include "cmd/pr.h"

static const struct option options[] = {
	{ "again", 0, NULL, "run also what is red already, once more on the same head" },
	{ 0 },
};

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull p = { 0 };

	TRY(pr_find(&t, f, w, a));
	TRY(args_has(a, "again") ? op_pull_check_again(&p, w, &t)
				 : op_pull_check(&p, w, &t, false));
	if (f->json)
		face_json(f, pull_json(&p));
	else if (!p.checks.n)
		face_print(f, "No checks are configured for %s.\n", t.project->id);
	else
		pull_print_checks(f, &p, true);
	return p.ci == CI_FAILURE || p.ci == CI_PENDING ? exit_quietly(ERR_FAILED) : NULL;
}

const struct command cmd_pr_checks = {
	.name = "pr checks",
	.words = "[session|#number]",
	.max = 1,
	.summary = "run the checks that are due, show all; exit 1 when one is red",
	.example = "ao pr checks fe-1",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
