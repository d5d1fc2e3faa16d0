/* What an orchestrator is told: every command that is of use to it, and no word of one that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/orchestrator.h"

#include <cmocka.h> /* its fail() macro would break base/err.h */

static char *told(void)
{
	static char id[] = "frontend", name[] = "Front {id}", path[] = "/home/u/code",
		    prefix[] = "fe";
	struct project p = { .id = id, .name = name, .path = path, .prefix = prefix };
	struct buf b = { 0 };

	orchestrator_prompt(&b, &p);
	return buf_detach(&b);
}

static void has(const char *text, const char *what)
{
	if (!strstr(text, what))
		print_error("it lacks: %s\n", what);
	assert_non_null(strstr(text, what));
}

static void test_each_command(void **state)
{
	AUTO(str_release) char *text = told();
	int of_use = 0;

	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		AUTO(str_release)
		char *line = str_format("\n  ao %s%s%s", (*c)->name,
			str_empty((*c)->words) ? "" : " ", (*c)->words ? (*c)->words : "");
		const char *at = strstr(text, line);

		if ((*c)->for_people) {
			assert_null(at);
			continue;
		}
		of_use++;
		has(text, line);
		has(at, (*c)->summary);
		for (const struct option *o = (*c)->options; o && o->name; o++) {
			AUTO(str_release) char *option = str_format("[--%s", o->name);
			const char *here = strstr(at, option);

			has(at, option);
			assert_true(here < strstr(at, (*c)->summary));
		}
	}
	assert_true(of_use > 20);
}

/* `ao session kill SESSION` in the text: are its words those of a command, and its options its own? */
static void check_typed(const char *typed)
{
	AUTO(strv_release) struct strv words = { 0 };
	const struct command *c;
	size_t used;

	for (const char *s = typed; *s; s += strspn(s, " ")) {
		strv_take(&words, str_ndup(s, strcspn(s, " ")));
		s += strlen(words.v[words.n - 1]);
	}
	if (str_equal(words.v[1], "COMMAND"))
		return;
	c = command_find(words.v + 1, words.n - 1, &used);
	if (!c)
		print_error("no such command: %s\n", typed);
	assert_non_null(c);
	assert_false(c->for_people);
	for (size_t i = 1; i < words.n; i++) {
		const char *w = words.v[i], *name = w + strspn(w, "-");

		if (w[0] == '-')
			assert_non_null(
				option_find(c, name, strlen(name), w[1] == '-' ? '\0' : name[0]));
	}
}

static void test_what_is_typed(void **state)
{
	AUTO(str_release) char *text = told();
	int n = 0;

	(void)state;
	for (const char *at = text; (at = strstr(at, "`ao ")); n++) {
		AUTO(str_release) char *typed = str_ndup(at + 1, strcspn(at + 1, "`"));

		check_typed(typed);
		at += strlen(typed) + 1;
	}
	assert_true(n > 10);
}

/* A name is text, whatever is in it. */
static void test_project(void **state)
{
	AUTO(str_release) char *text = told();

	(void)state;
	has(text, "of the project Front {id}.");
	has(text, "checkout, /home/u/code.");
	has(text, "called fe-1, fe-2");
	has(text, "fe-orchestrator is you");
	has(text, "ao status -p frontend`");
	assert_null(strstr(text, "{prefix}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_command),
		cmocka_unit_test(test_what_is_typed),
		cmocka_unit_test(test_project),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
