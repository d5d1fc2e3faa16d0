/* What is typed becomes a command, or one line that says what was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd/command.h"

#include <cmocka.h> /* its fail() macro would break base/err.h */

enum { WORDS_MAX = 10 };

static int split(char *words[WORDS_MAX + 1], char *line)
{
	int n = 0;

	for (char *w = strtok(line, " "); w && n < WORDS_MAX; w = strtok(NULL, " "))
		words[n++] = w;
	words[n] = NULL;
	return n;
}

/* name;words joined by '|';options as name=value joined by ',' */
static char *shape(const struct args *a)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s;", a->command ? a->command->name : a->group ? a->group : "-");
	for (size_t i = 0; i < a->words.n; i++)
		buf_addf(&b, "%s%s", i ? "|" : "", a->words.v[i]);
	buf_adds(&b, ";");
	for (size_t i = 0; i < a->options.n; i++)
		buf_addf(&b, "%s%s=%s", i ? "," : "", a->options.v[i].name,
			a->options.v[i].value ? a->options.v[i].value : "");
	return buf_detach(&b);
}

static void check_parse(const char *line, const char *want)
{
	AUTO(args_release) struct args a = { 0 };
	AUTO(str_release) char *copy = str_dup(line);
	AUTO(str_release) char *got = NULL;
	AUTO(err_release) struct err *e = NULL;
	char *words[WORDS_MAX + 1];
	int n = split(words, copy);

	e = args_parse(&a, n, words);
	got = e ? str_format("%d %s", err_exit_code(e->class), e->text) : shape(&a);
	assert_string_equal(got, want);
}

