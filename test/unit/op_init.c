/* init, schema, show and the checks on agents: made from the tables, and true to them. */
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

#include "base/file.h"
#include "base/path.h"
#include "base/run.h"
#include "model/config_read.h"
#include "op/agent_check.h"
#include "op/config_show.h"
#include "op/init.h"
#include "op/schema.h"
#include "store/config_file.h"
#include "store/store.h"
#include "place.h"

#include <cmocka.h> /* last: it has a macro fail() */

static char root[64];
static char *share;

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	AUTO(str_release) char *path = path_join(root, name);
	AUTO(str_release) char *dir = path_dir(path);

	ok(file_make_dirs(dir));
	ok(file_replace(path, text, strlen(text), FILE_VOLATILE));
	assert_int_equal(chmod(path, mode), 0);
}

static void git(char *const *words)
{
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };

	strv_add(&argv, "git");
	strv_add_all(&argv, words);
	ok(RUN_OK(&r, .argv = argv.v));
}

static int setup(void **state)
{
	AUTO(str_release) char *path = NULL;

	(void)state;
	if (!fresh_place(root, sizeof(root)) || chdir(root) < 0)
		return -1;
	path = str_format("%s/bin:/usr/bin:/bin", root);
	setenv("HOME", root, 1);
	setenv("PATH", path, 1);
	setenv("AO_SHARE", share, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("AO_CONFIG_PATH");
	unsetenv("ANTHROPIC_API_KEY");
	unsetenv("CLAUDE_CODE_OAUTH_TOKEN");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	ok(file_remove_tree(root));
	return 0;
}

static void test_remote(void **state)
{
	static const struct {
		const char *url, *host, *repo;
	} rows[] = {
		{ "git@github.com:org/app.git", "github.com", "org/app" },
		{ "https://github.com/org/app", "github.com", "org/app" },
		{ "https://user:secret@gitlab.example/a/b/c.git", "gitlab.example", "a/b/c" },
		{ "ssh://git@host:2222/org/app.git/", "host", "org/app" },
		{ "host:org/app", "host", "org/app" },
		{ "/srv/git/app.git", NULL, NULL },
		{ "../app", NULL, NULL },
		{ "file:///srv/app.git", NULL, NULL },
		{ "https://host", NULL, NULL },
		{ "https://host/app", NULL, NULL },
		{ "git@host:a b/c", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(str_release) char *host = NULL;
		AUTO(str_release) char *repo = NULL;
		assert_int_equal(init_remote(&host, &repo, rows[i].url), rows[i].host != NULL);
		if (rows[i].host) {
			assert_string_equal(host, rows[i].host);
			assert_string_equal(repo, rows[i].repo);
		}
	}
}

static void test_init(void **state)
{
	AUTO(init_found_release) struct init_found f = { 0 };
	AUTO(init_found_release) struct init_found again = { 0 };
	AUTO(config_release) struct config c = { 0 };
	AUTO(str_release) char *file = NULL;
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf after = { 0 };

	(void)state;
	AUTO(err_release) struct err *outside = op_init(&file, &again);
	assert_string_equal(outside->text,
		"not in a git repository: run ao init in the one that agents shall work on");
	write_file("bin/codex", "#!/bin/sh\n", 0755);
	ok(file_make_dirs("My App/src"));
	assert_int_equal(chdir("My App/src"), 0);
	git(ARGV("init", "-q", "-b", "trunk", ".."));
	git(ARGV("remote", "add", "origin", "git@github.com:org/app.git"));
	ok(op_init(&file, &f));
	assert_true(str_ends(file, "/My App/agent-orchestrator.yaml"));
	ok(op_config(&c, NULL));
	assert_true(c.trusted);
	assert_string_equal(c.agent, "codex");
	assert_string_equal(c.projects.v[0].id, "My-App");
	assert_string_equal(c.projects.v[0].repo, "org/app");
	assert_string_equal(c.projects.v[0].default_branch, "trunk");
	ok(file_read(&text, file, 1 << 16));
	AUTO(err_release) struct err *there = op_init(&file, &again);
	assert_int_equal(there->class, ERR_REFUSED);
	ok(file_read(&after, file, 1 << 16));
	assert_string_equal(text.s, after.s);
	/* a .yml counts too */
	assert_int_equal(rename("../agent-orchestrator.yaml", "../agent-orchestrator.yml"), 0);
	init_found_release(&again);
	AUTO(err_release) struct err *yml = op_init(&file, &again);
	assert_int_equal(yml->class, ERR_REFUSED);
}

/* A second repository in a folder of the same name, and a third, without a plain letter in it. */
static void test_init_names(void **state)
{
	static const char *const dirs[] = { "one/B\u00fcro \u00dcn\u00ef",
		"two/B\u00fcro \u00dcn\u00ef", "\u65e5\u672c" };
	static const char *const ids[] = { "B-ro-n", "B-ro-n", "app" };
	static const char *const names[] = { "B--ro---n--", "B--ro---n---2", "_-----" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(dirs); i++) {
		AUTO(init_found_release) struct init_found f = { 0 };
		AUTO(config_release) struct config c = { 0 };
		AUTO(store_release) struct store st = { 0 };
		AUTO(str_release) char *file = NULL;
		AUTO(str_release) char *dir = path_join(root, dirs[i]);
		ok(file_make_dirs(dir));
		assert_int_equal(chdir(dir), 0);
		git(ARGV("init", "-q", "-b", "trunk"));
		ok(op_init(&file, &f));
		ok(config_peek(&c, NULL));
		assert_string_equal(c.name, names[i]);
		assert_string_equal(c.projects.v[0].id, ids[i]);
		assert_string_equal(c.projects.v[0].name, path_base(dirs[i]));
		ok(store_open(&st, &c, NULL, true));
	}
}

static void test_schema(void **state)
{
	json_t *j = op_config_schema(), *project;

	(void)state;
	project = json_object_get(
		json_object_get(json_object_get(json_object_get(j, "properties"), "projects"),
			"additionalProperties"),
		"properties");
	for (size_t i = 0; i < config_schema.n; i++)
		assert_non_null(json_object_get(
			json_object_get(j, "properties"), config_schema.keys[i].name));
	assert_non_null(json_object_get(project, "sessionPrefix"));
	assert_true(json_is_false(json_object_get(j, "additionalProperties")));
	json_decref(j);
	j = op_agent_schema();
	assert_non_null(json_object_get(json_object_get(j, "properties"), "command"));
	json_decref(j);
}

static void shows(const struct shown_list *l, const char *key, const char *value, int line)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_equal(l->v[i].key, key)) {
			assert_string_equal(l->v[i].value, value);
			assert_int_equal(l->v[i].line, line);
			return;
		}
	fail_msg("%s is not shown", key);
}

