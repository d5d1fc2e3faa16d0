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

/* All of them, children of one parent side by side; what is ours is found with its values. */
static void test_all(void **state)
{
	AUTO(procs_release) struct procs all = { 0 };
	pid_t pid = fork();
	size_t at;
	bool found = false;

	(void)state;
	if (pid == 0) {
		for (;;)
			pause();
	}
	assert_null(proc_all(&all));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (size_t i = 1; i < all.n; i++)
		assert_true(all.v[i - 1].parent <= all.v[i].parent);
	at = procs_below(&all, getpid());
	assert_true(at == 0 || all.v[at - 1].parent < getpid());
	for (; at < all.n && all.v[at].parent == getpid(); at++) {
		found |= all.v[at].pid == pid;
		assert_true(all.v[at].rss > 0);
		assert_int_not_equal(all.v[at].state, 'Z');
	}
	assert_true(found);
	assert_int_equal(procs_below(&all, 0x7ffffff0), all.n);
}

static void test_memory(void **state)
{
	struct proc me, gone = { .pid = 0x7ffffff0, .rss = 4096 };

	(void)state;
	assert_true(proc_read(&me, getpid()));
	assert_true(me.rss > 65536);
	assert_true(proc_pss(&me) > 0 && proc_pss(&me) <= me.rss + (1 << 20));
	assert_int_equal(proc_pss(&gone), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_children_of_threads),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_has_env),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
