#include "cmd/issue_row.h"

static void print(const struct face *f, const struct issue *i)
{
	AUTO(str_release) char *name = issue_name(i);
	AUTO(str_release) char *title = term_line(i->title ? i->title : "(no title)");

	face_ink(f, INK_BOLD, "%s %s\n", name, title);
	face_field(f, "State", issue_word(i));
	face_field(f, "Reason", i->reason);
	face_field(f, "Author", i->author);
	face_field(f, "Created", i->created_at);
	face_field(f, "Closed", i->closed_at);
	face_field(f, "Place", i->place);
	if (i->body.n)
		face_print(f, "\n%s%s", i->body.s, str_ends(i->body.s, "\n") ? "" : "\n");
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(issue_release) struct issue i = { 0 };
	const struct project *p;

	TRY(world_project(&p, w, f->project));
	TRY(op_issue_view(&i, w, p, args_word(a, 0)));
	if (f->json)
		face_json(f, issue_json(&i, true));
	else
		print(f, &i);
	return NULL;
}

const struct command cmd_issue_view = {
	.name = "issue view",
	.words = "<issue>",
	.min = 1,
	.max = 1,
	.summary = "show an issue",
	.example = "ao issue view 42",
	.needs = NEEDS_CONFIG,
	.run = run,
};
