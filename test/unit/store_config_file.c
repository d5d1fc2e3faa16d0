/* Which config is found, whether it is trusted, which project a command means; agents on disk. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/run.h"
#include "store/agent_files.h"
#include "store/checkout.h"
#include "store/config_file.h"
#include "place.h"

#include <cmocka.h> /* last: it has a macro fail() */

static char root[64]; /* a fresh folder per test; HOME is root/home */
static char *share;

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static char *at(const char *name)
{
	return path_join(root, name);
}

static void write_file(const char *name, const char *text)
{
	AUTO(str_release) char *path = at(name);
	AUTO(str_release) char *dir = path_dir(path);

	ok(file_make_dirs(dir));
	ok(file_replace(path, text, strlen(text), FILE_VOLATILE));
}

static void go(const char *name)
{
	AUTO(str_release) char *path = at(name);

	ok(file_make_dirs(path));
	assert_int_equal(chdir(path), 0);
}

static void sh_git(const char *dir, char *const *words)
{
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *path = at(dir);

	ok(file_make_dirs(path));
	strv_add(&argv, "git");
	strv_add_all(&argv, words);
	ok(RUN_OK(&r, .argv = argv.v, .dir = path));
}
#define GIT(dir, ...) sh_git(dir, ARGV(__VA_ARGS__))

static int setup(void **state)
{
	AUTO(str_release) char *home = NULL;

	(void)state;
	if (!fresh_place(root, sizeof(root)))
		return -1;
	home = at("home");
	ok(file_make_dirs(home));
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("AO_CONFIG_PATH");
	unsetenv("AO_PROJECT_ID");
	setenv("AO_SHARE", share, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "t", 1);
	setenv("GIT_AUTHOR_EMAIL", "t@localhost", 1);
	setenv("GIT_COMMITTER_NAME", "t", 1);
	setenv("GIT_COMMITTER_EMAIL", "t@localhost", 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	ok(file_remove_tree(root));
	return 0;
}

static void finds(const char *named, const char *want)
{
	AUTO(str_release) char *path = NULL;
	AUTO(str_release) char *full = at(want);

	ok(config_find(&path, named));
	assert_string_equal(path, full);
}

static void test_discovery(void **state)
{
	AUTO(str_release) char *path = NULL;
	AUTO(str_release) char *other = at("x/other.yaml");
	AUTO(str_release) char *xdg = at("xdg");

	(void)state;
	go("a/b/c");
	AUTO(err_release) struct err *none = config_find(&path, NULL);
	assert_int_equal(none->class, ERR_CONFIG);
	assert_non_null(strstr(none->text, "ao init"));
	write_file("home/.config/agent-orchestrator/config.yaml", "");
	finds(NULL, "home/.config/agent-orchestrator/config.yaml");
	setenv("XDG_CONFIG_HOME", xdg, 1);
	AUTO(err_release) struct err *elsewhere = config_find(&path, NULL);
	assert_non_null(elsewhere);
	write_file("xdg/agent-orchestrator/config.yaml", "");
	finds(NULL, "xdg/agent-orchestrator/config.yaml");
	write_file("home/.agent-orchestrator.yaml", "");
	finds(NULL, "home/.agent-orchestrator.yaml");
	write_file("agent-orchestrator.yml", "");
	finds(NULL, "agent-orchestrator.yml");
	write_file("agent-orchestrator.yaml", "");
	finds(NULL, "agent-orchestrator.yaml");
	write_file("a/b/agent-orchestrator.yml", "");
	finds(NULL, "a/b/agent-orchestrator.yml");
	write_file("x/other.yaml", "");
	setenv("AO_CONFIG_PATH", other, 1);
	finds(NULL, "x/other.yaml");
	finds("../../../agent-orchestrator.yaml", "agent-orchestrator.yaml");
	setenv("AO_CONFIG_PATH", "/nowhere/x.yaml", 1);
	AUTO(err_release) struct err *by_env = config_find(&path, NULL);
	assert_string_equal(
		by_env->text, "/nowhere/x.yaml: no such file (named by AO_CONFIG_PATH)");
	AUTO(err_release) struct err *by_flag = config_find(&path, "gone.yaml");
	assert_string_equal(by_flag->text, "gone.yaml: no such file");
	assert_int_equal(by_flag->class, ERR_CONFIG);
}

/* A repository in main/, a linked worktree in trees/fe-1. */
static void make_repository(void)
{
	GIT("main", "init", "-q", "-b", "trunk");
	GIT("main", "commit", "-q", "--allow-empty", "-m", "first");
	GIT("main", "worktree", "add", "-q", "../trees/fe-1");
}

static void test_linked_worktree(void **state)
{
	AUTO(str_release) char *main_sub = NULL;
	AUTO(str_release) char *want = at("main/sub/dir");

	(void)state;
	make_repository();
	write_file("main/agent-orchestrator.yaml", "");
	write_file("trees/agent-orchestrator.yaml", "");
	write_file("trees/fe-1/agent-orchestrator.yaml", "a copy that is not the one");
	go("trees/fe-1/sub/dir");
	finds(NULL, "main/agent-orchestrator.yaml");
	main_sub = checkout_main(".");
	assert_string_equal(main_sub, want);
	go("main/sub");
	finds(NULL, "main/agent-orchestrator.yaml");
}

static void load_fails(const char *text)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(err_release) struct err *e = config_load(&c, NULL);

	assert_non_null(e);
	assert_int_equal(e->class, ERR_CONFIG);
	if (!strstr(e->text, text))
		fail_msg("'%s' does not say '%s'", e->text, text);
}

