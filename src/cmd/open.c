#include "cmd/open.h"

#include <unistd.h>

#include "base/child.h"
#include "op/open.h"

static const struct option options[] = {
	{ "new-window", 0, NULL, "always a new window, not a tab and not this terminal" },
	{ 0 },
};

static void print(const struct face *f, const struct opens *o)
{
	for (size_t i = 0; i < o->list.n; i++) {
		const struct opened *one = &o->list.v[i];

		if (!one->by) {
			face_print(f, "%s\n", one->line);
			continue;
		}
		face_ink(f, INK_GREEN, "✓");
		face_print(f, " Session %s opened in %s\n", one->session, one->by);
	}
}

static json_t *as_json(const struct opens *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->list.n; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:o}", "name", json_text(o->list.v[i].session),
				"openedIn", json_text(o->list.v[i].by), "attach",
				json_text(o->list.v[i].line)));
	return list;
}

struct err *open_and_tell(struct face *f, struct world *w, const char *target, bool new_window)
{
	AUTO(opens_release) struct opens opens = { 0 };
	struct open_options o = { .target = target,
		.new_window = new_window,
		.here = !f->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) };

	TRY(op_open(&opens, w, &o));
	if (opens.become.n) {
		fflush(f->out);
		return child_exec(opens.become.v, NULL);
	}
	if (f->json)
		face_json(f, as_json(&opens));
	else
		print(f, &opens);
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	const char *target = args_word(a, 0);

	return open_and_tell(f, w, target ? target : f->project, args_has(a, "new-window"));
}

const struct command cmd_open = {
	.name = "open",
	.words = "[session|project|all]",
	.max = 1,
	.summary = "look at sessions: here, or in a tab or window of a terminal",
	.example = "ao open fe-1",
	.options = options,
	.needs = NEEDS_CONFIG,
	.for_people = true,
	.run = run,
};
