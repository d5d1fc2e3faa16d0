/* The tmux runtime on private servers, with the real ao-run. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "base/run.h"
#include "slot/runtime.h"
#include "place.h"

/* after ours: it defines fail() as a macro */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LONG_MS = 60000 };

#define UID_1 "11111111111111111111111111111111"
#define UID_2 "22222222222222222222222222222222"

static const struct runtime *rt;
static char *top; /* HOME, TMUX_TMPDIR and the sessions' folders */
static char *rawtty, *standin;

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static bool reached(bool (*condition)(void *), void *argument)
{
	for (int64_t until = clock_mono() + LONG_MS; clock_mono() < until; usleep(2000))
		if (condition(argument))
			return true;
	return condition(argument);
}

/* What tmux says to these words, on the default (private) server. */
static char *tmux_v(char *const *words)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };

	strv_add_all(&argv, ARGV("tmux", "-u"));
	strv_add_all(&argv, words);
	ok(RUN(&r, .argv = argv.v));
	buf_trim(&r.out);
	return buf_detach(&r.out);
}
#define TMUX(...) tmux_v(ARGV(__VA_ARGS__))
#define TELL(...) free(TMUX(__VA_ARGS__)) /* whatever it says */

static void conf(const char *text)
{
	AUTO(str_release) char *path = path_join(top, ".tmux.conf");

	ok(file_replace(path, text, strlen(text), FILE_VOLATILE));
}

static int set_up(void **state)
{
	char dir[64];

	(void)state;
	top = str_dup(fresh_place(dir, sizeof(dir)));
	signal(SIGPIPE, SIG_IGN); /* as main() does: a tmux may end before it took its input */
	setenv("HOME", top, 1);
	setenv("TMUX_TMPDIR", top, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("TMUX");
	unsetenv("TMUX_PANE");
	return 0;
}

static bool no_session(void *ignored)
{
	AUTO(str_release) char *said = TMUX("list-sessions");

	(void)ignored;
	return !*said;
}

static int tear_down(void **state)
{
	TELL("kill-server");
	TELL("-L", "second", "kill-server");

	(void)state;
	reached(no_session, NULL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	err_drop(file_remove_tree(top), "a folder in /tmp");
	str_release(&top);
	return 0;
}

static char *folder_of(const char *session)
{
	return path_join(top, session);
}

/* The folder of a session with `launch` for this argv. */
static void put_launch(const char *session, char *const *argv)
{
	AUTO(str_release) char *folder = folder_of(session);
	AUTO(str_release) char *path = path_join(folder, "launch");
	AUTO(launch_file_release) struct launch_file l = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	l.cwd = str_dup(folder);
	l.mask = 022;
	strv_add_all(&l.argv, argv);
	strv_add_all(&l.env, ARGV("PATH=/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8"));
	launch_encode(&b, &l);
	ok(file_make_dirs(folder));
	ok(file_replace(path, b.s, b.n, FILE_VOLATILE));
}

static struct err *start_at(char **handle, const char *session, const char *uid, const char *server)
{
	AUTO(str_release) char *folder = folder_of(session);
	struct launch l = { session, uid, folder, server, folder, 90, 25 };

	return rt->start(handle, &l);
}

static char *start(const char *session, const char *uid, char *const *argv)
{
	char *handle = NULL;

	put_launch(session, argv);
	ok(start_at(&handle, session, uid, "default"));
	assert_non_null(handle);
	return handle;
}

static char *start_sh(const char *session, const char *uid, const char *script)
{
	return start(session, uid, ARGV("sh", "-c", script));
}

static struct runtime_fact probe(const char *handle, const char *uid, bool screen)
{
	struct runtime_fact f = { 0 };

	ok(rt->probe(&f, &(struct runtime_ref){ handle, uid }, &screen, 1));
	return f;
}

static enum tri exists(const char *handle, const char *uid)
{
	AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, uid, false);

	return f.exists;
}

struct look {
	const char *handle, *uid, *text;
};

static bool is_shown(void *argument)
{
	struct look *l = argument;
	AUTO(runtime_fact_release) struct runtime_fact f = probe(l->handle, l->uid, true);

	return f.screen && strstr(f.screen, l->text);
}

static bool is_dead(void *argument)
{
	struct look *l = argument;
	AUTO(runtime_fact_release) struct runtime_fact f = probe(l->handle, l->uid, false);

	return f.dead;
}

static void expect(const char *handle, const char *uid, const char *text)
{
	struct look l = { handle, uid, text };

	if (!reached(is_shown, &l)) {
		AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, uid, true);
		fail_msg("never shown: %s; but: %s", text, f.screen ? f.screen : "nothing");
	}
}

static enum tri held(const char *session)
{
	AUTO(str_release) char *folder = folder_of(session);
	AUTO(str_release) char *path = path_join(folder, "run.lock");

	return lock_held(path);
}

static bool is_free(void *session)
{
	return held(session) == TRI_NO;
}

static char *exit_of(const char *session, const char *key)
{
	AUTO(str_release) char *folder = folder_of(session);
	AUTO(str_release) char *path = path_join(folder, "exit");
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };

	err_drop(file_read(&b, path, 65536), "not there");
	kv_parse(&kv, b.s, b.n, NULL);
	return str_dup(kv_get(&kv, key));
}

static bool has_ended(void *session)
{
	AUTO(str_release) char *code = exit_of(session, "endedAt");

	return code;
}

static char *pane_of(const char *handle)
{
	return str_dup(strrchr(handle, ' ') + 1);
}

/* Starting */

