/* Programs run and waited for: deadlines, groups, pipes that others hold open, much output. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "base/run.h"
#include "base/stop.h"
#include "kit.h"

#define SH(...) ARGV("sh", "-c", __VA_ARGS__)

static void test_results(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result s = { 0 };
	AUTO(run_result_release) struct run_result t = { 0 };
	AUTO(run_result_release) struct run_result u = { 0 };

	(void)state;
	ok(RUN(&r, .argv = SH("echo out; echo err >&2; exit 3")));
	assert_int_equal(r.code, 3);
	assert_string_equal(r.out.s, "out\n");
	assert_string_equal(r.err.s, "err\n");
	ok(RUN(&s, .argv = SH("kill -9 $$")));
	assert_int_equal(s.code, 128 + SIGKILL);
	assert_string_equal(buf_text(&s.out), "");
	not_ok(RUN(&t, .argv = ARGV("no-such-program-here")), ERR_MISSING, "not found on PATH");
	not_ok(RUN_OK(&t, .argv = SH("echo one >&2; echo 'the reason' >&2; exit 1")), ERR_FAILED,
		"sh: the reason");
	not_ok(RUN_OK(&u, .argv = ARGV("false")), ERR_FAILED, "false: exit 1");
}

/* As who starts us may leave it; an ignored signal is inherited. */
static void test_ignored_deaths(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	ok(RUN(&r, .argv = SH("sleep 0.1; exit 3")));
	assert_int_equal(r.code, 3);
}

static void test_environment(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result s = { 0 };
	AUTO(str_release) char *want = NULL;

	(void)state;
	ok(RUN(&r, .argv = SH("pwd; echo $X; ls /proc/self/fd | wc -l; trap"), .dir = root,
		.env = ARGV("X=1 2", "PATH=/usr/bin:/bin")));
	want = str_format("%s\n1 2\n4\n", root); /* 0 1 2 and the one that ls lists with */
	assert_string_equal(r.out.s, want);
	ok(RUN(&s, .argv = SH("cat; echo end")));
	assert_string_equal(s.out.s, "end\n");
}

static void fill(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addc(b, (char)(i * 7 % 251));
}

static void test_input(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result s = { 0 };
	AUTO(run_result_release) struct run_result t = { 0 };
	AUTO(buf_release) struct buf in = { 0 };

	(void)state;
	fill(&in, 3 << 20);
	ok(RUN(&r, .argv = ARGV("cat"), .in = in.s, .in_n = in.n));
	assert_int_equal(r.out.n, in.n);
	assert_memory_equal(r.out.s, in.s, in.n);
	/* nobody reads it: no signal, no wait */
	ok(RUN(&s, .argv = SH("exec <&-; echo deaf"), .in = in.s, .in_n = in.n));
	assert_string_equal(s.out.s, "deaf\n");
	ok(RUN(&t, .argv = ARGV("cat"), .in = "", .in_n = 0));
	assert_int_equal(t.out.n, 0);
}

static void test_much_output(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	(void)state;
	ok(RUN(&r, .argv = SH("head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2")));
	assert_int_equal(r.out.n, 10000000);
	assert_int_equal(r.err.n, 10000000);
}

static void test_keep_n(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result s = { 0 };

	(void)state;
	ok(RUN(&r, .argv = SH("head -c 10000000 /dev/zero; echo end; echo short >&2"),
		.keep_n = 1000));
	assert_in_range(r.out.n, 1000, 2000);
	assert_string_equal(r.out.s + r.out.n - 4, "end\n");
	assert_string_equal(r.err.s, "short\n");
	/* more than what is ever taken otherwise */
	not_ok(RUN_OK(&s, .argv = SH("head -c 300000000 /dev/zero; echo why >&2; exit 1"),
		       .keep_n = 1000),
		ERR_FAILED, "sh: why");
}

static pid_t pid_in(const char *name)
{
	AUTO(str_release) char *text = get(name);

	return (pid_t)atoi(text);
}

