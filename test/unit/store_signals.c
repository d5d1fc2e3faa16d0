/* What agents report: order, torn lines, turning over under fire. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "store/run.h"
#include "store/signals.h"
#include "kit.h"

static void append(int64_t at_ms, enum signal_kind kind, const char *text)
{
	struct signal_line s = { .at = at_ms, .kind = kind, .pid = 42, .text = text };

	ok(signals_append(root, &s));
}

static void test_round_trip(void **state)
{
	AUTO(signals_release) struct signals s = { 0 };
	struct signal_line prompt = { .at = 5,
		.kind = SIGNAL_PROMPT,
		.source = "own",
		.pid = 7,
		.length = 17,
		.hash = UINT64_C(0xfedcba9876543210) };

	(void)state;
	ok(signals_read(&s, root));
	assert_int_equal(s.list.n, 0);
	ok(signals_append(root, &prompt));
	append(6, SIGNAL_WAITING, "a\nb\\n\\\tc\x1b d");
	signals_release(&s);
	ok(signals_read(&s, root));
	assert_int_equal(s.list.n, 2);
	assert_int_equal(s.broken, 0);
	assert_int_equal(s.list.v[0].at, 5);
	assert_int_equal(s.list.v[0].length, 17);
	assert_true(s.list.v[0].hash == prompt.hash);
	assert_string_equal(s.list.v[0].source, "own");
	assert_string_equal(s.list.v[0].text, "");
	assert_int_equal(s.list.v[0].pid, 7);
	assert_string_equal(s.list.v[1].text, "a\nb\\n\\ c  d");
	assert_string_equal(s.list.v[1].source, "hook");
}

/* By the events' own time; those of one time as they came. */
static void test_order(void **state)
{
	AUTO(signals_release) struct signals s = { 0 };
	static const int times[] = { 50, 10, 30, 30, 20, 30, 5 };
	static const char *const want[] = { "6", "1", "4", "2", "3", "5", "0" };
	char text[16];

	(void)state;
	for (int i = 0; i < (int)COUNT_OF(times); i++) {
		snprintf(text, sizeof(text), "%d", i);
		append(times[i], SIGNAL_TOOL, text);
	}
	ok(signals_read(&s, root));
	assert_int_equal(s.list.n, COUNT_OF(times));
	for (size_t i = 0; i < s.list.n; i++)
		assert_string_equal(s.list.v[i].text, want[i]);
}

/* What was told before the clock was set back is not the newest for ever. */
static void test_set_back(void **state)
{
	AUTO(signals_release) struct signals s = { 0 };
	static const int64_t day = 86400000, year = 365 * day;
	static const char *const want[] = { "0", "2", "1", "3", "4" };

	(void)state;
	append(day, SIGNAL_PROMPT, "0");
	append(10 * year + 5, SIGNAL_TOOL, "2"); /* in the time that was wrong, out of order */
	append(10 * year, SIGNAL_TOOL, "1");
	append(2 * day, SIGNAL_STOP, "3");
	append(2 * day + 1, SIGNAL_START, "4");
	ok(signals_read(&s, root));
	assert_int_equal(s.list.n, COUNT_OF(want));
	for (size_t i = 0; i < s.list.n; i++)
		assert_string_equal(s.list.v[i].text, want[i]);
	assert_true(s.list.v[2].at == 2 * day && s.list.v[4].at == 2 * day + 1);
}

/* Cut at any byte, what is whole is read; and the next report is never lost to the half before it. */
static void test_truncation(void **state)
{
	AUTO(str_release) char *text = NULL;
	size_t whole;

	(void)state;
	append(1000, SIGNAL_START, NULL);
	append(2000, SIGNAL_PROMPT, "x y");
	append(3000, SIGNAL_STOP, "f\303\274r");
	text = get("signals");
	whole = strlen(text);
	for (size_t n = 0; n <= whole; n++) {
		AUTO(signals_release) struct signals s = { 0 }, after = { 0 };
		int lines = 0;
		bool torn = n && text[n - 1] != '\n';

		for (size_t i = 0; i < n; i++)
			lines += text[i] == '\n';
		put("signals", text, n);
		ok(signals_read(&s, root));
		assert_int_equal(s.list.n, lines);
		assert_int_equal(s.broken, torn);
		append(4000, SIGNAL_TOOL, "last");
		ok(signals_read(&after, root));
		assert_true(after.list.n >= (size_t)lines + 1);
		assert_string_equal(after.list.v[after.list.n - 1].text, "last");
	}
}

