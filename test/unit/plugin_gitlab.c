/* What answers of GitLab mean, which project and host an address names, and who gets which token. */
#include "plugin/scm_gitlab.h"
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
	char *text = str_format("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = %s\n", url);

	put_text(".git/HEAD", "ref: refs/heads/main\n");
	put_text(".git/objects/x", "");
	put_text(".git/refs/x", "");
	put_text(".git/config", text);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *url, *api, *host, *path;
		bool serves;
	} rows[] = {
		{ "https://gitlab.com/a/b/c/app.git", NULL, "gitlab.com", "a/b/c/app", true },
		{ "git@gitlab.com:org/app.git", NULL, "gitlab.com", "org/app", true },
		{ "ssh://git@altssh.gitlab.com:443/org/app.git", NULL, "gitlab.com", "org/app",
			true },
		{ "https://u:pw@git.corp:8443/g/app", NULL, "git.corp:8443", "g/app", false },
		{ "https://git.corp/gitlab/g/app.git", "https://git.corp/gitlab/api/v4", "git.corp",
			"g/app", false },
		{ "https://gitlab.com.evil.example/g/app", NULL, "gitlab.com.evil.example", "g/app",
			false },
		{ "https://gitlab.com/alone", NULL, NULL, NULL, false },
		{ "https://gitlab.com/../app", NULL, NULL, NULL, false },
		{ "https://gitlab.com/g/../../app", NULL, NULL, NULL, false },
		{ "https://gitlab.com/g%2f/app", NULL, NULL, NULL, false },
		{ "/srv/git/app.git", NULL, NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct github g = { 0 };
		struct project p = { .path = root, .scm.api_url = (char *)rows[i].api };
		struct err *e;

		origin(rows[i].url);
		assert_int_equal(gitlab_serves(root), rows[i].serves);
		e = gitlab_open(&g, &p, root, NULL);
		if (!rows[i].path) {
			not_ok(e, ERR_CONFIG, "group/name");
		} else {
			AUTO(str_release) char *path = NULL;

			ok(e);
			path = gitlab_path(&g);
			assert_string_equal(g.host, rows[i].host);
			assert_string_equal(path, rows[i].path);
			assert_string_equal(g.head_owner, rows[i].path);
		}
		github_release(&g);
	}
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(
		gitlab_number("https://gitlab.com/a/b/c/-/merge_requests/42", "merge_requests"),
		42);
	assert_int_equal(gitlab_number("https://gitlab.com/a/b/-/merge_requests/42/diffs#x",
				 "merge_requests"),
		42);
	assert_int_equal(gitlab_number("https://git.corp/a/b/-/issues/7", "issues"), 7);
	assert_int_equal(gitlab_number("https://git.corp/a/b/-/issues/07", "issues"), 0);
	assert_int_equal(gitlab_number("https://git.corp/a/b/-/issues/99999999999", "issues"), 0);
	assert_int_equal(gitlab_number("https://github.com/a/b/pull/7", "merge_requests"), 0);
	assert_int_equal(gitlab_number("local:app#1", "merge_requests"), 0);
	assert_int_equal(gitlab_number(NULL, "merge_requests"), 0);
}

static void opened(const char *host, const char *api, const char *pr, const char *token)
{
	struct project p = { .path = root,
		.scm = { .host = (char *)host, .api_url = (char *)api } };
	struct github g = { 0 };

	ok(gitlab_open(&g, &p, root, pr));
	if (!str_equal(g.token, token))
		fail_msg("%s %s: %s", host ? host : "origin", pr ? pr : "",
			g.token ? g.token : "none");
	github_release(&g);
}

