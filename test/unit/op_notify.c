/* Who is told of what, and programs as notifiers: what they get, and how they fail. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/stop.h"
#include "op/notify.h"
#include "store/events.h"
#include "kit.h"

enum { MIB = 1 << 20 };

/* It writes its first argument down; with a second one it does that as a script. */
static const char tell_sh[] = "#!/bin/sh\ncat >in\necho $1 >>told\neval \"$2\"\n";

static void open_world(struct world *w, const char *more)
{
	AUTO(str_release) char *path = at("ao.yaml");
	AUTO(str_release) char *sh = at("tell.sh");
	AUTO(str_release)
	char *text = str_format("name: box\n"
				"projects:\n"
				"  fe: {path: ., sessionPrefix: fe}\n"
				"  be: {path: ., sessionPrefix: be, notifiers: [c]}\n"
				"  no: {path: ., sessionPrefix: no, notifiers: []}\n"
				"notifiers:\n"
				"  a: {plugin: command, command: [./tell.sh, a]}\n"
				"  b: {plugin: command, command: [./tell.sh, b]}\n"
				"  c: {plugin: command, command: [./tell.sh, c]}\n"
				"%s",
		more);

	put_text("ao.yaml", text);
	put_text("tell.sh", tell_sh);
	assert_int_equal(chmod(sh, 0700), 0);
	ok(world_open(w, path, NULL, true));
}

static const struct notice plain = { .id = "1",
	.priority = PRIORITY_WARNING,
	.event = "ci-failed",
	.project = "fe",
	.session = "fe-1",
	.title = "the tests failed",
	.at = 1700000000000 };

static struct err *notify(struct notified *out, const struct world *w, const struct project *p,
	const struct notice *n)
{
	AUTO(sending_release) struct sending s = { .project = p, .notice = n };
	struct err *e = op_notify(w, &s, 1);

	*out = s.result;
	s.result = (struct notified){ 0 };
	return e;
}

/* ---- routing --------------------------------------------------------------------------------- */

/* They are told at the same time, in any order. */
static void holds_lines(const char *name, const char *want)
{
	AUTO(str_release) char *have = get(name);

	assert_int_equal(strlen(have), strlen(want));
	for (const char *line = want; *line; line += 2) {
		AUTO(str_release) char *one = str_ndup(line, 2);
		assert_non_null(strstr(have, one));
	}
}

