/* Files and locks, on a real file system and with the limits of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/run.h"
#include "base/stop.h"
#include "base/thin.h"
#include "kit.h"

static mode_t mode_of(const char *name)
{
	AUTO(str_release) char *path = at(name);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_read(void **state)
{
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(str_release) char *path = at("f");
	AUTO(str_release) char *link = at("link");
	AUTO(str_release) char *fifo = at("fifo");
	AUTO(str_release) char *below = at("f/x");
	bool found = true;

	(void)state;
	not_ok(file_read(&b, path, 10), ERR_MISSING, "no such file");
	ok(file_read_if(&b, &found, path, 10));
	assert_false(found);
	put_text("f", "0123456789");
	buf_adds(&b, "> ");
	ok(file_read_if(&b, &found, path, 10));
	assert_true(found);
	assert_string_equal(b.s, "> 0123456789");
	not_ok(file_read(&b, path, 9), ERR_FAILED, "larger than 9 bytes");
	assert_string_equal(b.s, "> 0123456789");
	not_ok(file_read(&b, below, 9), ERR_MISSING, "no such file");
	assert_int_equal(symlink("f", link), 0);
	not_ok(file_read(&b, link, 10), ERR_FAILED, "link");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	not_ok(file_read(&b, fifo, 10), ERR_FAILED, "not a regular file");
	not_ok(file_read(&b, root, 10), ERR_FAILED, "not a regular file");
}

static void tail_is(size_t max, const char *want)
{
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(str_release) char *path = at("t");
	bool found;

	ok(file_read_tail_if(&b, &found, path, max));
	assert_true(found);
	assert_string_equal(buf_text(&b), want);
}

static void test_tail(void **state)
{
	(void)state;
	put_text("t", "one\ntwo\nthree\n");
	tail_is(100, "one\ntwo\nthree\n");
	tail_is(14, "one\ntwo\nthree\n");
	tail_is(13, "two\nthree\n");
	tail_is(10, "two\nthree\n"); /* the cut is between two lines */
	tail_is(9, "three\n");
	tail_is(6, "three\n");
	tail_is(5, "");
	put_text("t", "one\ntorn");
	tail_is(4, "torn");
	tail_is(3, "");
	put_text("t", "");
	tail_is(3, "");
}

static void test_replace(void **state)
{
	AUTO(str_release) char *path = at("d/f");
	AUTO(str_release) char *left = at("d/.f.new");
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(str_release) char *dir = at("d");
	mode_t before = umask(0377);

	(void)state;
	put_text("d/f", "old");
	assert_int_equal(mode_of("d"), 0700);
	assert_int_equal(mode_of("d/f"), 0600);
	umask(before);
	/* what a crash left is no obstacle, nor is its mode kept */
	put_text("d/.f.new", "half of a much longer text");
	assert_int_equal(chmod(left, 0644), 0);
	ok(file_replace(path, "a\0b", 3, FILE_DURABLE));
	assert_int_equal(mode_of("d/f"), 0600);
	ok(file_list(&names, dir));
	assert_int_equal(names.n, 1);
	AUTO(buf_release) struct buf b = { 0 };
	ok(file_read(&b, path, 10));
	assert_int_equal(b.n, 3);
	/* a link in the place of the temporary file is not written through */
	put_text("victim", "untouched");
	assert_int_equal(symlink("../victim", left), 0);
	not_ok(file_replace(path, "x", 1, FILE_VOLATILE), ERR_FAILED, "cannot write");
	holds("victim", "untouched");
	ok(file_replace(path, "y", 1, FILE_VOLATILE));
	holds("d/f", "y");
}

/* In a child, since a limit cannot be raised again. */
static void in_small_file_size(rlim_t limit, void (*act)(void))
{
	pid_t pid = child_of();

	if (!pid) {
		struct rlimit r = { limit, limit };
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &r) < 0)
			_exit(9);
		act();
		_exit(0);
	}
	assert_int_equal(ended(pid), 0);
}