static bool trusted(void)
{
	AUTO(config_release) struct config c = { 0 };

	ok(config_load(&c, NULL));
	return c.trusted;
}

static void trust_it(void)
{
	AUTO(config_release) struct config c = { 0 };

	ok(config_trust(&c, NULL));
	assert_true(c.trusted);
}

static const char commands[] = "projects: {a: {path: ., postCreate: [make]}}\n";

static void test_trust_tracked(void **state)
{
	AUTO(str_release) char *pins = at("home/.agent-orchestrator/trust");
	AUTO(strv_release) struct strv files = { 0 };

	(void)state;
	make_repository();
	write_file("main/agent-orchestrator.yaml", commands);
	go("main");
	assert_true(trusted());
	GIT("main", "add", "agent-orchestrator.yaml");
	assert_false(trusted());
	trust_it();
	assert_true(trusted());
	ok(file_list(&files, pins));
	assert_int_equal(files.n, 1);
	/* another content, and back */
	write_file(
		"main/agent-orchestrator.yaml", "projects: {a: {path: ., postCreate: [evil]}}\n");
	assert_false(trusted());
	write_file("main/agent-orchestrator.yaml", commands);
	assert_true(trusted());
	/* nothing sensitive needs no trust */
	write_file("main/agent-orchestrator.yaml", "projects: {a: {path: .}}\n");
	assert_true(trusted());
	/* the same bytes elsewhere are another file: relative paths mean something else there */
	GIT("other", "init", "-q");
	write_file("other/agent-orchestrator.yaml", commands);
	GIT("other", "add", "agent-orchestrator.yaml");
	go("other");
	assert_false(trusted());
}

static void test_trust_hostile_git(void **state)
{
	AUTO(str_release) char *mark = at("ran");
	AUTO(str_release) char *script = at("main/run.sh");
	AUTO(str_release) char *text = str_format("#!/bin/sh\ntouch %s\n", mark);

	(void)state;
	make_repository();
	write_file("main/run.sh", text);
	assert_int_equal(chmod(script, 0755), 0);
	GIT("main", "config", "core.fsmonitor", "./run.sh");
	GIT("main", "config", "core.hooksPath", ".");
	write_file("main/agent-orchestrator.yaml", commands);
	go("main");
	assert_true(trusted());
	assert_false(path_exists(mark));
}

static void test_trust_writable(void **state)
{
	AUTO(str_release) char *file = at("agent-orchestrator.yaml");
	AUTO(str_release) char *dir = at("open");

	(void)state;
	write_file("agent-orchestrator.yaml", commands);
	go(".");
	assert_true(trusted());
	assert_int_equal(chmod(file, 0666), 0);
	assert_false(trusted());
	assert_int_equal(chmod(file, 0644), 0);
	assert_true(trusted());
	write_file("open/agent-orchestrator.yaml", commands);
	go("open");
	assert_int_equal(chmod(dir, 0777), 0);
	assert_false(trusted());
	assert_int_equal(chmod(dir, 01777), 0);
	assert_true(trusted());
	write_file("open/deep/agent-orchestrator.yaml", commands);
	assert_int_equal(chmod(dir, 0777), 0);
	go("open/deep");
	assert_false(trusted());
}

static void test_untrusted_data_dir(void **state)
{
	(void)state;
	make_repository();
	write_file("main/agent-orchestrator.yaml", "dataDir: ../data\nprojects: {a: {path: .}}\n");
	GIT("main", "add", "agent-orchestrator.yaml");
	go("main");
	load_fails("ao trust");
	trust_it();
	assert_true(trusted());
}

/* No git on PATH: an answer that cannot be had is no trust; and nothing sensitive needs no answer. */
static void test_trust_without_git(void **state)
{
	AUTO(str_release) char *path = str_dup(getenv("PATH"));

	(void)state;
	make_repository();
	write_file("main/agent-orchestrator.yaml", commands);
	go("main");
	setenv("PATH", "/nowhere", 1);
	assert_false(trusted());
	write_file("main/agent-orchestrator.yaml", "projects: {a: {path: .}}\n");
	assert_true(trusted());
	setenv("PATH", path, 1);
}