static void test_a_token_is_for_its_host(void **state)
{
	struct project p = { .path = root };
	struct github g = { 0 };

	(void)state;
	setenv("GITLAB_TOKEN", "t", 1);
	unsetenv("GITLAB_HOST");
	origin("git@gitlab.com:g/app.git");
	opened(NULL, NULL, NULL, "t");
	opened("git.corp", NULL, NULL,
		"t"); /* a configuration that is not trusted came to no plugin */
	setenv("GITLAB_HOST", "https://git.corp", 1);
	opened(NULL, NULL, NULL, NULL);
	opened("git.corp", NULL, NULL, "t");
	opened("git.other", NULL, NULL, NULL);
	unsetenv("GITLAB_HOST");
	origin("git@git.evil.example:g/app.git");
	opened(NULL, NULL, NULL, NULL); /* a clone may come from anywhere */
	setenv("GITLAB_HOST", "git.evil.example", 1);
	opened(NULL, NULL, "https://git.evil.example/g/app/-/merge_requests/1", "t");
	unsetenv("GITLAB_HOST");
	origin("git@gitlab.com:g/app.git");
	not_ok(gitlab_open(&g, &p, root, "https://evil.example/g/app/-/merge_requests/1"),
		ERR_FAILED, "not on gitlab.com");
	github_release(&g);
	p.scm.api_url = (char *)"https://gitlab.com.evil.example/api/v4";
	not_ok(gitlab_open(&g, &p, root, NULL), ERR_CONFIG, "not gitlab.com");
	github_release(&g);
	p.scm.api_url = (char *)"https://gitlab.com@evil.example/api/v4";
	not_ok(gitlab_open(&g, &p, root, NULL), ERR_CONFIG, "not gitlab.com");
	github_release(&g);
	unsetenv("GITLAB_TOKEN");
}

/* ---- what is seen here ----------------------------------------------------------------------- */

extern const struct scm scm_gitlab;

static void test_a_push_is_seen_here(void **state)
{
	struct pull p = { .state = PULL_OPEN, .branch = (char *)"feat/42" };
	struct pull_ref ref = { .repo = root };
	AUTO(strv_release) struct strv folders = { 0 };

	(void)state;
	origin("git@gitlab.com:g/app.git");
	scm_gitlab.places(&folders, &ref, &p, "/data");
	assert_int_equal(folders.n, 2);
	assert_string_equal(folders.v[0], "/data/cache/forge/news");
	assert_true(str_ends(folders.v[1], "/.git/refs/remotes/origin/feat"));
	p.branch = NULL;
	scm_gitlab.places(&folders, &ref, &p, "/data");
	assert_int_equal(folders.n, 3); /* the news alone */
}

/* ---- the answer ------------------------------------------------------------------------------ */

#define MR(more) "{\"iid\":7,\"state\":\"opened\",\"sha\":\"aa\"" more "}"
#define PIPELINE(status)                                                                           \
	MR(",\"head_pipeline\":{\"id\":1,\"sha\":\"aa\",\"status\":\"" status "\"}")
#define OTHER(ref)                                                                                 \
	MR(",\"head_pipeline\":{\"sha\":\"bb\",\"status\":\"success\",\"source\":"                 \
	   "\"merge_request_event\",\"ref\":\"" ref "\"}")
#define DETAIL(status) MR(",\"detailed_merge_status\":\"" status "\"")
#define NOTE(resolved)                                                                             \
	"{\"notes\":[{\"resolvable\":true,\"resolved\":" resolved ",\"author\":{\"username\":"     \
	"\"rev\"}}]}"

