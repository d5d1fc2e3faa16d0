#include "cmd/listing.h"

static const struct option options[] = {
	{ "all", 'a', NULL, "also sessions that hold neither worktree nor runtime any more" },
	{ "refresh", 0, NULL, "ask the forges first, as ao status does" },
	{ 0 },
};

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	struct list_options o = { .all = args_has(a, "all"),
		.ask = args_has(a, "refresh") ? ASK_QUICK : ASK_KNOWN };
	AUTO(views_release) struct views v = { 0 };
	AUTO(groups_release) struct groups g = { 0 };

	TRY(list_for(&v, f, w, &o));
	if (f->json) {
		face_json(f, views_json(&v, w, false));
		return NULL;
	}
	groups_fill(&g, &w->config, f->project, &v);
	ls_print(f, &g);
	return NULL;
}

const struct command cmd_session_ls = {
	.name = "session ls",
	.summary = "list the sessions, by project",
	.example = "ao session ls -p frontend",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
