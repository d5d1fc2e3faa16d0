/*
 * The built-in agents' patterns, replayed on screens captured from the real programs (test/agents/screens;
 * STATES.tsv says what each showed). Titles, escapes and plain text each.
 */
#include <glob.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "rule/screen.h"
#include "store/agent_files.h"

#include <cmocka.h> /* last: it has a macro fail() */

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static void slurp(struct buf *b, const char *agent, const char *name, const char *ending)
{
	AUTO(str_release)
	char *path = str_format("test/agents/screens/%s/%s.%s", agent, name, ending);

	ok(file_read(b, path, 1 << 20));
	buf_trim(b);
}

/* Escapes out, as `capture-pane -p` without -e would have it. */
static char *plain(const char *s)
{
	AUTO(buf_release) struct buf b = { 0 };

	while (*s) {
		if (*s == '\033')
			while (*s && *s++ != 'm')
				;
		else
			buf_addc(&b, *s++);
	}
	return buf_detach(&b);
}

struct expectation {
	const char *agent, *name;
	const char *without_title; /* what the screen alone tells, where that is not the truth */
};

/* Where a screen is silent, unknown is right, and a wrong word would be a bug. */
static const struct expectation exceptions[] = {
	{ "codex", "ready_fresh", "unknown" }, /* only its title tells it from a streaming answer */
	{ "codex", "partial_input", "unknown" },
	{ "codex", "working", "unknown" },
	{ "opencode", "partial_input", "unknown" },
	{ "opencode", "error_final", "unknown" }, /* drawn like a rejected tool */
	{ "opencode", "rejected", "unknown" },
};

static const char *without_title(const char *agent, const char *name, const char *truth)
{
	for (size_t i = 0; i < COUNT_OF(exceptions); i++)
		if (str_equal(exceptions[i].agent, agent) && str_equal(exceptions[i].name, name))
			return exceptions[i].without_title;
	return truth;
}

static void check_word(const struct agent *a, const char *name, const char *title,
	const char *screen, const char *want)
{
	AUTO(str_release) char *rule = NULL;
	const char *word = activity_word(screen_activity(a, title, screen, &rule));

	if (!str_equal(word, want))
		fail_msg("%s/%s%s: %s by %s, should be %s", a->name, name,
			title ? "" : " without title", word, rule ? rule : "nothing", want);
	assert_int_equal(rule == NULL, str_equal(word, "unknown"));
}

/* truth: STATE, or STATE+WORD where text stands in the input line, which begins with that word. Marked as unknown
 * with a reason, the screen tells neither. */
static void check_screen(const struct agent *a, const char *name, const char *truth, bool unknown)
{
	AUTO(buf_release) struct buf screen = { 0 };
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(buf_release) struct buf typed = { 0 };
	AUTO(str_release) char *state = str_ndup(truth, strcspn(truth, "+"));
	AUTO(str_release) char *bare = NULL;
	const char *plus = strchr(truth, '+'), *in_box = plus ? plus + 1 : NULL;
	const char *alone = without_title(a->name, name, state);
	const char *titled = a->title[ACTIVITY_READY].n ? state : alone;
	enum screen_box box,
		want = str_equal(state, "waiting_input") ? SCREEN_BOX_NONE
		: plus                                   ? SCREEN_BOX_TEXT
							 : SCREEN_BOX_EMPTY;

	slurp(&screen, a->name, name, "ansi");
	slurp(&title, a->name, name, "title");
	bare = plain(screen.s);
	if (unknown) {
		check_word(a, name, title.s, screen.s, "unknown");
		return;
	}
	check_word(a, name, title.s, screen.s, titled);
	check_word(a, name, title.s, bare, titled);
	check_word(a, name, NULL, screen.s, alone);
	check_word(a, name, NULL, bare, alone);
	box = screen_box(a, screen.s, &typed);
	if (box != want)
		fail_msg("%s/%s: box %d, should be %d: '%s'", a->name, name, box, want,
			buf_text(&typed));
	if (str_equal(in_box, "partial"))
		assert_string_equal(typed.s, "partial line one\npartial line two");
	else if (in_box && !str_starts(buf_text(&typed), in_box))
		fail_msg("%s/%s: the input line holds '%s'", a->name, name, typed.s);
	assert_false(screen_has_chip(a, screen.s));
}

