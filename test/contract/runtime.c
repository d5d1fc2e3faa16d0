/*
 * What every runtime promises (slot/runtime.h), tried on each plugin that slot/runtimes.def names, with the
 * real ao-run and real processes. What a plugin declares that it cannot do is not asked of it. What is
 * particular to one (tmux's servers, copy mode, hooks) stands in its own test in test/unit.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/launch.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/run.h"
#include "slot/runtime.h"

/* after ours: it defines fail() as a macro */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LONG_MS = 60000 };

#define UID_1 "11111111111111111111111111111111"
#define UID_2 "22222222222222222222222222222222"
/* a raw terminal that asked for bracketed pastes; its title says when it is ready */
#define RAW "stty raw -echo; printf '\\033[?2004h\\033]2;ready\\033\\\\'; exec cat >bytes"
#define PLAIN "stty raw -echo; printf '\\033]2;ready\\a'; exec cat >bytes"

static const struct runtime *rt;
static char *top; /* HOME, TMUX_TMPDIR and the sessions' folders */

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static bool reached(bool (*condition)(const void *), const void *argument)
{
	for (int64_t until = clock_mono() + LONG_MS; clock_mono() < until; usleep(2000)) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (condition(argument))
			return true;
	}
	return condition(argument);
}

static char *folder_of(const char *session)
{
	return path_join(top, session);
}

static void put_launch(const char *session, const char *script)
{
	AUTO(str_release) char *folder = folder_of(session);
	AUTO(str_release) char *path = path_join(folder, "launch");
	AUTO(str_release) char *mark = str_format("AO_SESSION_DIR=%s", folder);
	AUTO(launch_file_release) struct launch_file l = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	l.cwd = str_dup(folder);
	l.mask = 022;
	strv_add_all(&l.argv, ARGV("sh", "-c", script));
	strv_add_all(&l.env, ARGV("PATH=/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8", mark));
	launch_encode(&b, &l);
	ok(file_make_dirs(folder));
	for (size_t i = 0; i < 2; i++) { /* of an earlier run */
		AUTO(str_release) char *old = path_join(folder, i ? "run" : "exit");
		ok(file_remove(old));
	}
	ok(file_replace(path, b.s, b.n, FILE_VOLATILE));
}

static struct err *start_only(char **handle, const char *session, const char *uid)
{
	AUTO(str_release) char *folder = folder_of(session);

	return rt->start(
		handle, &(struct launch){ session, uid, folder, "default", folder, 90, 25 });
}

/* What the agent's run left in its folder; "" not there. */
static char *said(const char *session, const char *file)
{
	AUTO(str_release) char *folder = folder_of(session);
	AUTO(str_release) char *path = path_join(folder, file);
	AUTO(buf_release) struct buf b = { 0 };

	err_drop(file_read(&b, path, 1 << 20), "not there yet");
	return str_dup(buf_text(&b));
}

static char *recorded(const char *session, const char *file, const char *key)
{
	AUTO(str_release) char *text = said(session, file);
	AUTO(kv_release) struct kv kv = { 0 };

	kv_parse(&kv, text, strlen(text), NULL);
	return str_dup(kv_get(&kv, key));
}

static void assert_exit(const char *session, const char *key, const char *value)
{
	AUTO(str_release) char *text = said(session, "exit");
	AUTO(str_release) char *line = str_format("%s=%s\n", key, value);

	if (!strstr(text, line))
		fail_msg("no %s=%s in: %s", key, value, text);
}

static pid_t pid_of(const char *session, const char *key)
{
	AUTO(str_release) char *pid = recorded(session, "run", key);

	return pid ? atoi(pid) : 0;
}

static bool is_up(const void *session)
{
	return pid_of(session, "pid") > 0;
}

static bool has_ended(const void *session)
{
	AUTO(str_release) char *folder = folder_of(session);
	AUTO(str_release) char *lock = path_join(folder, "run.lock");

	return lock_held(lock) == TRI_NO;
}

static char *start(const char *session, const char *uid, const char *script)
{
	char *handle = NULL;

	put_launch(session, script);
	ok(start_only(&handle, session, uid));
	assert_non_null(handle);
	assert_true(reached(is_up, session));
	return handle;
}

static bool is_done(const void *session)
{
	AUTO(str_release) char *done = said(session, "done");

	return *done;
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

static bool is_gone(const void *handle)
{
	return exists(handle, UID_1) == TRI_NO;
}

static bool is_ready(const void *handle)
{
	AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, UID_1, false);

	return str_equal(f.title, "ready");
}

