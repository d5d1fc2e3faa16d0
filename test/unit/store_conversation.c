/* The conversations of an agent, as its hooks tell them: outside text, in parallel, torn. */
#include "store/conversation.h"
#include "kit.h"

static void expect(const char *id, const char *path)
{
	AUTO(conversation_release) struct conversation c = { 0 };

	conversation_read(&c, root);
	assert_true(str_equal(c.id ? c.id : "", id));
	assert_true(str_equal(c.path ? c.path : "", path));
}

static size_t lines(void)
{
	AUTO(str_release) char *path = at("conversations");
	AUTO(buf_release) struct buf b = { 0 };
	size_t n = 0;

	ok(file_read(&b, path, 1 << 20));
	for (const char *p = buf_text(&b); *p; p++)
		n += *p == '\n';
	return n;
}

static void test_last_counts(void **state)
{
	(void)state;
	expect("", "");
	ok(conversation_note(root, 1, "one", "/h/a b.jsonl"));
	ok(conversation_note(root, 2, "one", "/h/a b.jsonl"));
	expect("one", "/h/a b.jsonl");
	ok(conversation_note(root, 2, "one", NULL));
	expect("one", "/h/a b.jsonl");
	assert_int_equal(lines(), 1);
	ok(conversation_note(root, 3, "two", NULL));
	ok(conversation_note(root, 4, "two", ""));
	expect("two", "");
	assert_int_equal(lines(), 2);
	ok(conversation_note(root, 2, "one", NULL)); /* asked for before, and told late */
	expect("two", "");
	ok(conversation_forget(root));
	ok(conversation_forget(root));
	expect("", "");
}

static void test_half_before(void **state)
{
	(void)state;
	put_text("conversations", "1970-01-01T00:00:00.001Z one /h/on");
	ok(conversation_note(root, 2, "two", "/h/two"));
	expect("two", "/h/two");
}

static void test_hostile(void **state)
{
	static const char *const ids[] = { "", "-p", "--help", "a b", "a\nb", "../x", "a/b", "$(x)",
		"\x1b[1m", NULL };
	static const char *const paths[] = { "relative", "/a\nb", "/a\x1b" };
	AUTO(str_release) char *long_id = str_format("%0200d", 7);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ok(conversation_note(root, 1, ids[i], "/p"));
	ok(conversation_note(root, 1, long_id, "/p"));
	expect("", "");
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		ok(conversation_note(root, 1, "fine", paths[i]));
		expect("fine", "");
	}
	assert_int_equal(lines(), 1);
}

static void test_torn(void **state)
{
	(void)state;
	put_text("conversations",
		"2026-11-22T07:17:56.123Z one /a\nrubbish\n\n"
		"2026-11-22T07:17:57.123Z two /b");
	expect("one", "/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_last_counts),
		TEST(test_half_before),
		TEST(test_hostile),
		TEST(test_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
