#include "cmd/face.h"
#include "op/poll.h"

struct printer {
	struct poll_ear ear; /* must be first */
	struct face *face;
	json_t *list; /* NULL: as text */
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

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	struct printer p = { .ear = { print }, .face = f };
	const struct project *project;
	struct err *e;

	(void)a;
	if (f->project)
		TRY(world_project(&project, w, f->project));
	p.list = f->json ? json_array() : NULL;
	e = op_poll(w, f->project, &p.ear);
	if (p.list)
		face_json(f, p.list);
	return e;
}

const struct command cmd_poll = {
	.name = "poll",
	.summary = "one pass over all sessions: notice what happened, and react",
	.example = "ao poll",
	.needs = NEEDS_STORE,
	.run = run,
};
