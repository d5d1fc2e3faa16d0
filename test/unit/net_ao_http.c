/* ao-http against a server that does what servers do: outcomes, the ETag cache, limits, redirects. The
 * plugins' side of it, plugin/http, is what asks. */
#include "loopback.h"

#include "base/clock.h"
#include "base/run.h"
#include "plugin/http.h"
#include "kit.h"

#define SECRET "ghp_averysecrettoken"

static const struct loopback_answer answers[] = {
	{ "/ok", 200,
		"X-RateLimit-Remaining: 4999\r\nX-RateLimit-Limit: 5000\r\nX-OAuth-Scopes: repo, "
		"gist\r\n",
		"{\"a\":\"\xc3\xa9\"}" },
	{ "/etag", 200, "ETag: \"one\"\r\n", "kept\n\nbody" },
	{ "/401", 401, NULL, "{}" },
	{ "/403", 403, "X-RateLimit-Remaining: 12\r\n", "{\"message\":\"no\"}" },
	{ "/422", 422, NULL, "{\"message\":\"no\"}" },
	{ "/502", 502, NULL, "<html>" },
	{ "/here", 302, "Location: /ok\r\n", NULL },
	{ "/tagged", 302, "ETag: \"of the way\"\r\nLocation: /ok\r\n", NULL },
	{ "/round", 302, "Location: /round\r\n", NULL },
	{ "/away", 302, "Location: http://localhost:{port}/ok\r\n", NULL },
	{ "/primary", 403, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {reset}\r\n", "{}" },
	{ "/last", 200, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {reset}\r\n", "the last" },
	{ "/secondary", 403, "Retry-After: 300\r\nX-RateLimit-Remaining: 99\r\n", "{}" },
	{ "/429", 429, NULL, "{}" },
	{ "/forever", 429, "Retry-After: 99999999999\r\n", "{}" },
	{ "/graphql", 200, NULL, "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"x\"}]}" },
	/* as GitHub says it by now, also while the header still counts some */
	{ "/spent/graphql", 200, "X-RateLimit-Remaining: 4\r\nX-RateLimit-Reset: {reset}\r\n",
		"{\"errors\":[{\"type\":\"RATE_LIMIT\",\"code\":\"graphql_rate_limit\"}]}" },
	{ "/fast/graphql", 200, "X-RateLimit-Remaining: 99\r\nX-RateLimit-Reset: {reset}\r\n",
		"{\"message\":\"You have exceeded a secondary rate limit.\"}" },
	{ "/title/graphql", 200, NULL,
		"{\"data\":{\"title\":\"secondary rate limit\"},\"message\":\"RATE_LIMIT\"}" },
	{ 0 },
};

static struct loopback server;
static char urls[40][128];
static size_t url_n;

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
	unsetenv("AO_TEST_NOW");
	url_n = 0;
	loopback_begin(&server, root, answers);
	return setenv("AO_HTTP_BIN", program, 1);
}

static int teardown(void **state)
{
	loopback_end(&server);
	return kit_teardown(state);
}

static const char *url(const char *path)
{
	char *u = urls[url_n++ % COUNT_OF(urls)];

	snprintf(u, sizeof(*urls), "http://127.0.0.1:%d%s", server.port, path);
	return u;
}

static struct http_answer ask(struct http_request r)
{
	struct http_answer a;

	if (r.url[0] == '/')
		r.url = url(r.url);
	ok(http_ask(&a, &r, 1, root));
	return a;
}

static void gives(struct http_request r, enum http_outcome outcome, int status)
{
	struct http_answer a = ask(r);

	if (a.outcome != outcome || a.status != status)
		fail_msg("%s: outcome %d, status %d, %s", r.url, (int)a.outcome, a.status,
			a.error ? a.error : "");
	http_answers_release(&a, 1);
}

static void test_outcomes(void **state)
{
	static const struct {
		struct http_request request;
		enum http_outcome outcome;
		int status;
	} table[] = {
		{ { .url = "/ok" }, HTTP_OK, 200 },
		{ { .url = "/401" }, HTTP_AUTH, 401 },
		{ { .url = "/403" }, HTTP_AUTH, 403 },
		{ { .url = "/none" }, HTTP_NOT_FOUND, 404 },
		{ { .url = "/422", .method = "POST", .body = "{}" }, HTTP_REFUSED, 422 },
		{ { .url = "/502" }, HTTP_SERVER, 502 },
		{ { .url = "/drop" }, HTTP_NETWORK, 0 },
		{ { .url = "/truncated" }, HTTP_NETWORK, 0 },
		{ { .url = "/slow", .timeout_ms = 100 }, HTTP_TIMEOUT, 0 },
		{ { .url = "/ok", .max_bytes = 5 }, HTTP_REFUSED, 0 },
		{ { .url = "http://127.0.0.1:1/" }, HTTP_NETWORK, 0 },
		{ { .url = "http://example.org/" }, HTTP_REFUSED, 0 },
		{ { .url = "http://127.0.0.1.example.org/" }, HTTP_REFUSED, 0 },
		{ { .url = "file:///etc/passwd" }, HTTP_REFUSED, 0 },
		{ { .url = "http://u:p@127.0.0.1/" }, HTTP_REFUSED, 0 },
		{ { .url = "/ok", .token = "a\r\nX: y" }, HTTP_REFUSED, 0 },
		{ { .url = "/ok", .accept = "a\nX: y" }, HTTP_REFUSED, 0 },
		{ { .url = "/ok", .method = "GET\n" }, HTTP_REFUSED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		gives(table[i].request, table[i].outcome, table[i].status);
}

static void test_an_answer(void **state)
{
	struct http_answer a = ask((struct http_request){ .url = "/ok", .token = SECRET });

	(void)state;
	assert_string_equal(a.body.s, "{\"a\":\"\xc3\xa9\"}");
	assert_int_equal(a.remaining, 4999);
	assert_int_equal(a.limit, 5000);
	assert_int_equal(a.reset, -1);
	assert_string_equal(a.scopes, "repo, gist");
	assert_int_equal(loopback_count(&server, "GET /ok Bearer " SECRET " -\n"), 1);
	http_answers_release(&a, 1);
	a = ask((struct http_request){ .url = "/ok", .max_bytes = 5, .tail = true });
	assert_int_equal(a.outcome, HTTP_OK);
	assert_string_equal(a.body.s, "\"\xc3\xa9\"}");
	http_answers_release(&a, 1);
}

/* Plain http is this machine's: a proxy gets neither the request nor the password. */
static void test_a_password(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	gives((struct http_request){ .url = "/ok", .user = "opencode:secret" }, HTTP_OK, 200);
	unsetenv("http_proxy");
	assert_int_equal(loopback_count(&server, "GET /ok Basic b3BlbmNvZGU6c2VjcmV0 -\n"), 1);
}

/* Each answer belongs to its request, whatever the order of arrival; few connections serve them. */
static void test_many_at_once(void **state)
{
	struct http_request requests[41];
	struct http_answer out[41];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		requests[i] = (struct http_request){ .url = i % 2 ? url("/ok") : url("/502") };
	requests[40] = (struct http_request){ .url = "http://example.org" };
	ok(http_ask(out, requests, 41, root));
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(out[i].outcome, i % 2 ? HTTP_OK : HTTP_SERVER);
	assert_int_equal(out[40].outcome, HTTP_REFUSED);
	assert_int_equal(loopback_count(&server, "GET "), 40);
	assert_true(loopback_count(&server, "+") <= 16);
	http_answers_release(out, 41);
}

/* The one that hangs costs itself. */
static void test_a_slow_one_among_others(void **state)
{
	struct http_request requests[2] = { { .url = url("/slow"), .timeout_ms = 100 },
		{ .url = url("/ok") } };
	struct http_answer out[2];

	(void)state;
	ok(http_ask(out, requests, 2, root));
	assert_int_equal(out[0].outcome, HTTP_TIMEOUT);
	assert_int_equal(out[1].outcome, HTTP_OK);
	http_answers_release(out, 2);
}

/* Those that had to wait for their turn have no time of their own: all is over at one deadline. */
static void test_one_deadline_for_all(void **state)
{
	struct http_request requests[40];
	struct http_answer out[40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		requests[i] = (struct http_request){ .url = url("/slow"), .timeout_ms = 1500 };
	ok(http_ask(out, requests, 40, root));
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(out[i].outcome, HTTP_TIMEOUT);
	assert_true(loopback_count(&server, "GET /slow") <= 16);
	http_answers_release(out, 40);
}

/* A server that takes connections and never answers. */
static int hung_server(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* It costs no other server its answers. */
static void test_a_server_that_hangs(void **state)
{
	struct http_request requests[10];
	struct http_answer out[10];
	int port = 0, fd = hung_server(&port);

	(void)state;
	for (size_t i = 0; i < 10; i++)
		requests[i] = (struct http_request){ .url = i < 5 ? url("/") : url("/ok"),
			.timeout_ms = 1000 };
	for (size_t i = 0; i < 5; i++)
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/%zu", port, i);
	ok(http_ask(out, requests, 10, root));
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(out[i].outcome, i < 5 ? HTTP_TIMEOUT : HTTP_OK);
	http_answers_release(out, 10);
	close(fd);
}

/* However many of them hang, another one has its turn. */
static void test_servers_that_hang(void **state)
{
	struct http_request requests[25];
	struct http_answer out[25];
	int fds[4], port = 0;

	(void)state;
	for (size_t i = 0; i < 24; i++) {
		if (i % 6 == 0)
			fds[i / 6] = hung_server(&port);
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/%zu", port, i);
		requests[i] = (struct http_request){ .url = urls[i], .timeout_ms = 1000 };
	}
	url_n = 24;
	requests[24] = (struct http_request){ .url = url("/ok"), .timeout_ms = 1000 };
	ok(http_ask(out, requests, 25, root));
	for (size_t i = 0; i < 25; i++)
		assert_int_equal(out[i].outcome, i < 24 ? HTTP_TIMEOUT : HTTP_OK);
	http_answers_release(out, 25);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
}

static void test_socket(void **state)
{
	struct http_answer a = ask((struct http_request){
		.url = "https://api.github.com/ok", .socket = server.socket, .token = SECRET });

	(void)state;
	assert_int_equal(a.outcome, HTTP_OK);
	http_answers_release(&a, 1);
	gives((struct http_request){ .url = "https://a.b/here", .socket = server.socket }, HTTP_OK,
		200);
	gives((struct http_request){ .url = "https://a.b/away", .socket = server.socket },
		HTTP_REFUSED, 0);
}

/* ---- redirects ------------------------------------------------------------------------------- */

static void test_redirects(void **state)
{
	struct http_answer a;

	(void)state;
	gives((struct http_request){ .url = "/here", .token = SECRET }, HTTP_OK, 200);
	gives((struct http_request){ .url = "/round" }, HTTP_REFUSED, 0);
	assert_int_equal(loopback_count(&server, "GET /round"), 6);
	a = ask((struct http_request){ .url = "/away", .token = SECRET });
	assert_int_equal(a.outcome, HTTP_REFUSED);
	assert_true(str_starts(a.location, "http://localhost:"));
	http_answers_release(&a, 1);
	/* a POST does not become a GET */
	gives((struct http_request){ .url = "/here", .method = "POST", .body = "{}" }, HTTP_REFUSED,
		0);
	assert_int_equal(loopback_count(&server, "GET /ok"), 1);
	assert_int_equal(loopback_count(&server, "POST"), 1);
}

/* ---- the cache ------------------------------------------------------------------------------- */

static void cached(const char *token, enum http_outcome want)
{
	struct http_answer a = ask(
		(struct http_request){ .url = "/etag", .token = token, .cached = true });

	assert_int_equal(a.outcome, want);
	assert_string_equal(a.body.s, "kept\n\nbody");
	http_answers_release(&a, 1);
}

static char *only_file(const char *prefix)
{
	AUTO(str_release) char *dir = at("cache/http");
	AUTO(strv_release) struct strv names = { 0 };
	char *found = NULL;

	ok(file_list(&names, dir));
	STRV_EACH(name, &names) {
		if (!str_starts(*name, prefix))
			continue;
		assert_null(found);
		found = path_join("cache/http", *name);
	}
	return found;
}

static void test_etag(void **state)
{
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *path = NULL;
	AUTO(str_release) char *text = NULL;
	struct stat st;

	(void)state;
	cached(SECRET, HTTP_OK);
	cached(SECRET, HTTP_NOT_MODIFIED);
	file = only_file("etag-");
	path = at(file);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* what one token was answered is not shown to another */
	cached("another", HTTP_OK);
	gives((struct http_request){ .url = "/etag", .token = SECRET }, HTTP_OK, 200); /* unasked */
	assert_int_equal(loopback_count(&server, "GET /etag Bearer " SECRET " \"one\""), 1);
	/* a damaged file counts as none */
	text = get(file);
	text[strlen(text) - 1] ^= 1;
	put_text(file, text);
	cached(SECRET, HTTP_OK);
	cached(SECRET, HTTP_NOT_MODIFIED);
	put(file, text, 20);
	cached(SECRET, HTTP_OK);
}

/* A mark of the answer that sent us on is none of the answer that we came to. */
static void test_etag_of_redirect(void **state)
{
	(void)state;
	gives((struct http_request){ .url = "/tagged", .token = SECRET, .cached = true }, HTTP_OK,
		200);
	gives((struct http_request){ .url = "/tagged", .token = SECRET, .cached = true }, HTTP_OK,
		200);
	assert_int_equal(
		loopback_count(&server, "GET /tagged Bearer " SECRET " \"of the way\""), 0);
}

static void test_cache_is_bounded(void **state)
{
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(str_release) char *dir = at("cache/http");

	(void)state;
	for (int i = 0; i < 530; i++) {
		AUTO(str_release) char *name = str_format("cache/http/etag-%016d", i);
		put_text(name, "old");
	}
	put_text("cache/http/.etag-0000.new", "of a writer that died");
	cached(SECRET, HTTP_OK);
	ok(file_list(&names, dir));
	assert_in_range(names.n, 500, 513);
	assert_false(strv_has(&names, ".etag-0000.new"));
	cached(SECRET, HTTP_NOT_MODIFIED); /* the newest stays */
}

/* Writers at once, some of them killed: what is read afterwards is whole. */
static void test_concurrent_writers(void **state)
{
	pid_t pids[12];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		pids[i] = child_of();
		if (pids[i] == 0) {
			struct http_answer a;
			struct http_request r = { .url = url("/etag"), .cached = true };

			_exit(http_ask(&a, &r, 1, root) != NULL);
		}
	}
	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		if (i % 3 == 0)
			kill(pids[i], SIGKILL);
		assert_true(ended(pids[i]) == (i % 3 ? 0 : 128 + SIGKILL) || i % 3 == 0);
	}
	cached(NULL, HTTP_NOT_MODIFIED);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void limited(struct http_request r, int64_t low_s, int64_t high_s)
{
	struct http_answer a = ask(r);
	int64_t left = a.until - clock_wall();

	assert_int_equal(a.outcome, HTTP_RATE_LIMITED);
	/* a slow machine may take a minute to get here */
	if (left < low_s * 1000 - 60000 || left > high_s * 1000)
		fail_msg("%s: asked again in %lld ms", r.url, (long long)left);
	http_answers_release(&a, 1);
}

static int requests_so_far(void)
{
	return loopback_count(&server, "GET ") + loopback_count(&server, "POST ");
}

static void test_primary_limit(void **state)
{
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *text = NULL;
	struct http_request ok_request = { .url = "/ok", .token = SECRET };
	int before;

	(void)state;
	limited((struct http_request){ .url = "/primary", .token = SECRET }, 590, 601);
	before = requests_so_far();
	limited(ok_request, 590, 601); /* another process: nothing leaves */
	assert_int_equal(requests_so_far(), before);
	/* another token, another resource: not theirs */
	gives((struct http_request){ .url = "/ok", .token = "another" }, HTTP_OK, 200);
	gives(
		(struct http_request){
			.url = "/graphql?", .token = SECRET, .method = "POST", .body = "{}" },
		HTTP_NOT_FOUND, 404);
	file = only_file("limit-");
	text = get(file);
	assert_null(strstr(text, SECRET));
	assert_null(strstr(file, SECRET));
	/* when the time has come */
	put_text(file, "core=1000\n");
	gives(ok_request, HTTP_OK, 200);
}

static void test_the_last_request(void **state)
{
	(void)state;
	gives((struct http_request){ .url = "/last" }, HTTP_OK, 200);
	limited((struct http_request){ .url = "/ok" }, 590, 601);
	assert_int_equal(requests_so_far(), 1);
}

static void test_secondary_limit(void **state)
{
	(void)state;
	limited((struct http_request){ .url = "/secondary" }, 299, 301);
	/* of all resources */
	limited((struct http_request){ .url = "/graphql", .method = "POST", .body = "{}" }, 299,
		301);
	assert_int_equal(requests_so_far(), 1);
}

static void test_limits_without_a_time(void **state)
{
	(void)state;
	limited((struct http_request){ .url = "/429", .token = "a" }, 59, 61);
	limited(
		(struct http_request){
			.url = "/graphql", .token = "b", .method = "POST", .body = "{}" },
		59, 61);
	/* a server may say anything */
	limited((struct http_request){ .url = "/forever", .token = "c" }, 7100, 7201);
	limited((struct http_request){ .url = "/ok", .token = "c" }, 7100, 7201);
	/* a port of this machine goes from one agent to the next, whose password is another */
	limited((struct http_request){ .url = "/forever", .user = "opencode:a" }, 7100, 7201);
	limited((struct http_request){ .url = "/ok", .user = "opencode:a" }, 7100, 7201);
	gives((struct http_request){ .url = "/ok", .user = "opencode:b" }, HTTP_OK, 200);
}

static void test_limits_of_graphql(void **state)
{
	struct http_request spent = {
		.url = "/spent/graphql", .token = "a", .method = "POST", .body = "{}"
	};
	struct http_request fast = {
		.url = "/fast/graphql", .token = "b", .method = "POST", .body = "{}"
	};
	int before;

	(void)state;
	limited(spent, 590, 601);
	limited(fast, 59, 61);
	before = requests_so_far();
	limited(spent, 590, 601);
	limited((struct http_request){ .url = "/ok", .token = "b" }, 59, 61); /* all of it */
	assert_int_equal(requests_so_far(), before);
	gives((struct http_request){ .url = "/ok", .token = "a" }, HTTP_OK, 200);
	/* what is data is no error */
	gives(
		(struct http_request){
			.url = "/title/graphql", .token = "c", .method = "POST", .body = "{}" },
		HTTP_OK, 200);
}

/* ---- secrets --------------------------------------------------------------------------------- */

static void test_the_token_is_nowhere(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	(void)state;
	cached(SECRET, HTTP_OK);
	limited((struct http_request){ .url = "/429", .token = SECRET }, 59, 61);
	/* grep finds nothing: 1 */
	ok(RUN(&r, .argv = ARGV("grep", "-r", SECRET, "cache"), .dir = root));
	assert_int_equal(r.code, 1);
}

static void test_not_a_request(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	const char *lines[] = { "{}", "nonsense", "{\"url\":7}", "[]", "{\"url\":\"a\\u0000b\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		run_result_release(&r);
		ok(RUN(&r, .argv = ARGV(getenv("AO_HTTP_BIN"), root), .in = lines[i],
			.in_n = strlen(lines[i])));
		assert_int_equal(r.code, 2);
	}
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(test_outcomes),
		WITH_SERVER(test_an_answer),
		WITH_SERVER(test_a_password),
		WITH_SERVER(test_many_at_once),
		WITH_SERVER(test_a_slow_one_among_others),
		WITH_SERVER(test_one_deadline_for_all),
		WITH_SERVER(test_a_server_that_hangs),
		WITH_SERVER(test_servers_that_hang),
		WITH_SERVER(test_socket),
		WITH_SERVER(test_redirects),
		WITH_SERVER(test_etag),
		WITH_SERVER(test_etag_of_redirect),
		WITH_SERVER(test_cache_is_bounded),
		WITH_SERVER(test_concurrent_writers),
		WITH_SERVER(test_primary_limit),
		WITH_SERVER(test_the_last_request),
		WITH_SERVER(test_secondary_limit),
		WITH_SERVER(test_limits_without_a_time),
		WITH_SERVER(test_limits_of_graphql),
		WITH_SERVER(test_the_token_is_nowhere),
		WITH_SERVER(test_not_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