static char *start_ready(const char *session, const char *script)
{
	char *handle = start(session, UID_1, script);

	if (!reached(is_ready, handle))
		fail_msg("%s never became ready", session);
	return handle;
}

static int set_up(void **state)
{
	char dir[] = "/tmp/aocXXXXXX";

	rt = *state;
	top = str_dup(mkdtemp(dir));
	setenv("HOME", top, 1);
	setenv("TMUX_TMPDIR", top, 1);
	return 0;
}

static void find_ours(struct pids *out)
{
	AUTO(str_release) char *entry = str_format("HOME=%s", top);
	AUTO(strv_release) struct strv names = { 0 };

	proc_with_env(out, entry, NULL);
	err_drop(file_list(&names, top), "none, then");
	STRV_EACH(name, &names) {
		AUTO(str_release) char *mark = str_format("AO_SESSION_DIR=%s/%s", top, *name);
		proc_with_env(out, mark, NULL);
	}
}

static bool none_left(const void *ignored)
{
	AUTO(pids_release) struct pids left = { 0 };

	(void)ignored;
	find_ours(&left);
	return !left.n;
}

/* Each test stops what it started; what is left then, was left by the plugin. tmux's server goes with
 * its last session. */
static int tear_down(void **state)
{
	bool clean = reached(none_left, NULL);
	AUTO(pids_release) struct pids left = { 0 };

	(void)state;
	find_ours(&left);
	for (size_t i = 0; i < left.n; i++) {
		AUTO(strv_release) struct strv words = { 0 };
		proc_words(&words, left.v[i]);
		print_message("left: %d %s\n", (int)left.v[i], words.n ? words.v[0] : "?");
		kill(left.v[i], SIGKILL);
	}
	err_drop(file_remove_tree(top), "a folder in /tmp");
	str_release(&top);
	return clean ? 0 : -1;
}

static void end(const char *handle, const char *session)
{
	enum runtime_answer answer;

	ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
	assert_true(reached(has_ended, session));
}

/* ---- starting -------------------------------------------------------------------------------- */

static void test_start(void **state)
{
	AUTO(str_release)
	char *handle = start(
		"t-1", UID_1, "tty >tty; stty size >size; echo x >done; exec sleep 1000");
	AUTO(str_release) char *tty = NULL;
	AUTO(str_release) char *size = NULL;
	AUTO(str_release) char *second = NULL;
	struct err *e;

	(void)state;
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	e = start_only(&second, "t-1", UID_2);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_REFUSED);
	err_free(e);
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	assert_true(reached(is_done, "t-1"));
	tty = said("t-1", "tty");
	size = said("t-1", "size");
	assert_true(str_starts(tty, "/dev/"));
	assert_string_equal(size, "25 90\n");
	end(handle, "t-1");
}

static void test_names(void **state)
{
	AUTO(str_release) char *handle = NULL;

	(void)state;
	assert_int_equal(rt->name_taken("default", "t-1"), TRI_NO);
	handle = start("t-1", UID_1, "exec sleep 1000");
	assert_int_equal(rt->name_taken("default", "t-1"), rt->names ? TRI_YES : TRI_NO);
	assert_int_equal(rt->name_taken("default", "t-10"), TRI_NO);
	assert_int_equal(rt->name_taken("default", "t-"), TRI_NO);
	end(handle, "t-1");
}

static void test_environment(void **state)
{
	AUTO(str_release) char *handle = NULL;
	AUTO(str_release) char *env = NULL;

	(void)state;
	setenv("OURS", "not the agent's", 1);
	handle = start("t-1", UID_1, "env >env; echo x >done; exec sleep 1000");
	unsetenv("OURS");
	assert_true(reached(is_done, "t-1"));
	env = said("t-1", "env");
	assert_non_null(strstr(env, "LANG=C.UTF-8\n"));
	assert_non_null(strstr(env, "TERM="));
	assert_null(strstr(env, "OURS="));
	assert_null(strstr(env, "AO_KEEP="));
	end(handle, "t-1");
}

