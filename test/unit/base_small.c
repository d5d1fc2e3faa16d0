/* clock, path, valid, random, proc, launch: small things that everything stands on. */
#include <signal.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/launch.h"
#include "base/proc.h"
#include "base/random.h"
#include "base/run.h"
#include "base/valid.h"
#include "kit.h"

static void is(char *got, const char *want)
{
	assert_string_equal(got ? got : "(null)", want ? want : "(null)");
	free(got);
}

/* ---- clock ---------------------------------------------------------------------------------- */

static void test_clock_text(void **state)
{
	(void)state;
	is(clock_iso(0), "1970-01-01T00:00:00Z");
	is(clock_iso(1795332476123), "2026-11-22T07:27:56Z");
	is(clock_iso_ms(1795332476003), "2026-11-22T07:27:56.003Z");
	is(clock_compact(1795332476123), "20261122T072756Z");
	is(clock_iso_ms(-1), "1969-12-31T23:59:59.999Z");
	is(clock_iso(-1), "1969-12-31T23:59:59Z");
	is(clock_age(-5), "0s");
	is(clock_age(59999), "59s");
	is(clock_age(60000), "1m");
	is(clock_age(3599999), "59m");
	is(clock_age(3600000), "1h");
	is(clock_age(86399999), "23h");
	is(clock_age(86400000), "1d");
	is(clock_age(INT64_C(86400000) * 40000), "40000d");
}

static void test_clock_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: not a time */
	} rows[] = {
		{ "2026-11-22T07:27:56Z", 1795332476000 },
		{ "2026-11-22T07:27:56.003Z", 1795332476003 },
		{ "2026-11-22T07:27:56.5Z", 1795332476500 },
		{ "2026-11-22T07:27:56.12Z", 1795332476120 },
		{ "2026-11-22T07:27:56.123456789Z", 1795332476123 },
		{ "20261122T072756Z", 1795332476000 },
		{ "2028-02-29T00:00:00Z", 1835395200000 },
		{ "20280229T000000Z", 1835395200000 },
		{ "2027-02-29T00:00:00Z", 1803859200000 }, /* the first of March */
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-00-22T07:27:56Z", -1 },
		{ "2026-11-22T07:27:5:Z", -1 },
		{ "2026-11-22T07:27:56", -1 },
		{ "2026-11-22T07:27:56.Z", -1 },
		{ "2026-11-22T07:27:56.-5Z", -1 },
		{ "2026-11-22T07:27:56. 5Z", -1 },
		{ "2026-11-22T07:27:56+01:00", -1 },
		{ "2026-11-22T07:27:56Zx", -1 },
		{ "2026-11-22 07:27:56Z", -1 },
		{ "2026-13-22T07:27:56Z", -1 },
		{ "2026-11-22T25:27:56Z", -1 },
		{ "2026-11-22", -1 },
		{ "yesterday", -1 },
		{ "", -1 },
		{ NULL, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t ms = -7;
		bool is_time = clock_parse(&ms, rows[i].text);
		if (is_time != (rows[i].ms >= 0) || ms != (is_time ? rows[i].ms : -7))
			fail_msg("'%s': %d %lld", rows[i].text ? rows[i].text : "(null)", is_time,
				(long long)ms);
	}
	for (int64_t day = 0; day < 366 * 150; day++) {
		AUTO(str_release) char *text = clock_iso(day * 86400000 + 86399000);
		int64_t back = 0;
		assert_true(clock_parse(&back, text));
		assert_int_equal(back, day * 86400000 + 86399000);
	}
	for (int64_t ms = 1; ms < INT64_C(4000000000000); ms = ms * 3 + 1) {
		AUTO(str_release) char *text = clock_iso_ms(ms);
		int64_t back = 0;
		assert_true(clock_parse(&back, text));
		assert_int_equal(back, ms);
	}
}

