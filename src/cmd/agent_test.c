#include "cmd/face.h"
#include "cmd/input.h"
#include "op/agents.h"

static const struct option options[] = {
	{ "screen", 0, "FILE",
		"a captured screen (tmux capture-pane -p -e); - for standard input" },
	{ "title", 0, "TEXT", "the terminal's title (#{pane_title})" },
	{ 0 },
};

static const char *const boxes[] = {
	[SCREEN_BOX_NONE] = "not seen",
	[SCREEN_BOX_EMPTY] = "empty",
	[SCREEN_BOX_TEXT] = "holds text",
};

static void print_text(struct face *f, const struct screen_reading *r)
{
	face_print(f, "%s", activity_word(r->activity));
	if (r->rule)
		face_print(f, "  by %s\n", r->rule);
	else
		face_print(f, "  (no pattern matches)\n");
	face_field(f, "Input box", boxes[r->box]);
	if (r->box == SCREEN_BOX_TEXT)
		face_field(f, r->chip ? "Paste" : "Typed", buf_text(&r->typed));
}

static struct err *run(struct face *f, struct world *w, const struct args *args)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(buf_release) struct buf screen = { 0 };
	AUTO(screen_reading_release) struct screen_reading r = { 0 };

	(void)w;
	if (!args_value(args, "screen"))
		return fail(ERR_USAGE, "which screen? ao agent test %s --screen FILE",
			args_word(args, 0));
	op_agents_config(&c, f->config, &f->sink);
	TRY(op_agents_load(&a, &c, args_word(args, 0)));
	TRY(input_read(&screen, args_value(args, "screen")));
	op_screen_test(&r, &a, args_value(args, "title"), buf_text(&screen));
	if (f->json)
		face_json(f,
			json_pack("{s:s, s:o, s:s, s:o, s:b}", "activity",
				activity_word(r.activity), "rule", json_text(r.rule), "box",
				boxes[r.box], "typed",
				r.box == SCREEN_BOX_TEXT ? json_text(buf_text(&r.typed))
							 : json_null(),
				"chip", r.chip));
	else
		print_text(f, &r);
	return NULL;
}

const struct command cmd_agent_test = {
	.name = "agent test",
	.words = "<agent>",
	.min = 1,
	.max = 1,
	.summary = "tell what a captured screen means, and by which rule",
	.example = "tmux capture-pane -p -e | ao agent test claude-code --screen -",
	.options = options,
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
