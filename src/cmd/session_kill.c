#include "cmd/killed.h"

static const struct option options[] = {
	{ "keep-worktree", 0, NULL, "end the agent, leave its worktree" },
	{ "now", 0, NULL, "do not give the agent 5 s to end by itself" },
	{ 0 },
};

static struct err *kill_one(
	struct face *f, struct world *w, const char *id, const struct kill_options *o, json_t *list)
{
	AUTO(killed_release) struct killed k = { 0 };

	TRY(op_kill(&k, w, id, o));
	if (list) {
		json_array_append_new(list, killed_json(id, &k));
		return NULL;
	}
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Session %s killed.\n", id);
	killed_print(f, id, &k);
	return NULL;
}

/* Each by itself: that one of them cannot be killed spares none of the others. */
static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	struct kill_options o = {
		.keep_worktree = args_has(a, "keep-worktree"),
		.now = args_has(a, "now"),
	};
	json_t *list = f->json ? json_array() : NULL;
	struct err *failed = NULL;
	size_t i = 0;

	do {
		const char *id = args_word(a, i);
		struct err *e = id ? NULL : args_session(&id, a);

		errors_add(&failed, e ? e : kill_one(f, w, id, &o, list));
		fflush(f->out);
	} while (++i < a->words.n && !(failed && failed->class == ERR_INTERRUPTED));
	if (list)
		face_json(f, list);
	return failed;
}

const struct command cmd_session_kill = {
	.name = "session kill",
	.words = "[session…]",
	.max = -1,
	.summary = "end a session and remove its worktree; what was not committed is saved",
	.example = "ao session kill fe-1",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
