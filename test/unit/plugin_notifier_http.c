/* Slack, Discord, ntfy and webhooks against a server on the loopback that answers as they do: what they are
 * sent, what of a hostile text is left in it, and what is said where it fails. */
#include "loopback.h"

#include <jansson.h>

#include "base/sha256.h"
#include "base/stop.h"
#include "slot/notifier.h"
#include "kit.h"

#define SECRET "T00/B00/averysecretpath"

/* clang-format off */
static const struct loopback_answer answers[] = {
	{ "/services/" SECRET, 200, NULL, "ok" },
	{ "/api/webhooks/1/" SECRET, 204, NULL, NULL },
	{ "/", 200, NULL, "{\"id\":\"x\"}" },
	{ "/mine", 202, NULL, NULL },
	{ "/bad/" SECRET, 400, NULL, "invalid_payload \033[31mat /bad/" SECRET "\n" },
	{ "/gone/" SECRET, 404, NULL, "Cannot POST /gone/" SECRET },
	{ "/broken", 503, NULL, "<html>" },
	{ "/soon", 429, "Retry-After: 1\r\n", "{}" },
	{ "/later", 429, "Retry-After: 600\r\n", "{}" },
	{ "/away", 302, "Location: https://example.org/" SECRET "\r\n", NULL },
	{ 0 },
};
/* clang-format on */

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
	unsetenv("AO_TEST_NOW");
	loopback_begin(&server, root, answers);
	return setenv("AO_HTTP_BIN", program, 1);
}

static int teardown(void **state)
{
	loopback_end(&server);
	return kit_teardown(state);
}

/* ---- telling --------------------------------------------------------------------------------- */

static const struct notice plain = { .id = "abc/ci-failed/notify/0123",
	.priority = PRIORITY_WARNING,
	.event = "ci-failed",
	.project = "frontend",
	.session = "fe-1",
	.title = "fe-1: a check failed",
	.text = "test\nlint",
	.url = "https://example.org/pull/1?a=1&b=2",
	.at = 1700000000123 };

/* name=value…, where {port} is the server's. */
static struct err *tell(const char *plugin, const struct notice *n, char *const *settings)
{
	AUTO(str_release) char *name = str_dup(plugin);
	struct notifier_config config = { .name = name, .plugin = name };
	struct notifier_call call = { .config = &config, .dir = root, .data_dir = root };
	const struct notifier *notifier;
	struct err *e;

	for (; *settings; settings++) {
		AUTO(str_release) char *key = str_ndup(*settings, strcspn(*settings, "="));
		char value[1024];

		loopback_fill(value, sizeof(value), *settings + strlen(key) + 1, server.port);
		named_texts_set(&config.settings, key, value);
	}
	ok(notifier_find(&notifier, plugin));
	e = n ? notifier->tell(&call, n) : notifier->usable(&call);
	named_texts_release(&config.settings);
	return e;
}

#define LOCAL "http://127.0.0.1:{port}"

/* The body of the last request, and in *head what stood above it. */
static json_t *sent(char **head)
{
	AUTO(str_release) char *request = get("request");
	char *body = strstr(request, "\n\n");
	json_t *j;

	assert_non_null(body);
	*body = '\0';
	j = json_loads(body + 2, 0, NULL);
	if (!j)
		fail_msg("no JSON was sent: %s", body + 2);
	if (head)
		*head = str_dup(request);
	return j;
}

/* The value at a path of keys and numbers. */
static json_t *get_at(json_t *j, const char *path)
{
	while (j && *path) {
		AUTO(str_release) char *key = str_ndup(path, strcspn(path, "."));

		j = json_is_array(j) ? json_array_get(j, (size_t)atoi(key))
				     : json_object_get(j, key);
		path += strlen(key);
		path += *path == '.';
	}
	return j;
}

static void says(json_t *j, const char *path, const char *want)
{
	const char *got = json_string_value(get_at(j, path));

	if (!str_equal(got, want))
		fail_msg("%s is\n%s\nnot\n%s", path, got ? got : "(null)", want);
}

static void number_is(json_t *j, const char *path, int want)
{
	assert_true(json_is_integer(get_at(j, path)));
	assert_int_equal(json_integer_value(get_at(j, path)), want);
}

