/* pi's transcript, record by record; as they were seen on 0.73.1, shortened. */
#include "slot/agent.h"
#include "kit.h"

#define MESSAGE(role, more)                                                                        \
	"{\"type\":\"message\",\"id\":\"i\",\"timestamp\":\"2026-11-22T16:47:16.997Z\","           \
	"\"message\":{\"role\":\"" role "\"," more "}}"
#define TEXT(s) "\"content\":[{\"type\":\"text\",\"text\":\"" s "\"}]"
#define USED "\"usage\":{\"input\":100,\"output\":20,\"cacheRead\":60,\"cacheWrite\":7},"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
	int64_t tokens;
};

static const struct line lines[] = {
	{ MESSAGE("user", TEXT("hello")), TURN_PROMPT, "hello", 0 },
	{ MESSAGE("user", "\"content\":\"plain\""), TURN_PROMPT, "plain", 0 },
	{ MESSAGE("user", "\"content\":[{\"type\":\"image\"}]"), TURN_NOTHING, NULL, 0 },
	{ MESSAGE("toolResult", TEXT("out")), TURN_WORK, NULL, 0 },
	{ MESSAGE("assistant", TEXT("done") "," USED "\"stopReason\":\"stop\""), TURN_END, "done",
		187 },
	{ MESSAGE("assistant", TEXT("cut") ",\"stopReason\":\"length\""), TURN_END, "cut", 0 },
	{ MESSAGE("assistant",
		  "\"content\":[{\"type\":\"toolCall\",\"name\":\"bash\"}]," USED
		  "\"stopReason\":\"toolUse\""),
		TURN_CALL, NULL, 187 },
	{ MESSAGE("assistant",
		  "\"content\":[],\"stopReason\":\"error\",\"errorMessage\":\"400 as asked\""),
		TURN_ERROR, "400 as asked", 0 },
	{ MESSAGE("assistant", TEXT("half") ",\"stopReason\":\"aborted\""), TURN_INTERRUPTED,
		"half", 0 },
	{ MESSAGE("bashExecution", TEXT("ls")), TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"session\",\"version\":3,\"id\":\"01a2\"}", TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"custom\",\"data\":{\"type\":\"message\",\"role\":\"user\"}}", TURN_NOTHING,
		NULL, 0 },
	{ "{\"type\":\"message\",\"message\":7}", TURN_NOTHING, NULL, 0 },
	{ "{\"type\":\"message\",\"message\":{", TURN_NOTHING, NULL, 0 },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("pi-jsonl");

	(void)state;
	assert_null(log->find("/w", "01a2"));
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
