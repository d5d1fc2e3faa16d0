/* Which words are ids of Linear, to whom its key goes, and that no answer has to have a shape. */
#include "loopback.h"

#include <jansson.h>

#include "base/path.h"
#include "slot/tracker.h"
#include "kit.h"

extern const struct tracker tracker_linear;

#define ISSUE                                                                                       \
	"{\"data\":{\"issues\":{\"nodes\":[{\"id\":\"u\",\"identifier\":\"INT-7\",\"title\":\"T\"," \
	"\"state\":{\"type\":\"canceled\",\"name\":\"Won't do\"},\"canceledAt\":"                   \
	"\"2026-01-01T00:00:00.000Z\",\"branchName\":\"ann/int-7-t\",\"description\":\"text\","     \
	"\"comments\":{\"nodes\":[{\"body\":\"second\",\"user\":{\"name\":\"bea\"}},{\"body\":"     \
	"\"STRANGE\",\"user\":null},{\"body\":\"first\",\"user\":{\"name\":\"ann\"}},7]}}]}}}"

static const struct loopback_answer answers[] = {
	{ "/good/graphql", 200, NULL, ISSUE },
	{ "/0/graphql", 200, NULL, "[]" },
	{ "/1/graphql", 200, NULL, "no json" },
	{ "/2/graphql", 200, NULL, "{\"data\":7}" },
	{ "/3/graphql", 400, NULL, "{\"errors\":[{\"message\":\"bad \\u001b[31m\"}]}" },
	{ "/4/graphql", 200, NULL, "{\"data\":{\"issues\":[]}}" },
	{ "/5/graphql", 200, NULL, "{\"data\":{\"issues\":{\"nodes\":[7]}}}" },
	{ "/6/graphql", 200, NULL,
		"{\"data\":{\"issues\":{\"nodes\":[{\"identifier\":7,\"state\":[],\"comments\":{"
		"\"nodes\":{}}}]}}}" },
	{ 0 },
};

static struct loopback server;

static int setup(void **state)
{
	AUTO(str_release) char *program = NULL;

	if (kit_setup(state))
		return -1;
	program = path_join(getenv("AO_BUILD") ? getenv("AO_BUILD") : "build", "ao-http");
	if (access(program, X_OK) < 0) { /* run by hand from another folder */
		str_release(&program);
		program = path_join(path_self_dir(), "../../ao-http");
	}
	unsetenv("http_proxy");
	setenv("LINEAR_API_KEY", "lin_api_x", 1);
	loopback_begin(&server, root, answers);
	return setenv("AO_HTTP_BIN", program, 1);
}

static int teardown(void **state)
{
	loopback_end(&server);
	return kit_teardown(state);
}

static struct err *fetch(struct issue *i, bool *found, const char *api)
{
	struct slot_config config = { .api_url = (char *)api };
	struct tracked t = { .config = &config, .data_dir = root };

	return tracker_linear.fetch(i, found, &t, "INT-7", NULL);
}

static struct err *fetch_at(struct issue *i, bool *found, const char *path)
{
	AUTO(str_release) char *api = str_format("http://127.0.0.1:%d%s", server.port, path);

	return fetch(i, found, api);
}

static void test_ids(void **state)
{
	static const struct {
		const char *text;
		bool id;
	} rows[] = {
		{ "INT-7", true },
		{ "A1-123456789", true },
		{ "https://linear.app/acme/issue/INT-7/some-title", true },
		{ "https://linear.app/acme/issue/INT-7", true },
		{ "int-7", false },
		{ "INT-07", false },
		{ "INT-7x", false },
		{ "INT-", false },
		{ "1A-7", false },
		{ "42", false },
		{ "fix INT-7", false },
		{ "INT-1234567890", false },
		{ "https://evil.example/acme/issue/INT-7", false },
		{ "https://linear.app/acme/issue/INT-7x", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (tracker_linear.is_id(rows[i].text) != rows[i].id)
			fail_msg("%s", rows[i].text);
	assert_false(tracker_linear.is_id(NULL));
}

static void test_an_issue(void **state)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(str_release) char *branch = NULL;
	bool found = false;

	(void)state;
	ok(fetch_at(&i, &found, "/good"));
	assert_true(found);
	assert_string_equal(i.id, "INT-7");
	assert_true(issue_closed(&i));
	assert_string_equal(i.reason, "Won't do");
	assert_string_equal(i.body.s,
		"text\n\nComment by ann:\nfirst\n\nComment by bea:\nsecond\n\n"
		"(2 comments are of others not shown)");
	branch = tracker_linear.branch(&i);
	assert_string_equal(branch, "ann/int-7-t");
}

static void test_wrong_shapes(void **state)
{
	(void)state;
	for (int k = 0; k <= 6; k++) {
		AUTO(str_release) char *path = str_format("/%d", k);
		AUTO(issue_release) struct issue i = { 0 };
		bool found = false;
		struct err *e = fetch_at(&i, &found, path);

		if (k < 4)
			not_ok(e, ERR_FAILED, "Linear");
		else
			ok(e);
		assert_int_equal(found, k == 6);
	}
}

static void test_the_key_goes_to_linear_alone(void **state)
{
	static const char *const others[] = { "https://evil.example", "http://api.linear.app",
		"https://api.linear.app.evil.example", "https://api.linear.app@evil.example",
		"https://api.linear.app:8443" };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(others); k++) {
		AUTO(issue_release) struct issue i = { 0 };
		bool found;

		not_ok(fetch(&i, &found, others[k]), ERR_CONFIG, "is not https://api.linear.app");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_issue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_shapes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_key_goes_to_linear_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
