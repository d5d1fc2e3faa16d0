#include <string.h>

#include "cmd/input.h"
#include "cmd/issue_row.h"

static const struct option options[] = {
	{ "body", 0, "TEXT", "what there is to say about it" },
	{ "body-file", 0, "FILE", "the same from a file; - is standard input" },
	{ 0 },
};

static struct err *body_of(struct buf *body, const struct args *a)
{
	const char *file = args_value(a, "body-file"), *text = args_value(a, "body");

	if (file && text)
		return fail(ERR_USAGE, "--body and --body-file say the same thing: give one");
	if (file)
		return input_read(body, file);
	if (text)
		buf_adds(body, text);
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(buf_release) struct buf body = { 0 };
	AUTO(str_release) char *title = words_join(a->words.v, a->words.n);
	AUTO(str_release) char *name = NULL;
	const struct project *p;

	TRY(world_project(&p, w, f->project));
	TRY(body_of(&body, a));
	TRY(op_issue_create(&i, w, p, title, body.s, body.n));
	if (f->json) {
		face_json(f, issue_json(&i, true));
		return NULL;
	}
	name = issue_name(&i);
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Issue %s created.\n", name);
	face_field(f, "Title", i.title);
	return NULL;
}

const struct command cmd_issue_create = {
	.name = "issue create",
	.words = "<title…>",
	.min = 1,
	.max = -1,
	.summary = "write down what is to be done",
	.example = "ao issue create \"The login page is slow\" --body-file notes.md",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
