/* Agents as data: argv from placeholders, and layers over one another. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "model/agent_read.h"

#include <cmocka.h> /* last: it has a macro fail() */

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static char *absolute(void *with, const char *path, const char *dir)
{
	(void)with;
	return path_absolute(path, dir);
}

static const struct config_world world = { .absolute = absolute };

static void read_over(struct agent *a, const char *text)
{
	ok(agent_read(a, "/f.yaml", text, strlen(text), &world));
}

static const char claude[] =
	"command: [claude, '{permissions}', --model, '{model}', '{prompt}']\n"
	"permissions: {skip: [--dangerously-skip-permissions], default: []}\n"
	"resume: [claude, '--resume={agentSessionId}', -C, '{worktree}', --, '{prompt}']\n"
	"env: {A: 1, B: 2}\n"
	"send: {clear: [C-u], queue: true, enterDelay: 1s}\n"
	"screen: {waiting: ['a', 'b'], ready: '^x'}\n";

struct expansion {
	struct agent_values values;
	const char *command, *resume; /* words joined by | */
};

static const struct expansion expansions[] = {
	{ { .prompt = "do it",
		  .model = "opus",
		  .permissions = "skip",
		  .agent_session_id = "u",
		  .worktree = "/w" },
		"claude|--dangerously-skip-permissions|--model|opus|do it",
		"claude|--resume=u|-C|/w|--|do it" },
	{ { 0 }, "claude", "claude|--resume=|--" },
	{ { .prompt = "", .model = "" }, "claude", "claude|--resume=|--" },
	{ { .prompt = "say {model} {prompt} $(x) `y`", .permissions = "default" },
		"claude|say {model} {prompt} $(x) `y`",
		"claude|--resume=|--|say {model} {prompt} $(x) `y`" },
	/* a value that looks like an option is a value */
	{ { .model = "--weird" }, "claude|--model|--weird", "claude|--resume=|--" },
	{ { .prompt = "two\nlines" }, "claude|two\nlines", "claude|--resume=|--|two\nlines" },
};

static char *expanded(const struct agent *a, const struct strv *words, const struct agent_values *v)
{
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	ok(agent_expand(&argv, a, words, v));
	STRV_EACH(s, &argv)
		buf_addf(&b, "%s%s", b.n ? "|" : "", *s);
	return buf_detach(&b);
}

static void test_expand(void **state)
{
	AUTO(agent_release) struct agent a = { 0 };

	(void)state;
	read_over(&a, claude);
	for (size_t i = 0; i < COUNT_OF(expansions); i++) {
		AUTO(str_release) char *command = expanded(&a, &a.command, &expansions[i].values);
		AUTO(str_release) char *resume = expanded(&a, &a.resume, &expansions[i].values);
		assert_string_equal(command, expansions[i].command);
		assert_string_equal(resume, expansions[i].resume);
	}
	assert_true(agent_uses(&a.resume, "{agentSessionId}"));
	assert_false(agent_uses(&a.command, "{agentSessionId}"));
}

/* A script of ours before it is not what must be installed. */
static void test_program(void **state)
{
	AUTO(agent_release) struct agent a = { 0 };

	(void)state;
	assert_string_equal(agent_program(&a), "");
	strv_add_all(&a.command, ARGV("sh", "x", "claude"));
	assert_string_equal(agent_program(&a), "sh");
	str_set(&a.command.v[1], "{hooks}/serve");
	assert_string_equal(agent_program(&a), "claude");
	assert_int_equal(agent_program_at(&a), 2);
}

static void test_unknown_permissions(void **state)
{
	AUTO(agent_release) struct agent a = { .name = str_dup("claude-code") };
	AUTO(strv_release) struct strv argv = { 0 };

	(void)state;
	read_over(&a, claude);
	AUTO(err_release)
	struct err *e = agent_expand(
		&argv, &a, &a.command, &(struct agent_values){ .permissions = "skp" });
	assert_int_equal(e->class, ERR_CONFIG);
	assert_string_equal(
		e->text, "agent 'claude-code' knows no permissions 'skp' (known: skip, default)");
	assert_int_equal(argv.n, 0);
}

