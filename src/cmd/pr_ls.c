#include "cmd/pr.h"

enum { IN_NUMBER = 6, IN_STATE = 8, IN_CI = 10, IN_REVIEW = 18, IN_THREADS = 5, IN_BRANCH = 24 };

static const struct option options[] = {
	{ "all", 'a', NULL, "also those that are merged or closed" },
	{ 0 },
};

static void print_row(const struct face *f, const struct pull *p)
{
	AUTO(str_release) char *number = str_format("#%d", p->number);
	AUTO(str_release) char *threads = str_format("%d", p->threads);
	const char *ci = ci_word(p->ci), *review = review_word(p->review);

	face_print(f, "  ");
	face_cell(f, INK_BLUE, IN_NUMBER, number);
	face_cell(f, INK_NONE, IN_STATE, pull_state_word(p->state));
	face_cell(f, INK_NONE, IN_CI, ci ? ci : "-");
	face_cell(f, INK_NONE, IN_REVIEW, review ? review : "-");
	face_cell(f, INK_NONE, IN_THREADS, threads);
	face_cell(f, INK_CYAN, IN_BRANCH, p->branch);
	face_cell(f, INK_NONE, 0, p->title ? p->title : "");
	face_print(f, "\n");
}

static void print_project(const struct face *f, const struct project *p, const struct pulls *list,
	bool all, json_t *json)
{
	size_t shown = 0;

	if (!json)
		face_ink(f, INK_BOLD, "%s:\n", p->name);
	for (size_t i = 0; i < list->list.n; i++) {
		const struct pull *pull = &list->list.v[i];

		if (!all && pull->state != PULL_OPEN)
			continue;
		shown++;
		if (json) {
			json_t *row = pull_json(pull);
			json_object_set_new(row, "project", json_text(p->id));
			json_array_append_new(json, row);
		} else {
			print_row(f, pull);
		}
	}
	if (!json && !shown)
		face_ink(f, INK_DIM, "  (no pull requests)\n");
}

/* A project without a forge that is known here is told, and is no failure of the others. */
static struct err *one_project(struct face *f, const struct world *w, const struct project *p,
	bool all, json_t *json, bool named)
{
	AUTO(pulls_release) struct pulls list = { 0 };
	struct err *e = op_pull_list(&list, w, p);

	if (e && !named && e->class == ERR_CONFIG) {
		sink_say(&f->sink, SINK_NOTE, "%s", e->text);
		err_drop(e, "told as a note");
		return NULL;
	}
	TRY(e);
	print_project(f, p, &list, all, json);
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	json_t *json = f->json ? json_array() : NULL;
	struct err *failed = NULL;
	const struct project *only = NULL;

	if (f->project)
		failed = world_project(&only, w, f->project);
	for (size_t i = 0; !failed && i < w->config.projects.n; i++) {
		const struct project *p = &w->config.projects.v[i];
		if (!only || only == p)
			failed = one_project(f, w, p, args_has(a, "all"), json, only != NULL);
	}
	if (json && failed)
		json_decref(json);
	else if (json)
		face_json(f, json);
	return failed;
}

const struct command cmd_pr_ls = {
	.name = "pr ls",
	.summary = "list pull requests",
	.example = "ao pr ls -p frontend",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
