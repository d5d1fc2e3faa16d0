#include "cmd/orchestrator.h"

#include <unistd.h>

#include "cmd/input.h"
#include "cmd/open.h"
#include "op/orchestrate.h"

static const struct option options[] = {
	{ "agent", 0, "AGENT",
		"this agent instead of the project's, for one that is started anew" },
	{ "open", 0, NULL, "then look at it, as ao open does" },
	{ 0 },
};

static const struct {
	const char *word, *shown;
} hows[] = {
	[ORCHESTRATOR_STARTED] = { "started", "started" },
	[ORCHESTRATOR_RESTORED] = { "restored", "runs again" },
	[ORCHESTRATOR_RUNS] = { "running", "is running" },
};

static json_t *as_json(const struct orchestrated *o)
{
	const struct session *s = &o->session;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "name", json_text(s->id), "project",
		json_text(s->project), "status", json_text(s->status), "agent", json_text(s->agent),
		"worktree", json_text(s->worktree), "attach", json_text(o->attach), "how",
		hows[o->how].word);
}

static void print(const struct face *f, const struct orchestrated *o)
{
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Orchestrator %s %s.\n", o->session.id, hows[o->how].shown);
	face_field(f, "Checkout", o->session.worktree);
	face_field(f, "Attach", o->attach);
}

struct err *orchestrator_start(json_t **told, struct face *f, const struct world *w,
	const struct project *p, const char *agent)
{
	AUTO(orchestrated_release) struct orchestrated o = { 0 };
	AUTO(buf_release) struct buf prompt = { 0 };

	orchestrator_prompt(&prompt, p);
	TRY(op_orchestrate(&o, w,
		&(struct orchestrate_options){
			.project = p,
			.agent = agent,
			.prompt = buf_text(&prompt),
			.columns = f->columns,
			.rows = term_rows(STDOUT_FILENO),
		}));
	if (told)
		*told = as_json(&o);
	else
		print(f, &o);
	return NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(str_release) char *id = NULL;
	const struct project *p;
	json_t *told = NULL;

	TRY(world_project(&p, w, args_word(a, 0) ? args_word(a, 0) : f->project));
	TRY(orchestrator_start(f->json ? &told : NULL, f, w, p, args_value(a, "agent")));
	if (f->json) {
		face_json(f, told);
		return NULL;
	}
	id = str_format("%s-orchestrator", p->prefix);
	return args_has(a, "open") ? open_and_tell(f, w, id, false) : NULL;
}

const struct command cmd_orchestrator = {
	.name = "orchestrator",
	.words = "[project]",
	.max = 1,
	.summary = "start the agent that gives a project's work to others",
	.example = "ao orchestrator frontend",
	.options = options,
	.needs = NEEDS_STORE,
	.for_people = true,
	.run = run,
};
