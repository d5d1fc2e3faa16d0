#include "cmd/daemon_state.h"
#include "cmd/orchestrator.h"
#include "op/daemon.h"
#include "op/world.h"

static const struct option options[] = {
	{ "foreground", 0, NULL, "stay, and say on standard error what is done" },
	{ "orchestrator", 0, NULL, "also the projects' orchestrators (see ao orchestrator)" },
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

/* Those of the projects that are named; of none: of the one that a command here is about. all NULL:
 * they are printed. */
static struct err *orchestrators(
	json_t *all, struct face *f, const struct world *w, const struct args *a)
{
	size_t n = a->words.n ? a->words.n : 1;

	for (size_t i = 0; i < n; i++) {
		const struct project *p;
		json_t *told = NULL;

		TRY(world_project(&p, w, args_word(a, i) ? args_word(a, i) : f->project));
		TRY(orchestrator_start(all ? &told : NULL, f, w, p, NULL));
		if (all)
			json_array_append_new(all, told);
	}
	return NULL;
}

static struct err *start_daemon(
	struct face *f, const struct world *w, const struct args *a, json_t *all)
{
	const char *folder = w->config.data_dir;
	bool already;

	if (args_has(a, "orchestrator"))
		TRY(orchestrators(all, f, w, a));
	if (args_has(a, "foreground"))
		return op_daemon_become(folder);
	TRY(op_daemon_start(&already, folder));
	return daemon_started(f, folder, already ? "already runs" : "started", all);
}

/* Its namespace is made known, by .origin: all that are known are served. */
static struct err *start(struct face *f, const struct args *a)
{
	AUTO(world_release) struct world w = { 0 };
	const struct project *project;
	json_t *all = NULL;
	struct err *e;

	TRY(world_open(&w, f->config, &f->sink, true));
	STRV_EACH(word, &a->words)
		TRY(world_project(&project, &w, *word));
	if (args_has(a, "orchestrator") && f->json && !args_has(a, "foreground"))
		all = json_array();
	e = start_daemon(f, &w, a, all);
	json_decref(all);
	return e;
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
	.for_people = true,
	.run = run,
};
