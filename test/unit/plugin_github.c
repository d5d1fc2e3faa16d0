/* What answers of GitHub mean, which repository and host an address names, and who gets which token. */
#include <time.h>

#include "plugin/scm_github.h"
#include "kit.h"

static json_t *json(const char *text)
{
	json_error_t wrong;
	json_t *o = json_loads(text, 0, &wrong);

	if (!o)
		fail_msg("%s: %s", wrong.text, text);
	return o;
}

/* ---- where ----------------------------------------------------------------------------------- */

static void origin(const char *url)
{
	AUTO(str_release)
	char *text = str_format("[core]\n\tbare = false\n[remote \"up\"]\n\turl = "
				"git@github.com:no/no\n[remote \"origin\"]\n\turl = %s\n",
		url);

	put_text(".git/HEAD", "ref: refs/heads/main\n");
	put_text(".git/objects/x", "");
	put_text(".git/refs/x", "");
	put_text(".git/config", text);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *url, *host, *owner, *name;
		bool serves;
	} rows[] = {
		{ "https://github.com/org/app.git", "github.com", "org", "app", true },
		{ "https://github.com/org/app", "github.com", "org", "app", true },
		{ "https://user:pw@github.com/org/app.git", "github.com", "org", "app", true },
		{ "git@github.com:org/app.git", "github.com", "org", "app", true },
		{ "ssh://git@github.com:22/org/a.b.git", "github.com", "org", "a.b", true },
		{ "ssh://git@ssh.github.com:443/org/app.git", "github.com", "org", "app", true },
		{ "ssh://git:pw@github.com/org/app.git", "github.com", "org", "app", true },
		{ "https://git.corp.example/org/app.git", "git.corp.example", "org", "app", false },
		{ "https://git.corp.example:8443/org/app", "git.corp.example:8443", "org", "app",
			false },
		{ "/srv/git/app.git", NULL, NULL, NULL, false },
		{ "https://github.com/org", NULL, NULL, NULL, false },
		{ "https://github.com/../..", NULL, NULL, NULL, false },
		{ "https://github.com/o\"rg/app", NULL, NULL, NULL, false },
		{ "https://github.com.evil.example/org/app", "github.com.evil.example", "org",
			"app", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct github g = { 0 };
		struct project p = { .path = root };
		struct err *e;

		origin(rows[i].url);
		assert_int_equal(github_serves(root), rows[i].serves);
		e = github_open(&g, &p, root, NULL);
		if (!rows[i].owner) {
			not_ok(e, ERR_CONFIG, "owner/name");
		} else {
			ok(e);
			assert_string_equal(g.host, rows[i].host);
			assert_string_equal(g.owner, rows[i].owner);
			assert_string_equal(g.name, rows[i].name);
		}
		github_release(&g);
	}
}

static void test_a_pull_request_is_on_the_host_of_the_config(void **state)
{
	struct project p = { .path = root, .repo = (char *)"up/stream" };
	struct github g = { 0 };

	(void)state;
	origin("git@github.com:me/fork.git");
	ok(github_open(&g, &p, root, NULL));
	assert_string_equal(g.owner, "up");
	assert_string_equal(g.head_owner, "me");
	github_release(&g);
	ok(github_open(&g, &p, root, "https://github.com/old/name/pull/7"));
	assert_string_equal(g.owner, "old");
	assert_string_equal(g.graphql, "https://api.github.com/graphql");
	github_release(&g);
	/* a record is edited by hand, and an agent can write to much */
	not_ok(github_open(&g, &p, root, "https://evil.example/old/name/pull/7"), ERR_FAILED,
		"not on github.com");
	github_release(&g);
	p.scm.api_url = (char *)"https://evil.example/api";
	not_ok(github_open(&g, &p, root, NULL), ERR_CONFIG, "neither github.com");
	github_release(&g);
	p.scm.api_url = (char *)"https://api.github.com.evil.example";
	not_ok(github_open(&g, &p, root, NULL), ERR_CONFIG, "neither github.com");
	github_release(&g);
	p.scm = (struct slot_config){ .host = (char *)"git.corp",
		.api_url = (char *)"https://git.corp/api/v3" };
	ok(github_open(&g, &p, root, NULL));
	assert_string_equal(g.graphql, "https://git.corp/api/graphql");
	assert_string_equal(g.rest, "https://git.corp/api/v3");
	github_release(&g);
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(github_number("https://github.com/org/app/pull/42", "pull"), 42);
	assert_int_equal(github_number("https://github.com/org/app/pull/42/files", "pull"), 42);
	assert_int_equal(github_number("https://github.com/org/app/issues/7#x", "issues"), 7);
	assert_int_equal(github_number("https://gitlab.com/org/app/-/merge_requests/1", "pull"), 0);
	assert_int_equal(github_number("https://github.com/org/app/pulls/4", "pull"), 0);
	assert_int_equal(github_number("https://github.com/org/app/pull/", "pull"), 0);
	assert_int_equal(github_number("https://github.com/org/app/pull/99999999999", "pull"), 0);
	assert_int_equal(github_number("local:app#1", "pull"), 0);
	assert_int_equal(github_number(NULL, "pull"), 0);
}

