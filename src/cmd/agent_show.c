#include "cmd/face.h"
#include "op/agents.h"
#include "op/config_show.h"

static struct err *run(struct face *f, struct world *w, const struct args *args)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(strv_release) struct strv files = { 0 };
	AUTO(shown_release) struct shown_list l = { 0 };
	json_t *j = f->json ? json_object() : NULL;

	(void)w;
	op_agents_config(&c, f->config, &f->sink);
	TRY(op_agents_load(&a, &c, args_word(args, 0)));
	op_agents_files(&files, &c, a.name);
	op_agent_show(&l, &a);
	STRV_EACH(s, &files)
		if (!j)
			face_print(f, "# %s\n", *s);
	for (size_t i = 0; i < l.n; i++)
		if (j)
			json_object_set_new(j, l.v[i].key, json_text(l.v[i].value));
		else
			face_print(f, "%s: %s\n", l.v[i].key, l.v[i].value);
	if (j)
		face_json(f, j);
	return NULL;
}

const struct command cmd_agent_show = {
	.name = "agent show",
	.words = "<agent>",
	.min = 1,
	.max = 1,
	.summary = "print an agent's data, and the files it comes from",
	.example = "ao agent show codex",
	.needs = NEEDS_NOTHING,
	.run = run,
};
