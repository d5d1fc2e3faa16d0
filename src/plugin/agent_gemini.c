/*
 * Gemini CLI's transcript, seen on 0.61.0: ~/.gemini/tmp/NAME/chats/session-TIME-ID.jsonl, whose path only its
 * hooks tell. Records {"id", "timestamp", "type", "content"} of type user, gemini, error or info; lines
 * {"$set": …} change what stands above them, and say nothing here. A call of the model is written when it
 * is over, again with `toolCalls` once they are done, and again without `tokens` when the history is put
 * together anew.
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

/* As it was typed, before a @word in it became a file's name and its content. */
static void read_user(struct turn *out, const json_t *record)
{
	const json_t *shown = json_object_get(record, "displayContent");
	const json_t *content = json_object_get(record, "content");
	const json_t *first = json_array_get(json_is_array(shown) ? shown : content, 0);
	const char *text = text_at(first, "text");

	if (json_object_get(first, "functionResponse"))
		out->kind = TURN_WORK;
	if (!text || str_starts(text, "<session_context>"))
		return;
	out->kind = TURN_PROMPT;
	out->text = str_dup(text);
}

static int64_t tokens(const json_t *all, const char *key)
{
	return usage_tokens(json_integer_value(json_object_get(all, key)));
}

static void read_model(struct turn *out, const json_t *record)
{
	const json_t *content = json_object_get(record, "content");
	const json_t *used = json_object_get(record, "tokens");
	const char *text = json_string_value(content);

	if (!text)
		text = text_at(json_array_get(content, 0), "text");
	if (json_array_size(json_object_get(record, "toolCalls")))
		out->kind = TURN_WORK;
	else
		out->kind = str_empty(text) ? TURN_CALL : TURN_END;
	if (!str_empty(text))
		out->text = str_dup(text);
	out->usage.cache_read = tokens(used, "cached");
	out->usage.input = usage_tokens(tokens(used, "input") - out->usage.cache_read);
	out->usage.output = usage_tokens(tokens(used, "total") - tokens(used, "input"));
}

static void read_error(struct turn *out, const json_t *record)
{
	const char *text = text_at(record, "content");

	out->kind = TURN_ERROR;
	out->text = text ? str_dup(text) : NULL;
}

static void read_info(struct turn *out, const json_t *record)
{
	if (str_equal(text_at(record, "content"), "Request cancelled."))
		out->kind = TURN_INTERRUPTED;
}

static const struct record {
	const char *type;
	void (*read)(struct turn *out, const json_t *record);
} records[] = {
	{ "user", read_user },
	{ "gemini", read_model },
	{ "error", read_error },
	{ "info", read_info },
};

static bool read_line(struct turn *out, const char *line, size_t n)
{
	bool patch = n > 6 && memcmp(line, "{\"$set\"", 7) == 0;
	json_t *record = patch ? NULL : json_loadb(line, n, 0, NULL);
	const char *type = text_at(record, "type");

	for (size_t i = 0; record && i < COUNT_OF(records); i++)
		if (str_equal(type, records[i].type))
			records[i].read(out, record);
	clock_parse(&out->at, text_at(record, "timestamp"));
	json_decref(record);
	if (out->kind == TURN_NOTHING)
		turn_release(out);
	return out->kind != TURN_NOTHING;
}

const struct agent_log agent_log_gemini = {
	.plugin = { SLOT_AGENT, "gemini-jsonl", "Gemini CLI's transcript" },
	.find = find_nothing,
	.read = read_line,
};
