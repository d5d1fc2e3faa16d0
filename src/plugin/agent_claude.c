/*
 * Claude Code's transcript, seen on 2.1.197 and 2.1.330: ~/.claude/projects/FOLDER/ID.jsonl, FOLDER the
 * working directory with every character but letters and digits as '-'. Of its many records those count
 * whose type is user, assistant, or an attachment queued_command (a message that joined a running
 * turn). Records of sub-agents have isSidechain. Those of a `claude -c -p` that a tool runs have an entrypoint
 * of sdk-cli: it writes its own turn into the midst of its parent's.
 *
 * A turn that is interrupted before its first word leaves no record. What tells of it, undocumented and so
 * no more than an addition, is sessions/PID.json beside projects/: {"pid", "procStart", "status": "idle",
 * "busy" or "waiting", "statusUpdatedAt"}.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "slot/agent.h"

enum { STATUS_MAX = 65536 };

static char *find_file(const char *worktree, const char *id)
{
	const char *home = getenv("CLAUDE_CONFIG_DIR");
	AUTO(str_release) char *real = path_real(worktree);
	AUTO(str_release) char *own = path_join(path_home(), ".claude");

	for (char *c = real; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '-';
	return str_format("%s/projects/%s/%s.jsonl", str_empty(home) ? own : home, real, id);
}

static bool contains(const char *line, size_t n, const char *word)
{
	return memmem(line, n, word, strlen(word)) != NULL;
}

/* Of a content that is a text or a list of blocks: the last text in it. */
static const char *last_text(const json_t *content)
{
	const char *text = json_string_value(content);
	size_t i;
	json_t *block;

	json_array_foreach(content, i, block)
	{
		const char *t = json_string_value(json_object_get(block, "text"));
		if (t)
			text = t;
	}
	return text;
}

static bool has_block(const json_t *content, const char *type)
{
	size_t i;
	json_t *block;

	json_array_foreach(
		content, i, block) if (str_equal(json_string_value(json_object_get(block, "type")),
					       type)) return true;
	return false;
}

static void read_user(struct turn *out, const json_t *record)
{
	const json_t *content = json_object_get(json_object_get(record, "message"), "content");
	const char *text = last_text(content);

	if (has_block(content, "tool_result")) {
		out->kind = TURN_WORK;
		return;
	}
	if (!text || json_is_true(json_object_get(record, "isMeta")))
		return;
	if (str_starts(text, "[Request interrupted by user"))
		out->kind = TURN_INTERRUPTED;
	else if (str_starts(text, "<command-name>") || str_starts(text, "<local-command"))
		return; /* a command of its interface, which is no turn */
	else
		out->kind = TURN_PROMPT;
	out->text = str_dup(text);
}

static int64_t tokens(const json_t *usage, const char *key)
{
	return usage_tokens(json_integer_value(json_object_get(usage, key)));
}

static void read_usage(struct usage *out, const json_t *usage)
{
	out->input = tokens(usage, "input_tokens");
	out->output = tokens(usage, "output_tokens");
	out->cache_read = tokens(usage, "cache_read_input_tokens");
	out->cache_write = tokens(usage, "cache_creation_input_tokens");
}

static void read_assistant(struct turn *out, const json_t *record)
{
	const json_t *message = json_object_get(record, "message");
	const char *text = last_text(json_object_get(message, "content"));
	const char *reason = json_string_value(json_object_get(message, "stop_reason"));

	if (json_is_true(json_object_get(record, "isApiErrorMessage")))
		out->kind = TURN_ERROR;
	else if (str_equal(reason, "tool_use"))
		out->kind = TURN_CALL;
	else
		out->kind = reason ? TURN_END : TURN_WORK;
	read_usage(&out->usage, json_object_get(message, "usage"));
	if (!str_empty(text))
		out->text = str_dup(text);
}

static void read_record(struct turn *out, const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	const json_t *attached = json_object_get(record, "attachment");
	const char *entry = json_string_value(json_object_get(record, "entrypoint"));

	if (json_is_true(json_object_get(record, "isSidechain")) ||
		(entry && str_starts(entry, "sdk")))
		return;
	if (str_equal(type, "user"))
		read_user(out, record);
	else if (str_equal(type, "assistant"))
		read_assistant(out, record);
	else if (str_equal(
			 json_string_value(json_object_get(attached, "type")), "queued_command")) {
		const char *prompt = json_string_value(json_object_get(attached, "prompt"));
		out->kind = prompt ? TURN_PROMPT : TURN_NOTHING;
		out->text = prompt ? str_dup(prompt) : NULL;
	}
	clock_parse(&out->at, json_string_value(json_object_get(record, "timestamp")));
}

static bool read_line(struct turn *out, const char *line, size_t n)
{
	json_t *record;

	if (!contains(line, n, "\"type\":\"user\"") &&
		!contains(line, n, "\"type\":\"assistant\"") &&
		!contains(line, n, "\"type\":\"queued_command\""))
		return false;
	record = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
	if (record)
		read_record(out, record);
	json_decref(record);
	if (out->kind == TURN_NOTHING)
		turn_release(out);
	return out->kind != TURN_NOTHING;
}

/* The process that wrote it lives still: procStart is its start as /proc has it. */
static bool is_of(const json_t *status, pid_t pid)
{
	const char *start = json_string_value(json_object_get(status, "procStart"));

	return json_integer_value(json_object_get(status, "pid")) == pid && start &&
		strtoll(start, NULL, 10) == proc_start(pid);
}

static int64_t read_rest(const char *path, pid_t pid)
{
	const char *projects = path ? strstr(path, "/projects/") : NULL, *next;
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(str_release) char *file = NULL;
	json_t *status = NULL;
	int64_t at = 0;
	bool found;

	while (projects && (next = strstr(projects + 1, "/projects/")))
		projects = next;
	if (!projects || pid <= 0)
		return 0;
	file = str_format("%.*s/sessions/%d.json", (int)(projects - path), path, (int)pid);
	err_drop(file_read_tail_if(&text, &found, file, STATUS_MAX), "as if it had none");
	if (text.n)
		status = json_loadb(text.s, text.n, JSON_ALLOW_NUL, NULL);
	if (str_equal(json_string_value(json_object_get(status, "status")), "idle") &&
		is_of(status, pid))
		at = json_integer_value(json_object_get(status, "statusUpdatedAt"));
	json_decref(status);
	return at;
}

const struct agent_log agent_log_claude = {
	.plugin = { SLOT_AGENT, "claude-jsonl", "Claude Code's transcript" },
	.find = find_file,
	.read = read_line,
	.rest = read_rest,
};
