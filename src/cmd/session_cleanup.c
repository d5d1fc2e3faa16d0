#include "cmd/killed.h"
#include "op/cleanup.h"

static const struct option options[] = {
	{ "dry-run", 'n', NULL, "only tell what would be cleaned" },
	{ 0 },
};

static json_t *row_as_json(const struct cleanup_row *r, const char *what)
{
	return json_pack("{s:o, s:o, s:s}", "name", json_text(r->id), "reason",
		json_text(r->reason), "outcome", what);
}

static void print_row(const struct face *f, const char *what, const struct cleanup_row *r)
{
	AUTO(str_release) char *reason = term_line(r->reason);

	face_print(
		f, "  %s %s%s%s%s\n", what, r->id, *reason ? " (" : "", reason, *reason ? ")" : "");
}

/* *cleaned grows when the row was, or in a dry run would be, cleaned. */
static struct err *do_row(struct face *f, struct world *w, const struct cleanup_row *r, bool dry,
	json_t *list, size_t *cleaned)
{
	AUTO(killed_release) struct killed k = { 0 };
	const char *what = r->skipped ? "Skipped" : dry ? "Would kill" : "Cleaned:";

	if (!r->skipped && !dry)
		TRY(wrap(op_cleanup(&k, w, r), "%s", r->id));
	if (k.already) /* another cleanup was there first, and says so */
		return NULL;
	*cleaned += !r->skipped;
	if (list) {
		json_array_append_new(list,
			row_as_json(r,
				r->skipped    ? "skipped"
					: dry ? "would-kill"
					      : "cleaned"));
		return NULL;
	}
	print_row(f, what, r);
	killed_print(f, r->id, &k);
	return NULL;
}

static void print_end(const struct face *f, size_t rows, size_t cleaned, bool dry)
{
	const char *s = cleaned == 1 ? "" : "s";

	face_print(f, "%s", rows ? "\n" : "");
	if (dry)
		face_print(f, "Dry run complete. %zu session%s would be cleaned.\n", cleaned, s);
	else
		face_print(f, "Cleanup complete. %zu session%s cleaned.\n", cleaned, s);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(cleanup_plan_release) struct cleanup_plan plan = { 0 };
	bool dry = args_has(a, "dry-run");
	json_t *list = f->json ? json_array() : NULL;
	struct err *failed = NULL;
	const struct project *p;
	size_t cleaned = 0;

	if (f->project)
		failed = world_project(&p, w, f->project);
	if (!failed && !list)
		face_print(f, "Checking for completed sessions...\n\n");
	if (!failed)
		failed = op_cleanup_plan(&plan, w, f->project);
	if (failed) {
		json_decref(list);
		return failed;
	}
	for (size_t i = 0; i < plan.list.n; i++) {
		fflush(f->out);
		errors_add(&failed, do_row(f, w, &plan.list.v[i], dry, list, &cleaned));
		if (failed && failed->class == ERR_INTERRUPTED)
			break;
	}
	if (list)
		face_json(f, list);
	else
		print_end(f, plan.list.n, cleaned, dry);
	return failed;
}

const struct command cmd_session_cleanup = {
	.name = "session cleanup",
	.summary = "remove the sessions that are done: merged, closed, or gone",
	.example = "ao session cleanup --dry-run",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
