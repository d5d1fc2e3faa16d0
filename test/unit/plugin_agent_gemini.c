/* Gemini CLI's transcript, record by record; as they were seen on 0.61.0, shortened. */
#include "slot/agent.h"
#include "kit.h"

#define RECORD(type, more)                                                                         \
	"{\"id\":\"d04923\",\"timestamp\":\"2026-11-22T13:23:21.376Z\",\"type\":\"" type           \
	"\"," more "}"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
	int64_t usage;
};

static const struct line lines[] = {
	{ RECORD("user", "\"content\":[{\"text\":\"hello\"}]"), TURN_PROMPT, "hello", 0 },
	{ RECORD("user",
		  "\"content\":[{\"text\":\"look @README\"},{\"text\":\"readme\"}],"
		  "\"displayContent\":[{\"text\":\"look @re\"}]"),
		TURN_PROMPT, "look @re", 0 },
	{ RECORD("user",
		  "\"content\":[{\"text\":\"<session_context>\\nThis is the Gemini CLI.\"}]"),
		TURN_NOTHING, NULL, 0 },
	{ RECORD("user", "\"content\":[{\"functionResponse\":{\"name\":\"run_shell_command\"}}]"),
		TURN_WORK, NULL, 0 },
	{ RECORD("gemini",
		  "\"content\":\"first\",\"tokens\":{\"input\":100,\"output\":20,\"cached\":30,"
		  "\"thoughts\":5,\"tool\":0,\"total\":125}"),
		TURN_SAID, "first", 125 },
	{ RECORD("gemini", "\"content\":\"\",\"tokens\":{\"input\":-7,\"output\":\"x\"}"),
		TURN_CALL, NULL, 0 },
	{ RECORD("gemini", "\"content\":\"now\",\"toolCalls\":[{\"name\":\"ask_user\"}]"),
		TURN_CALL, "now", 0 },
	/* the conversation, written down anew after a cancelled turn */
	{ RECORD("gemini", "\"content\":[{\"text\":\"first\"}],\"tokens\":null"), TURN_NOTHING,
		NULL, 0 },
	{ "{\"$set\":{\"messages\":[" RECORD("error", "\"content\":\"old\"") "]}}", TURN_NOTHING,
		NULL, 0 },
	{ "{\"$set\":{\"lastUpdated\":\"2026-11-22T16:52:28.969Z\"}}", TURN_NOTHING, NULL, 0 },
	{ RECORD("error", "\"content\":\"[API Error: no quota]\""), TURN_ERROR,
		"[API Error: no quota]", 0 },
	{ RECORD("info", "\"content\":\"Request cancelled.\""), TURN_INTERRUPTED, NULL, 0 },
	{ RECORD("info", "\"content\":\"This request failed. Press F12\""), TURN_NOTHING, NULL, 0 },
	{ RECORD("info", "\"content\":\"\""), TURN_STILL, NULL, 0 },
	{ "{\"id\":\"d04923\",\"type\":\"info\"", TURN_NOTHING, NULL, 0 },
	{ "{\"sessionId\":\"40892cfa\",\"kind\":\"main\"}", TURN_NOTHING, NULL, 0 },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("gemini-chat");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct line *l = &lines[i];
		struct turn t = { 0 };
		bool says = log->read(&t, l->line, strlen(l->line));

		if (says != (l->kind != TURN_NOTHING) || t.kind != l->kind ||
			!str_equal(t.text ? t.text : "", l->text ? l->text : "") ||
			usage_sum(&t.usage) != l->usage || (says && t.at != 1795353801376))
			fail_msg("%s\nkind %d, '%s', at %lld", l->line, t.kind,
				t.text ? t.text : "", (long long)t.at);
		turn_release(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
