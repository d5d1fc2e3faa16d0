#include "cmd/face.h"
#include "op/config_show.h"
#include "op/notify.h"

static void warn_of_notifiers(struct face *f, const struct config *c)
{
	AUTO(notifier_states_release) struct notifier_states missing = { 0 };

	op_notifiers_missing(&missing, c);
	for (size_t i = 0; i < missing.list.n; i++)
		sink_say(&f->sink, SINK_WARNING, "notifier %s tells nobody: %s",
			missing.list.v[i].name, missing.list.v[i].why);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(config_release) struct config c = { 0 };

	(void)w;
	(void)a;
	TRY(op_config(&c, f->config));
	TRY(op_config_fits(&c));
	warn_of_notifiers(f, &c);
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
