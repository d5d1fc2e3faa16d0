/* What Qwen Code finds in the file of its messages: whole lines, each once, nothing ever changed; and what is made
 * of what it writes. */
#include <jansson.h>
#include <sys/stat.h>

#include "slot/channel.h"
#include "kit.h"

static void hand(const char *text, size_t n)
{
	struct channel_ref r = { .folder = root };
	enum channel_answer has;

	ok(channel_named("qwen")->hand(&has, &r, "", text, n));
	assert_int_equal(has, CHANNEL_SILENT);
}

static void test_lines(void **state)
{
	static const char second[] = "\"two\"\nlines\t\\ é 漢 🙂 \x7f";
	AUTO(str_release) char *path = at("input");
	AUTO(buf_release) struct buf b = { 0 };
	const char *end;
	json_t *o;

	(void)state;
	hand("one and more", 3);
	hand(second, strlen(second));
	ok(file_read(&b, path, 1 << 16));
	assert_true(str_starts(b.s, "{\"type\":\"submit\",\"text\":\"one\"}\n"));
	end = strchr(b.s, '\n') + 1;
	assert_ptr_equal(strchr(end, '\n'), b.s + b.n - 1);
	o = json_loads(end, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "type")), "submit");
	assert_string_equal(json_string_value(json_object_get(o, "text")), second);
	json_decref(o);
}

/* Nothing of it is in the file: it would be the beginning of the next one. */
static void test_refused(void **state)
{
	AUTO(str_release) char *path = at("input");
	const struct channel *c = channel_named("qwen");
	struct channel_ref r = { .folder = root };
	enum channel_answer has;

	(void)state;
	not_ok(c->hand(&has, &r, "", "\xff\xfe", 2), ERR_USAGE, "UTF-8");
	assert_false(path_exists(path));
	r.folder = (char *)"/nowhere/at/all";
	not_ok(c->hand(&has, &r, "", "x", 1), ERR_FAILED, "cannot write");
}

/* ---- what it does ---------------------------------------------------------------------------- */

/* Lines as it writes them, but for the ids. */
#define LINE(type, rest)                                                                           \
	"{\"type\":\"" type                                                                        \
	"\",\"uuid\":\"u\",\"session_id\":\"s\",\"parent_tool_use_id\":null," rest "}\n"
#define EVENT(type) LINE("stream_event", "\"event\":{\"type\":\"" type "\"}")
#define SAID(words)                                                                                     \
	LINE("assistant",                                                                               \
		"\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" words \
		"\"}],\"stop_reason\":null,\"usage\":{\"input_tokens\":100,\"output_tokens\":20,"       \
		"\"cache_read_input_tokens\":0,\"total_tokens\":120}}")
#define FAILED                                                                                     \
	LINE("assistant",                                                                          \
		"\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","             \
		"\"text\":\"[API Error: 400 as asked]\"}],\"stop_reason\":null,"                   \
		"\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}")
#define CALLS                                                                                      \
	LINE("assistant",                                                                          \
		"\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":"          \
		"\"tool_use\",\"id\":\"c\",\"name\":\"run_shell_command\",\"input\":{}}],"         \
		"\"stop_reason\":\"tool_use\"}")
#define START LINE("system", "\"subtype\":\"session_start\",\"data\":{}")
#define PROMPT                                                                                     \
	LINE("user",                                                                               \
		"\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}")
#define RESULT                                                                                     \
	LINE("user",                                                                               \
		"\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","           \
		"\"tool_use_id\":\"c\",\"is_error\":false,\"content\":\"x\"}]}")
#define ASKS(id)                                                                                         \
	"{\"type\":\"control_request\",\"request_id\":\"" id                                             \
	"\",\"request\":{\"subtype\":\"can_use_tool\","                                                  \
	"\"tool_name\":\"run_shell_command\",\"tool_use_id\":\"c\",\"input\":{\"command\":\"touch w\"}," \
	"\"permission_suggestions\":[{\"type\":\"allow\",\"label\":\"Allow Command\",\"description\":"   \
	"\"Execute: touch w\"},{\"type\":\"deny\",\"label\":\"Deny\"}],\"blocked_path\":null}}\n"
#define QUESTION                                                                                           \
	"{\"type\":\"control_request\",\"request_id\":\"q\",\"request\":{\"subtype\":\"can_use_tool\","    \
	"\"tool_name\":\"ask_user_question\",\"input\":{\"questions\":[{\"question\":\"Which color?\"}]}," \
	"\"permission_suggestions\":[{\"type\":\"allow\",\"label\":\"Allow\"}]}}\n"
#define ANSWER(id)                                                                                  \
	"{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"" id \
	"\",\"response\":{\"allowed\":true}}}\n"
#define NO_SUCH                                                                                    \
	"{\"type\":\"control_response\",\"response\":{\"subtype\":\"error\",\"request_id\":\"\","  \
	"\"error\":\"unknown request_id\"}}\n"
