/*
 * GitHub Copilot CLI's transcript, seen on 1.0.102: ~/.copilot/session-state/ID/events.jsonl, records
 * {"type", "data", "timestamp"}. It tells an interrupt, of which no hook hears. Each call of the model ends in
 * assistant.turn_end, whether another follows or not: a message that asks for no tool is the end. A turn that is
 * interrupted before it said anything is taken out of the file, its prompt with it, and session.usage_checkpoint
 * is written.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "slot/agent.h"

static char *find_file(const char *worktree, const char *id)
{
	const char *home = getenv("COPILOT_HOME");
	AUTO(str_release) char *own = path_join(path_home(), ".copilot");

	(void)worktree;
	return str_format("%s/session-state/%s/events.jsonl", str_empty(home) ? own : home, id);
}

static const char *text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void set_text(struct turn *out, const char *text)
{
	if (!str_empty(text))
		out->text = str_dup(text);
}

static void read_prompt(struct turn *out, const json_t *data)
{
	if (!text_at(data, "content"))
		return;
	out->kind = TURN_PROMPT;
	out->text = str_dup(text_at(data, "content"));
}

static void read_message(struct turn *out, const json_t *data)
{
	out->kind = json_array_size(json_object_get(data, "toolRequests")) ? TURN_CALL : TURN_END;
	set_text(out, text_at(data, "content"));
}

static void read_work(struct turn *out, const json_t *data)
{
	(void)data;
	out->kind = TURN_WORK;
}

/* Allowed: it runs. Whatever else: the turn goes on, or was cut off, and that is told. */
static void read_answer(struct turn *out, const json_t *data)
{
	const char *kind = text_at(json_object_get(data, "result"), "kind");

	out->kind = str_starts(kind ? kind : "", "approved") ? TURN_WORK : TURN_NOTHING;
}

static void read_error(struct turn *out, const json_t *data)
{
	out->kind = TURN_ERROR;
	set_text(out, text_at(data, "message"));
}

static void read_abort(struct turn *out, const json_t *data)
{
	(void)data;
	out->kind = TURN_INTERRUPTED;
}

/* A turn was taken back; or a summing up is over, also where it failed. */
static void read_still(struct turn *out, const json_t *data)
{
	(void)data;
	out->kind = TURN_STILL;
}

static void read_compaction(struct turn *out, const json_t *data)
{
	(void)data;
	out->kind = TURN_ASIDE;
}

static int64_t tokens(const json_t *usage, const char *key)
{
	return usage_tokens(json_integer_value(json_object_get(usage, key)));
}

/* inputTokens has what came from a cache in it. */
static void read_usage(struct turn *out, const json_t *data)
{
	const json_t *usage = json_object_get(data, "usage");
	struct usage *u = &out->usage;

	u->output = tokens(usage, "outputTokens");
	u->cache_read = tokens(usage, "cacheReadTokens");
	u->cache_write = tokens(usage, "cacheWriteTokens");
	u->input = usage_tokens(tokens(usage, "inputTokens") - u->cache_read - u->cache_write);
}

static const struct record {
	const char *type;
	void (*read)(struct turn *out, const json_t *data);
} records[] = {
	{ "user.message", read_prompt },
	{ "assistant.turn_start", read_work },
	{ "assistant.message", read_message },
	{ "tool.execution_complete", read_work },
	{ "permission.completed", read_answer },
	{ "session.error", read_error },
	{ "abort", read_abort },
	{ "session.usage_record", read_usage },
	{ "session.usage_checkpoint", read_still },
	{ "session.compaction_start", read_compaction },
	{ "session.compaction_complete", read_still },
};

/* The type is the first thing in a line. */
static const struct record *find_record(const char *line, size_t n)
{
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		AUTO(str_release) char *mark = str_format("{\"type\":\"%s\"", records[i].type);
		if (n > strlen(mark) && memcmp(line, mark, strlen(mark)) == 0)
			return &records[i];
	}
	return NULL;
}

static bool read_line(struct turn *out, const char *line, size_t n)
{
	const struct record *r = find_record(line, n);
	json_t *record = r ? json_loadb(line, n, JSON_ALLOW_NUL, NULL) : NULL;

	if (record)
		r->read(out, json_object_get(record, "data"));
	clock_parse(&out->at, text_at(record, "timestamp"));
	json_decref(record);
	if (out->kind == TURN_NOTHING && !usage_sum(&out->usage))
		turn_release(out);
	return out->kind != TURN_NOTHING || usage_sum(&out->usage);
}

const struct agent_log agent_log_copilot = {
	.plugin = { SLOT_AGENT, "copilot-events", "GitHub Copilot CLI's transcript" },
	.find = find_file,
	.read = read_line,
};
