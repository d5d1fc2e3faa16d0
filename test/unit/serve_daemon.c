/* The daemon's doors: what a service manager is told, who is heard, and bytes of all kinds. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/local.h"
#include "op/daemon.h"

#include "kit.h"

enum { LONG_MS = 60000 };

static char *program;

static struct child start(const char *notify)
{
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	struct child c;

	env_copy(&env);
	env_set(&env, "HOME", root);
	env_set(&env, "NOTIFY_SOCKET", notify);
	strv_add(&argv, program);
	strv_add(&argv, root);
	ok(child_start(
		&c, &(struct child_options){ .argv = argv.v, .env = env.v, .fd = { -1, -1, 2 } }));
	return c;
}

/* What it says of itself, up to LONG_MS after its start; the caller's. */
static char *ask(const char *word)
{
	for (int64_t until = clock_mono() + LONG_MS; clock_mono() < until; usleep(5000)) {
		struct timeval limit = { 5, 0 };
		char *text = mem_alloc(65536);
		ssize_t n = -1;
		int fd;

		err_drop(local_connect(&fd, root, "daemon.ctl", SOCK_SEQPACKET), "asked again");
		if (fd >= 0) {
			fcntl(fd, F_SETFL, 0);
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
			send(fd, word, strlen(word), MSG_NOSIGNAL);
			n = recv(fd, text, 65535, 0);
			close(fd);
		}
		if (n >= 0)
			return text;
		free(text);
	}
	fail_msg("the daemon does not answer");
	return NULL;
}

static void end(struct child *c)
{
	kill(c->pid, SIGTERM);
	assert_int_equal(child_reap(c), 0);
}

static void test_manager(void **state)
{
	AUTO(str_release) char *path = at("n");
	struct timeval limit = { LONG_MS / 1000, 0 };
	char said[64] = "";
	struct child c;
	int fd;

	(void)state;
	ok(local_listen(&fd, root, "n", SOCK_DGRAM));
	fcntl(fd, F_SETFL, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	c = start(path);
	assert_true(recv(fd, said, sizeof(said) - 1, 0) > 0);
	assert_string_equal(said, "READY=1");
	end(&c);
	memset(said, 0, sizeof(said));
	assert_true(recv(fd, said, sizeof(said) - 1, 0) > 0);
	assert_string_equal(said, "STOPPING=1");
	close(fd);
}

static void test_two(void **state)
{
	struct child first = start(NULL), second;
	char *told = ask("status");

	(void)state;
	free(told);
	second = start(NULL);
	assert_int_equal(child_reap(&second), 7);
	told = ask("status");
	assert_non_null(strstr(told, "\"namespaces\":[]"));
	free(told);
	end(&first);
}

static void as_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		_exit(3);
}

static int ended_with(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 0: it was let in and got no answer; 1: it got one; 2: it did not even come near. */
static int call_as_nobody(const char *word)
{
	struct timeval limit = { LONG_MS / 1000, 0 };
	char text[64];
	ssize_t n;
	int fd;

	as_nobody();
	err_drop(local_connect(&fd, root, "daemon.ctl", SOCK_SEQPACKET), "then it is -1");
	if (fd < 0)
		return 2;
	fcntl(fd, F_SETFL, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	send(fd, word, strlen(word), MSG_NOSIGNAL);
	n = recv(fd, text, sizeof(text), 0);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Doors that were opened by mistake: whoever is not our user gets no word in. */
static void test_stranger(void **state)
{
	static const char *const words[] = { "status", "stop" };
	AUTO(str_release) char *door = at("daemon.ctl");
	struct child c;
	char *told;

	(void)state;
	if (getuid())
		skip();
	c = start(NULL);
	told = ask("status");
	free(told);
	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(chmod(door, 0666), 0);
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		pid_t pid = fork();
		if (!pid)
			_exit(call_as_nobody(words[i]));
		assert_int_equal(ended_with(pid), 0);
	}
	told = ask("status"); /* and serves us */
	assert_non_null(strstr(told, "\"pid\""));
	free(told);
	end(&c);
}

/* Somebody else behind our door: he is not spoken to. */
static void test_impostor(void **state)
{
	json_t *told = NULL;
	struct err *e;
	pid_t pid;
	int up[2], fd;
	char byte;

	(void)state;
	if (getuid())
		skip();
	assert_int_equal(chmod(root, 0777), 0);
	assert_int_equal(pipe(up), 0);
	pid = fork();
	if (!pid) {
		as_nobody();
		err_drop(local_listen(&fd, root, "daemon.ctl", SOCK_SEQPACKET), "told by write()");
		close(up[0]);
		_exit(write(up[1], "x", 1) == 1 && pause() ? 0 : 1);
	}
	close(up[1]);
	assert_int_equal(read(up[0], &byte, 1), 1);
	close(up[0]);
	e = op_daemon_ask(&told, root);
	kill(pid, SIGKILL);
	ended_with(pid);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_REFUSED);
	assert_non_null(strstr(e->text, "another user"));
	err_free(e);
	chmod(root, 0700);
}

/* Swarms, halves, and nonsense: it goes on, and does nothing for them. */
static void test_noise(void **state)
{
	static const char *const noise[] = { "", "box/fe-1 stop", "../../etc/passwd-1 x", "\0\0\0",
		"box/fe-1 stop\n", "status", "stop" };
	struct child c = start(NULL);
	char *told = ask("status");
	char large[4096];
	int hints, calls;

	(void)state;
	free(told);
	memset(large, 'a', sizeof(large));
	ok(local_connect(&hints, root, "daemon.sock", SOCK_DGRAM));
	for (int i = 0; i < 3000; i++) {
		const char *text = noise[(size_t)i % COUNT_OF(noise)];
		send(hints, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
		send(hints, large, sizeof(large), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	close(hints);
	for (int i = 0; i < 100; i++) { /* called, and hung up on */
		err_drop(local_connect(&calls, root, "daemon.ctl", SOCK_SEQPACKET),
			"too many at once");
		if (calls < 0)
			continue;
		if (i % 2)
			send(calls, large, (size_t)i * 40, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(calls);
	}
	told = ask("nonsense");
	assert_string_equal(told, "");
	free(told);
	told = ask("status");
	assert_non_null(strstr(told, "\"polls\":0"));
	free(told);
	told = ask("stop");
	free(told);
	assert_int_equal(child_reap(&c), 0);
}

static int set_up(void **state)
{
	(void)state;
	return fresh_place(root, sizeof(root)) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ok(file_remove_tree(root));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_manager, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stranger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_impostor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_noise, set_up, tear_down),
	};
	AUTO(str_release) char *relative = str_format("%s/../../ao-serve", path_self_dir());
	int failed;

	prctl(PR_SET_CHILD_SUBREAPER, 1); /* what is left must not get lost */
	program = path_absolute(relative, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(program);
	return failed;
}