static void test_start(void **state)
{
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "echo hello; exec sleep 1000");
	AUTO(str_release) char *mark = TMUX("show", "-v", "-t", "=t-1:", "@ao");
	AUTO(str_release) char *dir = TMUX("show", "-v", "-t", "=t-1:", "@ao_dir");
	AUTO(str_release)
	char *size = TMUX("display", "-p", "-t", "=t-1:",
		"#{window_width}x#{window_height} #{session_path} #{pane_current_command}");
	AUTO(str_release) char *want = NULL;
	AUTO(str_release) char *folder = folder_of("t-1");

	(void)state;
	expect(handle, UID_1, "hello");
	assert_string_equal(mark, UID_1);
	assert_string_equal(dir, folder);
	str_release(&size);
	size = TMUX("display", "-p", "-t", "=t-1:",
		"#{window_width}x#{window_height} #{session_path} #{pane_current_command}");
	want = str_format("90x25 %s sleep", folder);
	assert_string_equal(size, want);
	assert_int_equal(held("t-1"), TRI_YES);
}

static void test_nothing_global(void **state)
{
	TELL("-f", "/dev/null", "new-session", "-d", "-s", "theirs");
	AUTO(str_release) char *before = TMUX("show", "-g", ";", "show", "-s", ";", "show", "-gw");
	AUTO(str_release) char *hooks = TMUX("show-hooks", "-g");
	AUTO(str_release) char *env = TMUX("show-environment", "-g");
	free(start_sh("t-1", UID_1, "exec sleep 1000"));
	AUTO(str_release) char *after = TMUX("show", "-g", ";", "show", "-s", ";", "show", "-gw");
	AUTO(str_release) char *hooks_after = TMUX("show-hooks", "-g");
	AUTO(str_release) char *env_after = TMUX("show-environment", "-g");
	AUTO(str_release) char *theirs = TMUX("show", "-t", "=theirs:");

	(void)state;
	assert_string_equal(before, after);
	assert_string_equal(hooks, hooks_after);
	assert_string_equal(env, env_after);
	assert_string_equal(theirs, "");
}

static void test_taken_by_a_stranger(void **state)
{
	TELL("new-session", "-d", "-s", "t-1", "sleep 1000");
	AUTO(str_release) char *handle = NULL;
	AUTO(err_release) struct err *e = NULL;
	AUTO(str_release) char *mark = NULL;

	(void)state;
	put_launch("t-1", ARGV("true"));
	e = start_at(&handle, "t-1", UID_1, "default");
	assert_non_null(e);
	assert_int_equal(e->class, ERR_REFUSED);
	assert_null(handle);
	mark = TMUX("show", "-t", "=t-1:");
	assert_string_equal(mark, "");
	assert_int_equal(rt->name_taken("default", "t-1"), TRI_YES);
	assert_int_equal(rt->name_taken("default", "t-10"), TRI_NO);
}

static void test_t_1_is_not_t_10(void **state)
{
	free(start_sh("t-10", UID_1, "exec sleep 1000"));

	(void)state;
	assert_int_equal(rt->name_taken("default", "t-1"), TRI_NO);
	assert_int_equal(rt->name_taken("default", "t-10"), TRI_YES);
	AUTO(str_release) char *second = start_sh("t-1", UID_2, "exec sleep 1000");
	assert_int_equal(exists(second, UID_2), TRI_YES);
	assert_int_equal(exists(second, UID_1), TRI_NO);
}

static void test_name_taken_without_server(void **state)
{
	(void)state;
	assert_int_equal(rt->name_taken("default", "t-1"), TRI_NO);
	assert_int_equal(rt->name_taken("second", "t-1"), TRI_NO);
	assert_true(no_session(NULL));
}

static void test_no_tmux_is_unknown(void **state)
{
	AUTO(str_release) char *handle = str_format("%s/tmux-0/default $0 %%0", top);
	AUTO(str_release) char *path = str_dup(getenv("PATH"));
	struct runtime_mark *marks = NULL;
	size_t n = 0;
	bool known = true;

	(void)state;
	setenv("PATH", top, 1);
	enum tri taken = rt->name_taken("default", "t-1"), there = exists(handle, UID_1);
	ok(rt->marks(&marks, &n, &known, "default"));
	setenv("PATH", path, 1);
	assert_int_equal(taken, TRI_UNKNOWN);
	assert_int_equal(there, TRI_UNKNOWN);
	assert_false(known);
}

/* A tmux that answers nothing is not a dead session. */
static void test_hanging_server_is_unknown(void **state)
{
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *pid = TMUX("display", "-p", "#{pid}");

	(void)state;
	kill(atoi(pid), SIGSTOP);
	enum tri there = exists(handle, UID_1);
	kill(atoi(pid), SIGCONT);
	assert_int_equal(there, TRI_UNKNOWN);
	assert_int_equal(exists(handle, UID_1), TRI_YES);
}

static void test_no_permission_is_unknown(void **state)
{
	AUTO(str_release) char *path = path_join(top, "loop");
	AUTO(str_release) char *handle = str_format("%s $0 %%0", path);

	(void)state;
	assert_int_equal(
		symlink("loop", path), 0); /* root may everything; ELOOP stops root as well */
	assert_int_equal(exists(handle, UID_1), TRI_UNKNOWN);
}

static void test_full_of_surprises(void **state)
{
	(void)state;
	conf("set -g destroy-unattached on\nset -g remain-on-exit on\nset -g base-index 1\n"
	     "setw -g pane-base-index 1\nset -g prefix C-a\nset -g default-command 'false'\n"
	     "set -g default-shell /bin/false\nset -g detach-on-destroy off\nset -s exit-empty "
	     "off\n"
	     "set -g status off\nset -g default-terminal screen\nset -g history-limit 0\n"
	     "set -g mouse on\nset -s escape-time 5000\nsetw -g automatic-rename on\n"
	     "setw -g allow-rename on\nsetw -g synchronize-panes on\nset -g renumber-windows on\n"
	     "set -g update-environment 'AO_X PATH'\nset -g lock-after-time 1\nbogus mistake\n");
	AUTO(str_release)
	char *handle = start_sh("t-1", UID_1, "echo up; read x; echo got $x; read x; exit 3");
	enum runtime_answer answer;

	expect(handle, UID_1, "up");
	AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, UID_1, false);
	assert_false(f.in_mode); /* the mistake is shown in a mode */
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("o", "k", "Enter")));
	assert_int_equal(answer, RUNTIME_DONE);
	expect(handle, UID_1, "got ok");
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("Enter")));
	assert_true(reached(has_ended, (char[]){ "t-1" }));
	AUTO(str_release) char *code = exit_of("t-1", "code");
	assert_string_equal(code, "3");
}

