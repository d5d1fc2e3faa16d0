#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/guess.h"
#include "base/term.h"

#define FFFD "\xef\xbf\xbd"

static void check_safe(const char *in, size_t n, const char *line)
{
	AUTO(buf_release) struct buf b = { 0 };

	term_safe(&b, in, n, TERM_LINE);
	assert_string_equal(buf_text(&b), line);
}

static void test_safe(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "feat/add-login", "feat/add-login" },
		{ "größe ✓ 漢字", "größe ✓ 漢字" },
		{ "a\nb\tc\rd", "a b cd" },
		{ "\033[31mred\033[0m", "red" },
		{ "\033[38;2;1;2;3mx\033[?25ly", "xy" },
		{ "\033]0;title\ahere", "here" },
		{ "\033]8;;http://x\033\\link\033]8;;\033\\", "link" },
		{ "\033]52;c;ZXZpbA==\a.", "." },
		{ "\033P$q q\033\\x\033_apc\033\\y\033^pm\033\\z\033Xsos\033\\", "xyz" },
		{ "\033]0;never ended", "0;never ended" },
		{ "\033(Bx\0337y\033cz", "xyz" },
		{ "\xc2\x9b"
		  "31mred",
			"red" },
		{ "\xc2\x9d"
		  "0;t\xc2\x9cx",
			"x" },
		{ "\xc2\x85x\xc2\x90q\xc2\x9cy", "xy" },
		{ "a\x7f"
		  "b\x01"
		  "c",
			"abc" },
		{ "\033", "" },
		{ "\033[", "" },
		{ "\033[31", "" },
		{ "a\033\nb", "a b" },
		{ "\xe2\x80\xaetxt.exe\xe2\x81\xa6x", "txt.exex" },
		{ "a\xe2\x80\xa8"
		  "b",
			"a b" },
		{ "\xff\xfe", FFFD FFFD },
		{ "\xc0\xaf", FFFD FFFD },
		{ "\xe2\x82", FFFD FFFD },
		{ "\xed\xa0\x80", FFFD FFFD FFFD },
		{ "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD },
		{ "\xc2\033[0m\x9b"
		  "31m",
			FFFD FFFD "31m" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_safe(rows[i].in, strlen(rows[i].in), rows[i].out);
	check_safe("a\0b", 3, "ab");
}

static void test_text_keeps_lines(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	term_safe(&b, "a\n\tb\r\n\033[1mc", 12, TERM_TEXT);
	assert_string_equal(buf_text(&b), "a\n\tb\nc");
}

static void test_line_of_null(void **state)
{
	AUTO(str_release) char *s = term_line(NULL);

	(void)state;
	assert_string_equal(s, "");
}

static void test_seen(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain\n\ttext", "plain\n\ttext" },
		{ "a\u00adb\u034fc\u061cd\u180ee", "abcde" },
		{ "a\u200bb\u200dc\u202ed\u2066e\ufefff", "abcdef" },
		{ "\u25c6\ufe0e \u26a0\ufe0f \U000e0041.", "\u25c6 \u26a0 ." },
		{ "\u00a0\u2028\u3000\U0001f642\xff\xe2\x80",
			"\u00a0\u2028\u3000\U0001f642\xff\xe2\x80" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO(buf_release) struct buf b = { 0 };
		term_seen(&b, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_text(&b), rows[i].out);
	}
}

static void test_json(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };
	const char *in = "\"a\x7f\xc2\x9b\xe2\x80\xae\u00fc\n\"";

	(void)state;
	term_safe_json(&b, in, strlen(in));
	assert_string_equal(buf_text(&b), "\"a\\u007f\\u009b\\u202eü\n\"");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(term_width(""), 0);
	assert_int_equal(term_width("fe-1"), 4);
	assert_int_equal(term_width("✓⋯△"), 3);
	assert_int_equal(term_width("漢字"), 4);
	assert_int_equal(term_width("e\xcc\x81"), 1); /* e and a combining acute */
	assert_int_equal(term_width(FFFD), 1);
}

static void check_cell(const char *in, int width, bool ascii, const char *out)
{
	AUTO(buf_release) struct buf b = { 0 };

	term_cell(&b, in, width, ascii);
	assert_string_equal(buf_text(&b), out);
}

static void test_cell(void **state)
{
	(void)state;
	check_cell("ab", 5, false, "ab   ");
	check_cell("abcd", 5, false, "abcd ");
	check_cell("abcde", 5, false, "abc… ");
	check_cell("abcdef", 6, true, "ab... ");
	check_cell("漢字漢", 5, false, "漢…  ");
	check_cell("e\xcc\x81xyz", 4, false, "e\xcc\x81x… ");
	check_cell("ab", 1, false, " ");
	check_cell("abcd", 3, true, ".. ");
}

static void test_cut(void **state)
{
	static const char *const cut[] = { "", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€",
		"aé€", "aé€\U0001f600", "aé€\U0001f600" };

	(void)state;
	for (size_t n = 0; n < COUNT_OF(cut); n++) {
		AUTO(buf_release) struct buf b = { 0 };

		buf_adds(&b, "aé€\U0001f600");
		term_cut(&b, n);
		assert_string_equal(buf_text(&b), cut[n]);
	}
}

static void test_fit(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	term_fit(&b, "abcdef", 0, false);
	assert_string_equal(buf_text(&b), "");
	term_fit(&b, "abcdef", 6, false);
	term_fit(&b, "abcdef", 3, false);
	assert_string_equal(buf_text(&b), "abcdefab…");
}

static void test_ascii(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	term_ascii(&b, "✓ ✗ ⋯ △ ─ … — · ü");
	assert_string_equal(buf_text(&b), "ok no .. ? - ... - - ?");
}

static void test_colours(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	assert_true(term_colours(TERM_COLOUR_ALWAYS, -1));
	assert_false(term_colours(TERM_COLOUR_NEVER, -1));
	assert_false(term_colours(TERM_COLOUR_AUTO, -1));
	setenv("NO_COLOR", "1", 1);
	assert_true(term_colours(TERM_COLOUR_ALWAYS, -1)); /* what is typed beats what is set */
}

static const char *guess(const char *typed)
{
	struct guess g = { 0 };

	guess_offer(&g, typed, "status");
	guess_offer(&g, typed, "session kill");
	guess_offer(&g, typed, "spawn");
	return g.word;
}

static void test_guess(void **state)
{
	(void)state;
	assert_string_equal(guess("stauts"), "status");
	assert_string_equal(guess("stat"), "status");
	assert_string_equal(guess("spwan"), "spawn");
	assert_string_equal(guess("session kil"), "session kill");
	assert_null(guess("fe-1"));
	assert_null(guess("xy"));
	assert_null(guess("a word much longer than any that a command could ever have had"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_text_keeps_lines),
		cmocka_unit_test(test_line_of_null),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_cell),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_guess),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
