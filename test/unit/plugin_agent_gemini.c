/* Gemini CLI's transcript, record by record; as they were seen on 0.61.0, shortened. */
#include "slot/agent.h"
#include "kit.h"

#define RECORD(type, content)                                                                      \
	"{\"id\":\"492d\",\"timestamp\":\"2026-11-22T16:47:16.997Z\",\"type\":\"" type             \
	"\",\"content\":" content
#define TEXT(s) "[{\"text\":\"" s "\"}]"
#define USED                                                                                       \
	",\"thoughts\":[],\"tokens\":{\"input\":100,\"output\":20,\"cached\":60,\"thoughts\":5,"   \
	"\"tool\":0,\"total\":125},\"model\":\"m\"}"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
	int64_t tokens;
};

static const struct line lines[] = {
	{ RECORD("user", TEXT("hello")) "}", TURN_PROMPT, "hello", 0 },
	/* the model got the file's name and content; this is what was typed */
	{ RECORD("user", "[{\"text\":\"look @README\"},{\"text\":\"readme\"}]") ",\"displayContent\":" TEXT(
		  "look @re") "}",
		TURN_PROMPT, "look @re", 0 },
	{ RECORD("user", TEXT("<session_context>\\nThis is the Gemini CLI")) "}", TURN_NOTHING,
		NULL, 0 },
	{ RECORD("user", "[{\"functionResponse\":{\"name\":\"x\",\"response\":{}}}]") "}",
		TURN_WORK, NULL, 0 },
	{ RECORD("gemini", "\"done\"") USED, TURN_END, "done", 125 },
	/* a call of a tool, before and after it was carried out */
	{ RECORD("gemini", "\"\"") USED, TURN_CALL, NULL, 125 },
	{ RECORD("gemini", "\"\"") ",\"toolCalls\":[{\"name\":\"x\",\"status\":\"success\"}]" USED,
		TURN_WORK, NULL, 125 },
	/* the history put together anew, after a turn that was cut off */
	{ RECORD("gemini", TEXT("done")) ",\"thoughts\":[],\"tokens\":null}", TURN_END, "done", 0 },
	{ RECORD("error", "\"[API Error: 400]\"") "}", TURN_ERROR, "[API Error: 400]", 0 },
	{ RECORD("info", "\"Request cancelled.\"") "}", TURN_INTERRUPTED, NULL, 0 },
	{ RECORD("info", "\"This request failed. Press F12 for diagnostics\"") "}", TURN_NOTHING,
		NULL, 0 },
	{ "{\"$set\":{\"messages\":[{\"type\":\"user\",\"content\":[{\"text\":\"hello\"}]}]}}",
		TURN_NOTHING, NULL, 0 },
	{ "{\"sessionId\":\"5\",\"startTime\":\"2026-11-22T16:52:38.770Z\",\"kind\":\"main\"}",
		TURN_NOTHING, NULL, 0 },
	{ RECORD("user", "7") "}", TURN_NOTHING, NULL, 0 },
	{ RECORD("user", TEXT("torn")), TURN_NOTHING, NULL, 0 },
	{ "[{\"type\":\"error\"}]", TURN_NOTHING, NULL, 0 },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("gemini-jsonl");

	(void)state;
	assert_null(log->find("/nowhere", "5"));
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct line *l = &lines[i];
		struct turn t = { 0 };
		bool says = log->read(&t, l->line, strlen(l->line));

		if (says != (l->kind != TURN_NOTHING) || t.kind != l->kind ||
			!str_equal(t.text ? t.text : "", l->text ? l->text : "") ||
			usage_sum(&t.usage) != l->tokens || (says && t.at != 1795366036997))
			fail_msg("%s\nkind %d, '%s', %d tokens, at %lld", l->line, t.kind,
				t.text ? t.text : "", (int)usage_sum(&t.usage), (long long)t.at);
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