/* A hook that ends every new session: one clear line, nothing left, no server of ours broken. */
static void test_hostile_hook(void **state)
{
	AUTO(str_release) char *handle = NULL;
	AUTO(err_release) struct err *e = NULL;

	(void)state;
	conf("set -s exit-empty off\nset-hook -g after-new-session 'kill-session'\n");
	put_launch("t-1", ARGV("sleep", "1000"));
	e = start_at(&handle, "t-1", UID_1, "default");
	assert_non_null(e);
	assert_null(handle);
	assert_null(strchr(e->text, '\n'));
	assert_non_null(strstr(e->text, "t-1"));
	assert_true(reached(is_free, (char[]){ "t-1" }));
}

/* A hook that renames it: it cannot be marked, so it is taken back. */
static void test_renaming_hook(void **state)
{
	AUTO(str_release) char *handle = NULL;
	AUTO(err_release) struct err *e = NULL;
	AUTO(str_release) char *left = NULL;

	(void)state;
	conf("set -s exit-empty off\nset-hook -g after-new-session 'rename-session other'\n");
	put_launch("t-1", ARGV("sleep", "1000"));
	e = start_at(&handle, "t-1", UID_1, "default");
	assert_non_null(e);
	assert_non_null(strstr(e->text, "hook"));
	left = TMUX("list-sessions");
	assert_string_equal(left, "");
}

static void touch_canary(const char *name)
{
	AUTO(str_release) char *path = path_join(top, name);

	assert_false(path_exists(path));
}

/* Formats in a path run nothing; odd paths and sockets survive the handle. */
static void test_paths_are_text(void **state)
{
	AUTO(str_release) char *odd = str_format("%s/a b#(touch %s/P)#{pid} é;", top, top);
	AUTO(str_release) char *folder = path_join(odd, "t-1");
	AUTO(str_release) char *launch = path_join(folder, "launch");
	AUTO(str_release) char *from = NULL;
	AUTO(str_release) char *handle = NULL;
	AUTO(str_release) char *said = NULL;
	struct launch l = { "t-1", UID_1, folder, "default", odd, 80, 24 };

	(void)state;
	put_launch("t-1", ARGV("sleep", "1000"));
	from = str_format("%s/t-1/launch", top);
	ok(file_make_dirs(folder));
	assert_int_equal(rename(from, launch), 0);
	setenv("TMUX_TMPDIR", odd, 1);
	ok(rt->start(&handle, &l));
	assert_true(str_starts(handle, odd));
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	said = TMUX("display", "-p", "-t", "=t-1:", "#{session_path}|#{@ao_dir}");
	struct runtime_mark *marks = NULL;
	size_t n = 0;
	bool known = false;
	ok(rt->marks(&marks, &n, &known, "default"));
	enum runtime_answer answer;
	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
	setenv("TMUX_TMPDIR", top, 1);
	assert_int_equal(answer, RUNTIME_DONE);
	assert_int_equal(n, 1);
	assert_string_equal(marks[0].folder, folder);
	assert_string_equal(marks[0].handle, handle);
	runtime_marks_free(marks, n);
	AUTO(str_release) char *want = str_format("%s|%s", odd, folder);
	assert_string_equal(said, want);
	touch_canary("P");
}