/* Each has a row of the table. */
static int captured(void)
{
	glob_t found;
	int n;

	assert_int_equal(glob("test/agents/screens/*/*.ansi", 0, NULL, &found), 0);
	n = (int)found.gl_pathc;
	globfree(&found);
	return n;
}

static void test_fixtures(void **state)
{
	AUTO(buf_release) struct buf table = { 0 };
	char *save = NULL, agent[64], name[64], truth[64];
	int rows = 0;

	(void)state;
	ok(file_read(&table, "test/agents/screens/STATES.tsv", 1 << 16));
	for (char *line = strtok_r(table.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		AUTO(agent_release) struct agent a = { 0 };
		char mark[16] = "";
		assert_true(sscanf(line, "%63s %63s %63s %15s", agent, name, truth, mark) >= 3);
		ok(agent_load(&a, NULL, agent));
		check_screen(&a, name, truth, str_starts(mark, "unknown"));
		rows++;
	}
	assert_int_equal(rows, captured());
}

/* Screens not captured (MADE-UP.txt): put together from single lines that were seen, and traps. */
struct made_up {
	char agent[32], word[32];
	char title[128]; /* "": not known */
	char *next;      /* the rest of the file */
};

/* The next block of the text at m->next: a line `== AGENT WORD TITLE`, and the screen below it, which is cut off
 * in place. NULL: no more. */
static char *next_made_up(struct made_up *m)
{
	char *head = m->next, *screen;

	if (!head)
		return NULL;
	m->title[0] = '\0';
	screen = strchr(head, '\n') + 1;
	screen[-1] = '\0';
	assert_true(sscanf(head, "== %31s %31s %127[^\n]", m->agent, m->word, m->title) >= 2);
	m->next = strstr(screen, "\n== ");
	if (m->next)
		*m->next++ = '\0';
	return screen;
}

static void open_made_up(struct buf *text, struct made_up *m)
{
	ok(file_read(text, "test/agents/screens/MADE-UP.txt", 1 << 20));
	m->next = strstr(text->s, "\n== ") + 1;
}

static void test_made_up(void **state)
{
	AUTO(buf_release) struct buf text = { 0 };
	struct made_up m;
	char *screen;

	(void)state;
	open_made_up(&text, &m);
	while ((screen = next_made_up(&m))) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(str_release) char *name = str_format("made up:\n%s\n", screen);
		ok(agent_load(&a, NULL, m.agent));
		check_word(&a, name, m.title[0] ? m.title : NULL, screen, m.word);
	}
}