static void test_show(void **state)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(shown_release) struct shown_list l = { 0 };

	(void)state;
	write_file("agent-orchestrator.yaml",
		"port: 4000\nprojects:\n  a:\n    path: .\n    checks: {test: \"make 'x'\\n\"}\n"
		"    reactions: {ci-failed: {retries: 0, auto: false}}\nreactions: {agent-stuck: "
		"{threshold: 90m}}\n"
		"notifiers: {team: {plugin: slack, webhookUrl: \"https://a/b\"}}\nnotificationRouting: {info: "
		"[]}\n",
		0600);
	ok(op_config(&c, NULL));
	op_config_show(&l, &c);
	shows(&l, "port", "4000", 1);
	shows(&l, "projects.a.agent", "claude-code", 0);
	shows(&l, "projects.a.path", root, 4);
	shows(&l, "projects.a.checks.test", "\"make 'x'\\n\"", 5);
	shows(&l, "projects.a.reactions.ci-failed.retries", "0", 6);
	shows(&l, "projects.a.reactions.ci-failed.auto", "false", 6);
	shows(&l, "projects.a.reactions.agent-stuck.threshold", "90m", 0);
	shows(&l, "notifiers.team.webhookUrl", "(hidden)", 8);
	shows(&l, "notificationRouting.info", "[]", 9);
}

static void test_versions(void **state)
{
	static const struct {
		const char *versions, *said;
		enum tri known;
	} rows[] = {
		{ ">=2.1", "2.1.197 (Claude Code)", TRI_YES },
		{ ">=2.1", "2.0.9", TRI_NO },
		{ ">=2.1", "10.0", TRI_YES },
		{ ">=0.169", "codex-cli 0.169.0", TRI_YES },
		{ "1.2", "1.2.0", TRI_YES },
		{ "1.2", "1.3", TRI_NO },
		{ NULL, "1", TRI_UNKNOWN },
		{ ">=1", NULL, TRI_UNKNOWN },
		{ ">=1", "none", TRI_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			agent_version_known(rows[i].versions, rows[i].said), rows[i].known);
}

static void check_claude(struct agent_check *out, const char *project)
{
	AUTO(agent_release)
	struct agent a = { .name = str_dup("claude-code"), .versions = str_dup(">=2.1") };

	strv_add(&a.command, "claude");
	agent_check_release(out);
	op_agent_check(out, &a, NULL, project, true);
}

static void test_agent_check(void **state)
{
	AUTO(agent_check_release) struct agent_check c = { 0 };

	(void)state;
	check_claude(&c, "/p");
	assert_null(c.program);
	assert_non_null(strstr(c.hint, "'claude'"));
	write_file("bin/claude", "#!/bin/sh\necho '2.1.197 (Claude Code)'\n", 0755);
	check_claude(&c, "/p");
	assert_string_equal(c.version, "2.1.197 (Claude Code)");
	assert_int_equal(c.known, TRI_YES);
	assert_int_equal(c.logged_in, TRI_UNKNOWN);
	assert_int_equal(c.no_dialogs, TRI_NO);
	write_file(".claude.json",
		"{\"hasCompletedOnboarding\": true, \"projects\": {\"/p\": "
		"{\"hasTrustDialogAccepted\": true}}}",
		0600);
	check_claude(&c, "/p");
	assert_int_equal(c.no_dialogs, TRI_YES);
	check_claude(&c, "/q");
	assert_int_equal(c.no_dialogs, TRI_NO);
	setenv("ANTHROPIC_API_KEY", "x", 1);
	check_claude(&c, NULL);
	assert_int_equal(c.logged_in, TRI_YES);
	assert_int_equal(c.no_dialogs, TRI_NO); /* it would ask whether to use the key */
	write_file(".claude.json",
		"{\"hasCompletedOnboarding\": true, \"customApiKeyResponses\": {\"approved\": "
		"[\"x\"]}}",
		0600);
	check_claude(&c, NULL);
	assert_int_equal(c.no_dialogs, TRI_UNKNOWN);
	write_file(".claude.json", "no json", 0600);
	check_claude(&c, "/p");
	assert_int_equal(c.no_dialogs, TRI_NO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remote),
		TEST(test_init),
		TEST(test_init_names),
		cmocka_unit_test(test_schema),
		TEST(test_show),
		cmocka_unit_test(test_versions),
		TEST(test_agent_check),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	share = path_absolute("share", NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(share);
	return failed;
}