static void require(bool holds_)
{
	if (!holds_)
		_exit(1);
}

static void full_replace(void)
{
	AUTO(str_release) char *path = at("f");
	char big[200] = "";
	AUTO(err_release) struct err *e = file_replace(path, big, sizeof(big), FILE_VOLATILE);

	require(e && strstr(e->text, "cannot write"));
}

static void full_append(void)
{
	AUTO(str_release) char *path = at("f");
	AUTO(err_release) struct err *half = file_append(path, "123456789\n", 10, FILE_VOLATILE);
	require(half && strstr(half->text, "no space left"));
	AUTO(err_release) struct err *fits = file_append(path, "12\n", 3, FILE_DURABLE);
	require(!fits);
	AUTO(err_release) struct err *none = file_append(path, "x\n", 2, FILE_VOLATILE);
	require(none && strstr(none->text, "cannot write"));
}

static void test_full_disk(void **state)
{
	AUTO(strv_release) struct strv names = { 0 };

	(void)state;
	put_text("f", "old\n");
	in_small_file_size(100, full_replace);
	holds("f", "old\n");
	ok(file_list(&names, root));
	assert_int_equal(names.n, 1);
	in_small_file_size(7, full_append);
	holds("f", "old\n12\n");
}

static void test_append(void **state)
{
	AUTO(str_release) char *path = at("f");
	AUTO(str_release) char *link = at("link");
	mode_t before = umask(0777);

	(void)state;
	ok(file_append(path, "a\n", 2, FILE_DURABLE));
	umask(before);
	assert_int_equal(mode_of("f"), 0600);
	ok(file_append(path, "b\n", 2, FILE_VOLATILE));
	holds("f", "a\nb\n");
	assert_int_equal(symlink("f", link), 0);
	not_ok(file_append(link, "c\n", 2, FILE_VOLATILE), ERR_FAILED, "link");
	holds("f", "a\nb\n");
}

static void test_remove_tree(void **state)
{
	AUTO(str_release) char *tree = at("tree");
	AUTO(str_release) char *keep = at("keep");
	AUTO(str_release) char *out = at("tree/sub/out");
	AUTO(str_release) char *file = at("tree/file");
	AUTO(str_release) char *locked = at("tree/locked");
	AUTO(str_release) char *fifo = at("tree/fifo");
	AUTO(str_release) char *alias = at("alias");

	(void)state;
	ok(file_remove_tree(tree));
	put_text("keep/dear", "x");
	put_text("tree/sub/deeper/f", "x");
	put_text("tree/locked/f", "x");
	assert_int_equal(symlink(keep, out), 0);
	assert_int_equal(symlink("../keep/dear", file), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(chmod(locked, 0), 0);
	assert_int_equal(symlink("tree", alias), 0);
	ok(file_remove_tree(alias));
	assert_false(path_exists(alias));
	assert_true(path_exists(tree));
	ok(file_remove_tree(tree));
	assert_false(path_exists(tree));
	holds("keep/dear", "x");
	put_text("plain", "x");
	AUTO(str_release) char *plain = at("plain");
	ok(file_remove_tree(plain));
	assert_false(path_exists(plain));
}

static void make_deep(int levels)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < levels; i++) {
		const char *name = i ? "a-folder-with-a-name" : "deep";
		int next;
		assert_int_equal(mkdirat(fd, name, 0700), 0);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
		close(openat(fd, "file", O_WRONLY | O_CREAT, 0600));
		assert_int_equal(mkdirat(fd, "empty", 0700), 0);
	}
	close(fd);
}

static void remove_deep(void)
{
	AUTO(str_release) char *deep = at("deep");
	struct rlimit few = { 32, 32 };

	require(setrlimit(RLIMIT_NOFILE, &few) == 0);
	AUTO(err_release) struct err *e = file_remove_tree(deep);
	if (e)
		fprintf(stderr, "%.200s\n", e->text);
	require(!e && !path_exists(deep));
}