/* The name of a unix socket is short. */
static void test_long_folder(void **state)
{
	char session[65];
	AUTO(str_release) char *old = top;
	AUTO(str_release) char *handle = NULL;

	(void)state;
	memset(session, 'x', 64);
	session[64] = '\0';
	top = str_format("%s/%s/%s", old, session, session);
	handle = start(session, UID_1, "exec sleep 1000");
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	end(handle, session);
	assert_true(reached(is_gone, handle));
	str_release(&top);
	top = str_dup(old);
}

static void test_no_descriptor_leaks(void **state)
{
	AUTO(strv_release) struct strv before = { 0 }, after = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		AUTO(str_release) char *handle = start_ready("t-1", RAW);
		enum runtime_answer answer;
		ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", "x", 1));
		end(handle, "t-1");
		assert_true(reached(is_gone, handle));
		ok(file_list(i ? &after : &before, "/proc/self/fd"));
	}
	assert_int_equal(after.n, 3 * before.n);
}

/* ---- ending ---------------------------------------------------------------------------------- */

static void test_stop(void **state)
{
	AUTO(str_release)
	char *handle = start(
		"t-1", UID_1, "(trap '' TERM HUP; setsid sleep 1000)& exec sleep 1000");
	struct runtime_ref r = { handle, UID_1 };
	enum runtime_answer answer;

	(void)state;
	ok(rt->stop(&answer, &r));
	assert_int_equal(answer, RUNTIME_DONE);
	assert_true(reached(has_ended, "t-1"));
	assert_true(reached(is_gone, handle));
	assert_exit("t-1", "signal", "15");
	ok(rt->stop(&answer, &r));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->paste(&answer, &r, "ao-1", "x", 1));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->press(&answer, &r, ARGV("Enter")));
	assert_int_equal(answer, RUNTIME_NOTOURS);
}

static void test_again_in_its_place(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		AUTO(str_release) char *handle = start("t-1", UID_1, "exec sleep 1000");
		enum runtime_answer answer;
		ok(rt->stop(&answer, &(struct runtime_ref){ handle, UID_1 }));
		assert_true(reached(has_ended, "t-1"));
	}
}

static void test_exit_code(void **state)
{
	AUTO(str_release) char *handle = NULL;

	(void)state;
	put_launch("t-1", "exit 7");
	ok(start_only(&handle, "t-1", UID_1));
	assert_true(reached(is_up, "t-1"));
	assert_true(reached(has_ended, "t-1"));
	assert_exit("t-1", "code", "7");
	assert_true(reached(is_gone, handle));
}

/* Who holds the terminal is killed: nothing of the session stays. */
static void test_holder_killed(void **state)
{
	AUTO(str_release)
	char *handle = start("t-1", UID_1, "setsid sleep 1000 & exec sleep 1000");
	struct proc p;

	(void)state;
	assert_true(proc_read(&p, pid_of("t-1", "supervisor")));
	assert_true(p.parent > 1 && p.parent != getpid());
	kill(p.parent, SIGKILL);
	assert_true(reached(has_ended, "t-1"));
	assert_true(reached(is_gone, handle));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void test_probe_many(void **state)
{
	static const char *const broken[] = { "", "x", "/tmp $1", "- - - /tmp" };
	enum { RUNS = 5, N = 3 * RUNS + COUNT_OF(broken) };
	struct runtime_ref refs[N];
	struct runtime_fact facts[N];
	char *handles[RUNS];

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		AUTO(str_release) char *session = str_format("t-%d", i);
		enum runtime_answer answer;
		handles[i] = start(session, UID_1, "exec sleep 1000");
		refs[i] = (struct runtime_ref){ handles[i], UID_1 };
		refs[RUNS + i] = (struct runtime_ref){ handles[i], UID_2 };
		refs[2 * RUNS + i] = (struct runtime_ref){ handles[i], "not a mark" };
		if (i == 2) {
			ok(rt->stop(&answer, &refs[i]));
			assert_true(reached(is_gone, handles[i]));
		}
	}
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		refs[3 * RUNS + i] = (struct runtime_ref){ broken[i], UID_1 };
	ok(rt->probe(facts, refs, NULL, N));
	for (int i = 0; i < N; i++) {
		enum tri want = i < RUNS ? (i == 2 ? TRI_NO : TRI_YES)
			: i < 2 * RUNS   ? TRI_NO
					 : TRI_UNKNOWN;
		if (facts[i].exists != want)
			fail_msg("%d: %d, not %d", i, facts[i].exists, want);
		assert_null(facts[i].screen);
		runtime_fact_release(&facts[i]);
	}
	for (int i = 0; i < RUNS; i++) {
		enum runtime_answer answer;
		ok(rt->stop(&answer, &refs[i]));
		free(handles[i]);
	}
}