static void test_second_server(void **state)
{
	AUTO(str_release) char *first = start_sh("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *second = NULL;
	AUTO(str_release) char *line = rt->attach_line("second", "t-1");

	(void)state;
	put_launch("t-2", ARGV("sleep", "1000"));
	assert_int_equal(rt->name_taken("second", "t-1"), TRI_NO);
	ok(start_at(&second, "t-2", UID_2, "second"));
	assert_non_null(strstr(second, "/second "));
	assert_int_equal(rt->name_taken("second", "t-2"), TRI_YES);
	assert_int_equal(rt->name_taken("default", "t-2"), TRI_NO);
	assert_int_equal(exists(first, UID_1), TRI_YES);
	assert_int_equal(exists(second, UID_2), TRI_YES);
	assert_int_equal(exists(second, UID_1), TRI_NO);
	assert_string_equal(line, "tmux -L second attach -t t-1");
}

/* The server's last session ends while ours is made: it must be there in the end. */
static void test_server_just_ending(void **state)
{
	AUTO(str_release) char *out = NULL;

	(void)state;
	for (int i = 0; i < 40; i++) {
		AUTO(str_release) char *handle = NULL;
		TELL("new-session", "-d", "-s", "short", "sleep 1000");
		struct run_result r = { 0 };
		pid_t pid;

		put_launch("t-1", ARGV("sleep", "1000"));
		pid = fork();
		if (pid == 0) {
			usleep((useconds_t)(i * 100));
			execlp("tmux", "tmux", "kill-session", "-t", "=short", (char *)NULL);
			_exit(1);
		}
		ok(start_at(&handle, "t-1", UID_1, "default"));
		waitpid(pid, NULL, 0);
		assert_int_equal(exists(handle, UID_1), TRI_YES);
		str_release(&out);
		out = TMUX("kill-server");
		assert_true(reached(no_session, NULL));
		assert_true(reached(is_free, (char[]){ "t-1" }));
		run_result_release(&r);
	}
}

/* A server that ends while it is asked: whoever has connected hears "server exited unexpectedly". */

static bool is_asked(void *socket)
{
	AUTO(buf_release) struct buf b = { 0 };
	int sockets = 0;

	ok(file_read(&b, "/proc/net/unix", 16 << 20));
	for (const char *at = buf_text(&b); (at = strstr(at, socket)); at += strlen(socket))
		sockets++;
	return sockets > 1; /* the one that listens, and one for who waits */
}

static bool is_alone(void *socket)
{
	return !is_asked(socket);
}

/* The default server stands still until somebody asks it, and ends then. */
static pid_t end_when_asked(const char *handle)
{
	AUTO(str_release) char *server = TMUX("display", "-p", "#{pid}");
	AUTO(str_release) char *socket = str_ndup(handle, strcspn(handle, " "));
	pid_t pid;

	assert_true(reached(is_alone, socket)); /* we asked for its pid */
	kill(atoi(server), SIGSTOP);
	pid = fork();
	if (pid == 0) {
		reached(is_asked, socket);
		kill(atoi(server), SIGKILL);
		_exit(0);
	}
	return pid;
}

static enum runtime_answer answer_of_stop(const struct runtime_ref *r)
{
	enum runtime_answer answer = RUNTIME_DONE;

	ok(rt->stop(&answer, r));
	return answer;
}

static enum runtime_answer answer_of_press(const struct runtime_ref *r)
{
	enum runtime_answer answer = RUNTIME_DONE;

	ok(rt->press(&answer, r, ARGV("Enter")));
	return answer;
}

static enum runtime_answer answer_of_paste(const struct runtime_ref *r)
{
	enum runtime_answer answer = RUNTIME_DONE;

	ok(rt->paste(&answer, r, "ao-1", "x", 1));
	return answer;
}

static enum runtime_answer answer_of_probe(const struct runtime_ref *r)
{
	return exists(r->handle, r->uid) == TRI_NO ? RUNTIME_NOTOURS : RUNTIME_DONE;
}

static enum runtime_answer answer_of_marks(const struct runtime_ref *r)
{
	struct runtime_mark *marks = NULL;
	bool known = false;
	size_t n = 0;

	(void)r;
	ok(rt->marks(&marks, &n, &known, "default"));
	runtime_marks_free(marks, n);
	return known && n == 0 ? RUNTIME_NOTOURS : RUNTIME_DONE;
}

static enum runtime_answer answer_of_name(const struct runtime_ref *r)
{
	(void)r;
	return rt->name_taken("default", "t-1") == TRI_NO ? RUNTIME_NOTOURS : RUNTIME_DONE;
}

static enum runtime_answer answer_of_start(const struct runtime_ref *r)
{
	AUTO(str_release) char *handle = start_sh("t-2", UID_2, "exec sleep 1000");

	assert_int_equal(exists(handle, UID_2), TRI_YES);
	return answer_of_probe(r);
}

static void test_server_ends_when_asked(void **state)
{
	static const struct {
		const char *name;
		enum runtime_answer (*ask)(const struct runtime_ref *r);
	} cases[] = {
		{ "stop", answer_of_stop },
		{ "press", answer_of_press },
		{ "paste", answer_of_paste },
		{ "probe", answer_of_probe },
		{ "marks", answer_of_marks },
		{ "name_taken", answer_of_name },
		{ "start", answer_of_start },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exec sleep 1000");
		pid_t pid = end_when_asked(handle);

		print_message("%s\n", cases[i].name);
		assert_int_equal(
			cases[i].ask(&(struct runtime_ref){ handle, UID_1 }), RUNTIME_NOTOURS);
		waitpid(pid, NULL, 0);
		assert_true(reached(is_free, (char[]){ "t-1" }));
	}
}

/* The last session is ended, and the server on its way out is asked at once. */
static void test_stop_the_last(void **state)
{
	enum runtime_answer answer;

	(void)state;
	for (int i = 0; i < 20; i++) {
		AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exec sleep 1000");
		ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
		assert_int_equal(answer, RUNTIME_DONE);
		if (i % 2)
			usleep((useconds_t)(i * 50));
		ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
		assert_int_equal(answer, RUNTIME_NOTOURS);
		assert_int_equal(exists(handle, UID_1), TRI_NO);
		assert_true(reached(is_free, (char[]){ "t-1" }));
	}
}

/* Leaks */

static bool only_known_descriptors(const char *pid, const char *forbidden)
{
	AUTO(str_release) char *dir = str_format("/proc/%s/fd", pid);
	AUTO(strv_release) struct strv fds = { 0 };

	ok(file_list(&fds, dir));
	assert_true(fds.n > 0);
	STRV_EACH(fd, &fds) {
		AUTO(str_release) char *path = path_join(dir, *fd);
		char target[512];
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strstr(target, forbidden) || strstr(target, "run.lock"))
			return false;
	}
	return true;
}

static void test_no_descriptor_leaks(void **state)
{
	AUTO(str_release) char *secret = path_join(top, "descriptor-of-ours");
	int fd = open(secret, O_RDWR | O_CREAT, 0600); /* on purpose without O_CLOEXEC */
	int high = fcntl(fd, F_DUPFD, 700);
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "echo up; exec sleep 1000");
	AUTO(str_release) char *server = TMUX("display", "-p", "#{pid}");
	AUTO(str_release) char *path = str_format("%s/t-1/run", top);
	AUTO(str_release) char *cwd = str_format("/proc/%s/cwd", server);
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };
	char where[512] = "";

	(void)state;
	close(fd);
	close(high);
	assert_true(only_known_descriptors(server, "descriptor-of-ours"));
	expect(handle, UID_1, "up"); /* it runs: until its exec it has what ao-run has */
	ok(file_read(&b, path, 4096));
	kv_parse(&kv, b.s, b.n, NULL);
	assert_true(only_known_descriptors(kv_get(&kv, "pid"), "descriptor-of-ours"));
	assert_true(readlink(cwd, where, sizeof(where) - 1) > 0);
	assert_string_equal(where, "/"); /* the server pins no folder */
}

