#include "cmd/face.h"
#include "op/agent_check.h"
#include "op/agents.h"

static struct err *print(struct face *f, json_t *rows, const struct config *c, const char *name)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(agent_check_release) struct agent_check check = { 0 };
	AUTO(strv_release) struct strv files = { 0 };
	const char *file;

	TRY(op_agents_load(&a, c, name));
	op_agent_check(&check, &a, c, NULL, false);
	op_agents_files(&files, c, name);
	file = files.n ? files.v[files.n - 1] : "";
	if (rows) {
		json_array_append_new(rows,
			json_pack("{s:o, s:b, s:o, s:o}", "name", json_text(name), "installed",
				check.program != NULL, "program", json_text(check.program), "file",
				json_text(file)));
		return NULL;
	}
	face_cell(f, INK_BOLD, 16, name);
	face_cell(f, check.program ? INK_GREEN : INK_DIM, 16,
		check.program ? "installed" : "not installed");
	face_cell(f, INK_NONE, 0, file);
	face_print(f, "\n");
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(strv_release) struct strv names = { 0 };
	json_t *rows = f->json ? json_array() : NULL;
	struct err *all = NULL;

	(void)w;
	(void)a;
	op_agents_config(&c, f->config, &f->sink);
	op_agents_names(&names, &c);
	STRV_EACH(n, &names)
		errors_add(&all, print(f, rows, &c, *n));
	if (rows)
		face_json(f, rows);
	return all;
}

const struct command cmd_agent_ls = {
	.name = "agent ls",
	.summary = "list the agents, whether they are installed, and their files",
	.example = "ao agent ls",
	.needs = NEEDS_NOTHING,
	.run = run,
};
