/* Codex's transcript, record by record; as they were seen on 0.169.0, shortened. */
#include "slot/agent.h"
#include "kit.h"

#define RECORD(type, payload)                                                                      \
	"{\"timestamp\":\"2026-11-22T13:23:21.376Z\",\"type\":\"" type "\",\"payload\":{" payload  \
	"}}"

struct line {
	const char *line;
	enum turn_kind kind;
	const char *text;
};

static const struct line lines[] = {
	{ RECORD("event_msg", "\"type\":\"task_started\",\"turn_id\":\"t\""), TURN_WORK, NULL },
	{ RECORD("event_msg",
		  "\"type\":\"item_completed\",\"item\":{\"type\":\"UserMessage\",\"content\":[{\"type\":"
		  "\"text\",\"text\":\"hello\"}]}"),
		TURN_PROMPT, "hello" },
	{ RECORD("event_msg",
		  "\"type\":\"item_completed\",\"item\":{\"type\":\"AgentMessage\",\"content\":[{"
		  "\"type\":\"Text\",\"text\":\"first\"}]}"),
		TURN_WORK, "first" },
	{ RECORD("event_msg", "\"type\":\"item_completed\",\"item\":{\"type\":\"Reasoning\"}"),
		TURN_NOTHING, NULL },
	{ RECORD("response_item", "\"type\":\"function_call\",\"name\":\"exec_command\""),
		TURN_CALL, NULL },
	{ RECORD("response_item", "\"type\":\"custom_tool_call\",\"name\":\"apply_patch\""),
		TURN_CALL, NULL },
	{ RECORD("response_item", "\"type\":\"function_call_output\",\"output\":\"x\""), TURN_WORK,
		NULL },
	{ RECORD("event_msg", "\"type\":\"task_complete\",\"last_agent_message\":\"done\""),
		TURN_END, "done" },
	{ RECORD("event_msg", "\"type\":\"task_complete\",\"last_agent_message\":null"), TURN_END,
		NULL },
	{ RECORD("event_msg",
		  "\"type\":\"task_complete\",\"last_agent_message\":null,\"error\":{\"message\":\"no "
		  "quota\",\"codex_error_info\":\"other\"}"),
		TURN_ERROR, "no quota" },
	{ RECORD("event_msg", "\"type\":\"turn_aborted\",\"reason\":\"interrupted\""),
		TURN_INTERRUPTED, NULL },
	{ RECORD("event_msg", "\"type\":\"token_count\",\"info\":{}"), TURN_NOTHING, NULL },
	/* what the model was told for the user is not what the user said */
	{ RECORD("response_item",
		  "\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"
		  "\"<turn_aborted>\"}]"),
		TURN_NOTHING, NULL },
	/* a text that quotes a record is none */
	{ RECORD("response_item",
		  "\"type\":\"message\",\"role\":\"assistant\",\"more\":{\"type\":\"task_complete\"}"),
		TURN_NOTHING, NULL },
	{ "{\"payload\":{\"type\":\"task_complete\"", TURN_NOTHING, NULL },
	{ "[{\"type\":\"task_complete\"}]", TURN_NOTHING, NULL },
};

static void test_lines(void **state)
{
	const struct agent_log *log = agent_log_named("codex-rollout");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct line *l = &lines[i];
		struct turn t = { 0 };
		bool says = log->read(&t, l->line, strlen(l->line));

		if (says != (l->kind != TURN_NOTHING) || t.kind != l->kind ||
			!str_equal(t.text ? t.text : "", l->text ? l->text : "") ||
			usage_sum(&t.usage) || (says && t.at != 1795353801376))
			fail_msg("%s\nkind %d, '%s', at %lld", l->line, t.kind,
				t.text ? t.text : "", (long long)t.at);
		turn_release(&t);
	}
}

static void test_usage(void **state)
{
	static const struct {
		const char *call;
		int64_t input, cache_read, cache_write, output;
	} calls[] = {
		{ "\"input_tokens\":82284,\"cached_input_tokens\":80640,\"cache_write_input_"
		  "tokens\":44,\"output_tokens\":565",
			1600, 80640, 44, 565 },
		{ "\"input_tokens\":100,\"output_tokens\":20", 100, 0, 0, 20 },
		{ "\"input_tokens\":9223372036854775807,\"cached_input_tokens\":-5,\"output_"
		  "tokens\":\"7\"",
			1000000000, 0, 0, 0 },
		{ "\"input_tokens\":1,\"cached_input_tokens\":5", 0, 5, 0, 0 },
		{ "", 0, 0, 0, 0 },
	};
	const struct agent_log *log = agent_log_named("codex-rollout");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		AUTO(str_release)
		char *line = str_format(RECORD("event_msg",
						"\"type\":\"token_count\",\"info\":{\"last_token_"
						"usage\":{%s}}"),
			calls[i].call);
		struct turn t = { 0 };
		bool says = log->read(&t, line, strlen(line));
		assert_int_equal(says, i < 4);
		assert_int_equal(t.kind, TURN_NOTHING);
		assert_int_equal(t.usage.input, calls[i].input);
		assert_int_equal(t.usage.cache_read, calls[i].cache_read);
		assert_int_equal(t.usage.cache_write, calls[i].cache_write);
		assert_int_equal(t.usage.output, calls[i].output);
		turn_release(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
