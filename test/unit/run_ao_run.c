/* ao-run in a terminal of the test's own, without tmux. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/launch.h"
#include "base/path.h"
#include "base/proc.h"
#include "place.h"

/* after ours: it defines fail() as a macro */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LONG_MS = 60000 };

static char *ao_run;

struct stage {
	char *folder;
	struct launch_file launch;
	pid_t pid; /* ao-run */
	int pty;
	struct buf screen;
	int status;
};

static bool reached(bool (*condition)(void *), void *argument, int64_t ms)
{
	for (int64_t until = clock_mono() + ms; clock_mono() < until;) {
		if (condition(argument))
			return true;
		usleep(2000);
	}
	return condition(argument);
}

static int set_up(void **state)
{
	struct stage *s = mem_alloc(sizeof(*s));
	char folder[64];

	s->folder = str_dup(fresh_place(folder, sizeof(folder)));
	s->pty = -1;
	s->launch.cwd = str_dup(s->folder);
	s->launch.mask = 027;
	s->launch.process = str_dup("sh");
	strv_add(&s->launch.env, "PATH=/usr/bin:/bin");
	*state = s;
	return 0;
}

static bool is_over(void *argument)
{
	struct stage *s = argument;

	return !s->pid || waitpid(s->pid, &s->status, WNOHANG) == s->pid;
}

static int tear_down(void **state)
{
	struct stage *s = *state;

	if (s->pid) {
		kill(s->pid, SIGTERM);
		if (!reached(is_over, s, LONG_MS)) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, NULL, 0);
		}
	}
	if (s->pty >= 0)
		close(s->pty);
	err_drop(file_remove_tree(s->folder), "a folder in /tmp");
	launch_file_release(&s->launch);
	buf_release(&s->screen);
	free(s->folder);
	free(s);
	return 0;
}

static char *in_folder(const struct stage *s, const char *name)
{
	return path_join(s->folder, name);
}

static void put_launch(struct stage *s)
{
	AUTO(str_release) char *path = in_folder(s, "launch");
	AUTO(buf_release) struct buf b = { 0 };

	launch_encode(&b, &s->launch);
	assert_null(file_replace(path, b.s, b.n, FILE_VOLATILE));
}

/* With the environment given; NULL: ours. */
static void start_with(struct stage *s, char *const *env)
{
	put_launch(s);
	s->pid = forkpty(&s->pty, NULL, NULL, &(struct winsize){ .ws_row = 20, .ws_col = 80 });
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		if (env)
			execve(ao_run, ARGV("ao-run", s->folder), env);
		else
			execv(ao_run, ARGV("ao-run", s->folder));
		_exit(99);
	}
	fcntl(s->pty, F_SETFL, O_NONBLOCK);
	fcntl(s->pty, F_SETFD, FD_CLOEXEC);
}

static void start_sh(struct stage *s, const char *script)
{
	strv_add_all(&s->launch.argv, ARGV("sh", "-c", script));
	start_with(s, NULL);
}

static void read_screen(struct stage *s)
{
	char bytes[4096];
	ssize_t n;

	while (s->pty >= 0 && (n = read(s->pty, bytes, sizeof(bytes))) > 0)
		buf_add(&s->screen, bytes, (size_t)n);
}

struct wish {
	struct stage *s;
	const char *text;
};

static bool shows(void *argument)
{
	struct wish *w = argument;

	read_screen(w->s);
	return strstr(buf_text(&w->s->screen), w->text);
}

static void expect(struct stage *s, const char *text)
{
	struct wish w = { s, text };

	if (!reached(shows, &w, LONG_MS))
		fail_msg("never shown: %s; but: %s", text, buf_text(&s->screen));
}

