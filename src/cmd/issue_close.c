#include "cmd/issue_row.h"

static const struct option options[] = {
	{ "reason", 0, "TEXT", "why, for whoever looks later" },
	{ 0 },
};

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(str_release) char *name = NULL;
	const struct project *p;
	bool before;

	TRY(world_project(&p, w, f->project));
	TRY(op_issue_close(&i, &before, w, p, args_word(a, 0), args_value(a, "reason")));
	if (f->json) {
		face_json(f, issue_json(&i, false));
		return NULL;
	}
	name = issue_name(&i);
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Issue %s %s.\n", name, before ? "was closed before" : "closed");
	return NULL;
}

const struct command cmd_issue_close = {
	.name = "issue close",
	.words = "<issue>",
	.min = 1,
	.max = 1,
	.summary = "close an issue; 'ao session cleanup' ends the sessions on it",
	.example = "ao issue close 42 --reason \"fixed by #57\"",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
