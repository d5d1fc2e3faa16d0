/* opencode's answers, as they were recorded on 1.18.33 in the situation that the file's name says, and
 * answers of shapes that it would never give. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "plugin/opencode.h"
#include "kit.h"

#define ID "ses_dfbdcf1c0ffeskRMF3uAt232VL"

static const struct channel_ref ours = {
	.worktree = (char *)"/home/u/.worktrees/fe-1", .since = 1795365735999, /* its creation */
};

static struct channel_fact read_text(const char *text, size_t n, int64_t now)
{
	json_t *o = json_loadb(text, n, 0, NULL);
	struct opencode_said said = { json_object_get(o, "sessions"), json_object_get(o, "status"),
		json_object_get(o, "permissions"), json_object_get(o, "questions"),
		json_object_get(o, "messages") };
	struct channel_fact f = { 0 };

	opencode_read(&f, &said, opencode_choose(said.sessions, &ours), now);
	json_decref(o);
	return f;
}

/* ---- recorded -------------------------------------------------------------------------------- */

static const struct {
	const char *file;
	int64_t now; /* 0: a minute after all */
	enum activity says;
	const char *detail, *prompt, *words;
	int64_t tokens;
} recorded[] = {
	{ "fresh", 0, ACTIVITY_UNKNOWN, "it is up, and no conversation has begun", NULL, NULL, 0 },
	{ "empty", 0, ACTIVITY_READY, "it is idle", NULL, NULL, 0 },
	{ "busy", 0, ACTIVITY_ACTIVE, "it is busy", "slow one [[slow:12]] [[say:slowdone]]", NULL,
		0 },
	{ "queued", 0, ACTIVITY_ACTIVE, "it is busy", "while busy [[say:queued]]", "queued", 0 },
	{ "done", 0, ACTIVITY_READY, "it is idle", "while busy [[say:queued]]", "queued", 120 },
	{ "permission", 0, ACTIVITY_WAITING_INPUT, "it asks for a permission: bash touch unwanted",
		"run [[bash:touch unwanted]] [[say:ran]]", NULL, 0 },
	{ "rejected", 0, ACTIVITY_READY, "it is idle", "run [[bash:touch unwanted]] [[say:ran]]",
		NULL, 120 },
	{ "question", 0, ACTIVITY_WAITING_INPUT, "it asks: Which color?",
		"ask me [[ask]] [[say:asked]]", NULL, 0 },
	{ "dismissed", 0, ACTIVITY_READY, "it is idle", "ask me [[ask]] [[say:asked]]", NULL, 120 },
	{ "error", 0, ACTIVITY_BLOCKED, "its turn ended in an error: as asked",
		"fail [[error:400]]", NULL, 0 },
	{ "retry", 1795365797000, ACTIVITY_ACTIVE, "it tries again (attempt 2): as asked",
		"overloaded [[error:529]]", NULL, 0 },
	{ "retry", 1795365797000 + 130000, ACTIVITY_BLOCKED, "it tries again (attempt 2): as asked",
		"overloaded [[error:529]]", NULL, 0 },
	{ "aborted_in_retry", 0, ACTIVITY_READY, "it is idle", "overloaded [[error:529]]", NULL,
		0 },
	{ "aborted", 0, ACTIVITY_READY, "its turn was interrupted", "long [[slow:20]]",
		"word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11 word12 ",
		0 },
};

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(recorded); i++) {
		AUTO(str_release)
		char *path = str_format("test/agents/answers/opencode/%s.json", recorded[i].file);
		AUTO(buf_release) struct buf b = { 0 };
		AUTO(channel_fact_release) struct channel_fact f = { 0 };

		assert_null(file_read(&b, path, 1 << 20));
		f = read_text(b.s, b.n, recorded[i].now ? recorded[i].now : 1795365902607);
		if (!f.answered || f.says != recorded[i].says ||
			!str_equal(f.detail, recorded[i].detail) ||
			!str_equal(f.prompt, recorded[i].prompt) ||
			!str_equal(f.words, recorded[i].words) ||
			usage_sum(&f.usage) != recorded[i].tokens)
			fail_msg("%s: says %d, '%s', prompt '%s', words '%s', %d tokens",
				recorded[i].file, f.says, f.detail, f.prompt ? f.prompt : "",
				f.words ? f.words : "", (int)usage_sum(&f.usage));
		assert_int_equal(
			str_equal(f.conversation, ID), !str_equal(recorded[i].file, "fresh"));
		assert_int_equal(f.has_cost, f.conversation != NULL);
	}
}