static void test_layers(void **state)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(agent_release) struct agent over = { 0 };

	(void)state;
	read_over(&a, claude);
	read_over(&over,
		"command: [x/y]\npermissions: {skip: [--yolo], more: [-m]}\nenv: {B: 3, C: 4}\n"
		"send: {clear: [], queue: false}\nscreen: {ready: '^y'}\n");
	over.from_config = true;
	agent_overlay(&a, &over);
	assert_string_equal(a.command.v[0], "/x/y");
	assert_int_equal(a.command.n, 1);
	assert_string_equal(a.resume.v[0], "claude");
	assert_int_equal(a.permissions.n, 3);
	assert_string_equal(a.permissions.v[0].words.v[0], "--yolo");
	assert_int_equal(a.env.n, 3);
	assert_string_equal(a.env.v[1], "B=3");
	assert_int_equal(a.send.clear.n, 0);
	assert_false(a.send.queue);
	assert_int_equal(a.send.enter_delay, 1000);
	assert_int_equal(a.screen[ACTIVITY_WAITING_INPUT].n, 2);
	assert_string_equal(a.screen[ACTIVITY_READY].v[0], "^y");
	assert_true(a.from_config);
}

static void test_errors(void **state)
{
	static const struct {
		const char *yaml, *error;
	} rows[] = {
		{ "comand: [x]\n", "/f.yaml:1:1: unknown key 'comand' (did you mean 'command'?)" },
		{ "title: {active: '['}\nsend: {box: '(', chanel: keys}\n",
			"/f.yaml:1:17: title.active: '[' must be a POSIX extended regular "
			"expression\n"
			"/f.yaml:2:13: send.box: '(' must be a POSIX extended regular expression\n"
			"/f.yaml:2:18: unknown key 'chanel' in send (did you mean 'channel'?)" },
		{ "sessionId: presett\n",
			"/f.yaml:1:12: 'presett' is not known in sessionId (did you mean "
			"'preset'?)" },
		{ "command: claude\n", "/f.yaml:1:10: command must be a list, not text" },
		{ "process: a/b\n",
			"/f.yaml:1:10: process: 'a/b' must be the bare name of a program" },
		{ "send: {enterDelay: 200}\n",
			"/f.yaml:1:20: send.enterDelay must be a time such as 30s, 10m or 2h" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(err_release)
		struct err *e = agent_read(&a, "/f.yaml", rows[i].yaml, strlen(rows[i].yaml), NULL);
		assert_non_null(e);
		assert_int_equal(e->class, ERR_CONFIG);
		assert_string_equal(e->text, rows[i].error);
	}
}

static void test_complete(void **state)
{
	AUTO(agent_release) struct agent a = { .name = str_dup("x") };

	(void)state;
	read_over(&a, "process: x\n");
	AUTO(err_release) struct err *none = agent_complete(&a);
	assert_string_equal(none->text, "/f.yaml: agent 'x' has no command");
	read_over(&a, "command: [x]\nsessionId: preset\n");
	AUTO(err_release) struct err *preset = agent_complete(&a);
	assert_non_null(preset);
	read_over(&a, "command: [x, '{agentSessionId}']\n");
	ok(agent_complete(&a));
}

/* {hooks} is a folder; where there is none, what names it goes, with the option before it. */
static void test_hooks(void **state)
{
	AUTO(agent_release) struct agent a = { 0 };
	struct agent_values v = { .prompt = "do", .session = "fe-1" };

	(void)state;
	read_over(&a,
		"command: [x, --settings, '{hooks}/s.json', '--also={hooks}', '{prompt}']\n"
		"env: {A: '{hooks}/f', B: 'of {session}', C: plain}\n");
	for (int with = 0; with < 2; with++) {
		AUTO(strv_release) struct strv env = { 0 };
		AUTO(str_release) char *argv = NULL;
		if (with)
			str_set(&a.hooks_dir, "/share/h");
		argv = expanded(&a, &a.command, &v);
		assert_string_equal(
			argv, with ? "x|--settings|/share/h/s.json|--also=/share/h|do" : "x|do");
		agent_env(&env, &a, &v);
		assert_int_equal(env.n, 2 + with);
		assert_int_equal(strv_has(&env, "A=/share/h/f"), with);
		assert_true(strv_has(&env, "B=of fe-1") && strv_has(&env, "C=plain"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_unknown_permissions),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_hooks),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