/* Ended, though perhaps nobody reaps it here. */
static void gone(pid_t pid)
{
	AUTO(str_release) char *path = str_format("/proc/%d/cmdline", (int)pid);
	int64_t until = clock_mono() + 60000;

	while (clock_mono() < until) {
		AUTO(buf_release) struct buf b = { 0 };
		AUTO(err_release) struct err *e = file_read(&b, path, 4096);
		if (e || !b.n)
			return;
		ok(clock_sleep(2));
	}
	fail_msg("%d still runs", (int)pid);
}

static void test_timeout(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(run_result_release) struct run_result s = { 0 };
	int64_t before = clock_mono();

	(void)state;
	not_ok(RUN(&r, .argv = SH("sleep 60 & echo $! >bg; echo said; wait"), .dir = root,
		       .timeout_ms = 500),
		ERR_TIMEOUT, "sh -c: no end after");
	assert_true(clock_mono() - before >= 500);
	assert_string_equal(r.out.s, "said\n");
	assert_int_equal(r.code, 128 + SIGTERM); /* it obeyed */
	gone(pid_in("bg"));
	not_ok(RUN(&s, .argv = SH("trap '' TERM; while :; do sleep 0.1; done"), .timeout_ms = 200),
		ERR_TIMEOUT, "no end");
	assert_int_equal(s.code, 128 + SIGKILL);
}

/* A daemon that was left behind holds the pipe: silent, or writing for ever. */
static void left_behind(const char *script, size_t keep_n)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	pid_t pid;

	ok(RUN(&r, .argv = SH(script), .dir = root, .timeout_ms = 60000, .keep_n = keep_n));
	assert_true(r.out.n >= 5);
	if (!keep_n)
		assert_memory_equal(r.out.s, "done\n", 5);
	assert_true(r.out.n < 4 << 20);
	pid = pid_in("pid");
	assert_true(pid > 1);
	kill(pid, SIGKILL);
}

static void test_grandchild(void **state)
{
	(void)state;
	left_behind("echo done; setsid sleep 1000 & echo $! >pid", 0);
	left_behind("echo done; setsid yes & echo $! >pid", 0);
	left_behind("echo done; setsid yes & echo $! >pid", 1000);
}

static void test_keep_fd(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *path = at("lock");
	struct lock l = { 0 };

	(void)state;
	ok(lock_take(&l, path, 0));
	ok(RUN(&r, .argv = SH("setsid sleep 60 >/dev/null 2>&1 & echo $! >pid"), .dir = root,
		.keep_fd = l.fd));
	close(l.fd); /* as our death does it */
	assert_int_equal(lock_held(path), TRI_YES);
	kill(pid_in("pid"), SIGKILL);
	ok(lock_take(&l, path, 5000));
	lock_release(&l);
}

static void test_log_fd(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *path = at("log");
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	(void)state;
	ok(RUN(&r, .argv = SH("echo a; echo b >&2"), .log_fd = fd));
	close(fd);
	holds("log", "a\nb\n");
	assert_int_equal(r.out.n + r.err.n, 0);
}

/* From here on read() of as much as a pipe is asked for fails as on a broken disk. */
static bool break_reads(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_read, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 65536, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT_OF(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* What could not be read is no empty answer: "nothing was saved" follows from that. */
static void test_unreadable(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct run_result r = { 0 };
		if (!break_reads())
			_exit(2);
		_exit(RUN(&r, .argv = SH("echo words")) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Ours is Ctrl-C: the child is ended and the error says so. */
static void test_stop(void **state)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	(void)state;
	not_ok(RUN(&r, .argv = SH("kill -INT $PPID; sleep 60")), ERR_INTERRUPTED, "interrupted");
	assert_true(stop_requested());
	not_ok(clock_sleep(60000), ERR_INTERRUPTED, "interrupted");
	stop_forget();
	ok(clock_sleep(1));
	ok(RUN(&r, .argv = ARGV("true")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_results),
		TEST(test_ignored_deaths),
		TEST(test_environment),
		TEST(test_input),
		TEST(test_much_output),
		TEST(test_keep_n),
		TEST(test_timeout),
		TEST(test_grandchild),
		TEST(test_keep_fd),
		TEST(test_log_fd),
		TEST(test_unreadable),
		TEST(test_stop),
	};

	stop_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