static void test_routing(void **state)
{
	static const struct {
		const char *yaml, *project;
		enum priority priority;
		const char *told; /* NULL: nobody */
	} rows[] = {
		{ "defaults: {notifiers: [a]}\n", "fe", PRIORITY_INFO, "a\n" },
		{ "defaults: {notifiers: [a, b]}\n", "fe", PRIORITY_URGENT, "a\nb\n" },
		{ "defaults: {notifiers: [a]}\n", "be", PRIORITY_INFO, "c\n" },
		{ "defaults: {notifiers: [a]}\n", "no", PRIORITY_URGENT, NULL },
		{ "defaults: {notifiers: [a]}\n", NULL, PRIORITY_INFO, "a\n" },
		{ "defaults: {notifiers: []}\n", "fe", PRIORITY_URGENT, NULL },
		{ "notificationRouting: {urgent: [b]}\n", "be", PRIORITY_URGENT, "b\n" },
		{ "notificationRouting: {urgent: [b]}\n", "be", PRIORITY_ACTION, "c\n" },
		{ "notificationRouting: {urgent: [b]}\n", NULL, PRIORITY_URGENT, "b\n" },
		{ "notificationRouting: {info: []}\n", "be", PRIORITY_INFO, NULL },
		{ "notificationRouting: {warning: [b, a]}\n", "no", PRIORITY_WARNING, "b\na\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(world_release) struct world w = { 0 };
		AUTO(notified_release) struct notified out = { 0 };
		AUTO(str_release) char *told = at("told");
		struct notice n = plain;

		n.priority = rows[i].priority;
		open_world(&w, rows[i].yaml);
		ok(notify(&out, &w,
			rows[i].project ? config_project(&w.config, rows[i].project) : NULL, &n));
		if (rows[i].told)
			holds_lines("told", rows[i].told);
		assert_int_equal(path_exists(told), rows[i].told != NULL);
		assert_int_equal(out.told, rows[i].told ? strlen(rows[i].told) / 2 : 0);
		assert_int_equal(out.failed.n, 0);
		ok(file_remove(told));
	}
}

/* ---- what a program gets --------------------------------------------------------------------- */

static void get_text(const json_t *j, const char *key, const char *want)
{
	const char *have = json_string_value(json_object_get(j, key));

	if (!str_equal(have, want))
		fail_msg("%s is '%s', not '%s'", key, have, want);
}

static json_t *input(void)
{
	AUTO(str_release) char *text = get("in");
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(j);
	return j;
}

static void tell(struct notified *out, const char *more, const struct notice *n)
{
	AUTO(world_release) struct world w = { 0 };

	open_world(&w, more);
	ok(notify(out, &w, config_project(&w.config, "fe"), n));
}

static const char envs[] = "  e: {plugin: command, command: [./tell.sh, e, "
			   "'printf \"%s|\" \"$AO_NOTIFY_PRIORITY\" \"$AO_NOTIFY_EVENT\" "
			   "\"$AO_NOTIFY_PROJECT\" \"$AO_NOTIFY_SESSION\" \"$AO_NOTIFY_TITLE\" "
			   "\"$AO_NOTIFY_TEXT\" \"$AO_NOTIFY_URL\" >env']}\n"
			   "defaults: {notifiers: [e]}\n";

static void test_program(void **state)
{
	AUTO(notified_release) struct notified out = { 0 };
	struct notice n = plain;
	json_t *j;

	(void)state;
	n.title = "--help <b>\033[31m$(touch no)\xff\n`id`";
	n.text = "one\ttwo\nthree\r\033]0;x\a";
	n.url = "https://example.org/?a&b";
	tell(&out, envs, &n);
	assert_int_equal(out.told, 1);
	holds("env",
		"warning|ci-failed|fe|fe-1|--help <b>$(touch no)\xef\xbf\xbd "
		"`id`|one\ttwo\nthree|https://example.org/?a&b|");
	j = input();
	get_text(j, "id", "1");
	get_text(j, "priority", "warning");
	get_text(j, "event", "ci-failed");
	get_text(j, "project", "fe");
	get_text(j, "session", "fe-1");
	get_text(j, "title", "--help <b>$(touch no)\xef\xbf\xbd `id`");
	get_text(j, "text", "one\ttwo\nthree");
	get_text(j, "url", "https://example.org/?a&b");
	get_text(j, "time", "2023-11-14T22:13:20Z");
	assert_null(json_object_get(j, "settings"));
	json_decref(j);
}

/* Whole as JSON, cut in the environment, which has no room for it. */
static void test_long(void **state)
{
	AUTO(notified_release) struct notified out = { 0 };
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(str_release) char *env = NULL;
	struct notice n = plain;
	json_t *j;

	(void)state;
	buf_addc(&title, 'x');
	while (title.n < MIB)
		buf_adds(&title, "€");
	n.title = n.text = title.s;
	tell(&out, envs, &n);
	assert_int_equal(out.failed.n, 0);
	env = get("env");
	assert_in_range(strlen(env), 32700, 32850); /* two of 16 KiB, and the small ones */
	assert_null(strstr(env, "\xef\xbf\xbd"));
	assert_non_null(strstr(env, "€|x€"));
	j = input();
	get_text(j, "text", title.s);
	json_decref(j);
}

/* ---- how it fails ---------------------------------------------------------------------------- */

static void fails(const char *script, const char *why)
{
	AUTO(notified_release) struct notified out = { 0 };
	AUTO(str_release)
	char *more = str_format("  bad: {plugin: command, command: [./tell.sh, bad, '%s']}\n"
				"  gone: {plugin: command, command: [./gone.sh]}\n"
				"defaults: {notifiers: [bad, gone, a]}\n",
		script);

	tell(&out, more, &plain);
	assert_int_equal(out.told, 1);
	assert_int_equal(out.failed.n, 2);
	assert_true(str_starts(out.failed.v[0], "bad: "));
	if (!strstr(out.failed.v[0], why))
		fail_msg("'%s' does not say '%s'", out.failed.v[0], why);
	assert_non_null(strstr(out.failed.v[1], "gone.sh"));
}

static void test_failures(void **state)
{
	(void)state;
	fails("exit 3", "exit 3");
	fails("kill -9 $$", "exit 137");
	fails("echo one >&2; echo \"the reason\" >&2; exit 1", ": the reason");
	fails("printf \"\\033[31mred\\377\" >&2; exit 1", ": red\xef\xbf\xbd");
}

static void test_hung(void **state)
{
	AUTO(str_release) char *pid = NULL;

	(void)state;
	setenv("AO_TEST_RUN_MS", "2000", 1);
	fails("trap \"\" TERM; echo $$ >pid; while :; do sleep 0.1; done", "no end after");
	unsetenv("AO_TEST_RUN_MS");
	pid = get("pid");
	assert_int_equal(kill((pid_t)atoi(pid), 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* Two notices, each to two that hang and one that does not: that one has both before the others' time is
 * over, and those are not asked again. */
static void test_hung_beside(void **state)
{
	AUTO(world_release) struct world w = { 0 };
	AUTO(str_release) char *told = at("told");
	struct sending two[2] = { 0 };
	int64_t began, told_at;

	(void)state;
	open_world(&w,
		"  h1: {plugin: command, command: [sleep, '30']}\n"
		"  h2: {plugin: command, command: [sleep, '30']}\n"
		"defaults: {notifiers: [h1, h2, a]}\n");
	setenv("AO_TEST_RUN_MS", "3000", 1);
	for (int i = 0; i < 2; i++)
		two[i] = (struct sending){ .project = config_project(&w.config, "fe"),
			.notice = &plain };
	began = clock_mono();
	ok(op_notify(&w, two, 2));
	told_at = file_mtime(told);
	unsetenv("AO_TEST_RUN_MS");
	assert_in_range(clock_mono() - began, 3000, 5900);
	assert_true(clock_wall() - told_at >= 1000);
	holds("told", "a\na\n");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(two[i].result.told, 1);
		assert_int_equal(two[i].result.failed.n, 2);
		sending_release(&two[i]);
	}
}

static void test_not_there(void **state)
{
	AUTO(notified_release) struct notified out = { 0 };
	AUTO(world_release) struct world w = { 0 };
	AUTO(notifier_states_release) struct notifier_states missing = { 0 };
	const char *more = "  team: {plugin: slack, webhookUrl: '${AO_TEST_NO_SUCH}'}\n"
			   "  pager: {plugin: pager}\n"
			   "defaults: {notifiers: [team, a, pager, slak, tem]}\n";

	(void)state;
	tell(&out, more, &plain);
	assert_int_equal(out.told, 1);
	assert_int_equal(out.failed.n, 4);
	assert_string_equal(
		out.failed.v[0], "team: webhookUrl: AO_TEST_NO_SUCH is not set in the environment");
	assert_string_equal(out.failed.v[1],
		"pager: no notifier plugin 'pager': no program ao-notifier-pager on PATH");
	assert_string_equal(out.failed.v[2],
		"slak: no notifier plugin 'slak': no program ao-notifier-slak on PATH (did you "
		"mean 'slack'?)");
	assert_non_null(strstr(out.failed.v[3], "(did you mean 'team'?)"));
	open_world(&w, more);
	op_notifiers_missing(&missing, &w.config);
	assert_int_equal(missing.list.n, 4);
	assert_string_equal(missing.list.v[0].name, "team");
}

/* A machine without a desktop, and nobody asked for one: silence. */
static void test_off(void **state)
{
	static const struct {
		const char *yaml;
		size_t failed;
	} rows[] = {
		{ "", 0 },
		{ "defaults: {notifiers: [desktop]}\n", 1 },
		{ "notificationRouting: {info: [desktop]}\n", 1 },
		{ "  desktop: {plugin: desktop}\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(notified_release) struct notified out = { 0 };

		tell(&out, rows[i].yaml, &plain);
		assert_int_equal(out.told, 0);
		assert_int_equal(out.failed.n, rows[i].failed);
	}
}

static void test_untrusted(void **state)
{
	AUTO(notified_release) struct notified out = { 0 };
	AUTO(world_release) struct world w = { 0 };
	AUTO(str_release) char *told = at("told");

	(void)state;
	open_world(&w, "defaults: {notifiers: [a]}\n");
	w.config.trusted = false;
	ok(notify(&out, &w, NULL, &plain));
	assert_int_equal(out.told, 0);
	assert_non_null(strstr(out.failed.v[0], "ao trust"));
	assert_false(path_exists(told));
}

/* ---- programs on PATH ------------------------------------------------------------------------ */

static void test_outside(void **state)
{
	AUTO(str_release) char *old = str_dup(getenv("PATH"));
	AUTO(str_release) char *path = str_format("%s:%s", root, old);
	AUTO(str_release) char *program = at("ao-notifier-pager");
	AUTO(notified_release) struct notified out = { 0 };
	json_t *j;

	(void)state;
	/* both run beside one another: the one with settings of its own keeps what it got */
	put_text("ao-notifier-pager",
		"#!/bin/sh\nread -r got\ncase $got in *number*) echo \"$got\" >in ;; esac\necho \"$*\" >>words\n");
	assert_int_equal(chmod(program, 0700), 0);
	setenv("PATH", path, 1);
	tell(&out, "  ann: {plugin: pager, number: 7}\ndefaults: {notifiers: [pager, ann]}\n",
		&plain);
	setenv("PATH", old, 1);
	assert_int_equal(out.told, 2);
	holds("words", "tell\ntell\n");
	j = input();
	get_text(j, "title", "the tests failed");
	get_text(json_object_get(j, "settings"), "number", "7");
	json_decref(j);
}

/* ---- a flood --------------------------------------------------------------------------------- */

static void set_now(long long ms)
{
	AUTO(str_release) char *text = str_format("%lld", ms);

	setenv("AO_TEST_NOW", text, 1);
}

static void text_ends(const char *want)
{
	json_t *j = input();
	const char *text = json_string_value(json_object_get(j, "text"));

	if (!(want ? str_ends(text, want) : str_equal(text, "mine")))
		fail_msg("the text is '%s'", text ? text : "(null)");
	json_decref(j);
}

static void count_held(void *arg, json_t *event, const char *line)
{
	int *held = arg;

	(void)line;
	*held += json_is_true(json_object_get(event, "held"));
}

/* Only the first 20 of 25 go; the next minute's first tells of the five. */
static void test_flood(void **state)
{
	AUTO(world_release) struct world w = { 0 };
	AUTO(str_release) char *told = NULL;
	struct notice n = plain;
	int held = 0;

	(void)state;
	n.text = "mine";
	open_world(&w, "defaults: {notifiers: [a]}\n");
	put_text(".agent-orchestrator/sessions/box/notified", "# mine\nfe.warning=what\n");
	for (int i = 1; i <= 27; i++) {
		AUTO(notified_release) struct notified out = { 0 };

		set_now(i <= 25 ? 1700000059999 : 1700000120000);
		if (i == 1)
			set_now(1700000000000);
		ok(notify(&out, &w, NULL, &n));
		assert_int_equal(out.held, i > 20 && i <= 25);
		assert_int_equal(out.told, !out.held);
		text_ends(i >= 20 && i <= 25
				? "mine\nMore of them in this minute are only in the log: ao events"
				: i == 26 ? "mine\n5 more before it are only in the log: ao events"
					  : NULL);
	}
	set_now(1700000059999); /* another project has a minute of its own */
	n.project = "other";
	for (int i = 0; i < 2; i++) {
		AUTO(notified_release) struct notified out = { 0 };

		ok(notify(&out, &w, NULL, &n));
		assert_int_equal(out.told, 1);
	}
	unsetenv("AO_TEST_NOW");
	told = get("told");
	assert_int_equal(strlen(told) / 2, 24);
	ok(events_read(&w.store, NULL, count_held, &held));
	assert_int_equal(held, 5);
	holds(".agent-orchestrator/sessions/box/notified",
		"# mine\nfe.warning=1700000120000 2\nother.warning=1700000059999 2\n");
}

/* ---- the log, and what is only looked at ----------------------------------------------------- */

static void keep_event(void *arg, json_t *event, const char *line)
{
	json_t **last = arg;

	(void)line;
	json_decref(*last);
	*last = json_incref(event);
}

static void test_event(void **state)
{
	AUTO(world_release) struct world w = { 0 };
	AUTO(notified_release) struct notified out = { 0 };
	json_t *event = NULL;
	struct notice n = plain;

	(void)state;
	n.title = "a\033[1m\xff";
	open_world(&w,
		"  bad: {plugin: command, command: [\"false\"]}\n"
		"defaults: {notifiers: [a, bad]}\n");
	ok(notify(&out, &w, config_project(&w.config, "fe"), &n));
	ok(events_read(&w.store, "fe-1", keep_event, &event));
	get_text(event, "type", "notify");
	get_text(event, "id", "1");
	get_text(event, "event", "ci-failed");
	get_text(event, "project", "fe");
	get_text(event, "title", "a\xef\xbf\xbd");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(event, "told"), 0)), "a");
	assert_string_equal(json_string_value(json_array_get(json_object_get(event, "failed"), 0)),
		"bad: false: exit 1");
	json_decref(event);
}

static void test_names(void **state)
{
	static const struct {
		const char *yaml, *names;
	} rows[] = {
		{ "", "a b c desktop " },
		{ "notificationRouting: {urgent: [b], action: [], warning: [c], info: [a]}\n",
			"a b c " },
		{ "notificationRouting: {action: [], warning: [c], info: [a]}\n",
			"a b c desktop " },
		{ "defaults: {notifiers: []}\n", "a b c " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(world_release) struct world w = { 0 };
		AUTO(strv_release) struct strv names = { 0 };
		AUTO(buf_release) struct buf all = { 0 };

		open_world(&w, rows[i].yaml);
		op_notifiers(&names, &w.config);
		STRV_EACH(name, &names)
			buf_addf(&all, "%s ", *name);
		assert_string_equal(buf_text(&all), rows[i].names);
	}
}

static void test_usable(void **state)
{
	AUTO(world_release) struct world w = { 0 };
	AUTO(notifier_states_release) struct notifier_states all = { 0 };
	AUTO(str_release) char *told = at("told");

	(void)state;
	open_world(&w,
		"  gone: {plugin: command, command: [no-such-program]}\n"
		"notificationRouting: {info: [a, desktop]}\n");
	op_notifiers_usable(&all, &w);
	assert_int_equal(all.list.n, 5); /* a b c gone desktop, each once */
	assert_null(all.list.v[0].why);
	assert_string_equal(all.list.v[3].name, "gone");
	assert_non_null(strstr(all.list.v[3].why, "no-such-program"));
	assert_string_equal(all.list.v[4].name, "desktop");
	assert_non_null(all.list.v[4].why); /* no bus in XDG_RUNTIME_DIR */
	assert_false(path_exists(told));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_routing),
		TEST(test_program),
		TEST(test_long),
		TEST(test_failures),
		TEST(test_hung),
		TEST(test_hung_beside),
		TEST(test_not_there),
		TEST(test_off),
		TEST(test_untrusted),
		TEST(test_outside),
		TEST(test_event),
		TEST(test_flood),
		TEST(test_names),
		TEST(test_usable),
	};

	stop_install();
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
