#include "cmd/face.h"
#include "op/config_show.h"

static json_t *values(const struct config *c)
{
	json_t *list = json_array();

	STRV_EACH(s, &c->sensitive)
		json_array_append_new(list, json_text(*s));
	return list;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(config_release) struct config c = { 0 };

	(void)w;
	TRY(op_config_trust(&c, args_word(a, 0) ? args_word(a, 0) : f->config));
	if (f->json) {
		face_json(f,
			json_pack("{s:o, s:o}", "file", json_text(c.file), "values", values(&c)));
		return NULL;
	}
	face_print(f, "✓ Trusted %s as it is now\n", c.file);
	STRV_EACH(s, &c.sensitive)
		face_print(f, "  %s\n", *s);
	return NULL;
}

const struct command cmd_trust = {
	.name = "trust",
	.words = "[file]",
	.max = 1,
	.summary = "let the configuration, as it is now, run commands and name hosts",
	.example = "ao trust",
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