/* ---- which conversation ---------------------------------------------------------------------- */

#define SESSION(id, dir, created, more)                                                            \
	"{\"id\":\"" id "\",\"directory\":\"" dir "\",\"time\":{\"created\":" #created "}" more "}"
#define OURS "/home/u/.worktrees/fe-1"

static const char *chosen(const char *sessions, const char *known)
{
	static char id[128];
	json_t *o = json_loads(sessions, 0, NULL);
	struct channel_ref ref = ours;
	const char *found;

	assert_non_null(o);
	ref.conversation = (char *)known;
	found = opencode_id(opencode_choose(o, &ref));
	snprintf(id, sizeof(id), "%s", found ? found : "none");
	json_decref(o);
	return id;
}

static void test_choice(void **state)
{
	(void)state;
	/* of another worktree of the same repository, or a sub-agent's */
	assert_string_equal(
		chosen("[" SESSION("ses_other", "/home/u/.worktrees/fe-2", 1795365799000,
			       "") "," SESSION("ses_child", OURS, 1795365799000,
			       ",\"parentID\":\"ses_a\"") "," SESSION("ses_a", OURS, 1795365799000,
			       "") "]",
			NULL),
		"ses_a");
	/* before this start: none of ours, unless it is the one that was resumed */
	assert_string_equal(
		chosen("[" SESSION("ses_old", OURS, 1795365700000, "") "]", NULL), "none");
	assert_string_equal(
		chosen("[" SESSION("ses_old", OURS, 1795365700000, "") "]", "ses_old"), "ses_old");
	/* the newest that was used: one begun in the interface after the resumed one */
	assert_string_equal(chosen("[" SESSION("ses_new", OURS, 1795365799000, "") "," SESSION(
					   "ses_old", OURS, 1795365700000, "") "]",
				    "ses_old"),
		"ses_new");
	/* what may not stand in a URL */
	assert_string_equal(
		chosen("[" SESSION("ses_a/../b", OURS, 1795365799000, "") "]", NULL), "none");
	assert_string_equal(chosen("[" SESSION("ses_", OURS, 1795365799000, "") "]", NULL), "none");
	/* the form of `session list --format json` */
	assert_string_equal(
		chosen("[{\"id\":\"ses_l\",\"directory\":\"" OURS "\",\"created\":1795365799000}]",
			NULL),
		"ses_l");
	assert_string_equal(chosen("{}", NULL), "none");
	assert_string_equal(chosen("[1,null,[],{\"id\":7}]", NULL), "none");
}

/* ---- any shape ------------------------------------------------------------------------------- */

#define SAID(messages)                                                                             \
	"{\"sessions\":[" SESSION("ses_a", OURS, 1795365799000,                                    \
		"") "],\"status\":{},\"permissions\":[],\"questions\":[],\"messages\":" messages   \
		    "}"