/* A server started by us tells its windows nothing of us but AO_KEEP, which spares it. */
static void test_environment_of_the_server(void **state)
{
	(void)state;
	setenv("AO_SECRET", "x", 1);
	free(start_sh("t-1", UID_1, "exec sleep 1000"));
	unsetenv("AO_SECRET");
	AUTO(str_release) char *env = TMUX("show-environment", "-g");
	assert_null(strstr(env, "AO_SECRET"));
	assert_non_null(strstr(env, "AO_KEEP=1"));
}

/* Probing */

static void test_probe_many(void **state)
{
	AUTO(str_release)
	char *a = start_sh("t-1", UID_1,
		"printf '\\033]2;a|b \\047x\\047 é\\007\\033[31mred\\033[0m\\n\\n'; exec sleep "
		"1000");
	AUTO(str_release) char *b = start_sh("t-2", UID_2, "echo two; exec sleep 1000");
	AUTO(str_release) char *gone = str_format("%.*s%%99", (int)(strlen(a) - 2), a);
	struct runtime_ref refs[] = { { a, UID_1 }, { gone, UID_1 }, { b, UID_2 }, { b, UID_1 },
		{ "/nonexistent/x $0 %0", UID_1 }, { "nonsense", UID_1 }, { a, "x,y}" } };
	const bool want[] = { true, true, true, true, true, true, true };
	struct runtime_fact f[COUNT_OF(refs)];

	(void)state;
	expect(a, UID_1, "red");
	expect(b, UID_2, "two");
	ok(rt->probe(f, refs, want, COUNT_OF(refs)));
	assert_int_equal(f[0].exists, TRI_YES);
	assert_string_equal(f[0].title, "a|b 'x' é");
	assert_true(str_starts(f[0].screen, "\033[31mred"));
	assert_true(str_ends(f[0].screen, "\n"));
	assert_true(f[0].output_at > clock_wall() - 60000 && f[0].output_at <= clock_wall());
	assert_int_equal(f[0].typed_at, 0);
	assert_int_equal(f[1].exists, TRI_NO);
	assert_null(f[1].screen);
	assert_int_equal(f[2].exists, TRI_YES);
	assert_true(str_starts(f[2].screen, "two\n"));
	assert_int_equal(f[3].exists, TRI_NO);
	assert_null(f[3].screen);
	assert_int_equal(f[4].exists, TRI_NO);
	assert_int_equal(f[5].exists, TRI_UNKNOWN);
	assert_int_equal(f[6].exists, TRI_UNKNOWN);
	for (size_t i = 0; i < COUNT_OF(refs); i++)
		runtime_fact_release(&f[i]);
}

/* A stranger's @ao, with newlines and all, is never taken for an answer. */
static void test_probe_hostile_marks(void **state)
{
	AUTO(str_release) char *a = start_sh("t-1", UID_1, "exec sleep 1000");
	TELL("new-session", "-d", "-s", "x", "sleep 1000", ";", "set", "-t", "=x:", "@ao",
		"1\n%0 0 0 1 1 1 " UID_2 "\nend\n");
	AUTO(str_release) char *pane = TMUX("display", "-p", "-t", "=x:", "#{pane_id}");
	AUTO(str_release) char *theirs = str_format("%.*s%s", (int)(strlen(a) - 2), a, pane);
	struct runtime_mark *marks = NULL;
	size_t n = 0;
	bool known = false;

	(void)state;
	assert_int_equal(exists(a, UID_1), TRI_YES);
	assert_int_equal(exists(a, UID_2), TRI_NO);
	assert_int_equal(exists(theirs, UID_2), TRI_NO);
	ok(rt->marks(&marks, &n, &known, "default"));
	assert_true(known);
	assert_int_equal(n, 1);
	runtime_marks_free(marks, n);
}

/* More screens than one command list may hold. */
static void test_probe_150_screens(void **state)
{
	enum { N = 150 };
	char *handles[N], *uids[N];
	struct runtime_ref refs[N];
	struct runtime_fact f[N];
	bool want[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		AUTO(str_release) char *id = str_format("t-%d", i);
		AUTO(str_release) char *script = str_format("echo [%d]; exec sleep 1000", i);
		uids[i] = str_format("%032x", i);
		handles[i] = start_sh(id, uids[i], script);
		refs[i] = (struct runtime_ref){ handles[i], uids[i] };
		want[i] = true;
	}
	expect(handles[N - 1], uids[N - 1], "[149]");
	ok(rt->probe(f, refs, want, N));
	for (int i = 0; i < N; i++) {
		AUTO(str_release) char *shown = str_format("[%d]\n", i);
		assert_int_equal(f[i].exists, TRI_YES);
		assert_non_null(f[i].screen);
		assert_true(str_starts(f[i].screen, shown) || i > N - 10);
		runtime_fact_release(&f[i]);
		free(handles[i]);
		free(uids[i]);
	}
}

static void test_copy_mode_is_reported(void **state)
{
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *pane = pane_of(handle);
	TELL("copy-mode", "-t", pane);
	AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, UID_1, false);

	(void)state;
	assert_true(f.in_mode);
}

/* A person's terminal on that session. */
static pid_t attach_person(int *pty, const char *handle, const char *session)
{
	AUTO(strv_release) struct strv argv = { 0 };
	pid_t pid;

	assert_true(rt->attach(&argv, handle, session, false));
	pid = forkpty(pty, NULL, NULL, &(struct winsize){ .ws_row = 25, .ws_col = 90 });
	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		execvp(argv.v[0], argv.v);
		_exit(99);
	}
	fcntl(*pty, F_SETFL, O_NONBLOCK);
	return pid;
}

struct person {
	int pty;
	struct buf seen;
	const char *text;
};

static bool person_sees(void *argument)
{
	struct person *p = argument;
	char bytes[4096];
	ssize_t n;

	while ((n = read(p->pty, bytes, sizeof(bytes))) > 0)
		buf_add(&p->seen, bytes, (size_t)n);
	return strstr(buf_text(&p->seen), p->text);
}

