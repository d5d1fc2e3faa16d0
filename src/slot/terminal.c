#include "slot/terminal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/env.h"
#include "base/path.h"
#include "base/run.h"

enum { ANSWER_MS = 10000, SETTLED_MS = 500 };

static const struct terminal terminals[] = {
#define ARGS(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define NO_TABS                                                                                    \
	{                                                                                          \
		NULL                                                                               \
	}
#define TERMINAL(...) { __VA_ARGS__ },
#include "slot/terminals.def"
#undef TERMINAL
#undef NO_TABS
#undef ARGS
};

struct err *terminal_find(const struct terminal **out, const char *name)
{
	AUTO(buf_release) struct buf known = { 0 };

	for (size_t i = 0; i < COUNT_OF(terminals); i++) {
		if (str_equal(terminals[i].name, name)) {
			*out = &terminals[i];
			return NULL;
		}
		buf_addf(&known, "%s%s", i ? ", " : "", terminals[i].name);
	}
	return fail(ERR_CONFIG, "terminal: there is no \"%s\"; choose one of: %s", name ? name : "",
		buf_text(&known));
}

const struct terminal *terminal_here(void)
{
	for (size_t i = 0; i < COUNT_OF(terminals); i++) {
		const struct terminal *t = &terminals[i];
		const char *value = getenv(t->env);

		if (!str_empty(value) && (!t->value || str_starts(value, t->value)) &&
			terminal_usable(t))
			return t;
	}
	return NULL;
}

const struct terminal *terminal_any(void)
{
	/* what needs no screen of ours might show it to nobody */
	for (size_t i = 0; i < COUNT_OF(terminals); i++)
		if (terminals[i].needs && terminal_usable(&terminals[i]))
			return &terminals[i];
	return NULL;
}

static bool has_screen(const char *names)
{
	AUTO(str_release) char *list = str_dup(names);
	char *rest = NULL;

	for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
		if (!str_empty(getenv(name)))
			return true;
	return false;
}

bool terminal_usable(const struct terminal *t)
{
	AUTO(str_release) char *program = path_program(t->window[0]);

	return program && (!t->needs || has_screen(t->needs));
}

/* Each word in single quotes, as every shell and iTerm2's own reader take it. */
static char *as_line(char *const *command)
{
	AUTO(buf_release) struct buf line = { 0 };

	for (; *command; command++) {
		buf_adds(&line, line.n ? " '" : "'");
		for (const char *s = *command; *s; s++) {
			if (*s == '\'')
				buf_adds(&line, "'\\''");
			else
				buf_addc(&line, *s);
		}
		buf_addc(&line, '\'');
	}
	return buf_detach(&line);
}

void terminal_argv(struct strv *out, const struct terminal *t, bool window, const char *title,
	char *const *command)
{
	const char *const *words = window || !t->tab[0] ? t->window : t->tab;

	for (; *words; words++) {
		if (str_equal(*words, "{}"))
			strv_add_all(out, command);
		else if (str_equal(*words, "{line}"))
			strv_take(out, as_line(command));
		else
			strv_add(out, str_equal(*words, "{title}") ? title : *words);
	}
}

/* Ours, without what would make tmux believe that it is looked at from inside of itself. What an agent
 * opens for its user is no process of the session, and is not to end with it. */
static void make_env(struct strv *env)
{
	env_copy(env);
	env_set(env, "TMUX", NULL);
	env_set(env, "TMUX_PANE", NULL);
	if (env_get(env, "AO_SESSION_DIR"))
		env_set(env, "AO_KEEP", "1");
}

/* A terminal that is its own command: no answer comes while it is open. One that cannot open ends. */
static struct err *start_and_leave(char *const *argv, char *const *env)
{
	struct child c;
	struct pollfd p = { .events = POLLIN };
	int code;

	TRY(child_start(&c,
		&(const struct child_options){
			.argv = argv, .env = env, .fd = { -1, -1, -1 }, .own_session = true }));
	p.fd = c.pidfd;
	if (poll(&p, 1, SETTLED_MS) <= 0)
		return NULL;
	code = child_reap(&c);
	return code ? fail(ERR_FAILED, "%s: ended at once with exit code %d", argv[0], code) : NULL;
}

struct err *terminal_open(
	const struct terminal *t, bool window, const char *title, char *const *command)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv argv = { 0 }, env = { 0 };

	terminal_argv(&argv, t, window, title, command);
	make_env(&env);
	if (t->stays)
		return start_and_leave(argv.v, env.v);
	return RUN_OK(&r, .argv = argv.v, .env = env.v, .timeout_ms = ANSWER_MS);
}
