#include "cmd/face.h"
#include "op/doctor.h"

static const struct option options[] = {
	{ "fix", 0, NULL, "mend what can be mended" },
	{ 0 },
};

static const struct {
	const char *mark, *word;
	enum ink ink;
} levels[] = {
	[FINDING_OK] = { "✓", "ok", INK_GREEN },
	[FINDING_NOTE] = { "!", "note", INK_YELLOW },
	[FINDING_PROBLEM] = { "✗", "problem", INK_RED },
};

static void print(const struct face *f, const struct finding *n)
{
	AUTO(str_release) char *text = term_line(n->text);
	AUTO(str_release) char *fix = term_line(n->fix);

	if (f->quiet && n->level == FINDING_OK)
		return;
	face_ink(f, n->fixed ? INK_GREEN : levels[n->level].ink, "%s",
		n->fixed ? "✓" : levels[n->level].mark);
	face_print(f, " %s\n", text);
	if (*fix)
		face_print(f, "    %s%s%s\n", n->fixed ? "fixed: " : "", fix,
			n->fixable && !n->fixed ? " (ao doctor --fix)" : "");
}

static json_t *as_json(const struct findings *all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->list.n; i++) {
		const struct finding *n = &all->list.v[i];

		json_array_append_new(list,
			json_pack("{s:s, s:o, s:o, s:b, s:b}", "level", levels[n->level].word,
				"text", json_text(n->text), "fix", json_text(n->fix), "fixable",
				n->fixable, "fixed", n->fixed));
	}
	return list;
}

/* A broken config is itself a finding; the machine is looked at all the same. */
static void open_world(struct world *w, struct findings *all, struct face *f, bool fix)
{
	struct err *e = world_open(w, f->config, &f->sink, fix);
	struct finding *n;

	if (!e)
		return;
	world_release(w);
	*w = (struct world){ .sink = &f->sink };
	n = vec_push(&all->list);
	n->level = e->class == ERR_MISSING ? FINDING_NOTE : FINDING_PROBLEM;
	n->text = str_dup(e->text);
	err_free(e);
}

static size_t problems(const struct findings *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->list.n; i++)
		n += all->list.v[i].level == FINDING_PROBLEM && !all->list.v[i].fixed;
	return n;
}

static struct err *run(struct face *f, struct world *none, const struct args *a)
{
	AUTO(world_release) struct world w = { 0 };
	AUTO(findings_release) struct findings all = { 0 };
	bool fix = args_has(a, "fix");
	size_t left;

	(void)none;
	open_world(&w, &all, f, fix);
	TRY(op_doctor(&all, &w, fix));
	if (f->json)
		face_json(f, as_json(&all));
	for (size_t i = 0; !f->json && i < all.list.n; i++)
		print(f, &all.list.v[i]);
	left = problems(&all);
	return left ? fail(ERR_FAILED, "%zu problem%s", left, left == 1 ? "" : "s") : NULL;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "check tools, configuration and leftovers",
	.example = "ao doctor --fix",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
