/* What each agent's hooks say on their standard input. The payloads are as they were seen, shortened. */
#include "base/hash.h"
#include "op/hook_input.h"
#include "kit.h"

struct payload {
	enum signal_kind kind;
	const char *in;
	const char *text;      /* of a prompt: what its digest must be of */
	const char *id, *path; /* of the conversation; NULL: not told */
};

static const struct payload payloads[] = {
	/* Claude Code */
	{ SIGNAL_START,
		"{\"session_id\":\"9a82\",\"transcript_path\":\"/h/.claude/9a82.jsonl\",\"cwd\":\"/w\","
		"\"hook_event_name\":\"SessionStart\",\"source\":\"startup\"}",
		"9a82", "9a82", "/h/.claude/9a82.jsonl" },
	{ SIGNAL_PROMPT,
		"{\"session_id\":\"9a82\",\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":"
		"\"\\n\\n<pasted_content id=\\\"50bd\\\">\\ntwo\\nlines\\n</pasted_content "
		"id=\\\"50bd\\\">\\n\"}",
		"two\nlines", "9a82", NULL },
	{ SIGNAL_PROMPT, "{\"session_id\":\"9a82\",\"prompt\":\"plain \"}", "plain", "9a82", NULL },
	{ SIGNAL_TOOL, "{\"session_id\":\"9a82\",\"tool_name\":\"Bash\",\"tool_input\":{}}", "Bash",
		"9a82", NULL },
	{ SIGNAL_TOOL,
		"{\"session_id\":\"9a82\",\"tool_name\":\"Bash\",\"tool_response\":\"a\\u0000b\"}",
		"Bash", "9a82", NULL },
	{ SIGNAL_ERROR,
		"{\"session_id\":\"9a82\",\"error\":\"unknown\",\"last_assistant_message\":\"API\"}",
		"unknown: API", "9a82", NULL },
	{ SIGNAL_ERROR,
		"{\"session_id\":\"64af\",\"hook_event_name\":\"StopFailure\",\"error\":\"rate_limit\","
		"\"last_assistant_message\":\"You've hit your 5-hour limit · resets 6:42pm (UTC)\"}",
		"rate_limit: You've hit your 5-hour limit · resets 6:42pm (UTC)", "64af", NULL },
	{ SIGNAL_ERROR, "{\"session_id\":\"64af\",\"error\":\"unknown\"}", "unknown", "64af",
		NULL },
	/* Qwen Code: its prompt has the files that the words name */
	{ SIGNAL_PROMPT,
		"{\"session_id\":\"3333\",\"transcript_path\":\"/h/3333.jsonl\",\"prompt\":\"look "
		"@README\\n--- Content from referenced files ---\\nContent from "
		"README:\\nreadme\",\"submitted_prompt\":\"look @README\"}",
		"look @README", "3333", "/h/3333.jsonl" },
	{ SIGNAL_ERROR,
		"{\"session_id\":\"3333\",\"error\":\"invalid_request\",\"error_details\":\"400\"}",
		"invalid_request", "3333", NULL },
	{ SIGNAL_STOP,
		"{\"session_id\":\"3333\",\"message\":\"Qwen Code is waiting for your "
		"input\",\"notification_type\":\"idle_prompt\"}",
		"Qwen Code is waiting for your input", "3333", NULL },
	/* Gemini CLI */
	{ SIGNAL_STOP,
		"{\"session_id\":\"2222\",\"hook_event_name\":\"AfterAgent\",\"prompt\":\"hello\","
		"\"prompt_response\":\"first\"}",
		"first", "2222", NULL },
	{ SIGNAL_WAITING,
		"{\"session_id\":\"2222\",\"notification_type\":\"ToolPermission\",\"message\":\"Tool "
		"Confirm\"}",
		"Tool Confirm", "2222", NULL },
	{ SIGNAL_STOP,
		"{\"session_id\":\"2222\",\"prompt\":\"x\",\"prompt_response\":\"[no response "
		"text]\"}",
		"[no response text]", "2222", NULL },
	/* Copilot CLI */
	{ SIGNAL_PROMPT, "{\"sessionId\":\"4444\",\"timestamp\":1795329489826,\"prompt\":\"hi\"}",
		"hi", "4444", NULL },
	{ SIGNAL_TOOL, "{\"sessionId\":\"4444\",\"toolName\":\"bash\",\"toolArgs\":{}}", "bash",
		"4444", NULL },
	{ SIGNAL_STOP, "{\"sessionId\":\"4444\",\"transcriptPath\":\"/h/events.jsonl\"}", NULL,
		"4444", "/h/events.jsonl" },
	{ SIGNAL_ERROR, "{\"sessionId\":\"4444\",\"error\":{\"message\":\"no model\"}}", "no model",
		"4444", NULL },
	/* anything else is the text itself */
	{ SIGNAL_PROMPT, "{\"prompt\":\"said by nobody we know\"}",
		"{\"prompt\":\"said by nobody we know\"}", NULL, NULL },
	{ SIGNAL_PROMPT, "{\"session_id\":\"torn", "{\"session_id\":\"torn", NULL, NULL },
	{ SIGNAL_WAITING, "which color?", "which color?", NULL, NULL },
	{ SIGNAL_STOP, "", NULL, NULL, NULL },
	{ SIGNAL_TOOL, "{\"session_id\":7,\"tool_name\":[]}", "{\"session_id\":7,\"tool_name\":[]}",
		NULL, NULL },
};

static void same(const char *got, const char *want, const char *in)
{
	if (!str_equal(got ? got : "", want ? want : ""))
		fail_msg("%s\ngave '%s', not '%s'", in, got ? got : "", want ? want : "");
}

static void test_payloads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(payloads); i++) {
		const struct payload *p = &payloads[i];
		AUTO(conversation_release) struct conversation c = { 0 };
		AUTO(str_release) char *words = NULL;
		struct signal_line s = { .kind = p->kind };
		uint64_t hash;
		size_t length;

		hook_input(&s, &words, &c, p->in, strlen(p->in));
		signal_digest(
			&length, &hash, p->text ? p->text : "", p->text ? strlen(p->text) : 0);
		if (p->kind == SIGNAL_PROMPT && (s.length != length || s.hash != hash))
			fail_msg("%s\nis not '%s'", p->in, p->text);
		if (p->kind != SIGNAL_PROMPT)
			same(s.text, p->text, p->in);
		same(c.id, p->id, p->in);
		same(c.path, p->path, p->in);
		assert_int_equal(s.kind, p->kind);
		assert_int_equal(signal_is_mute(&s), str_equal(p->text, "[no response text]"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