static const struct {
	const char *text;
	bool answered;
	enum activity says;
} shapes[] = {
	{ "{}", false, ACTIVITY_UNKNOWN },
	/* no answer to one question: what is open is not known, so nothing is */
	{ "{\"sessions\":[],\"status\":{},\"permissions\":[]}", false, ACTIVITY_UNKNOWN },
	{ "{\"sessions\":{},\"status\":[],\"permissions\":{},\"questions\":{}}", false,
		ACTIVITY_UNKNOWN },
	{ SAID("null"), true, ACTIVITY_UNKNOWN },
	{ SAID("{}"), true, ACTIVITY_UNKNOWN },
	{ SAID("[]"), true, ACTIVITY_READY },
	{ SAID("[1,\"x\",null,{\"info\":3,\"parts\":{}}]"), true, ACTIVITY_READY },
	{ SAID("[{\"info\":{\"role\":\"assistant\",\"error\":\"x\"}}]"), true, ACTIVITY_READY },
	{ SAID("[{\"info\":{\"role\":\"assistant\",\"error\":{\"name\":1,\"data\":[]}}}]"), true,
		ACTIVITY_BLOCKED },
	{ SAID("[{\"info\":{\"role\":\"assistant\",\"time\":{\"created\":1e300},\"tokens\":{"
	       "\"input\":-1,\"output\":1e99,\"cache\":7}}}]"),
		true, ACTIVITY_READY },
	{ "{\"sessions\":[],\"status\":{\"a\":1,\"b\":{\"type\":\"retry\",\"attempt\":\"x\"}},"
	  "\"permissions\":[],\"questions\":[]}",
		true, ACTIVITY_ACTIVE },
	{ "{\"sessions\":[],\"status\":{},\"permissions\":[5],\"questions\":[]}", true,
		ACTIVITY_WAITING_INPUT },
	{ "{\"sessions\":[],\"status\":{},\"permissions\":[],\"questions\":[{\"questions\":4}]}",
		true, ACTIVITY_WAITING_INPUT },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		AUTO(channel_fact_release)
		struct channel_fact f = read_text(
			shapes[i].text, strlen(shapes[i].text), 1795365902607);

		if (f.answered != shapes[i].answered || f.says != shapes[i].says)
			fail_msg("%s\nanswered %d, says %d: %s", shapes[i].text, f.answered, f.says,
				f.detail ? f.detail : "");
	}
}

#define ASKED(status, permissions, questions)                                                      \
	"{\"sessions\":[],\"status\":{" status "},\"permissions\":[" permissions                   \
	"],\"questions\":[" questions "]}"
#define BUSY "\"ses_a\":{\"type\":\"busy\"}"
#define PERMISSION "{\"id\":\"per_1\",\"sessionID\":\"ses_a\",\"permission\":\"bash\"}"
#define QUESTION(more)                                                                             \
	"{\"id\":\"que_1\",\"sessionID\":\"ses_a\",\"questions\":[{\"question\":\"Which?\","       \
	"\"options\":[{\"label\":\"Red\"},{\"label\":\"Blue\"}]" more "}]}"

/* What it can be answered with; what was open when its turn was aborted stays in the list. */
static const struct {
	const char *text, *asks, *options;
} asked[] = {
	{ ASKED("", PERMISSION, ""), NULL, "" },
	{ ASKED("", "", QUESTION("")), NULL, "" },
	{ ASKED(BUSY, PERMISSION, ""), "per_1", "Allow once,Allow always,Reject" },
	{ ASKED(BUSY, "", QUESTION("")), "que_1", "Red,Blue" },
	{ ASKED(BUSY, "", QUESTION(",\"multiple\":true")), "que_1", "" },
	{ ASKED(BUSY, "", QUESTION("},{\"question\":\"And?\"")), "que_1", "" },
	{ ASKED(BUSY, "{\"sessionID\":\"ses_a\"}", ""), NULL, "" },
};

static void test_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		AUTO(channel_fact_release)
		struct channel_fact f = read_text(
			asked[i].text, strlen(asked[i].text), 1795365902607);
		AUTO(buf_release) struct buf options = { 0 };

		STRV_EACH(o, &f.options)
			buf_addf(&options, "%s%s", options.n ? "," : "", *o);
		if (!str_equal(f.asks, asked[i].asks) ||
			!str_equal(buf_text(&options), asked[i].options))
			fail_msg("%s\nasks %s: %s", asked[i].text, f.asks ? f.asks : "nothing",
				buf_text(&options));
	}
}

