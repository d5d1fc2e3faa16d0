/*
 * A program as a notifier: the user's own command, or an outside plugin on PATH. It gets the notice as
 * JSON on standard input and, for small scripts, as AO_NOTIFY_… in its environment; of what it says
 * only the last line is kept, as the reason where it fails.
 */
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/path.h"
#include "base/run.h"
#include "slot/notifier.h"

enum {
	LIMIT_MS = 10000,
	KEEP = 65536, /* of each output */
	ENTRY_MAX =
		16384, /* execve(2) takes 128 KiB in one entry, less in all where stacks are small */
};

static void put(struct strv *env, const char *name, const char *text, enum term_text kind)
{
	AUTO(buf_release) struct buf safe = { 0 };

	if (text)
		term_safe(&safe, text, strnlen(text, ENTRY_MAX * 2), kind);
	term_cut(&safe, ENTRY_MAX);
	env_set(env, name, buf_text(&safe));
}

static void environment(struct strv *env, const struct notice *n)
{
	env_copy(env);
	put(env, "AO_NOTIFY_ID", n->id, TERM_LINE);
	put(env, "AO_NOTIFY_PRIORITY", priority_word(n->priority), TERM_LINE);
	put(env, "AO_NOTIFY_EVENT", n->event, TERM_LINE);
	put(env, "AO_NOTIFY_PROJECT", n->project, TERM_LINE);
	put(env, "AO_NOTIFY_SESSION", n->session, TERM_LINE);
	put(env, "AO_NOTIFY_TITLE", n->title, TERM_LINE);
	put(env, "AO_NOTIFY_TEXT", n->text, TERM_TEXT);
	put(env, "AO_NOTIFY_URL", n->url, TERM_LINE);
}

static struct err *start(const struct notifier_call *c, char *const *argv, const struct notice *n)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(str_release) char *json = notifier_json(c, n);

	environment(&env, n);
	return RUN_OK(&r, .argv = argv, .env = env.v, .dir = c->dir, .in = json,
		.in_n = strlen(json), .timeout_ms = LIMIT_MS, .keep_n = KEEP);
}

/* ---- the user's own -------------------------------------------------------------------------- */

static struct err *command_tell(const struct notifier_call *c, const struct notice *n)
{
	if (!c->config->command.n)
		return fail(ERR_CONFIG, "it has no 'command'");
	return start(c, c->config->command.v, n);
}

static struct err *command_usable(const struct notifier_call *c)
{
	const char *program = c->config->command.n ? c->config->command.v[0] : "";
	AUTO(str_release) char *path = path_program(program);
	AUTO(str_release) char *why = path ? NULL : path_no_program(program);

	return path ? NULL : fail(ERR_MISSING, "%s", why);
}

const struct notifier notifier_command = {
	.plugin = { SLOT_NOTIFIER, "command", "a program of yours" },
	.tell = command_tell,
	.usable = command_usable,
};

/* ---- outside plugins ------------------------------------------------------------------------- */

static struct err *outside_tell(const struct notifier_call *c, const struct notice *n)
{
	AUTO(str_release) char *program = str_format("ao-notifier-%s", c->config->plugin);

	return start(c, ARGV(program, "tell"), n);
}

/* It was found by being on PATH. */
static struct err *outside_usable(const struct notifier_call *c)
{
	(void)c;
	return NULL;
}

const struct notifier notifier_outside = {
	.plugin = { SLOT_NOTIFIER, "ao-notifier-…", "a program on PATH" },
	.tell = outside_tell,
	.usable = outside_usable,
};