static void test_broken(void **state)
{
	static const char text[] = "\n"
				   "1970-01-01T00:00:01.000Z tool hook 1 0 0000000000000000\n"
				   "garbage\n"
				   "1970-01-01T00:00:01.000Z dance hook 1 0 0\n"
				   "never tool hook 1 0 0\n"
				   "1970-01-01T00:00:01.000Z tool hook one 0 0\n"
				   "1970-01-01T00:00:01.000Z tool hook 1 0 0x\n"
				   "1970-01-01T00:00:01.000Z tool hook 1 0 0 a\0b\n"
				   "1970-01-01T00:00:02.000Z stop hook 1 0 0  two blanks\\\n";
	AUTO(signals_release) struct signals s = { 0 };

	(void)state;
	signals_parse(&s, text, sizeof(text) - 1);
	assert_int_equal(s.list.n, 2);
	assert_int_equal(s.broken, 6);
	assert_string_equal(s.list.v[1].text, " two blanks\\");
}

/* Long text is cut between characters. */
static void test_long_text(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	for (int lead = 0; lead < 4; lead++) {
		AUTO(signals_release) struct signals s = { 0 };
		buf_cut(&b, 0);
		for (int i = 0; i < lead; i++)
			buf_addc(&b, 'x');
		for (int i = 0; i < 300; i++)
			buf_adds(&b, "\xe6\x97\xa5");
		append(1000 + lead, SIGNAL_ERROR, b.s);
		ok(signals_read(&s, root));
		const char *text = s.list.v[s.list.n - 1].text;
		assert_in_range(strlen(text), 390, 402);
		assert_int_equal((strlen(text) - (size_t)lead) % 3, 0);
	}
}

static void digest_is(const char *a, const char *b, bool same)
{
	size_t m, n;
	uint64_t x, y;

	signal_digest(&m, &x, a, strlen(a));
	signal_digest(&n, &y, b, strlen(b));
	assert_int_equal(m == n && x == y, same);
}

static void test_digest(void **state)
{
	(void)state;
	digest_is("a\r\nb", "a\nb", true);
	digest_is("a \n\t\r\n", "a", true);
	digest_is(" a", "a", false);
	digest_is("a\rb", "ab", false);
	digest_is("a\rb", "a\nb", false);
	digest_is("", " \n", true);
	digest_is("a", "b", false);
	/* taken out by Claude Code 2.1.330 */
	digest_is("\u25c6\ufe0e a\u200b\u202eb\u200d", "\u25c6 ab", true);
	digest_is("a\r\ufeff\nb", "a\nb", true);
	digest_is("a\u00e4", "a", false);
	digest_is("a:\n\tb \t c", "a:\n    b c", true);
	digest_is("a b", "ab", false);
}

static void write_many(int who, int count)
{
	for (int i = 0; i < count; i++) {
		AUTO(str_release) char *text = str_format("%d.%d %0100d", who, i, 0);
		struct signal_line s = { .at = i + 1, .kind = SIGNAL_TOOL, .text = text };
		if (signals_append(root, &s))
			_exit(1);
	}
	_exit(0);
}

static int lines_in(const char *name, int *broken)
{
	AUTO(str_release) char *path = at(name);
	AUTO(signals_release) struct signals s = { 0 };
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	ok(file_read_if(&b, &found, path, 64 << 20));
	signals_parse(&s, buf_text(&b), b.n);
	*broken += s.broken;
	return (int)s.list.n;
}