/* Far beyond PATH_MAX, and with fewer descriptors than levels. */
static void test_remove_deep(void **state)
{
	(void)state;
	make_deep(1000);
	in_small_file_size(RLIM_INFINITY, remove_deep);
}

static void test_remove_wide(void **state)
{
	AUTO(str_release) char *wide = at("wide");

	(void)state;
	for (int i = 0; i < 500; i++) {
		AUTO(str_release) char *dir = str_format("%s/wide/d%d/e", root, i);
		AUTO(str_release) char *name = str_format("wide/f%d", i);
		ok(file_make_dirs(dir));
		put_text(name, "x");
	}
	ok(file_remove_tree(wide));
	assert_false(path_exists(wide));
}

static void test_make_dirs(void **state)
{
	AUTO(str_release) char *deep = at("a/b/c");
	AUTO(str_release) char *blocked = at("f/x");

	(void)state;
	ok(file_make_dirs(deep));
	ok(file_make_dirs(deep));
	assert_int_equal(mode_of("a/b"), 0700);
	put_text("f", "");
	not_ok(file_make_dirs(blocked), ERR_FAILED, "cannot make the folder");
}

/* ---- locks ---------------------------------------------------------------------------------- */

static void wait_for(enum tri want, const char *path)
{
	int64_t until = clock_mono() + 60000;

	while (lock_held(path) != want && clock_mono() < until)
		poll(NULL, 0, 2);
	assert_int_equal(lock_held(path), want);
}

static void test_lock(void **state)
{
	AUTO(lock_release) struct lock mine = { 0 }, second = { 0 };
	AUTO(str_release) char *path = at("lock");
	AUTO(str_release) char *words = str_format("is busy (held by pid %d)", (int)getpid());
	int64_t before;

	(void)state;
	assert_int_equal(lock_held(path), TRI_NO);
	ok(lock_take(&mine, path, 0));
	assert_true(mine.fd >= 3);
	assert_int_equal(lock_held(path), TRI_YES);
	before = clock_mono();
	not_ok(lock_take(&second, path, 60), ERR_TIMEOUT, words);
	assert_true(clock_mono() - before >= 60);
	assert_int_equal(second.fd, 0);
	lock_release(&mine);
	lock_release(&mine);
	assert_int_equal(lock_held(path), TRI_NO);
	ok(lock_take(&second, path, 0));
}

static void test_lock_kill(void **state)
{
	AUTO(lock_release) struct lock mine = { 0 };
	AUTO(str_release) char *path = at("lock");
	pid_t pid = child_of();

	(void)state;
	if (!pid) {
		struct lock l = { 0 };
		require(!lock_take(&l, path, 1000));
		for (;;)
			pause();
	}
	wait_for(TRI_YES, path);
	kill(pid, SIGKILL);
	assert_int_equal(ended(pid), 128 + SIGKILL);
	ok(lock_take(&mine, path, 0));
}

/* As a death does it: closed, not released. */
static void drop(struct lock *l)
{
	close(l->fd);
	l->fd = 0;
}

/* After our death the lock is free only when the last program that inherited it has ended; while we
 * live, releasing it frees it for all. */
static void test_lock_inherited(void **state)
{
	AUTO(lock_release) struct lock mine = { 0 };
	AUTO(str_release) char *path = at("lock");
	struct child c = { 0 };

	(void)state;
	ok(lock_take(&mine, path, 0));
	ok(child_start(&c,
		&(struct child_options){
			.argv = ARGV("sleep", "60"), .fd = { -1, -1, -1 }, .keep_fd = mine.fd }));
	drop(&mine);
	assert_int_equal(lock_held(path), TRI_YES);
	child_signal_group(&c, SIGKILL);
	assert_int_equal(child_reap(&c), 128 + SIGKILL);
	assert_int_equal(lock_held(path), TRI_NO);
	ok(lock_take(&mine, path, 0));
	ok(child_start(&c,
		&(struct child_options){
			.argv = ARGV("sleep", "60"), .fd = { -1, -1, -1 }, .keep_fd = mine.fd }));
	lock_release(&mine);
	assert_int_equal(lock_held(path), TRI_NO);
	child_signal_group(&c, SIGKILL);
	child_reap(&c);
	/* and one that was given no lock holds none */
	ok(lock_take(&mine, path, 0));
	ok(child_start(
		&c, &(struct child_options){ .argv = ARGV("sleep", "60"), .fd = { -1, -1, -1 } }));
	drop(&mine);
	assert_int_equal(lock_held(path), TRI_NO);
	child_signal_group(&c, SIGKILL);
	child_reap(&c);
}

