/* The page's own examples, byte for byte. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/status_table.h"

#include <cmocka.h> /* its fail() macro would break base/err.h */

enum { MINUTE = 60000 };

static struct project projects[] = {
	{ .id = (char *)"frontend", .name = (char *)"Frontend" },
	{ .id = (char *)"backend", .name = (char *)"Backend" },
};
static const struct config config = { .projects = { projects, 2, 2 } };

static struct view page_view(
	int project, const char *id, const char *branch, const char *summary, int64_t age)
{
	struct view v = {
		.project = &projects[project],
		.session = { .id = (char *)id, .branch = (char *)branch },
		.summary = (char *)summary,
		.facts = { .now = 1000 * MINUTE },
		.last_at = 1000 * MINUTE - age,
		.activity = { .by = -1 },
	};

	v.session.project = projects[project].id;
	return v;
}

static void fill(struct view v[3])
{
	v[0] = page_view(0, "fe-1", "feat/add-login",
		"Implementing OAuth login flow with session management", 2 * MINUTE + 59000);
	v[0].activity.activity = ACTIVITY_ACTIVE;
	v[0].status.status = STATUS_WORKING;
	v[0].facts.pull = (struct pull){ .state = PULL_OPEN,
		.number = 42,
		.url = (char *)"https://github.com/org/app/pull/42",
		.ci = CI_SUCCESS,
		.review = REVIEW_APPROVED };
	v[1] = page_view(
		0, "fe-2", "feat/dashboard", "Dashboard UI components with charts", 5 * MINUTE);
	v[1].activity.activity = ACTIVITY_READY;
	v[1].status.status = STATUS_PR_OPEN;
	v[1].facts.pull = (struct pull){ .state = PULL_OPEN,
		.number = 43,
		.ci = CI_PENDING,
		.review = REVIEW_NONE,
		.threads = 2 };
	v[2] = page_view(1, "api-1", "fix/auth-bug", "Fixing JWT token validation", 119 * MINUTE);
	v[2].activity.activity = ACTIVITY_ACTIVE;
	v[2].status.status = STATUS_REVIEW_PENDING;
	v[2].facts.pull = (struct pull){ .state = PULL_OPEN,
		.number = 15,
		.url = (char *)"https://github.com/org/api/pull/15",
		.ci = CI_FAILURE,
		.review = REVIEW_PENDING };
}

typedef void printer(const struct face *f, const struct groups *g);

static char *printed(printer *print, struct face f, struct view *v, size_t n, const char *project)
{
	AUTO(groups_release) struct groups g = { 0 };
	const struct views views = { .list = { v, n, n } };
	char *text = NULL;
	size_t size = 0;

	f.out = open_memstream(&text, &size);
	groups_fill(&g, &config, project, &views);
	print(&f, &g);
	fclose(f.out);
	return text;
}

static const char page[] =
	"AGENT ORCHESTRATOR STATUS\n"
	"\n"
	"Frontend:\n"
	"  Session        Branch                  PR    CI     Rev   Thr  Activity  Age\n"
	"  ─────────────────────────────────────────────────────────────────────────────\n"
	"  fe-1           feat/add-login          #42   ✓      ✓     0    active    2m\n"
	"                 Implementing OAuth login flow with session management\n"
	"  fe-2           feat/dashboard          #43   ⋯      ⋯     2    ready     5m\n"
	"                 Dashboard UI components with charts\n"
	"\n"
	"Backend:\n"
	"  Session        Branch                  PR    CI     Rev   Thr  Activity  Age\n"
	"  ─────────────────────────────────────────────────────────────────────────────\n"
	"  api-1          fix/auth-bug            #15   ✗      △     0    active    1h\n"
	"                 Fixing JWT token validation\n"
	"\n"
	"  3 active sessions across 2 projects\n";

static void test_status_of_the_page(void **state)
{
	struct view v[3];
	AUTO(str_release) char *text = NULL;

	(void)state;
	fill(v);
	text = printed(status_print, (struct face){ 0 }, v, 3, NULL);
	assert_string_equal(text, page);
}

static void test_ls_of_the_page(void **state)
{
	struct view v[3];
	AUTO(str_release) char *text = NULL;

	(void)state;
	fill(v);
	text = printed(ls_print, (struct face){ 0 }, v, 3, NULL);
	assert_string_equal(text,
		"Frontend:\n"
		"  fe-1  (2m ago)  feat/add-login  [working]  https://github.com/org/app/pull/42\n"
		"  fe-2  (5m ago)  feat/dashboard  [pr_open]\n"
		"\n"
		"Backend:\n"
		"  api-1  (1h ago)  fix/auth-bug  [review_pending]  "
		"https://github.com/org/api/pull/15\n");
}