static void test_what_is_seen(void **state)
{
	AUTO(str_release)
	char *handle = start_ready("t-1", "echo hello; printf '\\033]2;ready\\a'; exec sleep 1000");
	AUTO(runtime_fact_release) struct runtime_fact f = probe(handle, UID_1, true);

	(void)state;
	assert_true(f.output_at > clock_wall() - 60000 && f.output_at <= clock_wall());
	assert_int_equal(f.typed_at, 0);
	assert_false(f.dead);
	assert_false(f.in_mode);
	if (rt->shows)
		assert_non_null(strstr(f.screen, "hello"));
	else
		assert_null(f.screen);
	end(handle, "t-1");
}

static void test_marks(void **state)
{
	AUTO(str_release) char *handle = start("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *folder = folder_of("t-1");
	struct runtime_mark *marks = NULL;
	bool known = false;
	size_t n = 0, found = 0;

	(void)state;
	ok(rt->marks(&marks, &n, &known, "default"));
	assert_true(known);
	for (size_t i = 0; i < n; i++) {
		if (!str_equal(marks[i].folder, folder))
			continue;
		assert_string_equal(marks[i].uid, UID_1);
		assert_string_equal(marks[i].session, "t-1");
		assert_string_equal(marks[i].handle, handle);
		found++;
	}
	runtime_marks_free(marks, n);
	assert_int_equal(found, 1);
	end(handle, "t-1");
	assert_true(reached(is_gone, handle));
	ok(rt->marks(&marks, &n, &known, "default"));
	for (size_t i = 0; i < n; i++)
		assert_string_not_equal(marks[i].folder, folder);
	runtime_marks_free(marks, n);
}

static void test_attach(void **state)
{
	AUTO(str_release) char *handle = start("t-1", UID_1, "exec sleep 1000");
	AUTO(str_release) char *line = rt->attach_line("default", "t-1");
	AUTO(str_release) char *program = NULL;
	AUTO(strv_release) struct strv argv = { 0 };

	(void)state;
	assert_true(rt->attach(&argv, handle, "t-1", true));
	program = path_program(argv.v[0]);
	assert_non_null(program);
	assert_true(str_ends(line, " t-1"));
	end(handle, "t-1");
}

/* ---- typing ---------------------------------------------------------------------------------- */

struct bytes {
	const char *session;
	const struct buf *want;
};

static bool arrived(const void *argument)
{
	const struct bytes *b = argument;
	AUTO(str_release) char *got = said(b->session, "bytes");

	return strlen(got) >= b->want->n;
}

static void assert_arrives(const char *session, const struct buf *want)
{
	AUTO(str_release) char *got = NULL;

	if (!reached(arrived, &(struct bytes){ session, want }))
		print_message("too little arrived\n");
	got = said(session, "bytes");
	assert_string_equal(got, buf_text(want));
}

/* What a terminal makes of it. */
static void add_pasted(struct buf *want, const char *text, bool brackets)
{
	buf_adds(want, brackets ? "\033[200~" : "");
	for (const char *c = text; *c; c++)
		buf_addc(want, *c == '\n' ? '\r' : *c);
	buf_adds(want, brackets ? "\033[201~" : "");
}

static void test_exact_bytes(void **state)
{
	static const char text[] =
		"-n 'q' \"$(id)\" `x` \\ #{pid} #(x) %1 a\tb é漢🙂;\nlast line;";
	AUTO(str_release) char *handle = start_ready("t-1", RAW);
	AUTO(buf_release) struct buf want = { 0 };
	struct runtime_ref r = { handle, UID_1 };
	enum runtime_answer answer;

	(void)state;
	ok(rt->paste(&answer, &r, "ao-1", text, strlen(text)));
	assert_int_equal(answer, RUNTIME_DONE);
	add_pasted(&want, text, true);
	assert_arrives("t-1", &want);
	ok(rt->press(&answer, &r,
		ARGV("C-u", "C-c", "Escape", "'", "\"", ";", "$", "\\", "-", "#", "é", "1", "Tab",
			"Up", "Down", "Enter")));
	assert_int_equal(answer, RUNTIME_DONE);
	buf_adds(&want, "\025\003\033'\";$\\-#é1\t\033[A\033[B\r");
	assert_arrives("t-1", &want);
	end(handle, "t-1");
}

/* A program that did not ask for brackets gets none. */
static void test_plain_paste(void **state)
{
	AUTO(str_release) char *handle = start_ready("t-1", PLAIN);
	AUTO(buf_release) struct buf want = { 0 };
	enum runtime_answer answer;

	(void)state;
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", "a\nb", 3));
	add_pasted(&want, "a\nb", false);
	assert_arrives("t-1", &want);
	end(handle, "t-1");
}

static void test_large_paste(void **state)
{
	AUTO(str_release) char *handle = start_ready("t-1", RAW);
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf want = { 0 };
	enum runtime_answer answer;

	(void)state;
	for (int i = 0; text.n < 400000; i++)
		buf_addf(&text, "%d bottles\n", i);
	ok(rt->paste(&answer, &(struct runtime_ref){ handle, UID_1 }, "ao-1", text.s, text.n));
	assert_int_equal(answer, RUNTIME_DONE);
	add_pasted(&want, text.s, true);
	assert_arrives("t-1", &want);
	end(handle, "t-1");
}

static void test_not_ours_gets_nothing(void **state)
{
	AUTO(str_release) char *handle = start_ready("t-1", RAW);
	AUTO(buf_release) struct buf want = { 0 };
	struct runtime_ref other = { handle, UID_2 };
	enum runtime_answer answer;

	(void)state;
	ok(rt->paste(&answer, &other, "ao-1", "not for you", 11));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->press(&answer, &other, ARGV("Enter")));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	ok(rt->stop(&answer, &other));
	assert_int_equal(answer, RUNTIME_NOTOURS);
	/* what was typed before would have come before this */
	ok(rt->press(&answer, &(struct runtime_ref){ handle, UID_1 }, ARGV("y")));
	buf_adds(&want, "y");
	assert_arrives("t-1", &want);
	assert_int_equal(exists(handle, UID_1), TRI_YES);
	end(handle, "t-1");
}

