#include "cmd/pr.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull p = { 0 };

	TRY(pr_find(&t, f, w, a));
	TRY(op_pull_close(&p, w, &t));
	if (f->json) {
		face_json(f, pull_json(&p));
		return NULL;
	}
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Pull request #%d closed; its branch stays.\n", p.number);
	return NULL;
}

const struct command cmd_pr_close = {
	.name = "pr close",
	.words = "[session|#number]",
	.max = 1,
	.summary = "close a pull request without merging it",
	.example = "ao pr close fe-1",
	.needs = NEEDS_STORE,
	.run = run,
};