static void type(struct stage *s, const char *keys)
{
	assert_int_equal(write(s->pty, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* The wait status of ao-run. */
static int end_of(struct stage *s)
{
	struct pollfd none = { .fd = -1 };

	for (int64_t until = clock_mono() + LONG_MS; clock_mono() < until; poll(&none, 1, 2)) {
		read_screen(s); /* a full terminal would hold the agent up */
		if (is_over(s)) {
			s->pid = 0;
			return s->status;
		}
	}
	fail_msg("ao-run does not end");
	return -1;
}

static void read_record(struct kv *kv, const struct stage *s, const char *name)
{
	AUTO(str_release) char *path = in_folder(s, name);
	AUTO(buf_release) struct buf b = { 0 };
	struct err *e = file_read(&b, path, 65536);

	if (e)
		fail_msg("%s", e->text);
	kv_parse(kv, b.s, b.n, NULL);
}

static char *record(const struct stage *s, const char *name, const char *key)
{
	AUTO(kv_release) struct kv kv = { 0 };

	read_record(&kv, s, name);
	return str_dup(kv_get(&kv, key));
}

static void assert_record(
	const struct stage *s, const char *name, const char *key, const char *value)
{
	AUTO(str_release) char *is = record(s, name, key);

	assert_non_null(is);
	assert_string_equal(is, value);
}

static bool exists(const struct stage *s, const char *name)
{
	AUTO(str_release) char *path = in_folder(s, name);

	return path_exists(path);
}

static enum tri held(const struct stage *s)
{
	AUTO(str_release) char *path = in_folder(s, "run.lock");

	return lock_held(path);
}

/* As a subreaper we get what ao-run left, and have to reap it. */
static bool pid_gone(void *pid)
{
	waitpid(*(pid_t *)pid, NULL, WNOHANG);
	return kill(*(pid_t *)pid, 0) < 0 && errno == ESRCH;
}

/* A pid that the agent wrote to a file of the folder. */
static pid_t pid_from(const struct stage *s, const char *name)
{
	AUTO(str_release) char *path = in_folder(s, name);
	AUTO(buf_release) struct buf b = { 0 };

	assert_null(file_read(&b, path, 100));
	assert_true(atoi(b.s) > 1);
	return atoi(b.s);
}

static void test_exit_code(void **state)
{
	struct stage *s = *state;
	AUTO(str_release) char *pid = str_format("%d", 0);
	int status;

	start_sh(s, "test -e run && test ! -e launch && echo $$ >me && exit 7");
	str_release(&pid);
	pid = str_format("%d", (int)s->pid);
	status = end_of(s);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_record(s, "exit", "code", "7");
	assert_record(s, "exit", "bootId", clock_boot_id());
	assert_record(s, "run", "supervisor", pid);
	assert_record(s, "run", "process", "sh");
	str_release(&pid);
	pid = str_format("%d", (int)pid_from(s, "me"));
	assert_record(s, "run", "pid", pid);
	assert_int_equal(held(s), TRI_NO);
}

static void test_dies_the_same_death(void **state)
{
	struct stage *s = *state;
	int status;

	start_sh(s, "kill -SEGV $$");
	status = end_of(s);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_record(s, "exit", "signal", "11");
}

static void test_run_tells_the_start_time(void **state)
{
	struct stage *s = *state;
	AUTO(str_release) char *ours = NULL;
	AUTO(str_release) char *theirs = NULL;

	start_sh(s, "echo ready; read x");
	expect(s, "ready");
	assert_int_equal(held(s), TRI_YES);
	ours = str_format("%llu", (unsigned long long)proc_start(s->pid));
	assert_record(s, "run", "supervisorStart", ours);
	theirs = record(s, "run", "pid");
	str_set(&ours, NULL);
	ours = str_format("%llu", (unsigned long long)proc_start(atoi(theirs)));
	assert_string_not_equal(ours, "0");
	assert_record(s, "run", "pidStart", ours);
	type(s, "\r");
	end_of(s);
}

static void test_no_such_program(void **state)
{
	struct stage *s = *state;

	strv_add(&s->launch.argv, "no-such-program-here");
	start_with(s, NULL);
	assert_int_equal(WEXITSTATUS(end_of(s)), 127);
	assert_record(s, "exit", "code", "127");
	assert_record(
		s, "exit", "error", "cannot start no-such-program-here: No such file or directory");
}

static void test_no_such_folder(void **state)
{
	struct stage *s = *state;

	str_set(&s->launch.cwd, "/nonexistent/folder");
	start_sh(s, "true");
	assert_int_equal(WEXITSTATUS(end_of(s)), 127);
	assert_record(
		s, "exit", "error", "cannot enter /nonexistent/folder: No such file or directory");
}

static void test_torn_launch(void **state)
{
	struct stage *s = *state;
	AUTO(str_release) char *path = in_folder(s, "launch");
	pid_t pid;

	put_launch(s); /* without argv: not a launch file */
	pid = fork();
	if (pid == 0) {
		close(2);
		open("/dev/null", O_WRONLY);
		execv(ao_run, ARGV("ao-run", s->folder));
	}
	s->pid = pid;
	assert_int_equal(WEXITSTATUS(end_of(s)), 127);
	assert_record(s, "exit", "code", "127");
	assert_false(path_exists(path));
}

static void test_held(void **state)
{
	struct stage *s = *state;
	int status;
	pid_t pid;

	start_sh(s, "echo ready; read x");
	expect(s, "ready");
	put_launch(s);
	pid = fork();
	if (pid == 0) {
		close(2);
		open("/dev/null", O_WRONLY);
		execv(ao_run, ARGV("ao-run", s->folder));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 100);
	assert_true(exists(s, "launch"));
	assert_true(exists(s, "run"));
	assert_false(exists(s, "exit"));
	type(s, "\r");
	end_of(s);
}

static void test_old_exit_goes(void **state)
{
	struct stage *s = *state;
	AUTO(str_release) char *old = in_folder(s, "exit");
	AUTO(str_release) char *hurry = in_folder(s, "hurry");

	assert_null(file_replace(old, "code=9\n", 7, FILE_VOLATILE));
	assert_null(file_replace(hurry, "", 0, FILE_VOLATILE));
	start_sh(s, "test ! -e exit && test ! -e hurry && echo ready; read x");
	expect(s, "ready");
	type(s, "\r");
	end_of(s);
	assert_record(s, "exit", "code", "0");
}

/* umask, folder, and an environment that is launch's but for what tells of the terminal */
static void test_environment(void **state)
{
	struct stage *s = *state;
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(buf_release) struct buf got = { 0 };
	AUTO(str_release) char *path = in_folder(s, "env");

	strv_add_all(&env,
		ARGV("TERM=tmux-256color", "TMUX=/tmp/x,1,0", "TMUX_PANE=%5", "AO_KEEP=1",
			"OLD=server", "PATH=/bin"));
	strv_add_all(&s->launch.env, ARGV("TERM=xterm", "TMUX=/else,2,0", "A=1\n2;$x", "E="));
	strv_add_all(&s->launch.argv,
		ARGV("/bin/sh", "-c",
			"cat /proc/$$/environ >env; umask >mask; pwd; exec ls /proc/self/fd >fds"));
	start_with(s, env.v);
	expect(s, s->folder);
	end_of(s);
	assert_null(file_read(&got, path, 65536));
	for (size_t i = 0; i < got.n; i++)
		if (!got.s[i])
			got.s[i] = '|';
	assert_string_equal(got.s,
		"PATH=/usr/bin:/bin|A=1\n2;$x|E=|TERM=tmux-256color|"
		"TMUX=/tmp/x,1,0|TMUX_PANE=%5|");
	str_release(&path);
	path = in_folder(s, "mask");
	buf_cut(&got, 0);
	assert_null(file_read(&got, path, 100));
	assert_string_equal(got.s, "0027\n");
	str_release(&path);
	path = in_folder(s, "fds"); /* 3: ls reads the folder */
	buf_cut(&got, 0);
	assert_null(file_read(&got, path, 100));
	assert_string_equal(got.s, "0\n1\n2\n3\n");
}

/* The agent: a child in a session of its own, and one double-forked that ignores TERM and HUP. */
#define TREE                                                                                       \
	"setsid sleep 1000 & echo $! >a; "                                                         \
	"(setsid sh -c 'trap \"\" TERM HUP; echo $$ >b; while :; do sleep 1; done' &); "           \
	"until test -s b; do sleep 0.01; done; echo ready; "

static void assert_gone(const struct stage *s, const char *name)
{
	pid_t pid = pid_from(s, name);

	assert_true(reached(pid_gone, &pid, LONG_MS));
}

static void test_nothing_is_left(void **state)
{
	struct stage *s = *state;
	int64_t begun;

	start_sh(s, TREE "read x; exit 3");
	expect(s, "ready");
	begun = clock_mono();
	type(s, "\r");
	assert_int_equal(WEXITSTATUS(end_of(s)), 3);
	assert_true(clock_mono() - begun >= 4500);
	assert_gone(s, "a");
	assert_gone(s, "b");
}

static bool has_exit(void *argument)
{
	return exists(argument, "exit");
}

/* What ended is on disk before the rest is ended, and the lock is held until it has. */
static void test_exit_comes_first(void **state)
{
	struct stage *s = *state;

	start_sh(s, TREE "exit 3");
	assert_true(reached(has_exit, s, LONG_MS));
	assert_int_equal(held(s), TRI_YES);
	end_of(s);
	assert_int_equal(held(s), TRI_NO);
}

static void hurried_end(struct stage *s, void (*tell)(struct stage *))
{
	AUTO(str_release) char *hurry = in_folder(s, "hurry");
	int64_t begun;

	start_sh(s, TREE "while :; do sleep 1; done");
	expect(s, "ready");
	assert_null(file_replace(hurry, "", 0, FILE_VOLATILE));
	begun = clock_mono();
	tell(s);
	end_of(s);
	assert_true(clock_mono() - begun < 4500); /* what the others wait at least */
	assert_gone(s, "a");
	assert_gone(s, "b");
}

static void hang_up(struct stage *s)
{
	close(s->pty);
	s->pty = -1;
}

static void terminate(struct stage *s)
{
	kill(s->pid, SIGTERM);
}

static void test_hurry_at_hangup(void **state)
{
	hurried_end(*state, hang_up);
}

static void test_hurry_at_term(void **state)
{
	hurried_end(*state, terminate);
}

/* TERM first without hurry, then with: the grace is cut short */
static void terminate_twice(struct stage *s)
{
	AUTO(str_release) char *hurry = in_folder(s, "hurry");

	assert_null(file_remove(hurry));
	kill(s->pid, SIGTERM);
	assert_true(reached(has_exit, s, LONG_MS));
	assert_null(file_replace(hurry, "", 0, FILE_VOLATILE));
	kill(s->pid, SIGTERM);
}

static void test_hurry_comes_late(void **state)
{
	hurried_end(*state, terminate_twice);
}

static void test_kept_are_spared(void **state)
{
	struct stage *s = *state;
	pid_t kept, below;

	start_sh(s,
		"AO_KEEP=1 setsid sh -c 'env -u AO_KEEP sleep 1000 & echo $! >below; wait' & "
		"echo $! >kept; setsid sleep 1000 & echo $! >other; "
		"until test -s below; do sleep 0.01; done; echo ready; read x; exit 4");
	expect(s, "ready");
	type(s, "\r");
	assert_int_equal(WEXITSTATUS(end_of(s)), 4);
	kept = pid_from(s, "kept");
	below = pid_from(s, "below");
	assert_gone(s, "other");
	assert_int_equal(kill(kept, 0), 0);
	assert_int_equal(kill(below, 0), 0);
	kill(kept, SIGKILL);
	kill(below, SIGKILL);
}

static void test_stopped_agent_wakes(void **state)
{
	struct stage *s = *state;

	start_sh(s, "echo before; kill -STOP $$; echo awake; read x; echo got $x");
	expect(s, "awake");
	type(s, "it\r");
	expect(s, "got it");
	assert_int_equal(WEXITSTATUS(end_of(s)), 0);
}

static void test_interrupt_is_the_agents(void **state)
{
	struct stage *s = *state;

	start_sh(s,
		"trap 'echo interrupted' INT; trap 'echo quit' QUIT; echo ready; read x; read x; "
		"read x; exit 5");
	expect(s, "ready");
	type(s, "\003");
	expect(s, "interrupted");
	type(s, "\034");
	expect(s, "quit");
	type(s, "\r\r\r");
	assert_int_equal(WEXITSTATUS(end_of(s)), 5);
}

static void test_resize(void **state)
{
	struct stage *s = *state;

	start_sh(s,
		"trap 'echo size $(stty size)' WINCH; echo ready; "
		"while :; do read x && exit 6; done");
	expect(s, "ready");
	assert_int_equal(
		ioctl(s->pty, TIOCSWINSZ, &(struct winsize){ .ws_row = 33, .ws_col = 99 }), 0);
	expect(s, "size 33 99");
	type(s, "\r");
	end_of(s);
}

/* Killed -9, it takes the agent along. */
static void test_agent_dies_with_it(void **state)
{
	struct stage *s = *state;
	pid_t agent;

	start_sh(s, "echo $$ >agent; echo ready; while :; do sleep 1000; done");
	expect(s, "ready");
	agent = pid_from(s, "agent");
	kill(s->pid, SIGKILL);
	assert_true(WIFSIGNALED(end_of(s)));
	assert_true(reached(pid_gone, &agent, LONG_MS));
	assert_false(exists(s, "exit"));
}

static long cpu_ticks(pid_t pid)
{
	AUTO(str_release) char *path = str_format("/proc/%d/stat", (int)pid);
	AUTO(buf_release) struct buf b = { 0 };
	unsigned long user, system;

	assert_null(file_read(&b, path, 4096));
	assert_int_equal(
		sscanf(strrchr(b.s, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			&user, &system),
		2);
	return (long)(user + system);
}

static long switches(pid_t pid)
{
	AUTO(str_release) char *path = str_format("/proc/%d/status", (int)pid);
	AUTO(buf_release) struct buf b = { 0 };
	const char *line;

	assert_null(file_read(&b, path, 65536));
	line = strstr(b.s, "\nvoluntary_ctxt_switches:");
	assert_non_null(line);
	return atol(strchr(line, '\t'));
}

static void test_quiet(void **state)
{
	struct stage *s = *state;
	long woken = 2, ticks = 1;

	start_sh(s, "echo ready; read x");
	expect(s, "ready");
	/* the claim is about time in which nothing happens; at first it may still have to do */
	for (int i = 0; i < 20 && (woken > 1 || ticks); i++) {
		long switches_before = switches(s->pid), ticks_before = cpu_ticks(s->pid);

		usleep(500000);
		woken = switches(s->pid) - switches_before;
		ticks = cpu_ticks(s->pid) - ticks_before;
	}
	assert_true(woken <= 1);
	assert_int_equal(ticks, 0);
	type(s, "\r");
	end_of(s);
}

static void test_codec(void **state)
{
	struct stage *s = *state;
	AUTO(launch_file_release) struct launch_file back = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	strv_add_all(&s->launch.argv, ARGV("prog", "", "a\nb", "end"));
	strv_add(&s->launch.env, "X=end");
	launch_encode(&b, &s->launch);
	assert_null(launch_decode(&back, b.s, b.n));
	assert_string_equal(back.cwd, s->folder);
	assert_int_equal(back.mask, 027);
	assert_string_equal(back.process, "sh");
	assert_int_equal(back.argv.n, 4);
	assert_string_equal(back.argv.v[2], "a\nb");
	assert_int_equal(back.env.n, 2);
	assert_string_equal(back.env.v[1], "X=end");
}

/* Cut anywhere, or with anything behind it, it is refused. */
static void test_codec_torn(void **state)
{
	struct stage *s = *state;
	AUTO(buf_release) struct buf b = { 0 };

	strv_add_all(&s->launch.argv, ARGV("prog", "x"));
	launch_encode(&b, &s->launch);
	for (size_t n = 0; n < b.n; n++) {
		struct launch_file back = { 0 };
		AUTO(err_release) struct err *e = launch_decode(&back, b.s, n);
		assert_non_null(e);
		assert_null(back.cwd);
	}
	buf_addc(&b, '\0');
	struct launch_file back = { 0 };
	AUTO(err_release) struct err *e = launch_decode(&back, b.s, b.n);
	assert_non_null(e);
}

static bool has_run(void *argument)
{
	struct stage *s = argument;
	AUTO(str_release) char *run = in_folder(s, "run");

	return path_exists(run);
}

/* Told to end before the agent's exec, while it still shows our environment: it is no server that was
 * started to outlive us. The exec takes long, as the program is looked for in many places. */
static void test_ended_before_exec(void **state)
{
	struct stage *s = *state;
	AUTO(buf_release) struct buf path = { 0 };

	buf_adds(&path, "/x");
	while (path.n < 1 << 20)
		buf_adds(&path, ":/x");
	env_set(&s->launch.env, "PATH", path.s);
	strv_add(&s->launch.argv, "nowhere");
	start_with(s, ARGV("AO_KEEP=1"));
	assert_true(reached(has_run, s, LONG_MS));
	kill(s->pid, SIGHUP);
	end_of(s);
	assert_record(s, "exit", "signal", "15");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	AUTO(str_release) char *relative = path_join(path_self_dir(), "../../ao-run");
	const struct CMUnitTest tests[] = {
		TEST(test_codec),
		TEST(test_codec_torn),
		TEST(test_exit_code),
		TEST(test_dies_the_same_death),
		TEST(test_run_tells_the_start_time),
		TEST(test_no_such_program),
		TEST(test_no_such_folder),
		TEST(test_torn_launch),
		TEST(test_held),
		TEST(test_old_exit_goes),
		TEST(test_environment),
		TEST(test_nothing_is_left),
		TEST(test_exit_comes_first),
		TEST(test_hurry_at_hangup),
		TEST(test_hurry_at_term),
		TEST(test_hurry_comes_late),
		TEST(test_kept_are_spared),
		TEST(test_ended_before_exec),
		TEST(test_stopped_agent_wakes),
		TEST(test_interrupt_is_the_agents),
		TEST(test_resize),
		TEST(test_agent_dies_with_it),
		TEST(test_quiet),
	};
	int failed;

	prctl(PR_SET_CHILD_SUBREAPER, 1); /* what is left must not get lost */
	ao_run = path_absolute(relative, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(ao_run);
	return failed;
}