static void test_nothing_there(void **state)
{
	AUTO(str_release) char *status = NULL;
	AUTO(str_release) char *ls = NULL;

	(void)state;
	status = printed(status_print, (struct face){ 0 }, NULL, 0, "backend");
	assert_string_equal(status,
		"AGENT ORCHESTRATOR STATUS\n\nBackend:\n"
		"  (no active sessions)\n\n  0 active sessions across 1 project\n");
	ls = printed(ls_print, (struct face){ 0 }, NULL, 0, NULL);
	assert_string_equal(
		ls, "Frontend:\n  (no active sessions)\n\nBackend:\n  (no active sessions)\n");
}

/* One row with everything unknown, too long or hostile. */
static void test_hostile_row(void **state)
{
	struct view v = page_view(1, "averylongprefix-12345",
		"feat/\033[31m漢字漢字漢字漢字漢字漢字", "one\ntwo\033]0;x\a three", 0);
	AUTO(str_release) char *text = NULL;

	(void)state;
	v.last_at = 0;
	v.activity.activity = ACTIVITY_WAITING_INPUT;
	text = printed(
		status_print, (struct face){ .tty = true, .columns = 17 + 6 }, &v, 1, "backend");
	assert_non_null(strstr(text,
		"\n  averylongpref… feat/漢字漢字漢字漢字…  -     -      -     -    waiting_… -\n"
		"                 one t…\n\n  1 active session across 1 project\n"));
}

static void test_ascii(void **state)
{
	struct view v[3];
	AUTO(str_release) char *text = NULL;
	AUTO(buf_release) struct buf rule = { 0 };

	(void)state;
	fill(v);
	text = printed(status_print, (struct face){ .ascii = true }, v, 3, NULL);
	for (const char *s = text; *s; s++)
		assert_true((unsigned char)*s < 0x80);
	assert_non_null(strstr(text,
		"  fe-1           feat/add-login          #42   ok     ok    0    active    2m\n"));
	assert_non_null(strstr(text,
		"  fe-2           feat/dashboard          #43   ..     ..    2    ready     5m\n"));
	assert_non_null(strstr(text,
		"  api-1          fix/auth-bug            #15   no     ?     0    active    1h\n"));
	for (int i = 0; i < 77; i++)
		buf_addc(&rule, '-');
	assert_non_null(strstr(text, buf_text(&rule)));
}

/* Colours are added around the same text, never instead of it. */
static void test_colour_changes_no_text(void **state)
{
	struct view v[3];
	AUTO(str_release) char *text = NULL;
	AUTO(buf_release) struct buf plain = { 0 };

	(void)state;
	fill(v);
	text = printed(status_print, (struct face){ .colour = true }, v, 3, NULL);
	assert_non_null(strstr(text, "\033[32m✓\033[0m"));
	assert_null(strstr(text, "\n\033[0m"));
	assert_non_null(strstr(text, "\033[31m✗\033[0m"));
	term_safe(&plain, text, strlen(text), TERM_TEXT);
	assert_string_equal(buf_text(&plain), page);
}

/* A session whose project left the config is still shown, and is no configured project. */
static void test_lost_project(void **state)
{
	struct view v = page_view(0, "old-1", "feat/x", "", MINUTE);
	AUTO(str_release) char *text = NULL;

	(void)state;
	v.project = NULL;
	v.session.project = (char *)"gone";
	text = printed(status_print, (struct face){ 0 }, &v, 1, NULL);
	assert_non_null(strstr(text, "gone:\n  Session"));
	assert_non_null(strstr(text, "  1 active session across 2 projects\n"));
}

static void check_number(const char *pr, int number)
{
	struct view v = { .session = { .pr = (char *)pr } };

	assert_int_equal(row_pr_number(&v), number);
}

static void test_number_from_the_record(void **state)
{
	(void)state;
	check_number("https://github.com/org/app/pull/42", 42);
	check_number("https://gitlab.com/o/a/-/merge_requests/7", 7);
	check_number("local:frontend#1", 1);
	check_number("https://example.org/x2", 0);
	check_number("12", 0);
	check_number("", 0);
	check_number(NULL, 0);
}

