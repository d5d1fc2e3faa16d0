#include "cmd/daemon_state.h"
#include "op/daemon.h"
#include "op/world.h"

static const struct option options[] = {
	{ "foreground", 0, NULL, "stay, and say on standard error what is done" },
	{ "status", 0, NULL, "tell whether one runs, and what it does; 1: none" },
	{ 0 },
};

static struct err *tell(struct face *f, const struct args *a)
{
	AUTO(str_release) char *folder = daemon_folder(f->config, &f->sink);
	json_t *told = NULL;

	(void)a;
	TRY(op_daemon_ask(&told, folder));
	if (told) {
		daemon_show(f, told);
		return NULL;
	}
	if (f->json)
		face_json(f, json_pack("{s:n}", "pid"));
	else
		face_print(f, "No daemon runs for %s.\n", folder);
	return exit_quietly(ERR_FAILED);
}

/* Its namespace is made known, by .origin: all that are known are served. */
static struct err *start(struct face *f, const struct args *a)
{
	AUTO(world_release) struct world w = { 0 };
	const struct project *project;
	bool already;

	TRY(world_open(&w, f->config, &f->sink, true));
	STRV_EACH(word, &a->words)
		TRY(world_project(&project, &w, *word));
	if (args_has(a, "foreground"))
		return op_daemon_become(w.config.data_dir);
	TRY(op_daemon_start(&already, w.config.data_dir));
	return daemon_started(f, w.config.data_dir, already ? "already runs" : "started");
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	(void)w;
	return args_has(a, "status") ? tell(f, a) : start(f, a);
}

const struct command cmd_start = {
	.name = "start",
	.words = "[project]…",
	.max = -1,
	.summary = "start the daemon, which does by itself what ao poll does",
	.example = "ao start",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