#define TURN PROMPT EVENT("goal_state") EVENT("message_start") EVENT("content_block_start")
#define OVER EVENT("content_block_stop") SAID("done") EVENT("message_stop")
#define STEP TURN EVENT("content_block_stop") CALLS EVENT("message_stop")

static void looked(struct channel_fact *f, const void *bytes, size_t n, int64_t since)
{
	struct channel_ref r = { .folder = root, .since = since };

	put("agent-events", bytes, n);
	ok(channel_named("qwen")->look(f, &r, 1));
}

static void test_looks(void **state)
{
	static const struct {
		const char *lines;
		int says; /* -1: nothing at all */
		const char *detail, *asks;
	} cases[] = {
		{ "", -1, NULL, NULL },
		{ START, -1, NULL, NULL },
		{ START PROMPT, ACTIVITY_ACTIVE, "a turn began", NULL },
		{ START PROMPT EVENT("goal_state"), ACTIVITY_ACTIVE, "a turn began", NULL },
		{ START TURN, ACTIVITY_UNKNOWN, "words of it came", NULL },
		{ START TURN EVENT("content_block_delta"), ACTIVITY_UNKNOWN, NULL, NULL },
		{ START TURN OVER, ACTIVITY_READY, "its last words are out", NULL },
		{ TURN OVER NO_SUCH, ACTIVITY_READY, "its last words are out", NULL },
		{ TURN OVER PROMPT, ACTIVITY_ACTIVE, "a turn began", NULL },
		{ TURN FAILED EVENT("message_stop"), ACTIVITY_BLOCKED, "[API Error: 400 as asked]",
			NULL },
		{ TURN SAID("[API Error: 1]"), ACTIVITY_READY, "its last words are out", NULL },
		{ STEP, ACTIVITY_UNKNOWN, "it asked for a tool", NULL },
		{ STEP ASKS("r"), ACTIVITY_WAITING_INPUT,
			"it asks for a permission, run_shell_command: Execute: touch w", "r" },
		{ STEP QUESTION, ACTIVITY_WAITING_INPUT, "it asks: Which color?", "q" },
		{ STEP ASKS("r") NO_SUCH, ACTIVITY_WAITING_INPUT, NULL, "r" },
		{ STEP ASKS("r") ANSWER("r"), ACTIVITY_UNKNOWN, "it asked for a tool", NULL },
		{ STEP ASKS("r") ASKS("t"), ACTIVITY_WAITING_INPUT, NULL, "r" },
		{ STEP ASKS("r") ASKS("t") ANSWER("r"), ACTIVITY_WAITING_INPUT, NULL, "t" },
		{ STEP ASKS("r") ASKS("t") ANSWER("r") ANSWER("t"), ACTIVITY_UNKNOWN, NULL, NULL },
		{ STEP ASKS("r") ANSWER("r") RESULT, ACTIVITY_UNKNOWN, "a tool of it ran", NULL },
		/* refused: no word of it, and the next turn */
		{ STEP ASKS("r") PROMPT, ACTIVITY_ACTIVE, "a turn began", NULL },
		{ STEP ASKS("r") TURN OVER, ACTIVITY_READY, NULL, NULL },
		/* a line that is being written, or is none */
		{ TURN OVER "{\"type\":\"user\",\"mess", ACTIVITY_READY, NULL, NULL },
		{ TURN OVER "\n\nnull\n[]\n{}\n{\"type\":7}\n\xff\n", ACTIVITY_READY, NULL, NULL },
		/* any shape */
		{ "{\"type\":\"control_request\"}\n", -1, NULL, NULL },
		{ "{\"type\":\"control_request\",\"request_id\":[],\"request\":7}\n", -1, NULL,
			NULL },
		{ "{\"type\":\"control_request\",\"request_id\":\"r\",\"request\":7}\n",
			ACTIVITY_WAITING_INPUT, "it asks for a permission, a tool", "r" },
		{ "{\"type\":\"control_response\",\"response\":[1]}\n", -1, NULL, NULL },
		{ "{\"type\":\"stream_event\",\"event\":\"message_start\"}\n", -1, NULL, NULL },
		{ "{\"type\":\"assistant\",\"message\":{\"content\":{}}}\n", ACTIVITY_READY, NULL,
			NULL },
		{ "{\"type\":\"user\",\"message\":null}\n", ACTIVITY_UNKNOWN, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(channel_fact_release) struct channel_fact f = { 0 };
		looked(&f, cases[i].lines, strlen(cases[i].lines), 0);
		if (f.answered ? (int)f.says != cases[i].says : cases[i].says != -1)
			fail_msg("case %zu: %s", i, activity_word(f.says));
		if (cases[i].detail)
			assert_string_equal(f.detail, cases[i].detail);
		assert_true(str_equal(f.asks, cases[i].asks));
		assert_true(f.said_at > INT64_C(1700000000000));
	}
}

/* A permission is answered by once or not; to a question neither is an answer. */
static void test_answers(void **state)
{
	AUTO(channel_fact_release) struct channel_fact f = { 0 };
	struct channel_ref r = { .folder = root };
	enum channel_answer has = CHANNEL_HAS;
	AUTO(str_release) char *path = at("input");
	AUTO(str_release) char *text = NULL;

	(void)state;
	looked(&f, STEP QUESTION, strlen(STEP QUESTION), 0);
	assert_true(f.keys && !f.options.n);
	channel_fact_release(&f);
	looked(&f, STEP ASKS("r\\n\\\"") ASKS("t"), strlen(STEP ASKS("r\\n\\\"") ASKS("t")), 0);
	assert_true(f.keys && f.options.n == 2);
	ok(file_remove(path));
	for (size_t i = 0; i < 2; i++)
		ok(channel_named("qwen")->answer(&has, &r, &f, i));
	assert_int_equal(has, CHANNEL_SILENT);
	text = get("input");
	assert_string_equal(text,
		"{\"type\":\"confirmation_response\",\"request_id\":\"r\\n\\\"\",\"allowed\":true}\n"
		"{\"type\":\"confirmation_response\",\"request_id\":\"r\\n\\\"\",\"allowed\":false}\n");
}

/* Each request is looked for among all answers: more of them than a turn has calls are not worth the time. */
static void test_many_answers(void **state)
{
	static const size_t many[] = { 200, 300 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		AUTO(channel_fact_release) struct channel_fact f = { 0 };
		AUTO(buf_release) struct buf b = { 0 };
		buf_adds(&b, START TURN ASKS("r-1"));
		for (size_t n = 0; n < many[i]; n++)
			buf_adds(&b, ANSWER("another"));
		looked(&f, b.s, b.n, 0);
		assert_int_equal(f.says, i ? ACTIVITY_UNKNOWN : ACTIVITY_WAITING_INPUT);
	}
}

/* What a subagent says is not its own. */
static void test_subagent(void **state)
{
	static const char lines[] = STEP
		"{\"type\":\"assistant\",\"parent_tool_use_id\":\"c\",\"message\":{\"content\":[{\"type\":"
		"\"text\",\"text\":\"done\"}]}}\n";
	AUTO(channel_fact_release) struct channel_fact f = { 0 };

	(void)state;
	looked(&f, lines, strlen(lines), 0);
	assert_true(f.answered && f.says == ACTIVITY_UNKNOWN);
}

/* A request with a whole file in it; a line that never ends; one that was cut to nothing, which leaves a hole
 * where it is written on. */
static void test_long(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };
	size_t before;

	(void)state;
	for (int i = 0; i < 3; i++)
		buf_adds(&b, TURN OVER);
	buf_adds(&b, STEP "{\"type\":\"control_request\",\"request_id\":\"r\",\"input\":\"");
	while (b.n < 1 << 20)
		buf_adds(&b, "0123456789");
	buf_adds(&b, "\",\"request\":{}}\n");
	for (int i = 0; i < 2; i++) {
		AUTO(channel_fact_release) struct channel_fact f = { 0 };
		looked(&f, b.s, b.n, 0);
		assert_true(f.answered && f.says == ACTIVITY_WAITING_INPUT);
		memset(b.s, 0, 1000);
	}
	before = b.n;
	while (b.n < before + (4 << 20))
		buf_adds(&b, "0123456789");
	for (int i = 0; i < 2; i++) {
		AUTO(channel_fact_release) struct channel_fact f = { 0 };
		looked(&f, b.s, b.n, 0);
		assert_true(!f.answered);
		buf_adds(&b, "\n" PROMPT);
		channel_fact_release(&f);
		looked(&f, b.s, b.n, 0);
		assert_true(f.answered && f.says == ACTIVITY_ACTIVE);
		buf_cut(&b, b.n - 4096);
	}
}

