#include "cmd/face.h"
#include "op/restore.h"

static const struct option options[] = {
	{ "list", 0, NULL, "only list what is saved, oldest first" },
	{ 0 },
};

static struct err *list_trash(struct face *f, struct world *w, const char *id)
{
	AUTO(strv_release) struct strv refs = { 0 };
	json_t *list;

	TRY(op_trash(&refs, w, id));
	if (!f->json) {
		STRV_EACH(ref, &refs)
			face_print(f, "%s\n", *ref);
		if (refs.n == 0)
			sink_say(&f->sink, SINK_NOTE, "nothing is saved of %s", id);
		return NULL;
	}
	list = json_array();
	STRV_EACH(ref, &refs)
		json_array_append_new(list, json_text(*ref));
	face_json(f, list);
	return NULL;
}

static json_t *as_json(const struct undeleted *u)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", json_text(u->session.id), "branch",
		json_text(u->session.branch), "worktree", json_text(u->session.worktree), "from",
		json_text(u->ref), "work", json_text(u->work));
}

static void print(const struct face *f, const struct undeleted *u)
{
	AUTO(str_release) char *from = NULL;
	AUTO(str_release) char *restore = str_format("ao session restore %s", u->session.id);

	if (u->ref)
		from = str_format("%s (%s)", u->ref, u->work ? u->work : "work");
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Session %s undeleted.\n", u->session.id);
	face_field(f, "Worktree", u->session.worktree);
	face_field(f, "Branch", u->session.branch);
	face_field(f, "From", from);
	face_field(f, "Restore", restore);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(undeleted_release) struct undeleted u = { 0 };
	const char *id;

	TRY(args_session(&id, a));
	if (args_has(a, "list"))
		return list_trash(f, w, id);
	TRY(op_undelete(&u, w, id));
	if (f->json)
		face_json(f, as_json(&u));
	else
		print(f, &u);
	return NULL;
}

const struct command cmd_session_undelete = {
	.name = "session undelete",
	.words = "[session]",
	.max = 1,
	.summary = "bring branch, worktree and files of a killed session back",
	.example = "ao session undelete fe-1",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
