#include "cmd/face.h"
#include "op/restore.h"

static const struct option options[] = {
	{ "all", 0, NULL,
		"every session with a worktree and no runtime, but killed and merged ones" },
	{ 0 },
};

static json_t *as_json(const struct restored *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "name", json_text(r->session.id), "branch",
		json_text(r->session.branch), "worktree", json_text(r->session.worktree), "attach",
		json_text(r->attach), "resumed", r->resumed);
}

static struct err *restore_one(struct face *f, struct world *w, const char *id, json_t *list)
{
	AUTO(restored_release) struct restored r = { 0 };

	TRY(op_restore(&r, w, id));
	if (list) {
		json_array_append_new(list, as_json(&r));
		return NULL;
	}
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Session %s restored.\n", id);
	face_field(f, "Worktree", r.session.worktree);
	face_field(f, "Branch", r.session.branch);
	face_field(f, "Attach", r.attach);
	fflush(f->out);
	return NULL;
}

static struct err *which(
	struct strv *ids, const struct face *f, const struct world *w, const struct args *a)
{
	const struct project *p;
	const char *id;

	if (!args_has(a, "all")) {
		TRY(args_session(&id, a));
		strv_add(ids, id);
		return NULL;
	}
	if (a->words.n > 0)
		return fail(ERR_USAGE, "--all goes without a session");
	if (f->project)
		TRY(world_project(&p, w, f->project));
	return op_restorable(ids, w, f->project);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(strv_release) struct strv ids = { 0 };
	struct err *failed = NULL;
	json_t *list;

	TRY(which(&ids, f, w, a));
	list = f->json ? json_array() : NULL;
	STRV_EACH(id, &ids)
		if (!failed || failed->class != ERR_INTERRUPTED)
			errors_add(&failed, restore_one(f, w, *id, list));
	if (list)
		face_json(f, list);
	else if (ids.n == 0)
		face_print(f, "No session to restore.\n");
	return failed;
}

const struct command cmd_session_restore = {
	.name = "session restore",
	.words = "[session]",
	.max = 1,
	.summary = "start the agent again where its worktree still is",
	.example = "ao session restore fe-1",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