static void test_good(void **state)
{
	static const struct {
		const char *line, *shape;
	} rows[] = {
		{ "ao", "status;;" },
		{ "ao --json", "status;;json=" },
		{ "ao --watch", "status;;watch=" },
		{ "ao --help", "-;;help=" },
		{ "ao session", "session;;" },
		{ "ao session --help", "session;;help=" },
		{ "ao --version", "status;;version=" },
		{ "ao session kill fe-1 fe-2", "session kill;fe-1|fe-2;" },
		{ "ao session -p x ls -a", "session ls;;project=x,all=" },
		{ "ao --config=c -px session --json ls", "session ls;;config=c,project=x,json=" },
		{ "ao session kill fe-1 --now", "session kill;fe-1;now=" },
		{ "ao session kill -qv fe-1", "session kill;fe-1;quiet=,verbose=" },
		{ "ao send fe-1 run the --no-wait tests", "send;fe-1|run|the|tests;no-wait=" },
		{ "ao send fe-1 -- --no-wait -x", "send;fe-1|--no-wait|-x;" },
		{ "ao send -- fe-1 a -- b", "send;fe-1|a|--|b;" },
		{ "ao send fe-1 --file -", "send;fe-1;file=-" },
		{ "ao send fe-1 --timeout=5 --timeout 6 x", "send;fe-1|x;timeout=5,timeout=6" },
		{ "ao spawn x --branch -d", "spawn;x;branch=-d" },
		{ "ao events verify", "events verify;;" },
		{ "ao events fe-1 -f", "events;fe-1;follow=" },
		{ "ao help session kill", "help;session|kill;" },
		{ "ao session show --help a b c", "session show;a|b|c;help=" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_parse(rows[i].line, rows[i].shape);
}

static void test_bad(void **state)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{ "ao statsu", "2 unknown command 'statsu' (did you mean 'ao status'?)" },
		{ "ao sesion ls", "2 unknown command 'sesion' (did you mean 'ao session ls'?)" },
		{ "ao session kil fe-1",
			"2 unknown command 'session kil' (did you mean 'ao session kill'?)" },
		{ "ao kill fe-1", "2 unknown command 'kill' (did you mean 'ao session kill'?)" },
		{ "ao restore",
			"2 unknown command 'restore' (did you mean 'ao session restore'?)" },
		{ "ao xyzzy", "2 unknown command 'xyzzy': 'ao --help' lists them" },
		{ "ao status --watc", "2 unknown option '--watc' (did you mean '--watch'?)" },
		{ "ao status --projct=x",
			"2 unknown option '--projct' (did you mean '--project'?)" },
		{ "ao status -z",
			"2 unknown option '-z': 'ao status --help' lists them; '--' goes before "
			"words that begin with '-'" },
		{ "ao status --project", "2 --project needs a value: --project PROJECT" },
		{ "ao status --json=1", "2 --json takes no value" },
		{ "ao session show a b",
			"2 too many words, 'b' is one more; usage: ao session show [session] "
			"[options]" },
		{ "ao hook",
			"2 something is missing; usage: ao hook "
			"<start|prompt|tool|waiting|error|stop|exit> [options]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_parse(rows[i].line, rows[i].text);
}

/* What cannot be an option is a word: a message may begin with a dash. */
static void test_dash_words(void **state)
{
	char *argv[] = { (char *)"ao", (char *)"send", (char *)"fe-1", (char *)"- fix the tests",
		(char *)"--not an option", NULL };
	AUTO(args_release) struct args a = { 0 };

	(void)state;
	assert_null(args_parse(&a, 5, argv));
	assert_string_equal(args_word(&a, 1), "- fix the tests");
	assert_string_equal(args_word(&a, 2), "--not an option");
}

static void test_values(void **state)
{
	char *argv[] = { (char *)"ao", (char *)"send", (char *)"--timeout", (char *)"1",
		(char *)"--timeout=20", (char *)"fe-1", (char *)"x", NULL };
	AUTO(args_release) struct args a = { 0 };
	AUTO(err_release) struct err *e = NULL;
	long n = 7;

	(void)state;
	assert_null(args_parse(&a, 7, argv));
	assert_string_equal(args_value(&a, "timeout"), "20");
	assert_null(args_number(&n, &a, "timeout", 0));
	assert_int_equal(n, 20);
	assert_null(args_number(&n, &a, "file", 0));
	assert_int_equal(n, 20);
	e = args_number(&n, &a, "timeout", 30);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_USAGE);
	assert_true(args_has(&a, "timeout"));
	assert_false(args_has(&a, "file"));
	assert_null(args_word(&a, 2));
}

static void test_session_default(void **state)
{
	struct args a = { .command = commands[0] };
	AUTO(err_release) struct err *e = NULL;
	const char *id = NULL;

	(void)state;
	unsetenv("AO_SESSION");
	e = args_session(&id, &a);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_USAGE);
	setenv("AO_SESSION", "fe-7", 1);
	assert_null(args_session(&id, &a));
	assert_string_equal(id, "fe-7");
	strv_add(&a.words, "fe-8");
	assert_null(args_session(&id, &a));
	assert_string_equal(id, "fe-8");
	args_release(&a);
}

static void check_options(const struct option *o)
{
	for (; o && o->name; o++) {
		assert_non_null(o->help);
		for (const struct option *g = global_options; g->name && o != g; g++) {
			assert_string_not_equal(o->name, g->name);
			assert_true(!o->letter || o->letter != g->letter);
		}
	}
}

/* The table itself: all that help, completion and the manual are made from is there. */
static void test_table(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		assert_non_null((*c)->summary);
		assert_non_null((*c)->run);
		assert_non_null(strstr((*c)->example, "ao "));
		assert_non_null(strstr((*c)->example, (*c)->name));
		assert_true((*c)->max < 0 || (*c)->min <= (*c)->max);
		if ((*c)->options != global_options)
			check_options((*c)->options);
		for (const struct command *const *d = c + 1; *d; d++)
			assert_string_not_equal((*c)->name, (*d)->name);
	}
}

static void test_help(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);

		usage_command(out, *c);
		fclose(out);
		assert_true(str_starts(text, "Usage: ao "));
		assert_non_null(strstr(text, (*c)->example));
		for (const struct option *o = (*c)->options; o && o->name; o++)
			assert_non_null(strstr(text, o->name));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_dash_words),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_session_default),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
