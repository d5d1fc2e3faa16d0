
#include "cmd/face.h"
#include "op/history.h"

static const struct option options[] = {
	{ "follow", 'f', NULL, "then show new ones as they come, until Ctrl-C" },
	{ 0 },
};

static const char *text_of(json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "-";
}

static bool is_head(const char *key)
{
	static const char *const heads[] = { "seq", "time", "session", "actor", "type" };

	for (size_t i = 0; i < COUNT_OF(heads); i++)
		if (str_equal(key, heads[i]))
			return true;
	return false;
}

/* What changed: from → to as an arrow is not needed to be read by machines, --json is. */
static void print_rest(const struct face *f, json_t *event)
{
	const char *key;
	json_t *value;

	json_object_foreach(event, key, value)
	{
		char *dumped;

		if (is_head(key) || json_is_null(value))
			continue;
		dumped = json_is_string(value) ? str_dup(json_string_value(value))
					       : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		face_print(f, "  %s=", key);
		face_cell(f, INK_NONE, 0, dumped ? dumped : "?");
		str_release(&dumped);
	}
	face_print(f, "\n");
}

static void print_text(const struct face *f, json_t *event, const char *line)
{
	AUTO(str_release) char *safe = term_line(line);

	if (!event) {
		face_ink(f, INK_RED, "no event: %s\n", safe);
		return;
	}
	face_cell(f, INK_DIM, 26, text_of(event, "time"));
	face_cell(f, INK_BOLD, 10, text_of(event, "session"));
	face_cell(f, INK_NONE, 10, text_of(event, "actor"));
	face_cell(f, INK_CYAN, 0, text_of(event, "type"));
	print_rest(f, event);
}

static void print(void *arg, json_t *event, const char *line)
{
	const struct face *f = arg;

	if (!f->json)
		print_text(f, event, line);
	else if (event)
		face_json_line(f, json_incref(event));
	fflush(f->out);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	struct err *e = op_events(w, args_word(a, 0), args_has(a, "follow"), print, f);

	if (!e || e->class != ERR_INTERRUPTED)
		return e;
	err_free(e);
	return exit_quietly(ERR_INTERRUPTED);
}

const struct command cmd_events = {
	.name = "events",
	.words = "[session]",
	.max = 1,
	.summary = "the log: every change, command and message, by whom",
	.example = "ao events fe-1 --follow",
	.options = options,
	.needs = NEEDS_CONFIG,
	.run = run,
};
