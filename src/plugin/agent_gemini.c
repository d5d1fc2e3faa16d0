/*
 * Gemini CLI's transcript, seen on 0.61.0: ~/.gemini/tmp/NAME/chats/session-TIME-ID.jsonl, whose path only
 * its hooks tell. Records {"id", "timestamp", "type", "content"}, between them patches {"$set": …}, some
 * of which repeat the whole conversation: behind "Request cancelled." and all its records, with new ids and the
 * time of that. How a turn ended that brought forth no words, its hooks do not
 * say; here it is a record of its own.
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

/* The user's words, or the results of tools; and what Gemini CLI tells the model about itself. Words with a
 * @NAME in them are changed on their way to the model: displayContent has what was typed. */
static void read_user(struct turn *out, const json_t *record)
{
	const json_t *typed = json_object_get(record, "displayContent");
	const json_t *part = json_array_get(typed ? typed : json_object_get(record, "content"), 0);
	const char *text = text_at(part, "text");

	if (json_object_get(part, "functionResponse"))
		out->kind = TURN_WORK;
	else if (text && !str_starts(text, "<session_context>"))
		out->kind = TURN_PROMPT;
	if (out->kind == TURN_PROMPT)
		out->text = str_dup(text);
}

static int64_t tokens(const json_t *record, const char *key)
{
	return usage_tokens(
		json_integer_value(json_object_get(json_object_get(record, "tokens"), key)));
}

/* A call of a tool may come behind words, which therefore are no end; an answer whose content is a list
 * is a part of the conversation that was written down anew. */
static void read_answer(struct turn *out, const json_t *record)
{
	const char *text = text_at(record, "content");

	if (!text)
		return;
	out->kind = json_object_get(record, "toolCalls") || !*text ? TURN_CALL : TURN_SAID;
	out->text = *text ? str_dup(text) : NULL;
	out->usage.cache_read = tokens(record, "cached");
	out->usage.input = usage_tokens(tokens(record, "input") - out->usage.cache_read);
	out->usage.output = usage_tokens(tokens(record, "output") + tokens(record, "thoughts"));
}

static void read_error(struct turn *out, const json_t *record)
{
	const char *text = text_at(record, "content");

	out->kind = TURN_ERROR;
	out->text = text ? str_dup(text) : NULL;
}

/* One without words stands behind a compression that the user asked for: hooks tell its beginning alone. */
static void read_info(struct turn *out, const json_t *record)
{
	const char *text = text_at(record, "content");

	if (str_equal(text, "Request cancelled."))
		out->kind = TURN_INTERRUPTED;
	else if (text && !*text)
		out->kind = TURN_STILL;
}

static const struct record {
	const char *type;
	void (*read)(struct turn *out, const json_t *record);
} records[] = {
	{ "user", read_user },
	{ "gemini", read_answer },
	{ "error", read_error },
	{ "info", read_info },
};

/* Of the conversation written down anew; its first record has the time. */
static bool read_anew(struct turn *out, const char *line, size_t n)
{
	static const char mark[] = "{\"$set\":{\"messages\":[{", key[] = "\"timestamp\":\"";
	char head[256] = "";
	char *time;

	if (n < sizeof(head) || memcmp(line, mark, sizeof(mark) - 1) != 0)
		return false;
	memcpy(head, line, sizeof(head) - 1);
	time = strstr(head, key);
	if (!time)
		return false;
	time += sizeof(key) - 1;
	time[strcspn(time, "\"")] = '\0';
	if (!clock_parse(&out->at, time))
		return false;
	out->kind = TURN_ANEW;
	return true;
}

static bool read_line(struct turn *out, const char *line, size_t n)
{
	static const char mark[] = "{\"id\":";
	bool may = n >= sizeof(mark) && memcmp(line, mark, sizeof(mark) - 1) == 0;
	json_t *record = may ? json_loadb(line, n, JSON_ALLOW_NUL, NULL) : NULL;
	const char *type = text_at(record, "type");

	if (read_anew(out, line, n))
		return true;
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
	.plugin = { SLOT_AGENT, "gemini-chat", "Gemini CLI's transcript" },
	.find = find_nothing,
	.read = read_line,
};