static void test_words(void **state)
{
	static const struct {
		const char *mr, *approvals, *reviewers, *discussions;
		enum ci ci;
		enum review review;
		int threads;
		bool conflict, untested;
	} rows[] = {
		{ MR(""), NULL, NULL, NULL, CI_UNKNOWN, REVIEW_NONE, 0, false, false },
		{ MR(",\"head_pipeline\":null"), NULL, NULL, NULL, CI_NONE, REVIEW_NONE, 0, false,
			false },
		{ PIPELINE("success"), NULL, NULL, NULL, CI_SUCCESS, REVIEW_NONE, 0, false, false },
		{ PIPELINE("failed"), NULL, NULL, NULL, CI_FAILURE, REVIEW_NONE, 0, false, false },
		{ PIPELINE("canceled"), NULL, NULL, NULL, CI_FAILURE, REVIEW_NONE, 0, false,
			false },
		{ PIPELINE("manual"), NULL, NULL, NULL, CI_PENDING, REVIEW_NONE, 0, false, false },
		{ PIPELINE("a new word"), NULL, NULL, NULL, CI_UNKNOWN, REVIEW_NONE, 0, false,
			false },
		/* still that of the commit before */
		{ MR(",\"head_pipeline\":{\"sha\":\"bb\",\"status\":\"success\"}"), NULL, NULL,
			NULL, CI_UNKNOWN, REVIEW_NONE, 0, false, false },
		{ OTHER("refs/merge-requests/7/head"), NULL, NULL, NULL, CI_UNKNOWN, REVIEW_NONE, 0,
			false, false },
		/* of a commit that GitLab made of it and its base */
		{ OTHER("refs/merge-requests/7/merge"), NULL, NULL, NULL, CI_SUCCESS, REVIEW_NONE,
			0, false, false },
		{ MR(""), "{\"approvals_left\":1,\"approved_by\":[{}]}", NULL, NULL, CI_UNKNOWN,
			REVIEW_PENDING, 0, false, false },
		{ MR(""), "{\"approvals_left\":0,\"approved_by\":[{}]}", NULL, NULL, CI_UNKNOWN,
			REVIEW_APPROVED, 0, false, false },
		/* no rules in the free tier */
		{ MR(""), "{\"approved\":true,\"approved_by\":[{}]}", NULL, NULL, CI_UNKNOWN,
			REVIEW_APPROVED, 0, false, false },
		{ MR(""), "{\"approved_by\":[{}]}", "[{\"state\":\"requested_changes\"}]", NULL,
			CI_UNKNOWN, REVIEW_CHANGES, 0, false, false },
		{ MR(",\"reviewers\":[{}]"), NULL, NULL, NULL, CI_UNKNOWN, REVIEW_PENDING, 0, false,
			false },
		{ MR(""), NULL, NULL,
			"[" NOTE("false") "," NOTE("true") ",{\"notes\":[{\"body\":\"x\"}]},null]",
			CI_UNKNOWN, REVIEW_NONE, 1, false, false },
		{ MR(",\"has_conflicts\":true,\"detailed_merge_status\":\"not_approved\""), NULL,
			NULL, NULL, CI_UNKNOWN, REVIEW_NONE, 0, true, false },
		/* of the commit before */
		{ MR(",\"has_conflicts\":true,\"detailed_merge_status\":\"checking\""), NULL, NULL,
			NULL, CI_UNKNOWN, REVIEW_NONE, 0, false, true },
		{ DETAIL("unchecked"), NULL, NULL, NULL, CI_UNKNOWN, REVIEW_NONE, 0, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(pull_release) struct pull p = { 0 };
		json_t *mr = json(rows[i].mr);
		json_t *approvals = rows[i].approvals ? json(rows[i].approvals) : NULL;
		json_t *reviewers = rows[i].reviewers ? json(rows[i].reviewers) : NULL;
		json_t *discussions = rows[i].discussions ? json(rows[i].discussions) : NULL;
		json_t *node = gitlab_node(mr, approvals, reviewers, discussions, NULL);

		github_read_pull(&p, node, NULL);
		if (p.ci != rows[i].ci || p.review != rows[i].review ||
			p.threads != rows[i].threads || p.conflict != rows[i].conflict ||
			p.untested != rows[i].untested)
			fail_msg("%s: ci %d review %d threads %d", rows[i].mr, (int)p.ci,
				(int)p.review, p.threads);
		json_decref(node);
		json_decref(mr);
		json_decref(approvals);
		json_decref(reviewers);
		json_decref(discussions);
	}
}

/* ---- the question ----------------------------------------------------------------------------- */

extern const char document_gitlab_sessions[];

static void make_lists(struct gitlab_list lists[2], struct item *items, struct item **all)
{
	for (size_t i = 0; i < 83; i++) {
		items[i] = (struct item){ .number = i < 50 ? (int)i + 1 : 0,
			.branch = i < 50 ? NULL : "feat/\"}\n" };
		all[i] = &items[i];
	}
	lists[0] = (struct gitlab_list){ .path = (char *)"g/app", .items = all, .n = 50 };
	lists[1] = (struct gitlab_list){
		.path = (char *)"g/app", .items = all + 50, .n = 33, .branches = true
	};
}

/* What is checked against a schema, and priced, is what is asked. */
static void test_the_question_is_the_document(void **state)
{
	struct item items[83], *all[83];
	struct gitlab_list lists[2];
	json_t *lacks = json("[\"approvalsLeft\"]"), *o, *variables, *less;
	AUTO(str_release) char *body = NULL;
	AUTO(str_release) char *without = NULL;
	const char *query;

	(void)state;
	make_lists(lists, items, all);
	assert_int_equal(gitlab_branches_each(), 33);
	assert_int_equal(
		gitlab_price(lists, 2), 172); /* test/house/queries.bats has it from the judge */
	body = gitlab_query(lists, 2, NULL);
	without = gitlab_query(lists, 2, lacks);
	o = json(body);
	less = json(without);
	query = github_text(o, "query");
	variables = json_object_get(o, "variables");
	assert_string_equal(query, strstr(document_gitlab_sessions, "query Sessions"));
	assert_int_equal(json_array_size(json_object_get(variables, "of0")), 50);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(variables, "of1"), 32)),
		"feat/\"}\n");
	assert_int_equal(strlen(query) - strlen(github_text(less, "query")),
		strlen("  approvals_left: approvalsLeft\n"));
	json_decref(o);
	json_decref(less);
	json_decref(lacks);
}