/* ---- on each --------------------------------------------------------------------------------- */

#define RUNTIME(name) extern const struct runtime runtime_##name;
#include "slot/runtimes.def"
#undef RUNTIME
#define RUNTIME(name) &runtime_##name,
static const struct runtime *const plugins[] = {
#include "slot/runtimes.def"
};
#undef RUNTIME

static const struct {
	const char *name;
	CMUnitTestFunction run;
} tests[] = {
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	TEST(test_start),
	TEST(test_names),
	TEST(test_environment),
	TEST(test_long_folder),
	TEST(test_no_descriptor_leaks),
	TEST(test_stop),
	TEST(test_again_in_its_place),
	TEST(test_exit_code),
	TEST(test_holder_killed),
	TEST(test_probe_many),
	TEST(test_what_is_seen),
	TEST(test_marks),
	TEST(test_attach),
	TEST(test_exact_bytes),
	TEST(test_plain_paste),
	TEST(test_large_paste),
	TEST(test_not_ours_gets_nothing),
};

/* The runtimes are found as by ao itself; the processes that outlive their starters come to us. */
static void find_programs(void)
{
	AUTO(str_release) char *supervisor = path_absolute("../../ao-run", path_self_dir());
	AUTO(str_release) char *holder = path_absolute("../../ao-pty", path_self_dir());

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE,
		SIG_IGN); /* as in ao: a tmux without a server reads nothing of what it is given */
	setenv("AO_RUN_BIN", supervisor, 1);
	setenv("AO_PTY_BIN", holder, 1);
	unsetenv("TMUX");
	unsetenv("TMUX_PANE");
	unsetenv("XDG_CONFIG_HOME");
}

int main(int argc, char **argv)
{
	int failed = 0;

	find_programs();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	for (size_t i = 0; i < COUNT_OF(plugins); i++) {
		struct CMUnitTest list[COUNT_OF(tests)];
		AUTO(strv_release) struct strv names = { 0 };

		for (size_t t = 0; t < COUNT_OF(tests); t++) {
			strv_addf(&names, "%s:%s", plugins[i]->plugin.name, tests[t].name);
			list[t] = (struct CMUnitTest){ names.v[t], tests[t].run, set_up, tear_down,
				(void *)(uintptr_t)plugins[i] };
		}
		failed += _cmocka_run_group_tests(
			plugins[i]->plugin.name, list, COUNT_OF(tests), NULL, NULL);
	}
	return failed;
}