/* Two writers while the file is turned over: each line is in one of the files, whole. */
static void test_turn(void **state)
{
	enum { EACH = 1400 };
	AUTO(str_release) char *older = at("signals.1");
	AUTO(str_release) char *newer = at("signals");
	pid_t pids[2];
	int turned = 0, broken = 0;

	(void)state;
	ok(signals_turn(root));
	for (int i = 0; i < 2; i++) {
		pids[i] = child_of();
		if (!pids[i])
			write_many(i, EACH);
	}
	for (int64_t until = clock_mono() + 60000; !turned && clock_mono() < until;) {
		ok(signals_turn(root));
		turned = path_exists(older);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(ended(pids[i]), 0);
	assert_true(turned);
	append(1, SIGNAL_STOP, NULL);
	assert_true(path_exists(newer));
	assert_int_equal(
		lines_in("signals", &broken) + lines_in("signals.1", &broken), 2 * EACH + 1);
	assert_int_equal(broken, 0);
	/* just turned over, the newest are still found */
	AUTO(signals_release) struct signals s = { 0 };
	ok(file_remove(newer));
	ok(signals_read(&s, root));
	assert_true(s.list.n > 10);
}

static void test_full_disk(void **state)
{
	pid_t pid;

	(void)state;
	append(1000, SIGNAL_START, NULL);
	pid = child_of();
	if (!pid) {
		struct rlimit r = { 100, 100 };
		struct signal_line s = { .at = 2000, .kind = SIGNAL_TOOL };
		AUTO(err_release) struct err *e = NULL;
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &r);
		e = signals_append(root, &s);
		_exit(e ? 0 : 1);
	}
	assert_int_equal(ended(pid), 0);
	AUTO(signals_release) struct signals s = { 0 };
	ok(signals_read(&s, root));
	assert_int_equal(s.list.n, 1);
	assert_int_equal(s.broken, 0);
}

/* ---- what ao-run left ----------------------------------------------------------------------- */

static void test_run(void **state)
{
	AUTO(run_info_release) struct run_info r = { 0 };
	AUTO(str_release) char *lock = at("run.lock");
	struct lock held = { 0 };
	char host[256] = "";

	(void)state;
	run_read(&r, root);
	assert_true(r.alive == TRI_NO && !r.has_run && !r.has_exit && !r.reboot);
	ok(lock_take(&held, lock, 0));
	put_text("run",
		"supervisor=10\npid=11\npidStart=12\nprocess=claude\nbootId=here\n"
		"startedAt=1970-01-01T00:00:05Z\nhost=elsewhere\n");
	setenv("AO_TEST_BOOT_ID", "here", 1);
	run_read(&r, root);
	assert_true(r.alive == TRI_YES && r.has_run && !r.reboot);
	assert_true(r.supervisor == 10 && r.pid == 11 && r.pid_start == 12 && r.started_at == 5000);
	assert_string_equal(r.process, "claude");
	lock_release(&held);
	run_read(&r, root);
	assert_int_equal(
		r.alive, TRI_NO); /* the same boot is the same machine, whatever its name */
	setenv("AO_TEST_BOOT_ID", "not here", 1);
	run_read(&r, root);
	assert_int_equal(r.alive, TRI_UNKNOWN); /* another host's lock says nothing here */
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	AUTO(str_release) char *text = str_format("bootId=before\nhost=%s\n", host);
	put_text("run", text);
	put_text("exit", "signal=15\nendedAt=1970-01-01T00:00:09Z\n");
	run_read(&r, root);
	assert_true(
		r.alive == TRI_NO && r.reboot && r.has_exit && r.exit_signal == 15 && !r.exit_code);
	assert_int_equal(r.ended_at, 9000);
	unsetenv("AO_TEST_BOOT_ID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_order),
		TEST(test_set_back),
		TEST(test_truncation),
		TEST(test_broken),
		TEST(test_long_text),
		TEST(test_digest),
		TEST(test_turn),
		TEST(test_full_disk),
		TEST(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
