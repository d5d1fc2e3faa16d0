/* Every command has a manual page that names each of its options, its words and its exit codes, and
 * there is no page of a command that is none. Run in the repository's top folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cmd/command.h"

#include <cmocka.h> /* its fail() macro would break base/err.h */

enum { PAGE_MAX = 1 << 20 };

static char *page_path(const char *command)
{
	char *path = str_format("man/ao%s%s.1.scd", command ? "-" : "", command ? command : "");

	for (char *s = path; *s; s++)
		if (*s == ' ')
			*s = '-';
	return path;
}

static char *page(const char *command)
{
	AUTO(str_release) char *path = page_path(command);
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(err_release) struct err *e = file_read(&b, path, PAGE_MAX);

	if (e)
		print_error("%s\n", e->text);
	assert_null(e);
	return buf_detach(&b);
}

static void require(const char *text, const char *what, const char *page_of)
{
	if (!strstr(text, what))
		print_error("the page of '%s' lacks: %s\n", page_of, what);
	assert_non_null(strstr(text, what));
}

static void require_options(const char *text, const struct option *o, const char *page_of)
{
	for (; o && o->name; o++) {
		AUTO(str_release)
		char *wanted = o->value ? str_format("*--%s* _%s_", o->name, o->value)
					: str_format("*--%s*", o->name);
		AUTO(str_release) char *letter = o->letter ? str_format("*-%c*", o->letter) : NULL;

		require(text, wanted, page_of);
		if (letter)
			require(text, letter, page_of);
	}
}

static void test_each_command(void **state)
{
	static const char *const sections[] = { "# NAME", "# SYNOPSIS", "# DESCRIPTION",
		"# OPTIONS", "# EXIT STATUS", "# EXAMPLES", "# SEE ALSO" };

	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		AUTO(str_release) char *text = page((*c)->name);
		AUTO(str_release) char *typed = str_format("*ao %s*", (*c)->name);

		require(text, typed, (*c)->name);
		for (size_t i = 0; i < COUNT_OF(sections); i++)
			require(text, sections[i], (*c)->name);
		require_options(text, (*c)->options, (*c)->name);
	}
}

static void test_global_options(void **state)
{
	AUTO(str_release) char *text = page(NULL);

	(void)state;
	require_options(text, global_options, "ao");
}

static void test_no_page_too_many(void **state)
{
	AUTO(strv_release) struct strv names = { 0 };

	(void)state;
	assert_null(file_list(&names, "man"));
	assert_true(names.n > 0);
	STRV_EACH(name, &names) {
		bool known = str_equal(*name, "ao.1.scd") || !str_starts(*name, "ao-");

		for (const struct command *const *c = commands; *c && !known; c++) {
			AUTO(str_release) char *path = page_path((*c)->name);

			known = str_equal(path + strlen("man/"), *name);
		}
		if (!known)
			print_error("man/%s is the page of no command\n", *name);
		assert_true(known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_command),
		cmocka_unit_test(test_global_options),
		cmocka_unit_test(test_no_page_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