/* ---- whose token ----------------------------------------------------------------------------- */

static void login(const char *host, const char *want)
{
	struct github g = { .host = str_dup(host) };
	struct err *e = github_login(&g);

	if (!want)
		not_ok(e, ERR_FAILED, "no login for");
	else
		ok(e);
	assert_true(str_equal(g.token, want));
	github_release(&g);
}

static void test_a_token_is_for_its_host(void **state)
{
	AUTO(str_release) char *path = str_dup(getenv("PATH"));

	(void)state;
	setenv("PATH", root, 1);
	unsetenv("GH_TOKEN");
	setenv("GITHUB_TOKEN", "dotcom", 1);
	setenv("GH_ENTERPRISE_TOKEN", "corp", 1);
	unsetenv("GH_HOST");
	login("github.com", "dotcom");
	login("acme.ghe.com", "dotcom");
	login("git.corp", NULL);
	login("github.com.evil.example", NULL);
	setenv("GH_HOST", "git.corp", 1);
	login("git.corp", "corp");
	login("git.other", NULL);
	/* gh is asked for what it holds of that host; it would give anybody what stands in the environment */
	put_text("gh",
		"#!/bin/sh\n"
		"t=$GH_ENTERPRISE_TOKEN$GITHUB_ENTERPRISE_TOKEN$GH_TOKEN$GITHUB_TOKEN\n"
		"echo \"${t:-of gh for $4}\"\n");
	{
		AUTO(str_release) char *gh = at("gh");
		assert_int_equal(chmod(gh, 0700), 0);
	}
	setenv("GITHUB_ENTERPRISE_TOKEN", "corp too", 1);
	setenv("GH_TOKEN", "", 1);
	login("git.other", "of gh for git.other");
	unsetenv("GITHUB_ENTERPRISE_TOKEN");
	unsetenv("GH_TOKEN");
	setenv("PATH", path, 1);
	unsetenv("GITHUB_TOKEN");
	unsetenv("GH_ENTERPRISE_TOKEN");
	unsetenv("GH_HOST");
}

static void opened(const struct slot_config *c, const char *host, const char *want)
{
	struct github g = { 0 };
	struct err *e;

	ok(github_of(&g, c, NULL, root, NULL));
	assert_string_equal(g.host, host);
	e = github_login(&g);
	err_free(e);
	assert_true(str_equal(g.token, want));
	github_release(&g);
}

static void test_a_token_without_a_host_is_for_the_one_that_is_named(void **state)
{
	AUTO(str_release) char *path = str_dup(getenv("PATH"));
	char host[] = "git.corp";
	struct slot_config named = { .host = host }, unnamed = { 0 };

	(void)state;
	origin("https://git.corp/org/app");
	setenv("PATH", root, 1);
	setenv("GH_ENTERPRISE_TOKEN", "corp", 1);
	unsetenv("GH_HOST");
	opened(&named, "git.corp", "corp");
	opened(&unnamed, "git.corp", NULL); /* any origin may say so */
	setenv("GH_HOST", "git.other", 1);
	opened(&named, "git.corp", NULL);
	setenv("PATH", path, 1);
	unsetenv("GH_ENTERPRISE_TOKEN");
	unsetenv("GH_HOST");
}

/* ---- the question ---------------------------------------------------------------------------- */

