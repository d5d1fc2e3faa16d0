#include "cmd/face.h"
#include "cmd/input.h"
#include "op/batch.h"

static const struct option options[] = {
	{ "after", 0, "SESSION", "only once its pull request is merged; queued until then" },
	{ 0 },
};

static const struct {
	const char *mark, *word;
	enum ink ink;
} ends[] = {
	[BATCH_CREATED] = { "✓", "created", INK_GREEN },
	[BATCH_QUEUED] = { "✓", "queued", INK_GREEN },
	[BATCH_SKIPPED] = { "-", "skipped", INK_YELLOW },
	[BATCH_FAILED] = { "✗", "failed", INK_RED },
};

static void print_row(void *arg, const struct batch_row *row)
{
	const struct face *f = arg;
	AUTO(str_release) char *issue = term_line(row->issue);
	AUTO(str_release) char *why = term_line(row->why);

	face_ink(f, ends[row->end].ink, "%s", ends[row->end].mark);
	if (row->end == BATCH_FAILED)
		face_print(f, " %s: failed: %s\n", issue, why);
	else
		face_print(f, " %s: %s %s\n", issue, ends[row->end].word,
			row->session ? row->session : "(named before)");
	fflush(f->out);
}

static void print_sum(const struct face *f, const size_t sum[])
{
	face_print(f, "\n%zu created, ", sum[BATCH_CREATED]);
	if (sum[BATCH_QUEUED])
		face_print(f, "%zu queued, ", sum[BATCH_QUEUED]);
	face_print(f, "%zu skipped, %zu failed\n", sum[BATCH_SKIPPED], sum[BATCH_FAILED]);
}

static json_t *as_json(const struct batch *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->list.n; i++) {
		const struct batch_row *r = &b->list.v[i];
		json_array_append_new(list,
			json_pack("{s:o, s:s, s:o, s:o}", "issue", json_text(r->issue), "result",
				ends[r->end].word, "session", json_text(r->session), "error",
				json_text(r->why)));
	}
	return list;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(batch_release) struct batch b = { 0 };
	const struct project *p;
	char *const *issues;
	size_t sum[COUNT_OF(ends)] = { 0 }, used;

	TRY(input_project(&p, &used, f, w, a));
	issues = a->words.v + used;
	if (!*issues)
		return fail(ERR_USAGE, "no issue given: ao batch-spawn %s ISSUE…", p->id);
	for (char *const *issue = issues; *issue; issue++)
		if (str_empty(*issue))
			return fail(ERR_USAGE, "the issue is empty");
	TRY(op_batch(&b, w,
		&(struct batch_options){ .project = p,
			.issues = issues,
			.after = args_value(a, "after"),
			.tell = f->json ? NULL : print_row,
			.arg = f }));
	for (size_t i = 0; i < b.list.n; i++)
		sum[b.list.v[i].end]++;
	if (f->json)
		face_json(f, as_json(&b));
	else
		print_sum(f, sum);
	return sum[BATCH_FAILED] ? exit_quietly(ERR_FAILED) : NULL;
}

const struct command cmd_batch_spawn = {
	.name = "batch-spawn",
	.words = "[project] <issue>…",
	.min = 1,
	.max = -1,
	.summary = "start an agent on each of several issues, up to 4 at once",
	.example = "ao batch-spawn frontend 41 42 43",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
