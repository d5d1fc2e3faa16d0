#include "cmd/issue_row.h"

static const struct option options[] = {
	{ "all", 'a', NULL, "closed ones too" },
	{ 0 },
};

static void print(const struct face *f, const struct issue *i, bool all)
{
	AUTO(str_release) char *name = issue_name(i);

	face_cell(f, INK_BOLD, 8, name);
	if (all)
		face_cell(f, issue_closed(i) ? INK_DIM : INK_GREEN, 8, issue_word(i));
	face_cell(f, INK_NONE, 0, i->title ? i->title : "(no title)");
	face_print(f, "\n");
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(issues_release) struct issues issues = { 0 };
	const struct project *p;
	bool all = args_has(a, "all");
	json_t *rows;

	TRY(world_project(&p, w, f->project));
	TRY(op_issue_list(&issues, w, p, all));
	if (!f->json) {
		for (size_t i = 0; i < issues.list.n; i++)
			print(f, &issues.list.v[i], all);
		if (!issues.list.n)
			face_print(f, all ? "(no issues)\n" : "(no open issues)\n");
		return NULL;
	}
	rows = json_array();
	for (size_t i = 0; i < issues.list.n; i++)
		json_array_append_new(rows, issue_json(&issues.list.v[i], false));
	face_json(f, rows);
	return NULL;
}

const struct command cmd_issue_ls = {
	.name = "issue ls",
	.summary = "list the open issues of a project, newest first",
	.example = "ao issue ls --all",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
