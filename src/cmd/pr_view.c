#include "cmd/pr.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull p = { 0 };

	TRY(pr_find(&t, f, w, a));
	TRY(op_pull_view(&p, w, &t));
	if (f->json) {
		face_json(f, pull_json(&p));
		return NULL;
	}
	pull_print_head(f, &p);
	if (!str_empty(p.body))
		face_print(f, "\n%s\n\n", p.body);
	pull_print_checks(f, &p, false);
	pull_print_remarks(f, &p);
	return NULL;
}

const struct command cmd_pr_view = {
	.name = "pr view",
	.words = "[session|#number]",
	.max = 1,
	.summary = "show a pull request: state, checks, reviews and threads",
	.example = "ao pr view fe-1",
	.needs = NEEDS_CONFIG,
	.run = run,
};
