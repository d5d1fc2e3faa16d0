/* What Qwen Code finds in the file of its messages: whole lines, each once, nothing ever changed. */
#include <jansson.h>

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
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
