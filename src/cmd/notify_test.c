#include "cmd/face.h"
#include "op/notify.h"

static json_t *as_json(const struct notifier_states *all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->list.n; i++) {
		const struct notifier_state *s = &all->list.v[i];

		json_array_append_new(list,
			json_pack("{s:o, s:b, s:o}", "name", json_text(s->name), "told", !s->why,
				"why", json_text(s->why)));
	}
	return list;
}

static void print(const struct face *f, const struct notifier_state *s)
{
	face_ink(f, s->why ? INK_RED : INK_GREEN, "%s", s->why ? "✗" : "✓");
	face_print(f, " %s%s%s\n", s->name, s->why ? ": " : "", s->why ? s->why : "");
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(notifier_states_release) struct notifier_states all = { 0 };
	size_t failed = 0;

	TRY(op_notify_test(&all, w, &a->words));
	for (size_t i = 0; i < all.list.n; i++) {
		failed += all.list.v[i].why != NULL;
		if (!f->json)
			print(f, &all.list.v[i]);
	}
	if (f->json)
		face_json(f, as_json(&all));
	return failed ? exit_quietly(ERR_FAILED) : NULL;
}

const struct command cmd_notify_test = {
	.name = "notify test",
	.words = "[notifier]…",
	.max = -1,
	.summary = "send a test notice to each notifier, and see whether it took it",
	.example = "ao notify test desktop",
	.needs = NEEDS_STORE,
	.for_people = true,
	.run = run,
};