static bool was_typed(void *handle)
{
	AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, UID_1, false);

	return f.typed_at > clock_wall() - 3000;
}

static bool second_passed(void *since)
{
	return clock_wall() / 1000 > *(int64_t *)since + 1;
}

static void test_a_person_types(void **state)
{
	AUTO(str_release)
	char *handle = start_sh("t-1", UID_1, "echo hello; read x; echo got $x; exec sleep 1000");
	struct person p = { .text = "hello" };
	int64_t now = clock_wall() / 1000;
	enum runtime_answer answer;
	pid_t pid;

	(void)state;
	expect(handle, UID_1, "hello");
	assert_true(reached(second_passed, &now)); /* our own keys a second after the start … */
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("a", "BSpace")));
	assert_false(was_typed(handle)); /* … are not a person's */
	pid = attach_person(&p.pty, handle, "t-1");
	assert_true(reached(person_sees, &p));
	assert_int_equal(write(p.pty, "me\r", 3), 3);
	p.text = "got me";
	assert_true(reached(person_sees, &p));
	assert_true(was_typed(handle));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(p.pty);
	buf_release(&p.seen);
}

/* Stopping */

static void test_stop(void **state)
{
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *other = start_sh("t-10", UID_2, "exec sleep 1000");
	enum runtime_answer answer;

	(void)state;
	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_2 }));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
	assert_int_equal(answer, RUNTIME_DONE);
	assert_int_equal(exists(handle, UID_1), TRI_NO);
	assert_true(reached(is_free, (char[]){ "t-1" }));
	assert_int_equal(exists(other, UID_2), TRI_YES);
	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->stop(&answer,
		&(struct runtime_ref){ other, UID_2 })); /* the last one: the server goes */
	assert_int_equal(answer, RUNTIME_DONE);
	ok(rt->stop(&answer, &(struct runtime_ref){ other, UID_2 }));
	assert_int_equal(answer, RUNTIME_NOTOURS);
}

/* A grouped session of the user's shares the window: the agent ends all the same. */
static void test_stop_in_a_group(void **state)
{
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "echo hello; exec sleep 1000");
	TELL("new-session", "-d", "-s", "mine", "-t", "=t-1", ";", "new-window", "-t",
		"=mine:", "sleep 1000");
	enum runtime_answer answer;

	(void)state;
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	expect(handle, UID_1, "hello");
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("Enter")));
	assert_int_equal(answer, RUNTIME_DONE);
	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
	assert_int_equal(answer, RUNTIME_DONE);
	assert_true(reached(is_free, (char[]){ "t-1" }));
	AUTO(str_release) char *left = TMUX("list-sessions", "-F", "#{session_name}");
	assert_string_equal(left, "mine");
}

static void test_stop_a_dead_pane(void **state)
{
	(void)state;
	conf("set -g remain-on-exit on\nset -s exit-empty off\n");
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exit 3");
	enum runtime_answer answer;

	assert_true(reached(has_ended, (char[]){ "t-1" }));
	assert_true(reached(is_free, (char[]){ "t-1" }));
	struct look l = { handle, UID_1, "" };
	assert_true(reached(is_dead, &l));
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("Enter")));
	assert_int_equal(answer, RUNTIME_DEAD);
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", "x", 1));
	assert_int_equal(answer, RUNTIME_DEAD);
	AUTO(str_release) char *buffers = TMUX("list-buffers");
	assert_string_equal(buffers, "");
	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
	assert_int_equal(answer, RUNTIME_DONE);
	assert_int_equal(exists(handle, UID_1), TRI_NO);
}

/* Typing */

static char *start_raw(const char *session, const char *uid)
{
	char *handle = start(session, uid, ARGV(rawtty, "bytes"));

	expect(handle, uid, "ready");
	return handle;
}

struct bytes {
	const char *path;
	size_t n;
	struct buf got;
};

static bool arrived(void *argument)
{
	struct bytes *b = argument;

	buf_cut(&b->got, 0);
	err_drop(file_read(&b->got, b->path, 1 << 20), "not there yet");
	return b->got.n >= b->n;
}

/* The terminal gets exactly this. */
static void assert_arrives(const char *session, const char *bytes, size_t n)
{
	AUTO(str_release) char *path = str_format("%s/%s/bytes", top, session);
	struct bytes b = { path, n, { 0 } };

	if (!reached(arrived, &b))
		fail_msg("%zu bytes of %zu arrived", b.got.n, n);
	assert_int_equal(b.got.n, n);
	assert_memory_equal(b.got.s, bytes, n);
	buf_release(&b.got);
}

static void test_paste_is_exact(void **state)
{
	static const char text[] =
		"-n 'q' \"$(id)\" `x` \\ #{pid} #(x) %1 a\tb é漢🙂;\nlast line;";
	AUTO(str_release) char *handle = start_raw("t-1", UID_1);
	AUTO(buf_release) struct buf want = { 0 };
	enum runtime_answer answer;

	(void)state;
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", text, strlen(text)));
	assert_int_equal(answer, RUNTIME_DONE);
	buf_adds(&want, "\033[200~");
	for (const char *c = text; *c; c++)
		buf_addc(&want, *c == '\n' ? '\r' : *c);
	buf_adds(&want, "\033[201~");
	assert_arrives("t-1", want.s, want.n);
	AUTO(str_release) char *buffers = TMUX("list-buffers");
	assert_string_equal(buffers, "");
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 },
		ARGV("C-u", "Escape", "'", "\"", ";", "$", "\\", "-", "#", "é", "Enter")));
	assert_int_equal(answer, RUNTIME_DONE);
	buf_adds(&want, "\025\033'\";$\\-#é\r");
	assert_arrives("t-1", want.s, want.n);
}