static const struct {
	const char *agent, *screen;
	enum screen_box box;
	const char *typed;
	bool chip;
} boxes[] = {
	{ "codex", "\033[1m›\033[0m \033[2mAsk Codex to do anything\033[0m\n\n  m · /x\n",
		SCREEN_BOX_EMPTY, "", false },
	{ "codex", "\033[1m›\033[0m Ask Codex to do anything\n\n  m · /x\n", SCREEN_BOX_TEXT,
		"Ask Codex to do anything", false },
	{ "codex", "\033[1m›\033[0m \033[7mA\033[0;2msk Codex\033[0m\n\n  m · /x\n",
		SCREEN_BOX_EMPTY, "", false },
	{ "codex", "› [Pasted Content 3892 chars]\n\n  m · /x\n", SCREEN_BOX_TEXT,
		"[Pasted Content 3892 chars]", true },
	/* 38;5;2 is a colour, not dim; so is 38;2;r;g;b */
	{ "codex", "› \033[38;5;2mgreen\033[38;2;2;2;2m text\033[39m\n\n  m\n", SCREEN_BOX_TEXT,
		"green text", false },
	{ "codex", "› \033[2;38;5;240mhint\033[22m x\n\n  m\n", SCREEN_BOX_TEXT, "x", false },
	{ "claude-code", "────────────\n❯\u00a0[Pasted text #1 +5 lines]\n────────────\n  ? for\n",
		SCREEN_BOX_TEXT, "[Pasted text #1 +5 lines]", true },
	{ "claude-code", "────────────\n❯ a\n\n  b\n────────────\n  ? for\n", SCREEN_BOX_TEXT,
		"a\n\nb", false },
	{ "claude-code", "❯ an old message\n\n1\n2\n3\n4\n5\n6\n7\n", SCREEN_BOX_NONE, "", false },
	{ "copilot",
		"────────────\n❯ [Paste #1 - 229 lines][Paste #2 - 9 lines]\n────────────\n Inter\n",
		SCREEN_BOX_TEXT, "[Paste #1 - 229 lines][Paste #2 - 9 lines]", true },
	{ "gemini", " > [Pasted Text: 31 lines]\n\n workspace\n", SCREEN_BOX_TEXT,
		"[Pasted Text: 31 lines]", true },
	{ "opencode", "  ┃\n  ┃  [Pasted ~3 lines]\n  ┃\n  ┃  Build · m\n  ╹▀▀▀▀▀▀\n  x\n",
		SCREEN_BOX_TEXT, "[Pasted ~3 lines]", true },
};

static void test_boxes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(boxes); i++) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(buf_release) struct buf typed = { 0 };
		enum screen_box box;
		ok(agent_load(&a, NULL, boxes[i].agent));
		box = screen_box(&a, boxes[i].screen, &typed);
		if (box != boxes[i].box)
			fail_msg("box %zu: %d with '%s'", i, box, buf_text(&typed));
		assert_string_equal(buf_text(&typed), boxes[i].typed);
		assert_int_equal(screen_has_chip(&a, boxes[i].screen), boxes[i].chip);
	}
}

/* ---- no pattern is there for nothing ----------------------------------------------------------- */

static void see(struct buf *out, const struct agent *a, const char *title, const char *screen)
{
	AUTO(str_release) char *rule = NULL;
	AUTO(buf_release) struct buf typed = { 0 };
	enum activity activity = screen_activity(a, title, screen, &rule);
	enum screen_box box = screen_box(a, screen, &typed);

	buf_addf(out, "%s %.9s %d %d [%s]\n", activity_word(activity), rule ? rule : "", box,
		screen_has_chip(a, screen), buf_text(&typed));
}

static void see_captured(struct buf *out, const struct agent *a, char *table)
{
	char *save = NULL, agent[64], name[64];

	for (char *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		AUTO(buf_release) struct buf screen = { 0 };
		AUTO(buf_release) struct buf title = { 0 };
		AUTO(str_release) char *bare = NULL;
		assert_int_equal(sscanf(line, "%63s %63s", agent, name), 2);
		if (!str_equal(agent, a->name))
			continue;
		slurp(&screen, agent, name, "ansi");
		slurp(&title, agent, name, "title");
		bare = plain(screen.s);
		see(out, a, title.s, screen.s);
		see(out, a, NULL, bare);
	}
}

/* What this agent's data says about every screen there is of it, as one text. */
static void see_all(struct buf *out, const struct agent *a)
{
	AUTO(buf_release) struct buf table = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	struct made_up m;
	char *screen;

	ok(file_read(&table, "test/agents/screens/STATES.tsv", 1 << 16));
	see_captured(out, a, table.s);
	open_made_up(&text, &m);
	while ((screen = next_made_up(&m)))
		if (str_equal(m.agent, a->name))
			see(out, a, m.title[0] ? m.title : NULL, screen);
	for (size_t i = 0; i < COUNT_OF(boxes); i++)
		if (str_equal(boxes[i].agent, a->name))
			see(out, a, NULL, boxes[i].screen);
}

