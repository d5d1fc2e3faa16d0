#include "cmd/input.h"
#include "cmd/issue_row.h"

static const struct option options[] = {
	{ "message", 'm', "TEXT", "what is said" },
	{ "file", 0, "FILE", "the same from a file; - is standard input" },
	{ 0 },
};

static struct err *read_text(struct buf *text, const struct args *a)
{
	const char *file = args_value(a, "file"), *message = args_value(a, "message");

	if (!file == !message)
		return fail(ERR_USAGE, "one of -m TEXT and --file FILE is wanted");
	if (file)
		return input_read(text, file);
	buf_adds(text, message);
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(str_release) char *name = NULL;
	const struct project *p;

	TRY(world_project(&p, w, f->project));
	TRY(read_text(&text, a));
	TRY(op_issue_comment(&i, w, p, args_word(a, 0), &text));
	if (f->json) {
		face_json(f, issue_json(&i, false));
		return NULL;
	}
	name = issue_name(&i);
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Comment on issue %s added.\n", name);
	return NULL;
}

const struct command cmd_issue_comment = {
	.name = "issue comment",
	.words = "<issue>",
	.min = 1,
	.max = 1,
	.summary = "say something about an issue, where others see it",
	.example = "ao issue comment 42 -m \"see also #57\"",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