static void test_paste_of_400_kilobytes(void **state)
{
	AUTO(str_release) char *handle = start_raw("t-1", UID_1);
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf want = { 0 };
	enum runtime_answer answer;

	(void)state;
	buf_adds(&want, "\033[200~");
	for (int i = 0; text.n < 400000; i++) {
		buf_addf(&text, "%d bottles\n", i);
		buf_addf(&want, "%d bottles\r", i);
	}
	buf_adds(&want, "\033[201~");
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", text.s, text.n));
	assert_int_equal(answer, RUNTIME_DONE);
	assert_arrives("t-1", want.s, want.n);
}

static void test_not_ours_gets_nothing(void **state)
{
	AUTO(str_release) char *handle = start_raw("t-1", UID_1);
	AUTO(str_release) char *gone = str_format("%.*s%%99", (int)(strlen(handle) - 2), handle);
	enum runtime_answer answer;

	(void)state;
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_2 }, "ao-1", "x", 1));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_2 }, ARGV("Enter")));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->paste(&answer, &(struct runtime_ref){ gone, UID_1 }, "ao-1", "x", 1));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->press(&answer, &(struct runtime_ref){ gone, UID_1 }, ARGV("Enter")));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	AUTO(str_release) char *buffers = TMUX("list-buffers");
	assert_string_equal(buffers, "");
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("z")));
	assert_arrives("t-1", "z", 1);
	TELL("kill-server");
	assert_true(reached(no_session, NULL));
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", "x", 1));
	assert_int_equal(answer, RUNTIME_NOTOURS);
}