/* What is checked against GitHub's schema is what is asked. */
static void test_the_question_is_the_document(void **state)
{
	struct github g = { .owner = (char *)"org", .name = (char *)"app" };
	struct github_part parts[] = { { .g = &g, .number = 42 },
		{ .g = &g, .branch = "feat/\"}\n" }, { .g = &g, .branch = "b", .brief = true },
		{ .g = &g } };
	AUTO(str_release) char *body = github_query(GITHUB_SESSIONS, parts, 4);
	AUTO(str_release) char *brief = github_query(GITHUB_SESSIONS, &parts[2], 1);
	json_t *o = json(body);
	json_t *variables = json_object_get(o, "variables");

	(void)state;
	assert_string_equal(github_text(o, "query"), github_document(GITHUB_SESSIONS));
	assert_string_equal(github_text(variables, "branch1"), "feat/\"}\n");
	assert_string_equal(github_text(variables, "owner0"), "org");
	assert_int_equal(json_integer_value(json_object_get(variables, "number0")), 42);
	assert_null(strstr(brief, "fragment Pull")); /* one that is not used is an error */
	assert_non_null(strstr(brief, "fragment Place"));
	json_decref(o);
}

/* One of the operations of its document, and then all fragments. */
static void assert_asks_details(struct github_part *part, const char *operation)
{
	const char *document = github_document(GITHUB_DETAILS);
	AUTO(str_release) char *body = github_query(GITHUB_DETAILS, part, 1);
	json_t *o = json(body);
	const char *query = github_text(o, "query");
	const char *fragments = strstr(query, "\nfragment ");
	AUTO(str_release) char *head = str_ndup(query, (size_t)(fragments - query));

	assert_true(str_starts(head, operation));
	assert_non_null(strstr(document, head));
	assert_string_equal(fragments, github_fragments(GITHUB_DETAILS));
	json_decref(o);
}

static void test_details_are_in_their_document(void **state)
{
	struct github g = { .owner = (char *)"org", .name = (char *)"app" };
	struct github_part part = { .g = &g, .number = 42 };

	(void)state;
	assert_asks_details(&part, "query Details(");
	part.threads = json("[\"T\"]");
	assert_asks_details(&part, "query Changes(");
	json_decref(part.threads);
}

static void test_the_end_of_a_log(void **state)
{
	struct buf log = { 0 };
	AUTO(str_release) char *tail = NULL;

	(void)state;
	buf_adds(&log,
		"2026-11-22T07:17:56.1234567Z make\r\n"
		"2026-11-22T07:17:56.123456Z 00O 10%\r2026-11-22T07:17:57.123456Z 00O 100%\n"
		"plain \033[31mred\n");
	tail = forge_tail(&log);
	assert_string_equal(tail, "make\n100%\nplain red\n");
	buf_release(&log);
}

/* ---- the answer ------------------------------------------------------------------------------ */

#define NODE(more)                                                                                 \
	"{\"number\":7,\"state\":\"OPEN\",\"headRefName\":\"b\",\"baseRefName\":\"main\"" more "}"
#define ROLLUP(state) ",\"commits\":{\"nodes\":[{\"commit\":{\"statusCheckRollup\":" state "}}]}"
#define REVIEWS(list) ",\"latestOpinionatedReviews\":{\"nodes\":[" list "]}"
#define THREADS(list) ",\"reviewThreads\":{\"nodes\":[" list "]}"

