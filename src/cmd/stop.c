#include "cmd/face.h"
#include "op/daemon.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(str_release) char *folder = daemon_folder(f->config, &f->sink);
	bool was;

	(void)w;
	(void)a;
	TRY(op_daemon_stop(&was, folder));
	if (was) {
		face_ink(f, INK_GREEN, "✓");
		face_print(f, " Daemon stopped; sessions go on.\n");
	} else {
		face_print(f, "No daemon runs for %s.\n", folder);
	}
	return NULL;
}

const struct command cmd_stop = {
	.name = "stop",
	.summary = "stop the daemon; sessions go on",
	.example = "ao stop",
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
