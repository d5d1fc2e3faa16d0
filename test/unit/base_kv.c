/* buf and kv. buf.c is built into this test once more with its first size 1, so that every append
 * crosses a boundary. */
#define BUF_FIRST 1
#include "../../src/base/buf.c"

#include "base/kv.h"
#include "kit.h"

static void test_buf(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };
	char *text;

	(void)state;
	assert_string_equal(buf_text(&b), "");
	for (int i = 0; i < 1000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		assert_int_equal(b.n, i + 1);
		assert_true(b.room > b.n);
		assert_int_equal(b.s[b.n], 0);
	}
	buf_cut(&b, 2000);
	assert_int_equal(b.n, 1000);
	buf_cut(&b, 3);
	assert_string_equal(buf_text(&b), "abc");
	buf_add(&b, "\0d", 2);
	assert_int_equal(b.n, 5);
	assert_memory_equal(b.s, "abc\0d", 6);
	buf_cut(&b, 0);
	buf_addf(&b, "%d-%s \t\r\n", 7, "x");
	buf_trim(&b);
	assert_string_equal(b.s, "7-x");
	buf_trim(&b);
	text = buf_detach(&b);
	assert_string_equal(text, "7-x");
	free(text);
	assert_null(b.s);
	text = buf_detach(&b);
	assert_string_equal(text, "");
	free(text);
	buf_adds(&b, " \n ");
	buf_trim(&b);
	assert_int_equal(b.n, 0);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.s, "");
}

static void written(const char *text, size_t n, const char *want, size_t want_n, size_t broken)
{
	AUTO(kv_release) struct kv kv = { 0 };
	AUTO(strv_release) struct strv bad = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	kv_parse(&kv, text, n, &bad);
	kv_write(&b, &kv);
	assert_int_equal(bad.n, broken);
	assert_int_equal(b.n, want_n);
	assert_memory_equal(buf_text(&b), want, want_n);
}
#define WRITTEN(text, want, broken) written(text, sizeof(text) - 1, want, sizeof(want) - 1, broken)

static void test_rewrite(void **state)
{
	(void)state;
	WRITTEN("", "", 0);
	WRITTEN("a=1\nb=2\n", "a=1\nb=2\n", 0);
	WRITTEN("a=1\nb=2", "a=1\nb=2\n", 0);
	WRITTEN("# one\n\n  # two\na=1\n", "# one\n\n  # two\na=1\n", 0);
	WRITTEN(" \ta \t= x y \n", "a= x y \n", 0);
	WRITTEN("a=\n", "a=\n", 0);
	WRITTEN("a=b=c\n", "a=b=c\n", 0);
	WRITTEN("a=1\r\nb=2\r\n\r\n", "a=1\nb=2\n\n", 0);
	WRITTEN("a=1\r\r\n", "a=1\n", 0);
	WRITTEN("no sign\n=no key\n  =x\n", "no sign\n=no key\n  =x\n", 3);
	WRITTEN("a=1\na=2\n", "a=1\na=2\n", 0);
	WRITTEN("a=x\\ny\\\\z\\q\\\n", "a=x\\ny\\\\z\\\\q\\\\\n", 0);
	/* a broken line stays broken: without its NUL it would be a status */
	WRITTEN("sta\0tus=killed\nx=1\n", "sta\0tus=killed\nx=1\n", 1);
	WRITTEN("\0\n", "\0\n", 1);
}

static void test_values(void **state)
{
	static const char text[] = "a=1\n# c\nnope\na=2\nb= x\\ny\\\\n\n";
	AUTO(kv_release) struct kv kv = { 0 };
	AUTO(strv_release) struct strv bad = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	kv_parse(&kv, text, sizeof(text) - 1, &bad);
	assert_string_equal(kv_get(&kv, "a"), "2");
	assert_string_equal(kv_get(&kv, "b"), " x\ny\\n");
	assert_null(kv_get(&kv, "c"));
	assert_null(kv_get(&kv, "nope"));
	assert_int_equal(bad.n, 1);
	assert_string_equal(bad.v[0], "line 3: not key=value");
	kv_set(&kv, "a", "3\n");
	kv_set(&kv, "new", kv_get(&kv, "b"));
	kv_set(&kv, "b", NULL);
	kv_set(&kv, "gone", NULL);
	kv_write(&b, &kv);
	assert_string_equal(b.s, "a=1\n# c\nnope\na=3\\n\nnew= x\\ny\\\\n\n");
	kv_set(&kv, "a", NULL);
	assert_null(kv_get(&kv, "a"));
	kv_set(&kv, "new", kv_get(&kv, "new"));
	buf_cut(&b, 0);
	kv_write(&b, &kv);
	assert_string_equal(b.s, "# c\nnope\nnew= x\\ny\\\\n\n");
}

/* Any text in a value comes back, whatever its bytes, but for a trailing CR. */
static void test_any_value(void **state)
{
	(void)state;
	for (int x = 1; x < 256; x++) {
		AUTO(kv_release) struct kv one = { 0 }, two = { 0 };
		AUTO(buf_release) struct buf b = { 0 };
		char value[] = { (char)x, '\\', 'n', (char)x, '=', (char)x, '.', 0 };

		kv_set(&one, "k", value);
		kv_write(&b, &one);
		kv_parse(&two, b.s, b.n, NULL);
		assert_int_equal(two.n, 1);
		assert_string_equal(kv_get(&two, "k"), value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_rewrite),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_any_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
