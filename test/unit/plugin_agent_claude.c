/* Claude Code's transcript, record by record; as they were seen on 2.1.330, shortened. */
#include "base/proc.h"
#include "slot/agent.h"
#include "kit.h"

#define AT ",\"timestamp\":\"2026-11-22T12:53:08.739Z\"}"
#define USER(content)                                                                                  \
	"{\"isSidechain\":false,\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":" content \
	"}" AT
#define ASSISTANT(content, reason)                                                                 \
	"{\"isSidechain\":false,\"message\":{\"role\":\"assistant\",\"content\":[" content         \
	"],\"stop_reason\":" reason                                                                \
	",\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":90,"                           \
	"\"output_tokens\":7}},\"type\":\"assistant\"" AT
#define TEXT(s) "{\"type\":\"text\",\"text\":\"" s "\"}"
#define CALL "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Bash\",\"input\":{}}"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
	int64_t tokens;
};

static const struct line lines[] = {
	{ USER("\"hello\""), TURN_PROMPT, "hello", 0 },
	{ USER("[" TEXT("one") "," TEXT("two") "]"), TURN_PROMPT, "two", 0 },
	{ USER("[{\"tool_use_id\":\"t\",\"type\":\"tool_result\",\"content\":\"out\"}]"), TURN_WORK,
		NULL, 0 },
	{ USER("[{\"tool_use_id\":\"t\",\"type\":\"tool_result\",\"content\":\"a\\u0000b\"}]"),
		TURN_WORK, NULL, 0 }, /* of find -print0 */
	{ USER("[" TEXT("[Request interrupted by user]") "]"), TURN_INTERRUPTED,
		"[Request interrupted by user]", 0 },
	{ USER("[" TEXT("[Request interrupted by user for tool use]") "]"), TURN_INTERRUPTED,
		"[Request interrupted by user for tool use]", 0 },
	{ USER("\"<command-name>/clear</command-name>\""), TURN_NOTHING, NULL, 0 },
	{ USER("\"<local-command-stdout></local-command-stdout>\""), TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"user\",\"isMeta\":true,\"message\":{\"content\":\"a caveat\"}" AT,
		TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"user\",\"isSidechain\":true,\"message\":{\"content\":\"for a sub-agent\"}" AT,
		TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"user\",\"entrypoint\":\"sdk-cli\",\"message\":{\"content\":\"nested\"}" AT,
		TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"user\",\"entrypoint\":\"cli\",\"message\":{\"content\":\"typed\"}" AT,
		TURN_PROMPT, "typed", 0 },
	{ ASSISTANT(TEXT("done"), "\"end_turn\""), TURN_END, "done", 100 },
	{ ASSISTANT(TEXT("cut"), "\"max_tokens\""), TURN_END, "cut", 100 },
	{ ASSISTANT(TEXT("on it"), "null"), TURN_WORK, "on it", 100 },
	{ ASSISTANT(TEXT("let me") "," CALL, "\"tool_use\""), TURN_CALL, "let me", 100 },
	{ ASSISTANT(CALL, "\"tool_use\""), TURN_CALL, NULL, 100 },
	{ "{\"type\":\"assistant\",\"isApiErrorMessage\":true,\"message\":{\"content\":[" TEXT(
		  "API Error: 400") "],\"stop_reason\":\"stop_sequence\"}" AT,
		TURN_ERROR, "API Error: 400", 0 },
	{ "{\"attachment\":{\"type\":\"queued_command\",\"prompt\":\"while busy\"},\"type\":\"attachment\"" AT,
		TURN_PROMPT, "while busy", 0 },
	{ "{\"attachment\":{\"type\":\"queued_command\"},\"type\":\"attachment\"" AT, TURN_NOTHING,
		NULL, 0 },
	{ "{\"type\":\"queue-operation\",\"operation\":\"enqueue\",\"content\":\"x\"" AT,
		TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"system\",\"subtype\":\"turn_duration\",\"durationMs\":9" AT, TURN_NOTHING,
		NULL, 0 },
	{ "{\"type\":\"user\",\"message\":{\"content\":7}" AT, TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"user\",\"message\":\"torn", TURN_NOTHING, NULL, 0 },
	{ "[\"type\":\"user\"]", TURN_NOTHING, NULL, 0 },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("claude-jsonl");

	(void)state;
	assert_null(agent_log_named("none"));
	assert_null(agent_log_named(NULL));
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct line *l = &lines[i];
		struct turn t = { 0 };
		bool says = log->read(&t, l->line, strlen(l->line));

		if (says != (l->kind != TURN_NOTHING) || t.kind != l->kind ||
			!str_equal(t.text ? t.text : "", l->text ? l->text : "") ||
			usage_sum(&t.usage) != l->tokens || (says && t.at != 1795351988739))
			fail_msg("%s\nkind %d, '%s', %d tokens, at %lld", l->line, t.kind,
				t.text ? t.text : "", (int)usage_sum(&t.usage), (long long)t.at);
		turn_release(&t);
	}
}

static void test_find(void **state)
{
	const struct agent_log *log = agent_log_named("claude-jsonl");

	(void)state;
	setenv("HOME", "/h", 1);
	unsetenv("CLAUDE_CONFIG_DIR");
	AUTO(str_release) char *own = log->find("/nowhere/.worktrees/fe-1", "abc");
	assert_string_equal(own, "/h/.claude/projects/-nowhere--worktrees-fe-1/abc.jsonl");
	setenv("CLAUDE_CONFIG_DIR", "/c", 1);
	AUTO(str_release) char *other = log->find("/nowhere/x_y", "abc");
	assert_string_equal(other, "/c/projects/-nowhere-x-y/abc.jsonl");
	unsetenv("CLAUDE_CONFIG_DIR");
}

/* Its status file, as seen on 2.1.330, shortened: of this process, idle, since then; else it tells nothing. */
static int64_t rest_of(pid_t pid, const char *start, const char *status)
{
	AUTO(str_release) char *path = at("projects/-a-b/1f.jsonl");
	AUTO(str_release) char *file = str_format("sessions/%d.json", (int)getpid());
	AUTO(str_release)
	char *text = str_format(
		"{\"pid\":%d,\"sessionId\":\"1f\",\"procStart\":\"%s\",\"status\":\"%s\","
		"\"updatedAt\":1795366152999,\"statusUpdatedAt\":1795366152467}",
		(int)pid, start, status);

	put_text(file, text);
	return agent_log_named("claude-jsonl")->rest(path, getpid());
}

static void test_rest(void **state)
{
	AUTO(str_release) char *start = str_format("%lld", (long long)proc_start(getpid()));

	(void)state;
	assert_int_equal(agent_log_named("claude-jsonl")->rest("/nowhere/projects/a.jsonl", 1), 0);
	assert_int_equal(agent_log_named("claude-jsonl")->rest(NULL, 1), 0);
	assert_true(rest_of(getpid(), start, "idle") == 1795366152467);
	assert_int_equal(rest_of(getpid(), start, "busy"), 0);
	assert_int_equal(rest_of(getpid(), start, "waiting"), 0);
	assert_int_equal(rest_of(getpid(), "17", "idle"), 0);
	assert_int_equal(rest_of(getpid() + 1, start, "idle"), 0);
	assert_int_equal(rest_of(getpid(), start, "idle\""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_find),
		TEST(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