/* The recorded situations, as if it had been killed there. */
static void test_cut_off(void **state)
{
	static const struct {
		const char *file;
		bool cut;
	} ends[] = { { "busy", true }, { "permission", true }, { "question", true },
		{ "done", false }, { "rejected", false }, { "dismissed", false },
		{ "error", false }, { "aborted", false }, { "empty", false }, { "fresh", false } };
	json_t *of_user = json_loads("{\"messages\":[{\"info\":{\"role\":\"user\"}}]}", 0, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		AUTO(str_release)
		char *path = str_format("test/agents/answers/opencode/%s.json", ends[i].file);
		json_t *o = json_load_file(path, 0, NULL);
		assert_non_null(o);
		if (opencode_is_cut_off(o) != ends[i].cut)
			fail_msg("%s", ends[i].file);
		json_decref(o);
	}
	assert_true(opencode_is_cut_off(of_user));
	assert_false(opencode_is_cut_off(NULL));
	json_decref(of_user);
}

static void test_times(void **state)
{
	static const char user[] = SAID("[{\"info\":{\"role\":\"user\",\"time\":{\"created\":"
					"1795365900000}},\"parts\":[{\"type\":\"text\",\"text\":"
					"\"go\"}]}]");
	AUTO(channel_fact_release) struct channel_fact soon = { 0 }, later = { 0 };

	(void)state;
	/* posted, and its turn has not begun; long ago: whoever was at it was killed */
	soon = read_text(user, strlen(user), 1795365901000);
	later = read_text(user, strlen(user), 1795365990000);
	assert_int_equal(soon.says, ACTIVITY_ACTIVE);
	assert_int_equal(later.says, ACTIVITY_READY);
}

/* A file that the program put beside the user's words is none of them. */
static void test_words(void **state)
{
	static const char said[] = SAID(
		"[{\"info\":{\"role\":\"user\",\"time\":{\"created\":5}},\"parts\":[{\"type\":"
		"\"text\",\"synthetic\":true,\"text\":\"file\"},{\"type\":\"text\",\"text\":"
		"\"go\"},{\"type\":\"text\",\"text\":\"later\"}]},{\"info\":{\"role\":\"assistant\"},"
		"\"parts\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"reasoning\",\"text\":"
		"\"r\"},{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"text\",\"text\":\"\"}]}]");
	AUTO(channel_fact_release)
	struct channel_fact f = read_text(said, strlen(said), 1795365990000);

	(void)state;
	assert_string_equal(f.prompt, "go");
	assert_int_equal(f.prompt_at, 5);
	assert_string_equal(f.words, "b");
}

/* Under the name of a permission it may ask something of more options. */
static void test_answer_of_another_kind(void **state)
{
	const struct channel_ref ref = {
		.port = (char *)"1", .secret = (char *)"s", .data_dir = root
	};
	const struct channel_fact told = { .asks = (char *)"per_1" };
	enum channel_answer answer;

	(void)state;
	not_ok(channel_named("opencode")->answer(&answer, &ref, &told, 7), ERR_FAILED,
		"none of its own");
}

static void test_ticket(void **state)
{
	const struct channel *c = channel_named("opencode");
	AUTO(str_release) char *one = c->ticket();
	AUTO(str_release) char *other = c->ticket();

	(void)state;
	assert_int_equal(strlen(one), strlen("msg_2041c6ff6001oX3pfpY4VgFE2w"));
	assert_int_equal(strspn(one + 4, "0123456789abcdef"), 26);
	assert_string_not_equal(one, other);
	assert_true(strncmp(one, other, 16) <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_answer_of_another_kind),
		cmocka_unit_test(test_ticket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