static const struct notice hostile = { .id = "1",
	.priority = PRIORITY_URGENT,
	.event = "agent-needs-input",
	.project = "frontend",
	.session = "fe-1",
	.title = "<!channel> & \033[31m@everyone\n*x*",
	.text = "<https://evil.example|your bank> [a](https://evil.example)\x07\xff\r\n`rm`",
	.url = "https://example.org/><script>" };

/* ---- Slack ----------------------------------------------------------------------------------- */

static void test_slack(void **state)
{
	json_t *j;

	(void)state;
	ok(tell("slack", &plain, ARGV("webhookUrl=" LOCAL "/services/" SECRET, "channel=#team")));
	j = sent(NULL);
	says(j, "text", "fe-1: a check failed");
	says(j, "channel", "#team");
	assert_true(json_is_false(json_object_get(j, "unfurl_links")));
	says(j, "blocks.0.type", "section");
	says(j, "blocks.0.text.type", "mrkdwn");
	says(j, "blocks.0.text.text", ":warning: *fe-1: a check failed*\ntest\nlint");
	assert_true(json_is_true(get_at(j, "blocks.0.text.verbatim")));
	says(j, "blocks.1.type", "context");
	says(j, "blocks.1.elements.0.text",
		"frontend · fe-1 · ci-failed · <https://example.org/pull/1?a=1&amp;b=2|open>");
	json_decref(j);
	ok(tell("slack", &hostile, ARGV("webhookUrl=" LOCAL "/services/" SECRET)));
	j = sent(NULL);
	assert_null(json_object_get(j, "channel"));
	says(j, "text", "&lt;!channel&gt; &amp; @everyone *x*");
	says(j, "blocks.0.text.text",
		":rotating_light: *&lt;!channel&gt; &amp; @everyone *x**\n"
		"&lt;https://evil.example|your bank&gt; [a](https://evil.example)\xef\xbf\xbd\n"
		"`rm`");
	says(j, "blocks.1.elements.0.text", "frontend · fe-1 · agent-needs-input");
	json_decref(j);
	assert_int_equal(loopback_count(&server, "POST /services/" SECRET " - "), 2);
}

/* ---- Discord --------------------------------------------------------------------------------- */

static void test_discord(void **state)
{
	json_t *j;

	(void)state;
	ok(tell("discord", &plain, ARGV("webhookUrl=" LOCAL "/api/webhooks/1/" SECRET)));
	j = sent(NULL);
	assert_true(json_is_array(get_at(j, "allowed_mentions.parse")));
	assert_int_equal(json_array_size(get_at(j, "allowed_mentions.parse")), 0);
	says(j, "embeds.0.title", "fe-1\\: a check failed");
	says(j, "embeds.0.description", "test\nlint");
	says(j, "embeds.0.url", "https://example.org/pull/1?a=1&b=2");
	says(j, "embeds.0.timestamp", "2023-11-14T22:13:20.123Z");
	says(j, "embeds.0.footer.text", "frontend · fe-1 · ci-failed");
	number_is(j, "embeds.0.color", 0xdbab09);
	json_decref(j);
	ok(tell("discord", &hostile, ARGV("webhookUrl=" LOCAL "/api/webhooks/1/" SECRET)));
	j = sent(NULL);
	says(j, "embeds.0.title", "\\<!channel\\> & \\@everyone \\*x\\*");
	says(j, "embeds.0.description",
		"\\<https\\://evil.example\\|your bank\\> "
		"\\[a\\]\\(https\\://evil.example\\)\xef\xbf\xbd\n\\`rm\\`");
	assert_null(get_at(j, "embeds.0.url"));
	json_decref(j);
}

/* ---- ntfy ------------------------------------------------------------------------------------ */

static void test_ntfy(void **state)
{
	struct notice n = plain;
	json_t *j;

	(void)state;
	ok(tell("ntfy", &plain, ARGV("url=" LOCAL, "topic=mine", "token=tk_1")));
	assert_int_equal(loopback_count(&server, "POST / Bearer tk_1 -"), 1);
	j = sent(NULL);
	says(j, "topic", "mine");
	says(j, "title", "fe-1: a check failed");
	says(j, "message", "test\nlint");
	says(j, "click", "https://example.org/pull/1?a=1&b=2");
	says(j, "tags.0", "warning");
	number_is(j, "priority", 3);
	json_decref(j);
	n.text = NULL;
	n.title = "für Änne ✓";
	n.priority = PRIORITY_URGENT;
	ok(tell("ntfy", &n, ARGV("url=" LOCAL "/", "topic=mine")));
	assert_int_equal(loopback_count(&server, "POST / - -"), 1);
	j = sent(NULL);
	says(j, "title", "für Änne ✓");
	says(j, "message", "frontend · fe-1 · ci-failed");
	number_is(j, "priority", 5);
	json_decref(j);
	not_ok(tell("ntfy", &plain, ARGV("url=" LOCAL)), ERR_CONFIG, "its 'topic' is empty");
}

