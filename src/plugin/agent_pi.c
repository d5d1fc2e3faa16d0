/*
 * pi's transcript, seen on 0.73.1: ~/.pi/agent/sessions/FOLDER/TIME_ID.jsonl, whose path only its hooks tell.
 * Records {"type":"message", "timestamp", "message":{"role", "content", …}}, of the assistant with a
 * stopReason: stop, length, toolUse, error or aborted.
 */
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "slot/agent.h"

static char *find_nothing(const char *worktree, const char *id)
{
	(void)worktree;
	(void)id;
	return NULL;
}

static const char *text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* Of a content that is a text or a list of parts: the last text in it. */
static const char *last_text(const json_t *message)
{
	const json_t *content = json_object_get(message, "content"), *part;
	const char *text = json_string_value(content);
	size_t i;

	json_array_foreach(content, i, part) if (text_at(part, "text"))
		text = text_at(part, "text");
	return text;
}

static int64_t tokens(const json_t *usage, const char *key)
{
	return usage_tokens(json_integer_value(json_object_get(usage, key)));
}

static void read_assistant(struct turn *out, const json_t *message)
{
	static const struct {
		const char *reason;
		enum turn_kind kind;
	} ends[] = {
		{ "toolUse", TURN_CALL },
		{ "error", TURN_ERROR },
		{ "aborted", TURN_INTERRUPTED },
	};
	const json_t *usage = json_object_get(message, "usage");
	const char *reason = text_at(message, "stopReason"), *text = last_text(message);

	out->kind = reason ? TURN_END : TURN_WORK;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_equal(reason, ends[i].reason))
			out->kind = ends[i].kind;
	if (out->kind == TURN_ERROR && text_at(message, "errorMessage"))
		text = text_at(message, "errorMessage");
	out->text = str_empty(text) ? NULL : str_dup(text);
	out->usage = (struct usage){ tokens(usage, "input"), tokens(usage, "output"),
		tokens(usage, "cacheRead"), tokens(usage, "cacheWrite") };
}

static void read_message(struct turn *out, const json_t *message)
{
	const char *role = text_at(message, "role"), *text = last_text(message);

	if (str_equal(role, "assistant")) {
		read_assistant(out, message);
	} else if (str_equal(role, "toolResult")) {
		out->kind = TURN_WORK;
	} else if (str_equal(role, "user") && text) {
		out->kind = TURN_PROMPT;
		out->text = str_dup(text);
	}
}

static bool read_line(struct turn *out, const char *line, size_t n)
{
	static const char mark[] = "{\"type\":\"message\"";
	bool may = n > sizeof(mark) && memcmp(line, mark, sizeof(mark) - 1) == 0;
	json_t *record = may ? json_loadb(line, n, JSON_ALLOW_NUL, NULL) : NULL;

	read_message(out, json_object_get(record, "message"));
	clock_parse(&out->at, text_at(record, "timestamp"));
	json_decref(record);
	if (out->kind == TURN_NOTHING)
		turn_release(out);
	return out->kind != TURN_NOTHING;
}

const struct agent_log agent_log_pi = {
	.plugin = { SLOT_AGENT, "pi-jsonl", "pi's transcript" },
	.find = find_nothing,
	.read = read_line,
};
