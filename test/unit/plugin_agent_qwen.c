/* Qwen Code's transcript, record by record; as they were seen on 0.24.4, shortened. */
#include "slot/agent.h"
#include "kit.h"

#define AT ",\"timestamp\":\"2026-11-22T16:47:16.997Z\"}"
#define USER(by, parts)                                                                            \
	"{\"uuid\":\"u\",\"type\":\"user\",\"provenance\":\"" by                                   \
	"\",\"message\":{\"role\":\"user\",\"parts\":[" parts "]}" AT
#define MODEL(parts)                                                                               \
	"{\"type\":\"assistant\",\"message\":{\"role\":\"model\",\"parts\":[" parts                \
	"]},\"usageMetadata\":{\"promptTokenCount\":100,\"candidatesTokenCount\":20,\"thoughts"    \
	"TokenCount\":5,\"totalTokenCount\":125,\"cachedContentTokenCount\":60}" AT
#define RESULT(response)                                                                           \
	"{\"type\":\"tool_result\",\"provenance\":\"tool_result\",\"message\":{\"role\":\"user\"," \
	"\"parts\":[{\"functionResponse\":{\"id\":\"c\",\"name\":\"x\",\"response\":{" response    \
	"}}}]}" AT
#define TEXT(s) "{\"text\":\"" s "\"}"
#define CALL "{\"functionCall\":{\"id\":\"c\",\"name\":\"run_shell_command\",\"args\":{}}}"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
};

static const struct line lines[] = {
	{ USER("real_user", TEXT("hello")), TURN_PROMPT, "hello" },
	{ "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"parts\":[" TEXT("of 0.15") "]}" AT,
		TURN_PROMPT, "of 0.15" },
	/* the file that it names comes behind it */
	{ USER("real_user",
		  TEXT("look @README") "," TEXT(
			  "\\n--- Content from referenced files ---") "," TEXT("readme")),
		TURN_PROMPT, "look @README" },
	{ USER("system", TEXT("a reminder")), TURN_NOTHING, NULL },
	{ USER("real_user", "{\"inlineData\":{}}"), TURN_NOTHING, NULL },
	{ MODEL(TEXT("done")), TURN_END, "done" },
	{ MODEL("{\"text\":\"hm\",\"thought\":true}," TEXT("done")), TURN_END, "done" },
	{ MODEL("{\"text\":\"hm\",\"thought\":true}"), TURN_END, NULL },
	{ MODEL(TEXT("let me") "," CALL), TURN_CALL, "let me" },
	{ MODEL(CALL), TURN_CALL, NULL },
	{ RESULT("\"output\":\"ok\""), TURN_WORK, NULL },
	{ RESULT("\"error\":\"File path must be absolute\""), TURN_WORK, NULL },
	{ RESULT("\"error\":\"[Operation Cancelled] Reason: User did not allow tool call\""),
		TURN_INTERRUPTED, NULL },
	{ "{\"type\":\"system\",\"subtype\":\"ui_telemetry\",\"systemPayload\":{\"uiEvent\":{"
	  "\"response_text\":\"done\"}}" AT,
		TURN_NOTHING, NULL },
	{ "{\"type\":\"system\",\"quoted\":{\"type\":\"user\",\"message\":{}}" AT, TURN_NOTHING,
		NULL },
	{ "{\"type\":\"user\",\"message\":7" AT, TURN_NOTHING, NULL },
	{ "{\"type\":\"user\",\"message\":{\"parts\":[", TURN_NOTHING, NULL },
	{ "[\"type\":\"user\"]", TURN_NOTHING, NULL },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("qwen-jsonl");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct line *l = &lines[i];
		struct turn t = { 0 };
		bool says = log->read(&t, l->line, strlen(l->line));

		if (says != (l->kind != TURN_NOTHING) || t.kind != l->kind ||
			!str_equal(t.text ? t.text : "", l->text ? l->text : "") ||
			(says && t.at != 1795366036997))
			fail_msg("%s\nkind %d, '%s', at %lld", l->line, t.kind,
				t.text ? t.text : "", (long long)t.at);
		turn_release(&t);
	}
}

/* What had been cached is in promptTokenCount, what it thought in no other number than the sum. */
static void test_usage(void **state)
{
	static const char bad[] =
		"{\"type\":\"assistant\",\"message\":{\"parts\":[]},\"usageMetadata\":{\"promptToken"
		"Count\":-3,\"totalTokenCount\":\"9\",\"cachedContentTokenCount\":5}}";
	const struct agent_log *log = agent_log_named("qwen-jsonl");
	struct turn t = { 0 };

	(void)state;
	assert_true(log->read(&t, MODEL(TEXT("x")), strlen(MODEL(TEXT("x")))));
	assert_int_equal(t.usage.input, 40);
	assert_int_equal(t.usage.cache_read, 60);
	assert_int_equal(t.usage.cache_write, 0);
	assert_int_equal(t.usage.output, 25);
	turn_release(&t);
	assert_true(log->read(&t, bad, strlen(bad)));
	assert_int_equal(t.usage.input, 0);
	assert_int_equal(t.usage.output, 0);
	turn_release(&t);
}

static void test_find(void **state)
{
	const struct agent_log *log = agent_log_named("qwen-jsonl");

	(void)state;
	setenv("HOME", "/h", 1);
	unsetenv("QWEN_HOME");
	AUTO(str_release) char *own = log->find("/nowhere/.worktrees/fe-1", "abc");
	assert_string_equal(own, "/h/.qwen/projects/-nowhere--worktrees-fe-1/chats/abc.jsonl");
	setenv("QWEN_HOME", "/q", 1);
	AUTO(str_release) char *other = log->find("/nowhere/x_y", "abc");
	assert_string_equal(other, "/q/projects/-nowhere-x-y/chats/abc.jsonl");
	unsetenv("QWEN_HOME");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_usage),
		TEST(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
