#include "cmd/face.h"
#include "op/config_show.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(config_release) struct config c = { 0 };

	(void)w;
	(void)a;
	TRY(op_config(&c, f->config));
	if (f->json) {
		face_json(f,
			json_pack("{s:o, s:i, s:b}", "file", json_text(c.file), "projects",
				(int)c.projects.n, "trusted", c.trusted));
		return NULL;
	}
	face_print(f, "%s: fine (%zu project%s)\n", c.file, c.projects.n,
		c.projects.n == 1 ? "" : "s");
	if (!c.trusted)
		sink_say(&f->sink, SINK_WARNING,
			"%s is not trusted, so %s%s not used: read it, then: ao trust", c.file,
			c.sensitive.v[0], c.sensitive.n > 1 ? " and other values are" : " is");
	return NULL;
}

const struct command cmd_config_check = {
	.name = "config check",
	.summary = "validate the configuration",
	.example = "ao config check",
	.needs = NEEDS_NOTHING,
	.run = run,
};