/* The end of the alternative that begins at s: at a `|` outside of all brackets. */
static size_t alternative(const char *s)
{
	int depth = 0;
	size_t i;

	for (i = 0; s[i] && (s[i] != '|' || depth); i++) {
		if (s[i] == '\\' && s[i + 1])
			i++;
		else if (s[i] == '[')
			i += 2 + strcspn(s + i + 2, "]");
		else
			depth += (s[i] == '(') - (s[i] == ')');
	}
	return i;
}

static void check_loss(const struct agent *a, const char *all, const char *lost)
{
	AUTO(buf_release) struct buf now = { 0 };

	see_all(&now, a);
	if (str_equal(now.s, all))
		fail_msg("%s: no screen tells that '%s' is gone", a->name, lost);
}

/* Each alternative of a pattern replaced by one that nothing meets. */
static void check_alternatives(const struct agent *a, const char *all, char **pattern)
{
	AUTO(str_release) char *whole = *pattern;

	for (size_t from = 0, n; whole && from <= strlen(whole); from += n + 1) {
		AUTO(str_release) char *lost = NULL;
		n = alternative(whole + from);
		lost = str_ndup(whole + from, n);
		*pattern = str_format("%.*s\001%s", (int)from, whole, whole + from + n);
		check_loss(a, all, lost);
		str_release(pattern);
	}
	*pattern = whole ? str_dup(whole) : NULL;
}

static void check_patterns(const struct agent *a, const char *all, struct strv *patterns)
{
	for (size_t i = 0; i < patterns->n; i++) {
		char *taken;
		check_alternatives(a, all, &patterns->v[i]);
		if (patterns->n == 1)
			continue;
		taken = patterns->v[i]; /* all of a list must be met: is this one needed? */
		patterns->v[i] = str_dup("");
		check_loss(a, all, taken);
		free(patterns->v[i]);
		patterns->v[i] = taken;
	}
}

static void test_each_pattern_counts(void **state)
{
	AUTO(strv_release) struct strv names = { 0 };

	(void)state;
	agent_names(&names);
	STRV_EACH(name, &names) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(buf_release) struct buf all = { 0 };
		char **const single[] = { &a.send.box, &a.send.box_end, &a.send.placeholder,
			&a.send.chip };
		ok(agent_load(&a, NULL, *name));
		see_all(&all, &a);
		for (size_t i = 0; i < ACTIVITY_COUNT; i++) {
			check_patterns(&a, buf_text(&all), &a.title[i]);
			check_patterns(&a, buf_text(&all), &a.screen[i]);
		}
		for (size_t i = 0; i < COUNT_OF(single); i++)
			check_alternatives(&a, buf_text(&all), single[i]);
	}
}

static void test_menu(void **state)
{
	AUTO(buf_release) struct buf screen = { 0 };
	AUTO(buf_release) struct buf menu = { 0 };

	(void)state;
	slurp(&screen, "claude-code", "permission_bash", "ansi");
	screen_menu(&menu, screen.s);
	assert_non_null(strstr(menu.s, "touch fx_touch"));
	assert_non_null(strstr(menu.s, " ❯ 1. Yes\n"));
	assert_null(strchr(menu.s, '\033'));
}

/* Broken escapes and odd bytes: nothing may run away. */
static void test_broken(void **state)
{
	static const char *const screens[] = { "\033", "\033[", "\033[38;5", "\033]0;title",
		"\033]0;t\033", "\xff\xc2", "\xc2", "\033[2", "\033[38;2;", "\033[38:2:1:1:1mx",
		"\r\n\r\n\t" };
	AUTO(agent_release) struct agent a = { 0 };

	(void)state;
	ok(agent_load(&a, NULL, "claude-code"));
	for (size_t i = 0; i < COUNT_OF(screens); i++)
		assert_int_equal(
			screen_activity(&a, screens[i], screens[i], NULL), ACTIVITY_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_made_up),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_each_pattern_counts),
		cmocka_unit_test(test_menu),
		cmocka_unit_test(test_broken),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("AO_SHARE", "share", 1);
	setenv("XDG_CONFIG_HOME", "/nowhere", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
