/* What a program asked of its terminal, however its output is torn. */
#include "base/modes.h"

#include <string.h>

/* after ours: it defines fail() as a macro */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *output;
	bool paste, full;
	const char *title, *replies, *write, *undo;
} cases[] = {
	{ "hello\n", false, false, "", "", "", "" },
	{ "\033[?2004h", true, false, "", "", "\033[?2004h", "\033[?2004l" },
	{ "\033[?2004h\033[?2004l", false, false, "", "", "\033[?2004l", "" },
	{ "\033[?1049;2004h", true, true, "", "", "\033[?1049h\033[?2004h",
		"\033[?1049l\033[?2004l" },
	{ "\033[?25l", false, false, "", "", "\033[?25l", "\033[?25h" },
	{ "\033[?25l\033[?25h", false, false, "", "", "\033[?25h", "" },
	/* of another form, or not to its end */
	{ "\033[2004h\033[4h\033[>1h\033[?h\033[?;h", false, false, "", "", "", "" },
	{ "\033[?2004", false, false, "", "", "", "" },
	{ "\033[?2004\033[?47h", false, true, "", "", "\033[?47h", "\033[?47l" },
	/* a full reset */
	{ "\033[?2004h\033]0;x\a\033c", false, false, "", "", "", "" },
	{ "\033]0;⠂ a title\a", false, false, "⠂ a title", "", "", "" },
	{ "\033]2;one\033\\\033]0;two\033\\", false, false, "two", "", "", "" },
	{ "\033]0;kept\a\033]1;icon\a\033]52;c;x\a\033]2\a\033]20;y\a", false, false, "kept", "",
		"", "" },
	{ "\033]2;\a", false, false, "", "", "", "" },
	/* what stands in a string of another kind is none of it */
	{ "\033P\033[?2004h\033\\", true, false, "", "", "\033[?2004h", "\033[?2004l" },
	{ "\033Pq ]0;x\a [?2004h\033\\\033_y\033\\", false, false, "", "", "", "" },
	{ "\033[c\033[0c\033[5n\033[6n\033[>c\033[=c\033[?6n\033[7n", false, false, "",
		"\033[?1;2c\033[?1;2c\033[0n\033[1;1R", "", "" },
};

static void check(size_t i, size_t step)
{
	AUTO(buf_release) struct buf replies = { 0 };
	AUTO(buf_release) struct buf write = { 0 };
	AUTO(buf_release) struct buf undo = { 0 };
	struct modes m = { 0 };
	size_t n = strlen(cases[i].output);

	for (size_t at = 0; at < n; at += step)
		modes_feed(&m, cases[i].output + at, n - at < step ? n - at : step, &replies);
	modes_write(&write, &m);
	modes_undo(&undo, &m);
	if (modes_on(&m, MODE_PASTE) != cases[i].paste || modes_full_screen(&m) != cases[i].full)
		fail_msg("case %zu", i);
	assert_string_equal(m.title, cases[i].title);
	assert_string_equal(buf_text(&replies), cases[i].replies);
	assert_string_equal(buf_text(&write), cases[i].write);
	assert_string_equal(buf_text(&undo), cases[i].undo);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (size_t step = 1; step < 64; step++)
			check(i, step);
}

static void test_bounds(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };
	struct modes m = { 0 };

	(void)state;
	for (int i = 1; i <= 100; i++)
		buf_addf(&b, "\033[?%dh", i);
	buf_adds(&b, "\033]0;");
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, 't');
	buf_adds(&b, "\a\033[");
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, ';');
	buf_adds(&b, "h");
	modes_feed(&m, b.s, b.n, NULL);
	assert_int_equal(m.n, COUNT_OF(m.v));
	assert_true(modes_on(&m, 1));
	assert_false(modes_on(&m, 100));
	assert_int_equal(strlen(m.title), sizeof(m.title) - 3);
	modes_feed(&m, "\033[?1l", 5, NULL);
	assert_false(modes_on(&m, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
