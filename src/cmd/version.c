#include "cmd/face.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	(void)w;
	(void)a;
	if (f->json)
		face_json(f, json_pack("{s:s}", "version", AO_VERSION));
	else
		face_print(f, "ao %s\n", AO_VERSION);
	return NULL;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "show the version",
	.example = "ao version",
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