/* The pane's program ends at a random instant around the paste; the server must live. */
static void paste_into_dying(const char *config, int tries)
{
	enum runtime_answer answer;
	int answers[3] = { 0 };

	conf(config);
	TELL("new-session", "-d", "-s", "keeper", "sleep 1000");
	AUTO(str_release) char *server = TMUX("display", "-p", "#{pid}");
	srandom(7);
	for (int i = 0; i < tries; i++) {
		AUTO(str_release) char *handle = start("t-1", UID_1, ARGV("sleep", "1000"));
		AUTO(str_release) char *path = str_format("%s/t-1/run", top);
		AUTO(buf_release) struct buf b = { 0 };
		AUTO(kv_release) struct kv kv = { 0 };
		pid_t killer, agent;

		while (b.n == 0)
			err_drop(file_read(&b, path, 4096), "not there yet");
		kv_parse(&kv, b.s, b.n, NULL);
		agent = atoi(kv_get(&kv, "pid"));
		killer = fork();
		if (killer == 0) {
			usleep((useconds_t)(random() % 7000));
			kill(agent, SIGKILL);
			_exit(0);
		}
		random();
		ok(rt->paste(
			&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", "hello\nyou", 9));
		answers[answer]++;
		waitpid(killer, NULL, 0);
		ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
		assert_true(reached(is_free, (char[]){ "t-1" }));
		ok(file_remove(path));
	}
	AUTO(str_release) char *now = TMUX("display", "-p", "#{pid}");
	AUTO(str_release) char *buffers = TMUX("list-buffers");
	assert_string_equal(server, now);
	assert_string_equal(buffers, "");
	assert_true(answers[RUNTIME_DONE] > 0);
	assert_true(answers[RUNTIME_DEAD] + answers[RUNTIME_NOTOURS] > 0);
	print_message("pasted %d, dead %d, gone %d\n", answers[RUNTIME_DONE], answers[RUNTIME_DEAD],
		answers[RUNTIME_NOTOURS]);
}

static void test_paste_into_dying_that_remain(void **state)
{
	(void)state;
	paste_into_dying("set -g remain-on-exit on\n", 150);
}

static void test_paste_into_dying_that_go(void **state)
{
	(void)state;
	paste_into_dying("set -g remain-on-exit off\n", 150);
}

/* The trap itself, so that we notice when it is gone: not guarded, the server crashes. */
static void test_the_crash_is_real(void **state)
{
	(void)state;
	conf("set -g remain-on-exit on\n");
	AUTO(str_release) char *handle = start_sh("t-1", UID_1, "exit 0");
	struct look l = { handle, UID_1, "" };

	assert_true(reached(is_dead, &l));
	TELL("set-buffer", "-b", "x", "text", ";", "paste-buffer", "-p", "-b", "x", "-t", "=t-1:");
	if (exists(handle, UID_1) == TRI_YES)
		print_message("this tmux survives a paste into a dead pane\n");
	else
		print_message("this tmux crashes at a paste into a dead pane\n");
}

/* Marks and attaching */

static void test_marks(void **state)
{
	struct runtime_mark *marks = NULL;
	size_t n = 7;
	bool known = false;

	(void)state;
	ok(rt->marks(&marks, &n, &known, "default"));
	assert_true(known);
	assert_int_equal(n, 0);
	AUTO(str_release) char *a = start_sh("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *b = start_sh("t-2", UID_2, "exec sleep 1000");
	TELL("new-session", "-d", "-s", "x", "sleep 1000");
	TELL("split-window", "-b", "-t", "=t-1:", "sleep 1000");
	AUTO(str_release) char *folder = folder_of("t-1");
	ok(rt->marks(&marks, &n, &known, "default"));
	assert_true(known);
	assert_int_equal(n, 2);
	assert_string_equal(marks[0].handle, a);
	assert_string_equal(marks[0].uid, UID_1);
	assert_string_equal(marks[0].session, "t-1");
	assert_string_equal(marks[0].folder, folder);
	assert_false(marks[0].dead);
	assert_string_equal(marks[1].handle, b);
	runtime_marks_free(marks, n);
}

static void test_attach(void **state)
{
	AUTO(strv_release) struct strv out = { 0 };
	AUTO(strv_release) struct strv in = { 0 };
	AUTO(strv_release) struct strv fresh = { 0 };
	AUTO(strv_release) struct strv other = { 0 };
	AUTO(str_release) char *line = rt->attach_line("default", "fe-1");

	(void)state;
	assert_true(rt->attach(&out, "/tmp/a,b/default $1 %2", "fe-1", false));
	setenv("TMUX", "/tmp/a,b/default,123,0", 1);
	assert_true(rt->attach(&in, "/tmp/a,b/default $1 %2", "fe-1", false));
	assert_true(rt->attach(&fresh, "/tmp/a,b/default $1 %2", "fe-1", true));
	assert_false(rt->attach(&other, "/tmp/a $1 %2", "fe-1", false));
	unsetenv("TMUX");
	assert_string_equal(line, "tmux attach -t fe-1");
	assert_string_equal(out.v[2], "/tmp/a,b/default");
	assert_string_equal(out.v[3], "attach-session");
	assert_string_equal(out.v[5], "=fe-1");
	assert_string_equal(in.v[3], "switch-client");
	assert_string_equal(fresh.v[3], "attach-session");
	assert_string_equal(other.v[3], "attach-session");
}

/* What ao-run promises, under tmux */

static void test_200_exit_codes(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		AUTO(str_release) char *id = str_format("t-%d", i);
		AUTO(str_release) char *uid = str_format("%032x", i);
		AUTO(str_release) char *script = str_format("exit %d", i);
		AUTO(str_release) char *handle = NULL;
		AUTO(err_release) struct err *e = NULL;
		put_launch(id, ARGV("sh", "-c", script));
		e = start_at(&handle, id, uid, "default"); /* it may be gone before it is marked */
	}
	for (int i = 0; i < 200; i++) {
		AUTO(str_release) char *id = str_format("t-%d", i);
		AUTO(str_release) char *want = str_format("%d", i);
		assert_true(reached(has_ended, id));
		AUTO(str_release) char *code = exit_of(id, "code");
		assert_non_null(code);
		assert_string_equal(code, want);
	}
}

static bool pid_gone(void *pid)
{
	waitpid(*(pid_t *)pid, NULL, WNOHANG);
	return kill(*(pid_t *)pid, 0) < 0 && errno == ESRCH;
}

static void test_server_killed_leaves_nothing(void **state)
{
	AUTO(str_release)
	char *handle = start_sh("t-1", UID_1,
		"setsid sleep 1000 & echo $! >a; (setsid sh -c 'trap \"\" TERM HUP; echo $$ >b; "
		"while :; do sleep 1; done' &); until test -s b; do sleep 0.01; done; echo $$ >c; "
		"echo ready; while :; do sleep 1; done");
	AUTO(str_release) char *server = TMUX("display", "-p", "#{pid}");
	static const char *const names[] = { "a", "b", "c" };

	(void)state;
	expect(handle, UID_1, "ready");
	kill(atoi(server), SIGKILL);
	assert_true(reached(is_free, (char[]){ "t-1" }));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *path = str_format("%s/t-1/%s", top, names[i]);
		AUTO(buf_release) struct buf b = { 0 };
		ok(file_read(&b, path, 100));
		pid_t pid = atoi(b.s);
		assert_true(reached(pid_gone, &pid));
	}
	assert_int_equal(exists(handle, UID_1), TRI_NO);
}

/* The stand-in for an agent, as other tests use it */
static void test_standin(void **state)
{
	AUTO(str_release)
	char *handle = start(
		"t-1", UID_1, ARGV(standin, "--swallow", "1", "--exit-after", "1", "5"));
	struct runtime_ref r = { handle, UID_1 };
	enum runtime_answer answer;

	(void)state;
	expect(handle, UID_1, "at your service");
	ok(rt->paste(&answer, &r, "ao-1", "one\ntwo", 7));
	expect(handle, UID_1, "> one\n  two");
	ok(rt->press(&answer, &r, ARGV("Enter")));
	ok(rt->press(&answer, &r, ARGV("Enter")));
	assert_true(reached(has_ended, (char[]){ "t-1" }));
	AUTO(str_release) char *code = exit_of("t-1", "code");
	assert_string_equal(code, "5");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int find_programs(void **state)
{
	AUTO(str_release) char *run_bin = path_absolute("../../ao-run", path_self_dir());

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	rawtty = path_absolute("../agents/rawtty", path_self_dir());
	standin = path_absolute("../agents/standin", path_self_dir());
	setenv("AO_RUN_BIN", run_bin, 1);
	return runtime_find(&rt, "tmux") ? -1 : 0;
}

static int forget_programs(void **state)
{
	(void)state;
	free(rawtty);
	free(standin);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start),
		TEST(test_nothing_global),
		TEST(test_taken_by_a_stranger),
		TEST(test_t_1_is_not_t_10),
		TEST(test_name_taken_without_server),
		TEST(test_no_tmux_is_unknown),
		TEST(test_hanging_server_is_unknown),
		TEST(test_no_permission_is_unknown),
		TEST(test_full_of_surprises),
		TEST(test_hostile_hook),
		TEST(test_renaming_hook),
		TEST(test_paths_are_text),
		TEST(test_second_server),
		TEST(test_server_just_ending),
		TEST(test_server_ends_when_asked),
		TEST(test_stop_the_last),
		TEST(test_no_descriptor_leaks),
		TEST(test_environment_of_the_server),
		TEST(test_probe_many),
		TEST(test_probe_hostile_marks),
		TEST(test_probe_150_screens),
		TEST(test_copy_mode_is_reported),
		TEST(test_a_person_types),
		TEST(test_stop),
		TEST(test_stop_in_a_group),
		TEST(test_stop_a_dead_pane),
		TEST(test_paste_is_exact),
		TEST(test_paste_of_400_kilobytes),
		TEST(test_not_ours_gets_nothing),
		TEST(test_paste_into_dying_that_remain),
		TEST(test_paste_into_dying_that_go),
		TEST(test_the_crash_is_real),
		TEST(test_marks),
		TEST(test_attach),
		TEST(test_200_exit_codes),
		TEST(test_server_killed_leaves_nothing),
		TEST(test_standin),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, find_programs, forget_programs);
}
