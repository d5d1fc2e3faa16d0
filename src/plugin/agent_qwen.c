/*
 * Qwen Code's transcript, seen on 0.24.4: ~/.qwen/projects/FOLDER/chats/ID.jsonl, FOLDER the working directory
 * with every character but letters and digits as '-'. Those records count whose type is user, assistant or
 * tool_result. How a turn ended by an error or the user stands in none of them: its hooks tell that.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "slot/agent.h"

static char *find_file(const char *worktree, const char *id)
{
	const char *home = getenv("QWEN_HOME");
	AUTO(str_release) char *real = path_real(worktree);
	AUTO(str_release) char *own = path_join(path_home(), ".qwen");

	for (char *c = real; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '-';
	return str_format("%s/projects/%s/chats/%s.jsonl", str_empty(home) ? own : home, real, id);
}

static const char *text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* The user's own words are the first part, the files that they name the others. */
static void read_user(struct turn *out, const json_t *record, const json_t *parts)
{
	const char *by = text_at(record, "provenance");
	const char *text = text_at(json_array_get(parts, 0), "text");

	if (!text || (by && !str_equal(by, "real_user")))
		return;
	out->kind = TURN_PROMPT;
	out->text = str_dup(text);
}

static void read_assistant(struct turn *out, const json_t *record, const json_t *parts)
{
	const json_t *usage = json_object_get(record, "usageMetadata");
	int64_t input = json_integer_value(json_object_get(usage, "promptTokenCount"));
	int64_t cached = json_integer_value(json_object_get(usage, "cachedContentTokenCount"));
	int64_t total = json_integer_value(json_object_get(usage, "totalTokenCount"));
	const json_t *part;
	size_t i;

	out->kind = TURN_END;
	json_array_foreach(parts, i, part)
	{
		const char *text = text_at(part, "text");
		if (json_object_get(part, "functionCall"))
			out->kind = TURN_CALL;
		if (!str_empty(text) && !json_is_true(json_object_get(part, "thought")))
			str_set(&out->text, text);
	}
	out->usage.cache_read = usage_tokens(cached);
	out->usage.input = usage_tokens(usage_tokens(input) - out->usage.cache_read);
	out->usage.output = usage_tokens(usage_tokens(total) - usage_tokens(input));
}

/* The user said no, or interrupted it: the turn ends there. */
static void read_result(struct turn *out, const json_t *record, const json_t *parts)
{
	const json_t *result = json_object_get(json_array_get(parts, 0), "functionResponse");
	const char *error = text_at(json_object_get(result, "response"), "error");

	(void)record;
	out->kind = str_starts(error ? error : "", "[Operation Cancelled]") ? TURN_INTERRUPTED
									    : TURN_WORK;
}

static const struct record {
	const char *type;
	void (*read)(struct turn *out, const json_t *record, const json_t *parts);
} records[] = {
	{ "user", read_user },
	{ "assistant", read_assistant },
	{ "tool_result", read_result },
};

/* The type stands near the front of a line, and most long ones are none of these. */
static const struct record *find_record(const char *line, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		AUTO(str_release) char *mark = str_format("\"type\":\"%s\"", records[i].type);
		if (memmem(line, n, mark, strlen(mark)))
			return &records[i];
	}
	return NULL;
}

static bool read_line(struct turn *out, const char *line, size_t n)
{
	const struct record *r = find_record(line, n);
	json_t *record = r ? json_loadb(line, n, JSON_ALLOW_NUL, NULL) : NULL;
	const char *type = text_at(record, "type");

	for (size_t i = 0; record && i < COUNT_OF(records); i++)
		if (str_equal(type, records[i].type))
			records[i].read(out, record,
				json_object_get(json_object_get(record, "message"), "parts"));
	clock_parse(&out->at, text_at(record, "timestamp"));
	json_decref(record);
	if (out->kind == TURN_NOTHING)
		turn_release(out);
	return out->kind != TURN_NOTHING;
}

const struct agent_log agent_log_qwen = {
	.plugin = { SLOT_AGENT, "qwen-jsonl", "Qwen Code's transcript" },
	.find = find_file,
	.read = read_line,
};