static void test_half_an_answer(void **state)
{
	json_t *data = json("{\"r0\":{\"l1\":{\"nodes\":[{},{}]}}}");
	json_t *errors = json("[{\"path\":[\"r0\",\"l1\",\"nodes\",1,\"sha\"]},{\"path\":[\"r9\"]},"
			      "{\"path\":[\"r0\",\"l1\",\"nodes\",-1]},{\"path\":7},null]");
	const json_t *nodes;

	(void)state;
	assert_false(gitlab_drop_wrong(data, NULL));
	assert_true(gitlab_drop_wrong(data, errors));
	nodes = json_object_get(json_object_get(json_object_get(data, "r0"), "l1"), "nodes");
	assert_true(json_is_object(json_array_get(nodes, 0)));
	assert_true(json_is_null(json_array_get(nodes, 1)));
	json_decref(data);
	json_decref(errors);
}

/* ---- the same by GraphQL ---------------------------------------------------------------------- */

#define MERGE(more) "{\"iid\":\"7\",\"state\":\"opened\",\"sha\":\"aa\"" more "}"
#define RUN(status)                                                                                     \
	",\"hasCi\":true,\"headPipeline\":{\"id\":\"gid://gitlab/Ci::Pipeline/9\",\"status\":\"" status \
	"\"}"
#define REVIEWER(state)                                                                            \
	",\"reviewers\":{\"nodes\":[{\"username\":\"rev\",\"mergeRequestInteraction\":"            \
	"{\"reviewState\":\"" state "\"}}]}"
#define BY ",\"approvedBy\":{\"nodes\":[{\"username\":\"rev\"}]}"