/* Not there, none of this run's, no file, and another one in its place. */
static void test_others(void **state)
{
	AUTO(str_release) char *path = at("agent-events");
	struct channel_ref r = { .folder = root };

	(void)state;
	for (int i = 0; i < 4; i++) {
		AUTO(channel_fact_release) struct channel_fact f = { 0 };
		ok(file_remove(path));
		if (i == 1)
			assert_int_equal(mkfifo(path, 0600), 0);
		if (i == 2)
			assert_int_equal(symlink("/etc/passwd", path), 0);
		if (i == 3)
			put_text("agent-events", PROMPT);
		r.since = i == 3 ? file_mtime(path) + 1 : 0;
		ok(channel_named("qwen")->look(&f, &r, 1));
		assert_false(f.answered);
	}
	ok(file_remove(path));
	for (int i = 0; i < 2; i++) {
		AUTO(channel_fact_release) struct channel_fact f = { 0 };
		looked(&f, i ? TURN OVER : PROMPT, strlen(i ? TURN OVER : PROMPT), 0);
		assert_int_equal(f.says, i ? ACTIVITY_READY : ACTIVITY_ACTIVE);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_null(channel_named("keys"));
	assert_null(channel_named(NULL));
	assert_string_equal(channel_named("qwen")->needs, "{inputFile}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_refused),
		TEST(test_looks),
		TEST(test_answers),
		TEST(test_many_answers),
		TEST(test_subagent),
		TEST(test_long),
		TEST(test_others),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
