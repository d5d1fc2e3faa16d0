#include "cmd/listing.h"

static const struct option options[] = {
	{ "watch", 'w', NULL, "redraw on change, until q or Ctrl-C" },
	{ "why", 0, "SESSION", "every fact of one session, and which one decided" },
	{ 0 },
};

static struct err *why(struct face *f, const struct world *w, const char *id)
{
	AUTO(views_release) struct views v = { 0 };
	AUTO(str_release) char *reason = NULL;

	TRY(list_one(&v, w, id));
	reason = view_why(&v.list.v[0]);
	if (f->json)
		face_json(f, views_json(&v, w, true));
	else
		why_print(f, &v.list.v[0], reason);
	return NULL;
}

static struct err *once(struct face *f, const struct world *w)
{
	struct list_options o = { .ask = ASK_QUICK };
	AUTO(views_release) struct views v = { 0 };
	AUTO(groups_release) struct groups g = { 0 };

	TRY(list_for(&v, f, w, &o));
	if (f->json) {
		face_json(f, views_json(&v, w, true));
		return NULL;
	}
	groups_fill(&g, &w->config, f->project, &v);
	status_print(f, &g);
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	const char *id = args_value(a, "why");

	if (args_has(a, "watch") && (f->json || id))
		return fail(ERR_USAGE, "--watch goes with neither --json nor --why");
	if (id)
		return why(f, w, id);
	return args_has(a, "watch") ? status_watch(f, w) : once(f, w);
}

const struct command cmd_status = {
	.name = "status",
	.summary = "what every session is doing",
	.example = "ao status --watch",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