static void test_clock_fixed(void **state)
{
	int64_t real = clock_wall();

	(void)state;
	setenv("AO_TEST_NOW", "1795332476123", 1);
	assert_int_equal(clock_wall(), 1795332476123);
	unsetenv("AO_TEST_NOW");
	assert_true(clock_wall() >= real && clock_wall() < real + 60000);
	assert_int_equal(strlen(clock_boot_id()), 36);
	setenv("AO_TEST_BOOT_ID", "other", 1);
	assert_string_equal(clock_boot_id(), "other");
	unsetenv("AO_TEST_BOOT_ID");
}

/* ---- path ----------------------------------------------------------------------------------- */

static void test_path_text(void **state)
{
	(void)state;
	is(path_join("/a", "b"), "/a/b");
	is(path_join("/a/", "b"), "/a/b");
	is(path_join("/a", "/b"), "/b");
	is(path_join("", "b"), "b");
	is(path_dir("/a/b"), "/a");
	is(path_dir("/a"), "/");
	is(path_dir("a"), ".");
	assert_string_equal(path_base("/a/b"), "b");
	assert_string_equal(path_base("b"), "b");
	setenv("HOME", "/h", 1);
	is(path_absolute("~", NULL), "/h");
	is(path_absolute("~/x/../y", NULL), "/h/y");
	is(path_absolute("~x", "/b"), "/b/~x");
	is(path_absolute("x", "/b"), "/b/x");
	is(path_absolute("../x", "/b"), "/x");
	is(path_absolute("../../../x", "/b"), "/x");
	is(path_absolute("/a//./b/../c/", NULL), "/a/c");
	is(path_absolute("/", NULL), "/");
	is(path_absolute("..", "/"), "/");
	is(path_absolute("/a/...", NULL), "/a/...");
	unsetenv("HOME");
	assert_string_equal(path_home(), "/");
	assert_true(path_within("/a/b", "/a"));
	assert_true(path_within("/a", "/a/"));
	assert_true(path_within("/a", "/"));
	assert_false(path_within("/ab", "/a"));
	assert_false(path_within("/a", "/a/b"));
}

static void test_path_real(void **state)
{
	AUTO(str_release) char *link = at("link");
	AUTO(str_release) char *dangling = at("dangling");
	AUTO(str_release) char *through = at("link/new/file");
	AUTO(str_release) char *want = at("dir/new/file");
	AUTO(str_release) char *dir = at("dir");

	(void)state;
	ok(file_make_dirs(dir));
	assert_int_equal(symlink("dir", link), 0);
	assert_int_equal(symlink("gone", dangling), 0);
	is(path_real(link), dir);
	is(path_real(through), want);
	is(path_real(dangling), dangling);
	is(path_real("/"), "/");
	is(path_real("/no-such-folder"), "/no-such-folder");
	is(path_real("/no-such-folder/x/y"), "/no-such-folder/x/y");
	assert_true(path_exists(dangling));
	assert_false(path_is_dir(dangling));
	assert_true(path_is_dir(link));
}

static void test_path_program(void **state)
{
	AUTO(str_release) char *tool = at("bin/tool");
	AUTO(str_release) char *bin = at("bin");
	AUTO(str_release) char *dir = at("bin/folder");
	AUTO(str_release) char *before = str_dup(getenv("PATH"));
	AUTO(str_release) char *why = str_format("'%s' is not executable: chmod +x", tool);

	(void)state;
	put_text("bin/tool", "#!/bin/sh\n");
	put_text("bin/data", "");
	ok(file_make_dirs(dir));
	assert_int_equal(chmod(tool, 0700), 0);
	setenv("PATH", bin, 1);
	is(path_program("tool"), tool);
	is(path_program("folder"), NULL);
	is(path_program("gone"), NULL);
	is(path_program(""), NULL);
	is(path_program(tool), tool);
	is(path_no_program("gone"), "no program 'gone' on PATH");
	is(path_no_program("/x/gone"), "no program '/x/gone' there");
	is(path_no_program("/"), "'/' is a folder");
	assert_int_equal(chmod(tool, 0600), 0);
	is(path_program(tool), NULL);
	is(path_no_program(tool), why);
	if (geteuid())
		is(path_program("tool"), NULL);
	assert_int_equal(chdir(bin), 0);
	assert_int_equal(chmod(tool, 0700), 0);
	setenv("PATH", ":/nowhere", 1);
	is(path_program("tool"), "./tool");
	assert_int_equal(chdir("/"), 0);
	unsetenv("PATH");
	is(path_program("tool"), NULL);
	setenv("PATH", before, 1);
}

