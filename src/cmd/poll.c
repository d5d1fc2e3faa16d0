#include "cmd/face.h"
#include "op/poll.h"

struct printer {
	struct poll_ear ear; /* must be first */
	struct face *face;
	json_t *list; /* NULL: as text */
};

static const struct option options[] = {
	{ "session", 0, "SESSION", "only this one; may be given more than once" },
	{ "hints", 0, "FORGES", "for the daemon: JSON lines, and what to watch; quick or all" },
	{ 0 },
};

static json_t *line_json(const struct poll_line *l)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "session", json_text(l->session), "project",
		json_text(l->project), "event", json_text(l->event), "what", l->what, "text",
		json_text(l->text));
}

static void print(struct poll_ear *ear, const struct poll_line *l)
{
	struct printer *p = (struct printer *)ear;
	AUTO(str_release) char *text = term_line(l->text);

	if (p->list) {
		json_array_append_new(p->list, line_json(l));
		return;
	}
	face_ink(p->face, INK_BOLD, "%s", l->session ? l->session : l->project);
	face_print(p->face, "  %s%s%s\n", l->event ? l->event : "", l->event ? ": " : "", text);
	fflush(p->face->out);
}

static void print_line(struct poll_ear *ear, const struct poll_line *l)
{
	struct printer *p = (struct printer *)ear;

	face_json_line(p->face, line_json(l));
	fflush(p->face->out);
}

static void print_hint(struct poll_ear *ear, const struct poll_hint *h)
{
	struct printer *p = (struct printer *)ear;
	json_t *places = json_array();

	STRV_EACH(place, &h->places)
		json_array_append_new(places, json_text(*place));
	face_json_line(p->face,
		json_pack("{s:s, s:o, s:i, s:b, s:b, s:b, s:b, s:b}", "session", h->session,
			"places", places, "forgeMs", h->forge_ms, "unread", h->unread, "check",
			h->check, "busy", h->busy, "waits", h->waits, "room", h->room));
}

static void print_telling(struct poll_ear *ear, bool failed)
{
	struct printer *p = (struct printer *)ear;

	face_json_line(p->face, json_pack("{s:b, s:b}", "telling", true, "failed", failed));
	fflush(p->face->out);
}

static void chosen(struct strv *sessions, const struct args *a)
{
	for (size_t i = 0; i < a->options.n; i++)
		if (str_equal(a->options.v[i].name, "session"))
			strv_add(sessions, a->options.v[i].value);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	struct printer p = { .ear = { print, NULL, NULL }, .face = f };
	AUTO(strv_release) struct strv sessions = { 0 };
	struct poll_options o = { .project = f->project };
	const struct project *project;
	const char *hints = args_value(a, "hints");
	struct err *e;

	if (hints && !str_equal(hints, "quick") && !str_equal(hints, "all"))
		return fail(ERR_USAGE, "--hints is quick or all, not '%s'", hints);
	o.quick = str_equal(hints, "quick");
	chosen(&sessions, a);
	if (sessions.n)
		o.sessions = &sessions;
	if (f->project)
		TRY(world_project(&project, w, f->project));
	if (hints)
		p.ear = (struct poll_ear){ print_line, print_hint, print_telling };
	else if (f->json)
		p.list = json_array();
	e = op_poll(w, &o, &p.ear);
	if (p.list)
		face_json(f, p.list);
	return e;
}

const struct command cmd_poll = {
	.name = "poll",
	.summary = "one pass over all sessions: notice what happened, and react",
	.example = "ao poll",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
