#include "cmd/face.h"
#include "op/config_show.h"

static json_t *row(const struct shown *s, const struct config *c)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "key", json_text(s->key), "value",
		json_text(s->value), "file", s->line ? json_text(c->file) : json_null(), "line",
		s->line ? json_integer(s->line) : json_null());
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(shown_release) struct shown_list l = { 0 };
	json_t *rows = f->json ? json_array() : NULL;

	(void)w;
	(void)a;
	TRY(op_config(&c, f->config));
	op_config_show(&l, &c);
	if (!f->json)
		face_print(f, "# %s%s\n", c.file, c.trusted ? "" : " (not trusted)");
	for (size_t i = 0; i < l.n; i++) {
		AUTO(str_release)
		char *origin = l.v[i].line ? str_format("line %d", l.v[i].line)
					   : str_dup("default");
		if (rows)
			json_array_append_new(rows, row(&l.v[i], &c));
		else
			face_print(f, "%s: %s  # %s\n", l.v[i].key, l.v[i].value, origin);
	}
	if (rows)
		face_json(f, rows);
	return NULL;
}

const struct command cmd_config_show = {
	.name = "config show",
	.summary = "print the values in force, and where each comes from",
	.example = "ao config show",
	.needs = NEEDS_NOTHING,
	.run = run,
};
