#include "cmd/daemon_state.h"
#include "op/daemon.h"
#include "op/world.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	bool was, already;

	(void)a;
	TRY(op_daemon_stop(&was, w->config.data_dir));
	TRY(op_daemon_start(&already, w->config.data_dir));
	return daemon_started(f, w->config.data_dir, was ? "restarted" : "started", NULL);
}

const struct command cmd_restart = {
	.name = "restart",
	.summary = "stop the daemon and start it again, after an upgrade for example",
	.example = "ao restart",
	.needs = NEEDS_STORE,
	.for_people = true,
	.run = run,
};
