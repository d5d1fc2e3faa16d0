/* A transcript read from its end: however long it and its lines are, torn or foreign. */
#include "base/clock.h"
#include "op/transcript.h"
#include "store/conversation.h"
#include "store/signals.h"
#include "kit.h"

static void add_user(struct buf *b, int64_t at_ms, const char *text)
{
	AUTO(str_release) char *time = clock_iso_ms(at_ms);

	buf_addf(b, "{\"type\":\"user\",\"message\":{\"content\":\"%s\"},\"timestamp\":\"%s\"}\n",
		text, time);
}

static void add_assistant(struct buf *b, int64_t at_ms, const char *text, const char *reason)
{
	AUTO(str_release) char *time = clock_iso_ms(at_ms);

	buf_addf(b,
		"{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],"
		"\"stop_reason\":\"%s\",\"usage\":{\"input_tokens\":5}},\"timestamp\":\"%s\"}\n",
		text, reason, time);
}

/* A line that says nothing, of n bytes. */
static void add_noise(struct buf *b, size_t n)
{
	buf_adds(b, "{\"type\":\"other\",\"text\":\"");
	for (size_t i = 0; i < n; i++)
		buf_addc(b, 'x');
	buf_adds(b, "\"}\n");
}

static struct transcript made(const struct buf *b)
{
	put("t.jsonl", buf_text(b), b->n);
	return (struct transcript){ agent_log_named("claude-jsonl"), at("t.jsonl") };
}

static void lately(const struct buf *b, enum turn_kind kind, const char *words)
{
	AUTO(transcript_release) struct transcript t = made(b);
	AUTO(lately_release) struct lately l = { 0 };

	transcript_lately(&l, &t, true);
	assert_int_equal(l.last.kind, kind);
	assert_true(str_equal(l.words ? l.words : "", words));
}

/* Its newest call's, and only where the words are, or before them in the same block. */
static void test_usage(void **state)
{
	static const char count[] =
		"{\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"last_token_"
		"usage\":{\"input_tokens\":%d}}}}\n";
	static const char end[] =
		"{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_complete\",\"last_agent_message\":"
		"\"done\"}}\n";
	static const struct {
		size_t noise;
		bool again;
		int64_t input;
	} cases[] = { { 0, false, 7 }, { 0, true, 8 }, { 20 << 10, true, 8 },
		{ 20 << 10, false, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(buf_release) struct buf b = { 0 };
		AUTO(transcript_release) struct transcript t = { 0 };
		AUTO(lately_release) struct lately l = { 0 };
		AUTO(lately_release) struct lately state_alone = { 0 };
		buf_addf(&b, count, 7);
		add_noise(&b, cases[i].noise);
		buf_adds(&b, end);
		if (cases[i].again)
			buf_addf(&b, count, 8);
		t = made(&b);
		t.log = agent_log_named("codex-rollout");
		transcript_lately(&l, &t, true);
		assert_int_equal(l.last.kind, TURN_END);
		assert_string_equal(l.words, "done");
		assert_int_equal(l.usage.input, cases[i].input);
		transcript_lately(&state_alone, &t, false);
		assert_int_equal(state_alone.last.kind, TURN_END);
	}
}

static bool has(const struct buf *b, int64_t since, const char *text)
{
	AUTO(transcript_release) struct transcript t = made(b);
	uint64_t hash;
	size_t length;

	signal_digest(&length, &hash, text, strlen(text));
	return transcript_has(&t, since, length, hash);
}

static void test_last(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	lately(&b, TURN_NOTHING, "");
	add_user(&b, 1000, "hello");
	lately(&b, TURN_PROMPT, "");
	add_assistant(&b, 2000, "first", "end_turn");
	lately(&b, TURN_END, "first");
	add_user(&b, 3000, "more");
	lately(&b, TURN_PROMPT, "first");
	/* a line that is being written does not count yet */
	buf_adds(&b, "{\"type\":\"assistant\",\"message\":{\"stop_reason\":\"end_turn\"}}");
	lately(&b, TURN_PROMPT, "first");
}

/* The block's edge on every byte of the lines around it, and lines longer than a block. */
static void test_blocks(void **state)
{
	(void)state;
	for (size_t noise = (16 << 10) - 400; noise < (16 << 10) + 40; noise += 7) {
		AUTO(buf_release) struct buf b = { 0 };
		add_user(&b, 1000, "hello");
		add_assistant(&b, 2000, "words", "end_turn");
		add_noise(&b, noise);
		lately(&b, TURN_END, "words");
		assert_true(has(&b, 1000, "hello"));
	}
	for (size_t noise = 1 << 10; noise < 1 << 19; noise *= 4) {
		AUTO(buf_release) struct buf b = { 0 };
		add_assistant(&b, 1000, "words", "end_turn");
		add_noise(&b, noise);
		add_user(&b, 2000, "next");
		add_noise(&b, noise / 8);
		lately(&b, TURN_PROMPT, "words");
	}
}

/* However much lies before: it ends. */
static void test_bounded(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	add_user(&b, 1000, "far away");
	add_noise(&b, 3 << 20);
	lately(&b, TURN_NOTHING, "");
	assert_false(has(&b, 1000, "far away"));
}

static void test_receipt(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	add_user(&b, 10000, "same");
	add_assistant(&b, 11000, "ok", "end_turn");
	add_user(&b, 20000, "two\\nlines  ");
	add_assistant(&b, 21000, "same", "end_turn");
	assert_true(has(&b, 20000, "two\nlines"));
	assert_true(has(&b, 10000, "same"));
	/* neither an older one nor what the agent said */
	assert_false(has(&b, 10001, "same"));
	assert_false(has(&b, 20000, "two"));
	assert_false(has(&b, 20001, "two\nlines"));
}

static void test_foreign_files(void **state)
{
	AUTO(str_release) char *fifo = at("fifo");
	AUTO(str_release) char *link = at("link");
	const char *paths[] = { fifo, link, "/dev/zero", "/nowhere", "/", NULL };

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct transcript t = { agent_log_named("claude-jsonl"),
			(char *)(uintptr_t)paths[i] };
		AUTO(lately_release) struct lately l = { 0 };
		transcript_lately(&l, &t, true);
		assert_int_equal(l.last.kind, TURN_NOTHING);
	}
}

static void test_find(void **state)
{
	struct agent a = { .transcript = (char *)(uintptr_t) "claude-jsonl" };
	struct session s = { .worktree = (char *)(uintptr_t) "/nowhere/w",
		.agent_session_id = (char *)(uintptr_t) "preset" };
	AUTO(transcript_release) struct transcript t = { 0 };

	(void)state;
	setenv("HOME", "/h", 1);
	transcript_find(&t, &s, root, &a);
	assert_string_equal(t.path, "/h/.claude/projects/-nowhere-w/preset.jsonl");
	transcript_release(&t);
	ok(conversation_note(root, 1, "other", NULL));
	transcript_find(&t, &s, root, &a);
	assert_string_equal(t.path, "/h/.claude/projects/-nowhere-w/other.jsonl");
	transcript_release(&t);
	ok(conversation_note(root, 2, "other", "/told.jsonl"));
	transcript_find(&t, &s, root, &a);
	assert_string_equal(t.path, "/told.jsonl");
	transcript_release(&t);
	a.transcript = NULL;
	transcript_find(&t, &s, root, &a);
	assert_null(t.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_last),
		TEST(test_usage),
		TEST(test_blocks),
		TEST(test_bounded),
		TEST(test_receipt),
		TEST(test_foreign_files),
		TEST(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