static void test_load_errors(void **state)
{
	AUTO(buf_release) struct buf big = { 0 };

	(void)state;
	go(".");
	write_file("agent-orchestrator.yaml", "prot: 1\n");
	load_fails("agent-orchestrator.yaml:1:1: unknown key 'prot' (did you mean 'port'?)");
	write_file("agent-orchestrator.yaml", "projects: {a: {path: gone, agent: cluade-code}}\n");
	load_fails("no such folder");
	load_fails("(did you mean 'claude-code'?)");
	while (big.n < 10 << 20)
		buf_adds(&big, "# a comment that goes on and on\n");
	write_file("agent-orchestrator.yaml", big.s);
	load_fails("agent-orchestrator.yaml:1:1: larger than 1048576 bytes");
}

static void project_is(const char *flag, const char *want)
{
	AUTO(config_release) struct config c = { 0 };
	const struct project *p = NULL;

	ok(config_load(&c, NULL));
	ok(config_current_project(&p, &c, flag));
	assert_string_equal(p->id, want);
}

static void project_fails(const char *flag, enum err_class class, const char *text)
{
	AUTO(config_release) struct config c = { 0 };
	const struct project *p = NULL;

	ok(config_load(&c, NULL));
	AUTO(err_release) struct err *e = config_current_project(&p, &c, flag);
	assert_non_null(e);
	assert_string_equal(e->text, text);
	assert_int_equal(e->class, class);
}

static void test_current_project(void **state)
{
	(void)state;
	make_repository();
	go("main/packages/ui");
	go("other");
	write_file("agent-orchestrator.yaml",
		"projects:\n  top: {path: main}\n  ui: {path: main/packages/ui}\n  other: {path: "
		"other}\n");
	AUTO(str_release) char *file = at("agent-orchestrator.yaml");
	setenv("AO_CONFIG_PATH", file, 1);
	go("main/packages");
	project_is(NULL, "top");
	go("main/packages/ui/src");
	project_is(NULL, "ui");
	project_is("other", "other");
	go("trees/fe-1/packages/ui");
	project_is(NULL, "ui");
	go("trees/fe-1");
	project_is(NULL, "top");
	setenv("AO_PROJECT_ID", "other", 1);
	project_is(NULL, "other");
	project_is("ui", "ui");
	setenv("AO_PROJECT_ID", "gone", 1);
	project_fails(NULL, ERR_MISSING,
		"no project 'gone' (from AO_PROJECT_ID) (there are: top, ui, other)");
	unsetenv("AO_PROJECT_ID");
	go("home");
	project_fails(NULL, ERR_USAGE, "which project? Name one with -p: top, ui, other");
	project_fails("othre", ERR_MISSING, "no project 'othre' (did you mean 'other'?)");
	write_file("agent-orchestrator.yaml", "projects:\n  top: {path: main}\n");
	project_is(NULL, "top");
}

static void test_agents(void **state)
{
	static const char *const built_in[] = { "aider", "amp", "claude-code", "codex", "copilot",
		"cursor", "gemini", "opencode", "pi", "qwen" };
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(strv_release) struct strv sources = { 0 };
	AUTO(config_release) struct config c = { 0 };
	AUTO(agent_release) struct agent codex = { 0 };
	AUTO(agent_release) struct agent own = { 0 };
	AUTO(agent_release) struct agent none = { 0 };

	(void)state;
	write_file("home/.config/agent-orchestrator/agents/codex.yaml",
		"process: node\nsend: {queue: true}\n");
	write_file("agent-orchestrator.yaml",
		"projects: {a: {path: ., agent: my-agent}}\n"
		"agents:\n  my-agent: {command: [./agent.sh, '{prompt}']}\n  codex: {versions: "
		"'>=9'}\n");
	go(".");
	ok(config_load(&c, NULL));
	agent_names(&names);
	assert_int_equal(names.n, COUNT_OF(built_in));
	for (size_t i = 0; i < names.n; i++)
		assert_string_equal(names.v[i], built_in[i]);
	ok(agent_load(&codex, &c, "codex"));
	assert_string_equal(agent_program(&codex), "codex");
	assert_string_equal(codex.process, "node");
	assert_string_equal(codex.versions, ">=9");
	assert_true(codex.send.queue);
	assert_false(codex.from_config);
	agent_sources(&sources, &c, "codex");
	assert_int_equal(sources.n, 3);
	ok(agent_load(&own, &c, "my-agent"));
	assert_true(str_starts(own.command.v[0], root) && str_ends(own.command.v[0], "/agent.sh"));
	assert_true(own.from_config);
	AUTO(err_release) struct err *e = agent_load(&none, &c, "nope");
	assert_int_equal(e->class, ERR_MISSING);
	assert_string_equal(e->text,
		"no agent 'nope' (known: aider, amp, claude-code, codex, copilot, cursor, gemini, my-agent, opencode, pi, qwen)");
	AUTO(err_release) struct err *path = agent_load(&none, &c, "../codex");
	assert_int_equal(path->class, ERR_MISSING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_discovery),
		TEST(test_linked_worktree),
		TEST(test_trust_tracked),
		TEST(test_trust_hostile_git),
		TEST(test_trust_writable),
		TEST(test_untrusted_data_dir),
		TEST(test_trust_without_git),
		TEST(test_load_errors),
		TEST(test_current_project),
		TEST(test_agents),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	share = path_absolute("share", NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(share);
	return failed;
}
