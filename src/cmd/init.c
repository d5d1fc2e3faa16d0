#include "op/init.h"
#include "cmd/face.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(init_found_release) struct init_found found = { 0 };
	AUTO(str_release) char *file = NULL;

	(void)w;
	(void)a;
	TRY(op_init(&file, &found));
	if (f->json) {
		face_json(f,
			json_pack("{s:o, s:o, s:o, s:o, s:o}", "file", json_text(file), "project",
				json_text(found.id), "repo", json_text(found.repo), "defaultBranch",
				json_text(found.branch), "agent", json_text(found.agent)));
		return NULL;
	}
	face_print(f, "✓ Wrote %s\n", file);
	face_field(f, "Project", found.id);
	if (found.name)
		face_field(f, "Name", found.name);
	face_field(f, "Repo", found.repo ? found.repo : "none (pull requests stay local)");
	face_field(f, "Branch", found.branch);
	face_field(f, "Agent", found.agent ? found.agent : "none installed (ao agent ls)");
	face_field(f, "Next",
		found.agent ? "ao spawn"
			    : "install an agent, or describe your own (ao help agent show)");
	return NULL;
}

const struct command cmd_init = {
	.name = "init",
	.summary = "write a first configuration for this repository",
	.example = "ao init",
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