static void test_graphql(void **state)
{
	static const struct {
		const char *merge;
		enum ci ci;
		enum review review;
		int threads;
		bool conflict, untested;
	} rows[] = {
		{ MERGE(""), CI_NONE, REVIEW_NONE, 0, false, false },
		/* one is to be made yet */
		{ MERGE(",\"hasCi\":true,\"headPipeline\":null"), CI_UNKNOWN, REVIEW_NONE, 0, false,
			false },
		{ MERGE(RUN("SUCCESS")), CI_SUCCESS, REVIEW_NONE, 0, false, false },
		{ MERGE(RUN("WAITING_FOR_RESOURCE")), CI_PENDING, REVIEW_NONE, 0, false, false },
		{ MERGE(RUN("NEW_WORD")), CI_UNKNOWN, REVIEW_NONE, 0, false, false },
		{ MERGE(REVIEWER("UNREVIEWED")), CI_NONE, REVIEW_PENDING, 0, false, false },
		{ MERGE(REVIEWER("REQUESTED_CHANGES") BY), CI_NONE, REVIEW_CHANGES, 0, false,
			false },
		{ MERGE(",\"approvals_left\":1" BY), CI_NONE, REVIEW_PENDING, 0, false, false },
		{ MERGE(",\"approvals_left\":null" BY), CI_NONE, REVIEW_APPROVED, 0, false, false },
		{ MERGE(",\"resolvableDiscussionsCount\":3,\"resolvedDiscussionsCount\":1"),
			CI_NONE, REVIEW_NONE, 2, false, false },
		{ MERGE(",\"resolvableDiscussionsCount\":1,\"resolvedDiscussionsCount\":3"),
			CI_NONE, REVIEW_NONE, 0, false, false },
		{ MERGE(",\"has_conflicts\":true,\"detailed_merge_status\":\"CONFLICT\""), CI_NONE,
			REVIEW_NONE, 0, true, false },
		{ MERGE(",\"has_conflicts\":true,\"detailed_merge_status\":\"CHECKING\""), CI_NONE,
			REVIEW_NONE, 0, false, true },
		/* it did not find out */
		{ MERGE(",\"detailed_merge_status\":null"), CI_NONE, REVIEW_NONE, 0, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(pull_release) struct pull p = { 0 };
		json_t *merge = json(rows[i].merge), *node = gitlab_graph_node(merge, "g/app");

		github_read_pull(&p, node, NULL);
		if (p.number != 7 || p.ci != rows[i].ci || p.review != rows[i].review ||
			p.threads != rows[i].threads || p.conflict != rows[i].conflict ||
			p.untested != rows[i].untested)
			fail_msg("%s: ci %d review %d threads %d", rows[i].merge, (int)p.ci,
				(int)p.review, p.threads);
		json_decref(node);
		json_decref(merge);
	}
}

static void test_whose_branch(void **state)
{
	json_t *merge = json(MERGE(",\"sourceProject\":{\"fullPath\":\"G/App\"}"));
	json_t *ours = gitlab_graph_node(merge, "g/app");
	json_t *theirs = gitlab_graph_node(merge, "mallory/app");

	(void)state;
	assert_string_equal(
		github_text(json_object_get(ours, "headRepositoryOwner"), "login"), "g/app");
	assert_string_equal(
		github_text(json_object_get(theirs, "headRepositoryOwner"), "login"), "");
	json_decref(theirs);
	json_decref(ours);
	json_decref(merge);
}

/* Both ways tell the same of the same, so that details are not asked for again. */
static void test_marks(void **state)
{
	json_t *mr = json("{\"iid\":7,\"state\":\"opened\",\"sha\":\"aa\",\"user_notes_count\":2,"
			  "\"head_pipeline\":{\"id\":9,\"sha\":\"aa\",\"status\":\"failed\","
			  "\"updated_at\":\"2026-11-22T07:17:56.123Z\"}}");
	json_t *reviewers = json("[{\"state\":\"requested_changes\",\"created_at\":\"2026-11-22\","
				 "\"user\":{\"username\":\"rev\"}}]");
	json_t *talk = json("[" NOTE("false") "," NOTE("true") "]");
	json_t *merge = json(MERGE(REVIEWER(
		"REQUESTED_CHANGES") ",\"userNotesCount\":2,"
				     "\"resolvableDiscussionsCount\":2,\"resolvedDiscussionsCount\":1,\"headPipeline\":"
				     "{\"id\":\"gid://gitlab/Ci::Pipeline/9\",\"status\":\"FAILED\","
				     "\"updatedAt\":\"2026-11-22T07:17:56Z\"}"));
	json_t *one = gitlab_node(mr, NULL, reviewers, talk, NULL);
	json_t *other = gitlab_graph_node(merge, "g/app");
	AUTO(str_release) char *a = github_mark(one);
	AUTO(str_release) char *b = github_mark(other);

	(void)state;
	assert_string_equal(a, b);
	json_decref(one);
	json_decref(other);
	json_decref(mr);
	json_decref(reviewers);
	json_decref(talk);
	json_decref(merge);
}

static void test_who_may_speak(void **state)
{
	json_t *mr = json(MR("")), *numbers = json_array();
	json_t *members = json(
		"[{\"username\":\"rev\",\"access_level\":30},{\"username\":\"guest\","
		"\"access_level\":10},{\"username\":\"gone\",\"access_level\":40,"
		"\"state\":\"blocked\"},null,7]");
	json_t *place = json_pack("{s:o}", "members", gitlab_members(members));
	json_t *talk = json("[{\"id\":\"d\",\"notes\":[{\"resolvable\":true,\"body\":\"evil\","
			    "\"author\":{\"username\":\"guest\"}},{\"resolvable\":true,\"body\":"
			    "\"good\",\"author\":{\"username\":\"rev\"}}]},"
			    "{\"id\":\"e\",\"notes\":[{\"resolvable\":true,\"body\":\"odd\","
			    "\"author\":{\"username\":\"gone\"}}]}]");
	json_t *node = gitlab_node(mr, NULL, NULL, talk, place);
	json_t *jobs = json("[{\"name\":\"lint\",\"status\":\"failed\",\"allow_failure\":true},"
			    "{\"name\":\"slow\",\"status\":\"failed\",\"failure_reason\":"
			    "\"job_execution_timeout\"},{\"name\":\"unit\",\"status\":\"failed\","
			    "\"stage\":\"test\",\"log\":\"boom\"},{\"name\":\"x\"},null]");
	json_t *details = gitlab_details(node, jobs, talk, place);
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	github_read_details(&p, details, numbers, NULL);
	assert_int_equal(p.remarks.n, 2);
	assert_true(p.remarks.v[0].trusted);
	assert_string_equal(p.remarks.v[0].text, "good");
	assert_false(p.remarks.v[1].trusted);
	assert_int_equal(p.checks.n, 4);
	assert_int_equal(p.checks.v[0].state, CHECK_SUCCESS);
	assert_int_equal(p.checks.v[1].state, CHECK_TIMEOUT);
	assert_int_equal(p.checks.v[2].state, CHECK_FAILURE);
	assert_string_equal(p.checks.v[2].tail, "boom");
	assert_int_equal(p.checks.v[3].state, CHECK_PENDING);
	json_decref(details);
	json_decref(jobs);
	json_decref(node);
	json_decref(talk);
	json_decref(place);
	json_decref(members);
	json_decref(mr);
	json_decref(numbers);
}

/* Nothing of an answer has to have its shape. */
static void test_wrong_shapes(void **state)
{
	static const char *const odd[] = { "null", "[]", "7", "\"x\"", "{}", "[null,7,\"x\",[],{}]",
		"{\"approved_by\":{},\"notes\":7}",
		"[{\"notes\":[7]},{\"notes\":{}},{\"user\":[]}]",
		"{\"iid\":\"-1\",\"state\":7,\"headPipeline\":{\"id\":\"/x\"},\"reviewers\":{\"nodes\":[7]}}",
		"{\"iid\":-1,\"state\":\"opened\",\"sha\":[],\"head_pipeline\":7,\"author\":[]}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		for (size_t k = 0; k < COUNT_OF(odd); k++) {
			AUTO(pull_release) struct pull p = { 0 };
			json_t *a = json_loads(odd[i], JSON_DECODE_ANY, NULL);
			json_t *b = json_loads(odd[k], JSON_DECODE_ANY, NULL);
			json_t *node = gitlab_node(a, b, b, b, b), *numbers = json_array();
			json_t *details = gitlab_details(node, b, b, b),
			       *members = gitlab_members(b);

			json_t *graph = gitlab_graph_node(a, "g/app");

			github_read_pull(&p, graph, b);
			assert_true(p.number >= 0 && p.threads >= 0);
			json_decref(graph);
			github_read_pull(&p, node, b);
			github_read_details(&p, details, numbers, NULL);
			assert_true(p.number >= 0);
			assert_int_equal(json_array_size(members), 0);
			json_decref(members);
			json_decref(details);
			json_decref(numbers);
			json_decref(node);
			json_decref(a);
			json_decref(b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_addresses),
		TEST(test_numbers),
		TEST(test_a_token_is_for_its_host),
		TEST(test_a_push_is_seen_here),
		TEST(test_words),
		TEST(test_the_question_is_the_document),
		TEST(test_half_an_answer),
		TEST(test_graphql),
		TEST(test_whose_branch),
		TEST(test_marks),
		TEST(test_who_may_speak),
		TEST(test_wrong_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