/* 4 processes × 100 turns, each alone in it. */
static void test_lock_race(void **state)
{
	AUTO(str_release) char *path = at("lock");
	AUTO(str_release) char *inside = at("inside");
	pid_t pids[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		pids[i] = child_of();
		if (pids[i])
			continue;
		for (int k = 0; k < 100; k++) {
			struct lock l = { 0 };
			require(!lock_take(&l, path, 20000));
			require(mkdir(inside, 0700) == 0);
			require(rmdir(inside) == 0);
			lock_release(&l);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(ended(pids[i]), 0);
}

static void test_lock_hostile(void **state)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *link = at("link");
	AUTO(str_release) char *target = at("target");

	(void)state;
	assert_int_equal(symlink("target", link), 0);
	not_ok(lock_take(&l, link, 0), ERR_FAILED, "cannot open the lock");
	assert_false(path_exists(target));
	assert_int_equal(lock_held(link), TRI_UNKNOWN);
}

/* What cannot be listed to its end is not empty. */
static void test_list_fails(void **state)
{
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(str_release) char *dir = NULL;
	siginfo_t ended;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	dir = str_format(
		"/proc/%d/net", (int)pid); /* of a zombie: opens, and reading it is an error */
	not_ok(file_list(&names, dir), ERR_FAILED, "cannot list");
	waitpid(pid, NULL, 0);
}

/* The program that writes it goes on at its place; what was there last, and when, is told as before. */
static void test_thin(void **state)
{
	enum { KEEP = 64 << 10 };
	AUTO(str_release) char *path = at("thin");
	AUTO(fd_release) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	AUTO(buf_release) struct buf b = { 0 };
	const struct timespec then[] = { { .tv_sec = 1800000000 }, { .tv_sec = 1800000000 } };
	struct stat st;

	(void)state;
	file_thin("/nowhere/at/all", KEEP);
	for (int i = 0; i < 8 * KEEP; i += 8)
		assert_int_equal(write(fd, "1234567\n", 8), 8);
	assert_int_equal(futimens(fd, then), 0);
	file_thin(path, 4 * KEEP); /* not worth it */
	ok(file_read(&b, path, 1 << 20));
	assert_true(b.n == 8 * KEEP && b.s[0] == '1');
	file_thin(path, KEEP);
	assert_int_equal(file_mtime(path), INT64_C(1800000000000));
	assert_int_equal(write(fd, "7654321\n", 8), 8);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 8 * KEEP + 8);
	buf_cut(&b, 0);
	ok(file_read(&b, path, 1 << 20));
	assert_memory_equal(b.s + b.n - 16, "1234567\n7654321\n", 16);
	assert_memory_equal(b.s + b.n - 8 - KEEP, "1234567\n", 8);
	if (!b.s[0]) /* the file system can */
		assert_true(st.st_blocks * 512 <= 2 * KEEP + 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_tail),
		TEST(test_replace),
		TEST(test_full_disk),
		TEST(test_append),
		TEST(test_remove_tree),
		TEST(test_remove_deep),
		TEST(test_remove_wide),
		TEST(test_make_dirs),
		TEST(test_list_fails),
		TEST(test_thin),
		TEST(test_lock),
		TEST(test_lock_kill),
		TEST(test_lock_inherited),
		TEST(test_lock_race),
		TEST(test_lock_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