/* ---- webhook --------------------------------------------------------------------------------- */

/* FIPS 180-4's examples, and RFC 4231's cases 1, 2, 6 and 7. */
static void test_digests(void **state)
{
	AUTO(buf_release) struct buf key = { 0 };
	char million[1000];

	(void)state;
	assert_string_equal(sha256("", 0).s,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(sha256("abc", 3).s,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(
		sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56).s,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	for (int i = 0; i < 1000; i++)
		buf_add(&key, million, sizeof(million));
	assert_string_equal(sha256(key.s, key.n).s,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	memset(key.s, 0x0b, 20);
	assert_string_equal(hmac_sha256(key.s, 20, "Hi There", 8).s,
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_string_equal(hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28).s,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key.s, 0xaa, 131);
	assert_string_equal(hmac_sha256(key.s, 131,
				    "Test Using Larger Than Block-Size Key - Hash Key First", 54)
				    .s,
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_string_equal(
		hmac_sha256(key.s, 131,
			"This is a test using a larger than block-size key and a larger than "
			"block-size data. The key needs to be hashed before being used by the HMAC "
			"algorithm.",
			152)
			.s,
		"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void test_webhook(void **state)
{
	AUTO(str_release) char *head = NULL;
	AUTO(str_release) char *bare = NULL;
	AUTO(str_release) char *request = NULL;
	AUTO(str_release) char *signature = NULL;
	const char *body;
	json_t *j;

	(void)state;
	put_text("key", "\nit's a secret\n");
	ok(tell("webhook", &plain, ARGV("url=" LOCAL "/mine", "secretFile=key")));
	request = get("request");
	body = strstr(request, "\n\n") + 2;
	signature = str_format("X-Hub-Signature-256: sha256=%s",
		hmac_sha256("it's a secret", 13, body, strlen(body)).s);
	j = sent(&head);
	assert_non_null(strstr(head, signature));
	assert_non_null(strstr(head, "X-AO-Event: ci-failed\r"));
	assert_non_null(strstr(head, "X-AO-Delivery: abc/ci-failed/notify/0123\r"));
	assert_non_null(strstr(head, "Content-Type: application/json\r"));
	says(j, "id", "abc/ci-failed/notify/0123");
	says(j, "priority", "warning");
	says(j, "event", "ci-failed");
	says(j, "project", "frontend");
	says(j, "session", "fe-1");
	says(j, "title", "fe-1: a check failed");
	says(j, "text", "test\nlint");
	says(j, "url", "https://example.org/pull/1?a=1&b=2");
	says(j, "time", "2023-11-14T22:13:20Z");
	assert_null(json_object_get(j, "settings"));
	json_decref(j);
	ok(tell("webhook", &plain, ARGV("url=" LOCAL "/mine")));
	j = sent(&bare);
	json_decref(j);
	assert_null(strstr(bare, "X-Hub-Signature"));
}

/* ---- long ones ------------------------------------------------------------------------------- */

static void length_is(json_t *j, const char *path, size_t min, size_t max)
{
	const char *text = json_string_value(get_at(j, path));

	assert_non_null(text);
	if (strlen(text) < min || strlen(text) > max)
		fail_msg("%s has %zu bytes", path, strlen(text));
}

/* A MiB of what each of them escapes: within what the services take, whole characters. */
static void test_long(void **state)
{
	AUTO(buf_release) struct buf big = { 0 };
	struct notice n = plain;
	json_t *j;

	(void)state;
	while (big.n < 1 << 20)
		buf_adds(&big, "é<&");
	n.title = n.text = big.s;
	ok(tell("slack", &n, ARGV("webhookUrl=" LOCAL "/services/" SECRET)));
	j = sent(NULL);
	length_is(j, "blocks.0.text.text", 2000, 3000);
	json_decref(j);
	ok(tell("discord", &n, ARGV("webhookUrl=" LOCAL "/api/webhooks/1/" SECRET)));
	j = sent(NULL);
	length_is(j, "embeds.0.title", 120, 256);
	length_is(j, "embeds.0.description", 1900, 4096);
	json_decref(j);
	ok(tell("ntfy", &n, ARGV("url=" LOCAL, "topic=mine")));
	j = sent(NULL);
	length_is(j, "message", 3800, 4096);
	length_is(j, "title", 200, 300);
	json_decref(j);
	ok(tell("webhook", &n, ARGV("url=" LOCAL "/mine")));
	j = sent(NULL);
	length_is(j, "text", 16000, 17000);
	json_decref(j);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void fails_with(const char *path, enum err_class class, const char *words)
{
	AUTO(str_release) char *setting = str_format("webhookUrl=" LOCAL "%s", path);
	struct err *e = tell("slack", &plain, ARGV(setting));

	assert_non_null(e);
	if (strstr(e->text, SECRET) || strstr(e->text, "secret") || strchr(e->text, '\033'))
		fail_msg("'%s' tells too much", e->text);
	not_ok(e, class, words);
}

static void test_failures(void **state)
{
	(void)state;
	fails_with("/bad/" SECRET, ERR_FAILED, "refused (status 400): invalid_payload at …");
	fails_with("/gone/" SECRET, ERR_MISSING, "Cannot POST …");
	fails_with("/broken", ERR_FAILED, "has trouble of its own (status 503)");
	fails_with("/drop", ERR_FAILED, "cannot be reached");
	fails_with("/away", ERR_FAILED, "points elsewhere, to example.org");
	not_ok(tell("slack", &plain, ARGV("webhookUrl=http://127.0.0.1:1/" SECRET)), ERR_FAILED,
		"127.0.0.1:1 cannot be reached");
}

static void test_slow(void **state)
{
	(void)state;
	setenv("AO_TEST_RUN_MS", "1000", 1);
	fails_with("/slow", ERR_TIMEOUT, "no answer in time");
	unsetenv("AO_TEST_RUN_MS");
}

/* One that is over soon is waited for, once; of a longer one nothing is sent again. */
static void test_limits(void **state)
{
	(void)state;
	fails_with("/soon", ERR_FAILED, "its limit is reached");
	assert_int_equal(loopback_count(&server, "POST /soon"), 2);
	loopback_end(&server);
	unlink(server.socket);
	loopback_begin(&server, root, answers); /* another port, so no limit is known of it */
	fails_with("/later", ERR_FAILED, "its limit is reached; it is asked again in ");
	fails_with("/later", ERR_FAILED, "asked again in");
	assert_int_equal(loopback_count(&server, "POST /later"), 1);
}

static void test_settings(void **state)
{
	static const char *const plugins[] = { "slack", "discord", "webhook", "ntfy" };

	(void)state;
	not_ok(tell("slack", NULL, ARGV("webhookUrl=")), ERR_CONFIG, "its 'webhookUrl' is empty");
	not_ok(tell("slack", NULL, ARGV("webhookUrlFile=none")), ERR_MISSING, "webhookUrlFile: /");
	not_ok(tell("discord", NULL, ARGV("webhookUrl=http://example.org/x")), ERR_CONFIG,
		"its 'webhookUrl' must be https");
	not_ok(tell("ntfy", NULL, ARGV("topic=x", "url=ftp://example.org")), ERR_CONFIG,
		"its 'url' must be an https URL");
	put_text("place", "http://127.0.0.1:1/x\n");
	for (size_t i = 0; i < COUNT_OF(plugins); i++)
		ok(tell(plugins[i], NULL,
			ARGV("webhookUrlFile=place", "urlFile=place", "topic=x")));
	assert_int_equal(loopback_count(&server, "POST"), 0);
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(test_slack),
		WITH_SERVER(test_discord),
		WITH_SERVER(test_ntfy),
		TEST(test_digests),
		WITH_SERVER(test_webhook),
		WITH_SERVER(test_long),
		WITH_SERVER(test_failures),
		WITH_SERVER(test_slow),
		WITH_SERVER(test_limits),
		WITH_SERVER(test_settings),
	};

	stop_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
