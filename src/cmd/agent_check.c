#include "cmd/face.h"
#include "op/agent_check.h"
#include "op/agent_dialogs.h"
#include "op/agents.h"

static const char *word(enum tri t, const char *yes, const char *no, const char *unknown)
{
	return t == TRI_YES ? yes : t == TRI_NO ? no : unknown;
}

static json_t *json_tri(enum tri t)
{
	return t == TRI_UNKNOWN ? json_null() : json_boolean(t == TRI_YES);
}

static void print(struct face *f, json_t *rows, const struct agent_check *c)
{
	if (rows) {
		json_array_append_new(rows,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_text(c->name),
				"program", json_text(c->program), "version", json_text(c->version),
				"versionKnown", json_tri(c->known), "loggedIn",
				json_tri(c->logged_in), "noDialogs", json_tri(c->no_dialogs),
				"hint", json_text(c->hint)));
		return;
	}
	face_ink(f, INK_BOLD, "%s\n", c->name);
	face_field(f, "Program", c->program ? c->program : "not installed");
	if (c->program) {
		face_field(f, "Version", c->version);
		face_field(f, "Patterns",
			word(c->known, "seen on this version", "seen on other versions",
				"not known for this version"));
		face_field(f, "Login",
			word(c->logged_in, "found", "none", "none seen (it may be in a keyring)"));
		face_field(f, "Dialogs",
			word(c->no_dialogs, "none to expect", "it will ask at its first start",
				"not known"));
	}
	face_field(f, "To do", c->hint);
}

/* Into the agent's own file, so each is named. */
static struct err *answer(struct face *f, const struct agent *a, const char *root)
{
	AUTO(str_release) char *what = NULL;

	TRY(agent_answer_dialogs(&what, a, root));
	if (what)
		sink_say(&f->sink, SINK_NOTE, "%s: wrote %s", a->name, what);
	return NULL;
}

static const struct option options[] = {
	{ "fix", 0, NULL,
		"answer in its own file, for this project, what it would ask at its first start" },
	{ 0 },
};

static struct err *run(struct face *f, struct world *w, const struct args *args)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(strv_release) struct strv names = { 0 };
	json_t *rows = f->json ? json_array() : NULL;
	const char *root;
	struct err *all = NULL;

	(void)w;
	op_agents_config(&c, f->config, &f->sink);
	root = op_agents_root(&c, f->project);
	if (args->words.n)
		strv_add_all(&names, args->words.v);
	else
		op_agents_names(&names, &c);
	STRV_EACH(n, &names) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(agent_check_release) struct agent_check check = { 0 };
		struct err *e = op_agents_load(&a, &c, *n);
		errors_add(&all, e);
		if (e)
			continue;
		if (args_has(args, "fix"))
			errors_add(&all, answer(f, &a, root));
		op_agent_check(&check, &a, &c, root, true);
		print(f, rows, &check);
		if (args->words.n && !check.program)
			errors_add(&all, fail(ERR_FAILED, "%s: %s", *n, check.hint));
	}
	if (rows)
		face_json(f, rows);
	return all;
}

const struct command cmd_agent_check = {
	.name = "agent check",
	.words = "[agent]…",
	.max = -1,
	.summary = "is it installed, logged in and free of first-start dialogs",
	.example = "ao agent check claude-code",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
