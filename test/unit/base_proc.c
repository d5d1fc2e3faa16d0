#include "base/proc.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t child;
static int wake[2];

/* The thread must live as long as the child shall be its child, not the main thread's. */
static void *fork_in_a_thread(void *ignored)
{
	child = fork();
	if (child == 0) {
		for (;;)
			pause();
	}
	if (write(wake[1], "", 1) != 1)
		return NULL;
	waitpid(child, NULL, 0);
	return ignored;
}

static void test_children_of_threads(void **state)
{
	AUTO(pids_release) struct pids children = { 0 };
	pthread_t thread;
	char byte;

	(void)state;
	assert_int_equal(pipe(wake), 0);
	assert_int_equal(pthread_create(&thread, NULL, fork_in_a_thread, NULL), 0);
	assert_int_equal(read(wake[0], &byte, 1), 1);
	proc_children(&children, getpid());
	kill(child, SIGKILL);
	pthread_join(thread, NULL);
	assert_int_equal(children.n, 1);
	assert_int_equal(children.v[0], child);
}

static void test_start(void **state)
{
	(void)state;
	assert_true(proc_start(getpid()) > 0);
	assert_int_equal(proc_start(0x7ffffff0), 0);
}

static void test_has_env(void **state)
{
	pid_t pid = fork();
	bool has, part;

	(void)state;
	if (pid == 0) {
		char *const env[] = { (char[]){ "XAO_KEEP=1" }, (char[]){ "AO_KEEP=1" }, NULL };
		execle("/bin/sleep", "sleep", "1000", (char *)NULL, env);
	}
	while (!(has = proc_has_env(pid, "AO_KEEP=1")) && waitpid(pid, NULL, WNOHANG) == 0)
		usleep(1000);
	part = proc_has_env(pid, "AO_KEEP=");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(has);
	assert_false(part);
	assert_false(proc_has_env(pid, "AO_KEEP=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_children_of_threads),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_has_env),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
