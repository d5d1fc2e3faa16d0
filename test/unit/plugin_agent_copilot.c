/* GitHub Copilot CLI's transcript, record by record; as they were seen on 1.0.102, shortened. */
#include "slot/agent.h"
#include "kit.h"

#define RECORD(type, data)                                                                         \
	"{\"type\":\"" type "\",\"data\":{" data                                                   \
	"},\"id\":\"i\",\"timestamp\":\"2026-11-22T16:47:16.997Z\",\"parentId\":\"p\"}"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
};

static const struct line lines[] = {
	{ RECORD("user.message",
		  "\"content\":\"hello\",\"transformedContent\":\"<current_datetime>\\nhello\""),
		TURN_PROMPT, "hello" },
	{ RECORD("user.message", "\"content\":7"), TURN_NOTHING, NULL },
	{ RECORD("assistant.turn_start", "\"turnId\":\"0\""), TURN_WORK, NULL },
	{ RECORD("assistant.message", "\"content\":\"first\",\"toolRequests\":[]"), TURN_END,
		"first" },
	{ RECORD("assistant.message",
		  "\"content\":\"let me\",\"toolRequests\":[{\"name\":\"bash\"}]"),
		TURN_CALL, "let me" },
	{ RECORD("assistant.message", "\"content\":\"\",\"toolRequests\":[{\"name\":\"bash\"}]"),
		TURN_CALL, NULL },
	/* one for each call of the model */
	{ RECORD("assistant.turn_end", "\"turnId\":\"0\""), TURN_NOTHING, NULL },
	{ RECORD("tool.execution_start", "\"toolName\":\"bash\""), TURN_NOTHING, NULL },
	{ RECORD("permission.requested", "\"requestId\":\"r\""), TURN_NOTHING, NULL },
	{ RECORD("permission.completed", "\"result\":{\"kind\":\"approved\"}"), TURN_WORK, NULL },
	{ RECORD("permission.completed",
		  "\"result\":{\"kind\":\"cancelled\",\"reason\":\"Session aborted\"}"),
		TURN_NOTHING, NULL },
	{ RECORD("tool.execution_complete", "\"success\":false"), TURN_WORK, NULL },
	{ RECORD("session.error", "\"errorType\":\"query\",\"message\":\"400 as asked\""),
		TURN_ERROR, "400 as asked" },
	{ RECORD("abort", "\"reason\":\"user_abort\""), TURN_INTERRUPTED, NULL },
	{ RECORD("session.usage_checkpoint", "\"totalNanoAiu\":0"), TURN_STILL, NULL },
	{ RECORD("session.compaction_start", "\"systemTokens\":5376"), TURN_ASIDE, NULL },
	{ RECORD("session.compaction_complete", "\"success\":false"), TURN_STILL, NULL },
	{ RECORD("hook.start", "\"input\":{\"type\":\"abort\"}"), TURN_NOTHING, NULL },
	{ "{\"type\":\"abort\",\"data\":{", TURN_NOTHING, NULL },
	{ "{\"data\":{},\"type\":\"abort\"}", TURN_NOTHING, NULL },
	{ "[{\"type\":\"abort\"}]", TURN_NOTHING, NULL },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("copilot-events");

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

/* A record of its own, before the message; what had been cached is in inputTokens. */
static void test_usage(void **state)
{
	static const char used[] = RECORD("session.usage_record",
		"\"usage\":{\"model\":\"m\",\"inputTokens\":100,\"outputTokens\":20,"
		"\"cacheReadTokens\":60,\"cacheWriteTokens\":10}");
	static const char none[] = RECORD("session.usage_record", "\"usage\":{\"inputTokens\":-1}");
	const struct agent_log *log = agent_log_named("copilot-events");
	struct turn t = { 0 };

	(void)state;
	assert_true(log->read(&t, used, strlen(used)));
	assert_int_equal(t.kind, TURN_NOTHING);
	assert_int_equal(t.usage.input, 30);
	assert_int_equal(t.usage.cache_read, 60);
	assert_int_equal(t.usage.cache_write, 10);
	assert_int_equal(t.usage.output, 20);
	turn_release(&t);
	assert_false(log->read(&t, none, strlen(none)));
}

static void test_find(void **state)
{
	const struct agent_log *log = agent_log_named("copilot-events");

	(void)state;
	setenv("HOME", "/h", 1);
	unsetenv("COPILOT_HOME");
	AUTO(str_release) char *own = log->find("/w", "abc");
	assert_string_equal(own, "/h/.copilot/session-state/abc/events.jsonl");
	setenv("COPILOT_HOME", "/c", 1);
	AUTO(str_release) char *other = log->find("/w", "abc");
	assert_string_equal(other, "/c/session-state/abc/events.jsonl");
	unsetenv("COPILOT_HOME");
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