static void test_json_keys_in_order(void **state)
{
	static const char *const keys[] = { "name", "branch", "status", "prNumber", "ciStatus",
		"reviewDecision", "pendingThreads", "activity", "lastActivity", "project", "pr",
		"issue", "agent", "lastActivityAt", "createdAt", "worktree", "attach", "summary",
		"runtime", "facts", "usage", "limitedUntil", "role" };
	struct view v[3];
	json_t *row, *value;
	const char *key;
	size_t i = 0;

	(void)state;
	fill(v);
	row = row_json(&v[0], "tmux attach -t fe-1", true);
	json_object_foreach(row, key, value)
	{
		assert_true(i < COUNT_OF(keys));
		assert_string_equal(key, keys[i++]);
	}
	assert_int_equal(i, COUNT_OF(keys));
	json_decref(row);
}

static void test_json_of_the_page(void **state)
{
	struct view v[3];
	json_t *row;
	AUTO(str_release) char *text = NULL;

	(void)state;
	fill(v);
	row = row_json(&v[0], NULL, true);
	text = json_dumps(row, JSON_INDENT(2));
	json_decref(row);
	assert_true(str_starts(text,
		"{\n"
		"  \"name\": \"fe-1\",\n"
		"  \"branch\": \"feat/add-login\",\n"
		"  \"status\": \"working\",\n"
		"  \"prNumber\": 42,\n"
		"  \"ciStatus\": \"success\",\n"
		"  \"reviewDecision\": \"approved\",\n"
		"  \"pendingThreads\": 0,\n"
		"  \"activity\": \"active\",\n"
		"  \"lastActivity\": \"2m ago\",\n"));
}

static void test_json_ls_without_pr(void **state)
{
	struct view v = page_view(0, "fe-3", "feat/\xff", "", MINUTE);
	json_t *row = row_json(&v, NULL, false);
	static const char *const keys[] = { "name", "project", "branch", "status", "pr", "prNumber",
		"issue", "agent", "activity", "lastActivity", "lastActivityAt", "createdAt",
		"worktree", "attach", "role" };
	const char *key;
	json_t *value;
	size_t i = 0;

	(void)state;
	json_object_foreach(row, key, value)
	{
		assert_true(i < COUNT_OF(keys));
		assert_string_equal(key, keys[i++]);
	}
	assert_int_equal(i, COUNT_OF(keys));
	assert_true(json_is_null(json_object_get(row, "pr")));
	assert_true(json_is_null(json_object_get(row, "prNumber")));
	assert_string_equal(json_string_value(json_object_get(row, "branch")), "feat/\xef\xbf\xbd");
	json_decref(row);
}

static void test_why_names_each_fact(void **state)
{
	struct view v = page_view(0, "fe-1", "feat/x", "", MINUTE);
	struct face f = { 0 };
	char *text = NULL;
	size_t n = 0;

	(void)state;
	v.facts.n = 2;
	v.facts.v[0] = (struct fact){ .source = SOURCE_PROCESS, .state = true };
	v.facts.v[1] = (struct fact){ .source = SOURCE_HOOK,
		.says = ACTIVITY_ACTIVE,
		.at = 1000 * MINUTE - 3000,
		.detail = (char *)"prompt:\033[2J fix it" };
	v.activity = (struct verdict){ ACTIVITY_ACTIVE, 1, "a hook said so" };
	v.status = (struct judgement){ STATUS_WORKING, "active" };
	f.out = open_memstream(&text, &n);
	why_print(&f, &v, "the agent is active");
	fclose(f.out);
	assert_true(str_starts(text,
		"fe-1 is working: the agent is active\n"
		"The agent is active: a hook said so\n"));
	assert_non_null(strstr(text, "\n    says nothing    process       -     \n"));
	assert_non_null(strstr(text, "\n  * active          hook          3s    prompt: fix it\n"));
	assert_non_null(strstr(text, "\n    worktree      gone"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_of_the_page),
		cmocka_unit_test(test_ls_of_the_page),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_hostile_row),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_colour_changes_no_text),
		cmocka_unit_test(test_lost_project),
		cmocka_unit_test(test_number_from_the_record),
		cmocka_unit_test(test_json_keys_in_order),
		cmocka_unit_test(test_json_of_the_page),
		cmocka_unit_test(test_json_ls_without_pr),
		cmocka_unit_test(test_why_names_each_fact),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
