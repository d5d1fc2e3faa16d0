#include <string.h>
#include <unistd.h>

#include "cmd/face.h"
#include "cmd/input.h"
#include "cmd/open.h"
#include "op/spawn.h"

static const struct option options[] = {
	{ "agent", 0, "AGENT", "this agent instead of the project's" },
	{ "branch", 0, "BRANCH", "exactly this new branch" },
	{ "base", 0, "REF", "where the branch starts, instead of the default branch" },
	{ "prompt", 0, "TEXT", "what the agent is told, instead of the issue" },
	{ "prompt-file", 0, "FILE", "the same from a file; - is standard input" },
	{ "after", 0, "SESSION", "only once its pull request is merged; queued until then" },
	{ "open", 0, NULL, "then look at it, as ao open does" },
	{ 0 },
};

static struct err *prompt_of(char **prompt, const struct args *a)
{
	AUTO(buf_release) struct buf text = { 0 };
	const char *file = args_value(a, "prompt-file");

	if (file && args_has(a, "prompt"))
		return fail(ERR_USAGE, "--prompt and --prompt-file say the same thing: give one");
	if (!file) {
		*prompt = str_dup(args_value(a, "prompt"));
		return NULL;
	}
	TRY(input_read(&text, file));
	if (text.n == 0)
		return fail(ERR_USAGE, "the prompt is empty");
	if (strlen(buf_text(&text)) != text.n)
		return fail(ERR_USAGE, "the prompt holds a NUL byte");
	*prompt = buf_detach(&text);
	return NULL;
}

static void print(const struct face *f, const struct spawned *s)
{
	const struct session *n = &s->session;
	AUTO(str_release) char *issue = term_line(s->issue_shown);
	bool queued = session_is(n, STATUS_QUEUED);

	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Session %s %s%s%s\n", n->id, queued ? "queued" : "spawned",
		*issue ? " for issue " : "", issue);
	face_field(f, "Queued", s->queued);
	face_field(f, "Worktree", n->worktree);
	face_field(f, "Branch", n->branch);
	face_field(f, "Attach", s->attach);
}

static json_t *as_json(const struct spawned *s)
{
	const struct session *n = &s->session;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_text(n->id),
		"project", json_text(n->project), "branch", json_text(n->branch), "status",
		json_text(n->status), "issue", json_text(n->issue), "agent", json_text(n->agent),
		"worktree", json_text(n->worktree), "attach", json_text(s->attach));
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(spawned_release) struct spawned s = { 0 };
	AUTO(str_release) char *prompt = NULL;
	AUTO(str_release) char *issue = NULL;
	struct spawn_options o = {
		.agent = args_value(a, "agent"),
		.branch = args_value(a, "branch"),
		.base = args_value(a, "base"),
		.after = args_value(a, "after"),
		.columns = f->columns,
		.rows = term_rows(STDOUT_FILENO),
	};
	size_t used;

	TRY(input_project(&o.project, &used, f, w, a));
	TRY(prompt_of(&prompt, a));
	issue = words_join(a->words.v + used, a->words.n - used);
	if (!*issue && a->words.n > used) /* a script's empty variable, say */
		return fail(ERR_USAGE, "the issue is empty");
	o.prompt = prompt;
	o.issue = *issue ? issue : NULL;
	TRY(op_spawn(&s, w, &o));
	if (f->json)
		face_json(f, as_json(&s));
	else
		print(f, &s);
	if (args_has(a, "open") && !s.queued && !f->json)
		return open_and_tell(f, w, s.session.id, false);
	return NULL;
}

const struct command cmd_spawn = {
	.name = "spawn",
	.words = "[project] [issue…]",
	.max = -1,
	.summary = "start an agent on an issue, in a worktree of its own",
	.example = "ao spawn frontend 42",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