static void test_words(void **state)
{
	static const struct {
		const char *node;
		enum ci ci;
		enum review review;
		int threads;
		bool conflict, untested, bare;
	} rows[] = {
		{ NODE(""), CI_UNKNOWN, REVIEW_NONE, 0, false, false, false },
		{ NODE(ROLLUP("null")), CI_NONE, REVIEW_NONE, 0, false, false, false },
		{ NODE(ROLLUP("{\"state\":\"SUCCESS\"}")), CI_SUCCESS, REVIEW_NONE, 0, false, false,
			false },
		{ NODE(ROLLUP("{\"state\":\"ERROR\"}")), CI_FAILURE, REVIEW_NONE, 0, false, false,
			true },
		{ NODE(ROLLUP("{\"state\":\"EXPECTED\"}")), CI_PENDING, REVIEW_NONE, 0, false,
			false, false },
		{ NODE(ROLLUP("{\"state\":\"NEW WORD\"}")), CI_UNKNOWN, REVIEW_NONE, 0, false,
			false, false },
		{ NODE(",\"reviewDecision\":\"APPROVED\""), CI_UNKNOWN, REVIEW_APPROVED, 0, false,
			false, false },
		{ NODE(",\"reviewDecision\":\"REVIEW_REQUIRED\"" REVIEWS(
			  "{\"state\":\"APPROVED\"}")),
			CI_UNKNOWN, REVIEW_PENDING, 0, false, false, false },
		/* no rule asks for a review: null, and the reviews decide */
		{ NODE(",\"reviewDecision\":null" REVIEWS("{\"state\":\"APPROVED\"}")), CI_UNKNOWN,
			REVIEW_APPROVED, 0, false, false, false },
		{ NODE(REVIEWS("{\"state\":\"APPROVED\"},{\"state\":\"CHANGES_REQUESTED\"}")),
			CI_UNKNOWN, REVIEW_CHANGES, 0, false, false, true },
		{ NODE(REVIEWS("{\"state\":\"DISMISSED\"}")), CI_UNKNOWN, REVIEW_NONE, 0, false,
			false, false },
		{ NODE(",\"reviewRequests\":{\"totalCount\":1}"), CI_UNKNOWN, REVIEW_PENDING, 0,
			false, false, false },
		{ NODE(THREADS("{\"isResolved\":false},{\"isResolved\":true},null,7")), CI_UNKNOWN,
			REVIEW_NONE, 1, false, false, true },
		{ NODE(",\"mergeable\":\"CONFLICTING\""), CI_UNKNOWN, REVIEW_NONE, 0, true, false,
			false },
		{ NODE(",\"mergeable\":\"UNKNOWN\""), CI_UNKNOWN, REVIEW_NONE, 0, false, true,
			false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(pull_release) struct pull p = { 0 };
		json_t *node = json(rows[i].node);

		github_read_pull(&p, node, NULL);
		json_decref(node);
		if (p.ci != rows[i].ci || p.review != rows[i].review ||
			p.threads != rows[i].threads || p.conflict != rows[i].conflict ||
			p.untested != rows[i].untested || p.bare != rows[i].bare)
			fail_msg("%s: ci %d review %d threads %d", rows[i].node, (int)p.ci,
				(int)p.review, p.threads);
	}
}

static void test_merged_into_which(void **state)
{
	json_t *node = json("{\"number\":7,\"state\":\"MERGED\",\"baseRefName\":\"main\"}");
	json_t *main_place = json("{\"defaultBranchRef\":{\"name\":\"main\"}}");
	json_t *other = json("{\"defaultBranchRef\":{\"name\":\"trunk\"}}");
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	github_read_pull(&p, node, main_place);
	assert_true(p.merged_into_default);
	github_read_pull(&p, node, other);
	assert_false(p.merged_into_default);
	github_read_pull(&p, node, NULL); /* unknown is no reason to clean up */
	assert_false(p.merged_into_default);
	json_decref(node);
	json_decref(main_place);
	json_decref(other);
}

#define ONE(number, state, owner, at)                                                              \
	"{\"number\":" #number ",\"state\":\"" state "\",\"headRepositoryOwner\":" owner           \
	",\"createdAt\":\"" at "\"}"
#define ME "{\"login\":\"Me\"}"
#define OLD "2026-01-01T00:00:00Z"
#define NEW "2026-06-01T00:00:00Z"

static void test_which_of_a_branch(void **state)
{
	static const struct {
		const char *nodes;
		int want;
	} rows[] = {
		{ "[]", 0 },
		{ "[null, 7, {}]", 0 },
		{ "[" ONE(3, "CLOSED", ME, NEW) "," ONE(2, "OPEN", ME, NEW) "]", 2 },
		{ "[" ONE(3, "OPEN", ME, NEW) "," ONE(2, "OPEN", ME, NEW) "]", 3 },
		{ "[" ONE(2, "OPEN", ME, NEW) "," ONE(3, "OPEN", ME, NEW) "]", 3 },
		{ "[" ONE(3, "OPEN", "{\"login\":\"mallory\"}", NEW) "]", 0 },
		{ "[" ONE(3, "OPEN", "null", NEW) "]", 0 },
		{ "[" ONE(3, "MERGED", ME, OLD) "]", 0 }, /* of another life of the branch */
		{ "[" ONE(3, "MERGED", ME, NEW) "]", 3 },
		{ "[" ONE(3, "OPEN", ME, OLD) "]", 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		json_t *nodes = json(rows[i].nodes);
		json_t *best = github_choose(nodes, "me", INT64_C(1772323200000)); /* 2026-03-01 */

		if (json_integer_value(json_object_get(best, "number")) != rows[i].want)
			fail_msg("%s", rows[i].nodes);
		json_decref(nodes);
	}
}

static const char details[] =
	"{\"body\":\"b\",\"commits\":{\"nodes\":[{\"commit\":{\"statusCheckRollup\":{\"contexts\":"
	"{\"nodes\":["
	"{\"__typename\":\"CheckRun\",\"name\":\"unit\",\"status\":\"COMPLETED\",\"conclusion\":"
	"\"FAILURE\",\"detailsUrl\":\"https://x/1\",\"startedAt\":\"2026-01-01T00:00:01Z\","
	"\"summary\":\"3 failed\",\"steps\":{\"nodes\":[{\"name\":\"a\",\"conclusion\":\"SUCCESS\"},"
	"{\"name\":\"Run tests\",\"conclusion\":\"FAILURE\"}]}},"
	"{\"__typename\":\"CheckRun\",\"name\":\"lint\",\"status\":\"QUEUED\"},"
	"{\"__typename\":\"CheckRun\",\"name\":\"s\",\"status\":\"COMPLETED\",\"conclusion\":"
	"\"SKIPPED\"},"
	"{\"__typename\":\"StatusContext\",\"context\":\"ci/x\",\"contextState\":\"ERROR\","
	"\"description\":\"broke\",\"targetUrl\":\"https://x/2\"}, null]}}}}]},"
	"\"reviews\":{\"nodes\":[{\"id\":\"R1\",\"state\":\"CHANGES_REQUESTED\",\"body\":\"no\","
	"\"author\":{\"login\":\"rev\"},\"authorAssociation\":\"MEMBER\"},"
	"{\"id\":\"R2\",\"state\":\"COMMENTED\",\"body\":\"\"}]},"
	"\"reviewThreads\":{\"nodes\":["
	"{\"id\":\"T1\",\"isResolved\":false,\"path\":\"f.c\",\"line\":null,\"originalLine\":9,"
	"\"comments\":{\"nodes\":[{\"body\":\"evil\",\"author\":{\"login\":\"mallory\"},"
	"\"authorAssociation\":\"NONE\"},{\"body\":\"good\",\"author\":{\"login\":\"rev\"},"
	"\"authorAssociation\":\"COLLABORATOR\"}]}},"
	"{\"id\":\"T2\",\"isResolved\":false,\"path\":\"f.c\",\"comments\":{\"nodes\":[{\"body\":"
	"\"beep\",\"author\":{\"__typename\":\"Bot\",\"login\":\"bug\"},\"authorAssociation\":"
	"\"CONTRIBUTOR\"}]}},"
	"{\"id\":\"T3\",\"isResolved\":true,\"comments\":{\"nodes\":[{\"body\":\"x\",\"author\":null}]}}"
	"]}}";

static void test_details(void **state)
{
	json_t *o = json(details), *numbers = json("[\"T2\"]");
	AUTO(pull_release) struct pull p = { .bare = true };
	AUTO(pull_release) struct pull q = { .bare = true };
	struct project project = { 0 };

	(void)state;
	github_read_details(&p, o, numbers, &project);
	assert_false(p.bare);
	assert_int_equal(p.checks.n, 4);
	assert_int_equal(p.checks.v[0].state, CHECK_FAILURE);
	assert_string_equal(p.checks.v[0].step, "Run tests");
	assert_string_equal(p.checks.v[0].url, "https://x/1");
	assert_string_equal(p.checks.v[0].tail, "3 failed\n");
	assert_int_equal(p.checks.v[1].state, CHECK_PENDING);
	assert_int_equal(p.checks.v[2].state, CHECK_SUCCESS);
	assert_int_equal(p.checks.v[3].state, CHECK_FAILURE);
	assert_string_equal(p.checks.v[3].tail, "broke");
	/* a number stays with its thread; T2 had one before */
	assert_int_equal(p.remarks.n, 4);
	assert_string_equal(p.remarks.v[0].by, "bug[bot]");
	assert_false(p.remarks.v[0].trusted);
	assert_string_equal(p.remarks.v[1].by, "rev");
	assert_int_equal(p.remarks.v[1].kind, REMARK_CHANGES);
	/* of a thread, what those said who may */
	assert_string_equal(p.remarks.v[2].text, "good");
	assert_string_equal(p.remarks.v[2].by, "rev");
	assert_int_equal(p.remarks.v[2].line, 9);
	assert_true(p.remarks.v[2].trusted);
	assert_string_equal(p.remarks.v[3].by, "ghost");
	assert_true(p.remarks.v[3].resolved);
	/* trust: a bot by its name */
	strv_add(&project.trust, "bug[bot]");
	github_read_details(&q, o, numbers, &project);
	assert_true(q.remarks.v[0].trusted);
	assert_int_equal(q.remarks.v[0].number, 1);
	strv_release(&project.trust);
	json_decref(o);
	json_decref(numbers);
}

/* ---- what was seen --------------------------------------------------------------------------- */

static void test_unknown_keeps_the_last_answer(void **state)
{
	json_t *entry = json_object();
	json_t *first = json(
		"{\"headRefOid\":\"a\",\"baseRefName\":\"m\",\"mergeable\":\"CONFLICTING\"}");
	json_t *same = json(
		"{\"headRefOid\":\"a\",\"baseRefName\":\"m\",\"mergeable\":\"UNKNOWN\"}");
	json_t *pushed = json(
		"{\"headRefOid\":\"b\",\"baseRefName\":\"m\",\"mergeable\":\"UNKNOWN\"}");

	(void)state;
	seen_pull(entry, first, NULL, 1);
	seen_pull(entry, same, NULL, 2);
	assert_string_equal(
		github_text(json_object_get(entry, "node"), "mergeable"), "CONFLICTING");
	seen_pull(entry, pushed, NULL, 3);
	assert_string_equal(github_text(json_object_get(entry, "node"), "mergeable"), "UNKNOWN");
	json_decref(entry);
	json_decref(first);
	json_decref(same);
	json_decref(pushed);
}

static void see(const char *key, int64_t at, const char *title)
{
	struct github g = { .host = (char *)"github.com", .graphql = (char *)"https://x/graphql" };
	struct seen s = { 0 };
	json_t *node = json_pack("{s:s}", "title", title);

	seen_open(&s, &g, root);
	seen_pull(seen_make(&s, "pulls", key), node, NULL, at);
	json_decref(node);
	seen_save(&s);
	seen_release(&s);
}

static void test_two_processes_keep_both_answers(void **state)
{
	struct github g = { .host = (char *)"github.com", .graphql = (char *)"https://x/graphql" };
	int64_t now = (int64_t)time(NULL) * 1000;
	struct seen slow = { 0 }, s = { 0 };
	json_t *node = json("{\"title\":\"slow\"}");

	(void)state;
	seen_open(&slow, &g, root);
	see("o/a#1", now, "newer");
	see("o/a#2", now, "other");
	seen_pull(seen_make(&slow, "pulls", "o/a#1"), node, NULL, now - 5000);
	seen_pull(seen_make(&slow, "pulls", "o/a#3"), node, NULL, now - 5000);
	seen_pull(seen_make(&slow, "pulls", "o/a#4"), node, NULL, 1000); /* nobody asks for it */
	seen_save(&slow);
	seen_release(&slow);
	seen_open(&s, &g, root);
	assert_string_equal(
		github_text(json_object_get(seen_find(&s, "pulls", "o/a#1"), "node"), "title"),
		"newer");
	assert_non_null(seen_find(&s, "pulls", "o/a#2"));
	assert_non_null(seen_find(&s, "pulls", "o/a#3"));
	assert_null(seen_find(&s, "pulls", "o/a#4"));
	json_decref(node);
	seen_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_addresses),
		TEST(test_a_pull_request_is_on_the_host_of_the_config),
		TEST(test_numbers),
		TEST(test_a_token_is_for_its_host),
		TEST(test_a_token_without_a_host_is_for_the_one_that_is_named),
		TEST(test_the_question_is_the_document),
		TEST(test_details_are_in_their_document),
		TEST(test_the_end_of_a_log),
		TEST(test_words),
		TEST(test_merged_into_which),
		TEST(test_which_of_a_branch),
		TEST(test_details),
		TEST(test_unknown_keeps_the_last_answer),
		TEST(test_two_processes_keep_both_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
