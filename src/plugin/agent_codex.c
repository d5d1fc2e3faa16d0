/*
 * Codex's transcript, seen on 0.169.0: ~/.codex/sessions/YYYY/MM/DD/rollout-TIME-ID.jsonl, whose path only
 * its hooks tell. Records {"timestamp", "type", "payload"}: response_item is what went to and came from
 * the model, event_msg what the turn went through.
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

static void read_complete(struct turn *out, const json_t *payload)
{
	const json_t *error = json_object_get(payload, "error");
	const char *text = text_at(error, "message");

	out->kind = json_is_object(error) ? TURN_ERROR : TURN_END;
	if (out->kind == TURN_END)
		text = text_at(payload, "last_agent_message");
	out->text = text ? str_dup(text) : NULL;
}

static void read_item(struct turn *out, const json_t *payload)
{
	const json_t *item = json_object_get(payload, "item");
	const char *type = text_at(item, "type");
	const char *text = text_at(json_array_get(json_object_get(item, "content"), 0), "text");

	if (!text || (!str_equal(type, "UserMessage") && !str_equal(type, "AgentMessage")))
		return;
	out->kind = str_equal(type, "UserMessage") ? TURN_PROMPT : TURN_WORK;
	out->text = str_dup(text);
}

static void read_call(struct turn *out, const json_t *payload)
{
	(void)payload;
	out->kind = TURN_CALL;
}

static void read_work(struct turn *out, const json_t *payload)
{
	(void)payload;
	out->kind = TURN_WORK;
}

static void read_abort(struct turn *out, const json_t *payload)
{
	(void)payload;
	out->kind = TURN_INTERRUPTED;
}

static int64_t tokens(const json_t *call, const char *key)
{
	return usage_tokens(json_integer_value(json_object_get(call, key)));
}

/* No deed of the agent, but what its newest call of the model took. */
static void read_tokens(struct turn *out, const json_t *payload)
{
	const json_t *call = json_object_get(json_object_get(payload, "info"), "last_token_usage");
	struct usage *u = &out->usage;

	u->output = tokens(call, "output_tokens");
	u->cache_read = tokens(call, "cached_input_tokens");
	u->cache_write = tokens(call, "cache_write_input_tokens");
	u->input = usage_tokens(tokens(call, "input_tokens") - u->cache_read - u->cache_write);
}

/* By the payload's type. */
static const struct record {
	const char *type;
	void (*read)(struct turn *out, const json_t *payload);
} records[] = {
	{ "task_started", read_work },
	{ "item_completed", read_item },
	{ "function_call", read_call },
	{ "custom_tool_call", read_call },
	{ "function_call_output", read_work },
	{ "custom_tool_call_output", read_work },
	{ "turn_aborted", read_abort },
	{ "task_complete", read_complete },
	{ "token_count", read_tokens },
};

/* The type stands near the front of a line, and most long ones are none of these. */
static bool may_say(const char *line, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		AUTO(str_release) char *mark = str_format("\"type\":\"%s\"", records[i].type);
		if (memmem(line, n, mark, strlen(mark)))
			return true;
	}
	return false;
}

static bool read_line(struct turn *out, const char *line, size_t n)
{
	json_t *record = may_say(line, n) ? json_loadb(line, n, JSON_ALLOW_NUL, NULL) : NULL;
	const json_t *payload = json_object_get(record, "payload");
	const char *type = text_at(payload, "type");

	for (size_t i = 0; record && i < COUNT_OF(records); i++)
		if (str_equal(type, records[i].type))
			records[i].read(out, payload);
	clock_parse(&out->at, text_at(record, "timestamp"));
	json_decref(record);
	if (out->kind == TURN_NOTHING && !usage_sum(&out->usage))
		turn_release(out);
	return out->kind != TURN_NOTHING || usage_sum(&out->usage);
}

const struct agent_log agent_log_codex = {
	.plugin = { SLOT_AGENT, "codex-rollout", "Codex's transcript" },
	.find = find_nothing,
	.read = read_line,
};