/* ---- valid ---------------------------------------------------------------------------------- */

static bool git_takes(const char *name)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	ok(RUN(&r, .argv = ARGV("git", "check-ref-format", "--branch", name), .dir = root));
	/* it also expands @{-1}; what we allow must be the name itself */
	return r.code == 0 && r.out.n == strlen(name) + 1 &&
		memcmp(r.out.s, name, strlen(name)) == 0;
}

/* What we take, git takes; and we refuse nothing else but what is ours to refuse. */
static void same_as_git(const char *name)
{
	bool ours = valid_branch(name), git = git_takes(name);

	if (strcmp(name, "@") ==
		0) /* git's short word for HEAD: nobody could name the branch again */
		git = false;
	if (ours != git)
		fail_msg("'%s': git says %d, we say %d", name, git, ours);
}

static void test_branch_table(void **state)
{
	static const char *const names[] = { "main", "feat/1", "a", "@", "a@", "a@b", "@a", "a/@",
		"@/a", "@{", "a@{b", "@{-1}", "-", "-a", "a-", "a/-b", ".a", "a.", "a..b", "a.b",
		"a/.b", "a/b.", "a.lock", "a.lock/b", "a/b.lock", ".lock", "x.lockb", "a//b", "/a",
		"a/", "/", "a b", "a\tb", "a\nb", "a\x7f", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b",
		"a]b", "a\\b", "HEAD", "head", "a/HEAD", "refs/heads/x", "ümlaut", "日本", "a'b",
		"a\"b", "a;b", "a|b", "$(x)", "`x`", "%", "#1", "!", "{", "}", "a,b", "=", "+",
		"\xff" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		same_as_git(names[i]);
	assert_false(valid_branch(""));
	assert_false(valid_branch(NULL));
}

static void test_loopback(void **state)
{
	static const char *const ours[] = { "localhost", "forge.localhost", "127.0.0.1", "[::1]" };
	static const char *const others[] = { "", "localhost.example.org", "127.0.0.1.example.org",
		"127.example.org", "[::2]", "::1", "localhost:80", "notlocalhost" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		assert_true(valid_loopback(ours[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(valid_loopback(others[i]));
}

static void test_sorted(void **state)
{
	AUTO(strv_release) struct strv v = { 0 };

	(void)state;
	strv_sort(&v, 0);
	assert_false(strv_find(&v, "a"));
	strv_add_all(&v, ARGV("z", "c", "a", "b"));
	strv_sort(&v, 1);
	assert_string_equal(v.v[0], "z");
	assert_string_equal(v.v[1], "a");
	strv_sort(&v, 0);
	assert_true(strv_find(&v, "a") && strv_find(&v, "c") && strv_find(&v, "z"));
	assert_false(strv_find(&v, "d"));
	assert_null(v.v[4]);
}

static void test_branch_random(void **state)
{
	static const char alphabet[] = "ab.@{}/-~^:lock*\\ [";

	(void)state;
	srand(7);
	for (int i = 0; i < 150; i++) {
		char name[8] = "";
		int n = rand() % 6 + 1;
		for (int k = 0; k < n; k++)
			name[k] = alphabet[rand() % (int)(sizeof(alphabet) - 1)];
		same_as_git(name);
	}
}

static void test_ids(void **state)
{
	static const char *const good[] = { "a", "fe-1", "A_b-9", "0", "_", "a-", "a--b" };
	static const char *const bad[] = { "", "-", "-a", "--", ".", "..", "a.b", "a/b", "/a",
		"../x", "a b", " a", "a ", "a\n", "\na", "a\tb", "a:b", "a;b", "a'b", "a\"b",
		"a\\b", "a$b", "$(x)", "`a`", "a|b", "a&b", "a*b", "a?b", "a[b", "a]b", "a{b",
		"a}b", "a~b", "a^b", "a@b", "a#b", "a%b", "a!b", "a=b", "a+b", "a,b", "a<b", "a>b",
		"ä", "a\x80", "\xff", "日本", "a\x7f", "\x01", "\x1b[31m" };
	char id[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(valid_id(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (valid_id(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
	assert_false(valid_id(NULL));
	/* every byte at the start, inside and at the end: 3 × 192 more */
	for (int c = 1; c < 256; c++) {
		bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || c == '_';
		snprintf(id, sizeof(id), "%cab", c);
		assert_int_equal(valid_id(id), fine);
		snprintf(id, sizeof(id), "a%cb", c);
		assert_int_equal(valid_id(id), fine || c == '-');
		snprintf(id, sizeof(id), "ab%c", c);
		assert_int_equal(valid_id(id), fine || c == '-');
	}
	memset(id, 'a', sizeof(id));
	id[64] = '\0';
	assert_true(valid_id(id));
	id[64] = 'a';
	id[65] = '\0';
	assert_false(valid_id(id));
}

static void test_session_ids(void **state)
{
	static const char *const bad[] = { "", "fe", "fe-", "-1", "fe-01", "fe-0", "fe-1x", "fe-x1",
		"fe--", "fe-1-", "fe-1234567890", "fe-+1", "fe- 1", "fe-1\n", "f.e-1", "../fe-1" };
	int n;
	long number;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (valid_session(bad[i], &n, &number))
			fail_msg("'%s' is taken", bad[i]);
	assert_false(valid_session(NULL, &n, &number));
	assert_true(valid_session("a-b-12", &n, &number));
	assert_int_equal(n, 3);
	assert_int_equal(number, 12);
	assert_true(valid_session("a--1", &n, &number));
	assert_int_equal(n, 2);
	assert_true(valid_session("fe-999999999", &n, &number));
	assert_int_equal(number, 999999999);
	assert_true(valid_session("a-b-orchestrator", &n, &number));
	assert_int_equal(n, 3);
	assert_int_equal(number, 0);
	assert_true(valid_orchestrator("fe-orchestrator"));
	assert_false(valid_orchestrator("fe-orchestrator-1"));
	assert_false(valid_orchestrator("-orchestrator"));
	assert_false(valid_orchestrator(NULL));
}

/* ---- random --------------------------------------------------------------------------------- */

static void test_random(void **state)
{
	AUTO(str_release) char *one = random_hex(16);
	AUTO(str_release) char *two = random_hex(16);

	(void)state;
	assert_int_equal(strlen(one), 32);
	assert_int_equal(strspn(one, "0123456789abcdef"), 32);
	assert_string_not_equal(one, two);
	for (int i = 0; i < 200; i++) {
		AUTO(str_release) char *uuid = random_uuid();
		assert_int_equal(strlen(uuid), 36);
		assert_true(
			uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' && uuid[23] == '-');
		assert_int_equal(uuid[14], '4');
		assert_non_null(strchr("89ab", uuid[19]));
	}
	setenv("AO_TEST_SEED", "s", 1);
	AUTO(str_release) char *three = random_hex(16);
	AUTO(str_release) char *four = random_hex(16);
	unsetenv("AO_TEST_SEED");
	assert_string_not_equal(three, four);
}

/* ---- proc ----------------------------------------------------------------------------------- */

static void test_proc(void **state)
{
	AUTO(pids_release) struct pids found = { 0 }, spared = { 0 }, children = { 0 };
	AUTO(str_release) char *odd = at("a ) b");
	AUTO(str_release) char *before = str_dup(getenv("PATH"));
	struct child c = { 0 };
	struct proc me, p = { 0 };
	AUTO(str_release) char *entry = str_format("AO_UNIT=one-%d", (int)getpid());
	AUTO(str_release) char *longer = str_format("%s1", entry);
	bool is_child = false;

	(void)state;
	assert_true(proc_read(&me, getpid()));
	assert_int_equal(me.parent, getppid());
	assert_int_equal(proc_start(getpid()), me.start);
	assert_false(proc_read(&p, -1));
	assert_int_equal(proc_start(0), 0);
	AUTO(str_release) char *sleep_path = path_program("sleep");
	assert_int_equal(symlink(sleep_path, odd), 0);
	ok(child_start(&c,
		&(struct child_options){ .argv = ARGV(odd, "60"),
			.fd = { -1, -1, -1 },
			.env = ARGV(entry, "AO_KEEP=1") }));
	for (int i = 0; i < 60000 && !proc_is(c.pid, "60"); i++) /* its exec has an end, too */
		ok(clock_sleep(1));
	assert_true(proc_read(&p, c.pid));
	assert_int_equal(p.parent, getpid());
	assert_string_equal(p.comm, "a ) b");
	assert_true(proc_is(c.pid, "a ) b"));
	assert_false(proc_is(c.pid, "a"));
	assert_false(proc_is(c.pid, ""));
	assert_true(proc_is(c.pid, "60")); /* argv[1], as a script's own name is */
	assert_true(proc_has_env(c.pid, entry));
	assert_false(proc_has_env(c.pid, longer));
	assert_false(proc_has_env(c.pid, "AO_UNIT"));
	proc_with_env(&found, entry, NULL);
	proc_with_env(&spared, entry, "AO_KEEP=1");
	assert_int_equal(found.n, 1);
	assert_int_equal(found.v[0], c.pid);
	assert_int_equal(spared.n, 0);
	proc_children(&children, getpid());
	for (size_t i = 0; i < children.n; i++)
		is_child = is_child || children.v[i] == c.pid;
	assert_true(is_child);
	assert_true(proc_started_after(&p, &me) >= 0);
	proc_signal(c.pid, p.start + 1, SIGKILL); /* another process under its number */
	assert_int_equal(kill(c.pid, 0), 0);
	proc_signal(c.pid, p.start, SIGTERM);
	assert_int_equal(child_reap(&c), 128 + SIGTERM);
	proc_signal(c.pid, p.start, SIGTERM);
	assert_false(proc_is(c.pid, "sleep"));
	setenv("PATH", before, 1);
}

/* ---- launch --------------------------------------------------------------------------------- */

static void test_launch(void **state)
{
	AUTO(launch_file_release) struct launch_file l = { .mask = 022 }, back = { 0 };
	AUTO(buf_release) struct buf b = { 0 }, again = { 0 };

	(void)state;
	l.cwd = str_dup("/a b");
	l.process = str_dup("");
	strv_add(&l.argv, "agent");
	strv_add(&l.argv, "");
	strv_add(&l.argv, "line\nbreak");
	strv_add(&l.env, "A=");
	strv_add(&l.env, "B=x=y");
	launch_encode(&b, &l);
	ok(launch_decode(&back, b.s, b.n));
	assert_string_equal(back.cwd, "/a b");
	assert_int_equal(back.mask, 022);
	assert_int_equal(back.argv.n, 3);
	assert_string_equal(back.argv.v[2], "line\nbreak");
	assert_int_equal(back.env.n, 2);
	launch_encode(&again, &back);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.s, b.s, b.n);
	/* no half of it starts anything, nor does more than it */
	for (size_t n = 0; n < b.n; n++) {
		AUTO(launch_file_release) struct launch_file torn = { 0 };
		not_ok(launch_decode(&torn, b.s, n), ERR_FAILED, "torn");
		assert_null(torn.argv.v);
	}
	buf_addc(&b, '\0');
	not_ok(launch_decode(&back, b.s, b.n), ERR_FAILED, "torn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clock_text),
		TEST(test_clock_parse),
		TEST(test_clock_fixed),
		TEST(test_path_text),
		TEST(test_path_real),
		TEST(test_path_program),
		TEST(test_loopback),
		TEST(test_sorted),
		TEST(test_branch_table),
		TEST(test_branch_random),
		TEST(test_ids),
		TEST(test_session_ids),
		TEST(test_random),
		TEST(test_proc),
		TEST(test_launch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
