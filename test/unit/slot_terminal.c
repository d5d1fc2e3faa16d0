/* Rows of terminals.def become command lines. */
#include "slot/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#include <cmocka.h> /* its fail() macro would break base/err.h */

static char *const command[] = { (char *)"tmux", (char *)"-t", (char *)"=it's \"$x\"", NULL };

static char *joined(const char *name, bool window)
{
	AUTO(strv_release) struct strv argv = { 0 };
	struct buf b = { 0 };
	const struct terminal *t;

	assert_null(terminal_find(&t, name));
	terminal_argv(&argv, t, window, "fe-1", command);
	STRV_EACH(word, &argv)
		buf_addf(&b, "%s|", *word);
	return buf_detach(&b);
}

static void test_argv(void **state)
{
	AUTO(str_release) char *tab = joined("konsole", false);
	AUTO(str_release) char *no_tabs = joined("xterm", false);
	AUTO(str_release) char *window = joined("kitty", true);
	AUTO(str_release) char *line = joined("iterm2", true);

	(void)state;
	assert_string_equal(tab, "konsole|--new-tab|-e|tmux|-t|=it's \"$x\"|");
	assert_string_equal(no_tabs, "xterm|-T|fe-1|-e|tmux|-t|=it's \"$x\"|");
	assert_string_equal(window, "kitty|--detach|--title|fe-1|tmux|-t|=it's \"$x\"|");
	assert_non_null(strstr(line, "|'tmux' '-t' '=it'\\''s \"$x\"'|"));
}

static void test_unknown(void **state)
{
	const struct terminal *t;
	AUTO(err_release) struct err *e = terminal_find(&t, "xterms");

	(void)state;
	assert_non_null(e);
	assert_int_equal(e->class, ERR_CONFIG);
	assert_non_null(strstr(e->text, "gnome-terminal"));
}

/* Without a screen there is none to be found, whatever is installed. */
static void test_no_screen(void **state)
{
	(void)state;
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("TERM_PROGRAM");
	setenv("XTERM_VERSION", "1", 1);
	assert_null(terminal_here());
	assert_null(terminal_any());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_argv),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_no_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
