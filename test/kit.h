/* What the unit tests share: a fresh folder for each test, and failing by an error's own words. Include
 * it last; it brings cmocka. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "place.h"

#include <cmocka.h> /* last: it has a macro fail() */

static char root[64];

__attribute__((unused)) static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

/* It must be an error of this class that says `words`. */
__attribute__((unused)) static void not_ok(struct err *e, enum err_class class, const char *words)
{
	if (!e)
		fail_msg("no error, expected one that says '%s'", words);
	assert_int_equal(e->class, class);
	if (!strstr(e->text, words))
		fail_msg("'%s' does not say '%s'", e->text, words);
	err_free(e);
}

__attribute__((unused)) static char *at(const char *name)
{
	return path_join(root, name);
}

__attribute__((unused)) static void put(const char *name, const void *bytes, size_t n)
{
	AUTO(str_release) char *path = at(name);
	AUTO(str_release) char *dir = path_dir(path);

	ok(file_make_dirs(dir));
	ok(file_replace(path, bytes, n, FILE_VOLATILE));
}

__attribute__((unused)) static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

/* The whole file, for the caller to free. */
__attribute__((unused)) static char *get(const char *name)
{
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(str_release) char *path = at(name);

	ok(file_read(&b, path, 64 << 20));
	return buf_detach(&b);
}

__attribute__((unused)) static void holds(const char *name, const char *want)
{
	AUTO(str_release) char *text = get(name);

	assert_string_equal(text, want);
}

/* A child of the test: child_of() is 0 in it, and it ends by _exit(). */
__attribute__((unused)) static pid_t child_of(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	return pid;
}

__attribute__((unused)) static int ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

__attribute__((unused)) static int kit_setup(void **state)
{
	(void)state;
	if (!fresh_place(root, sizeof(root)))
		return -1;
	return setenv("HOME", root, 1);
}

__attribute__((unused)) static int kit_teardown(void **state)
{
	(void)state;
	ok(file_remove_tree(root));
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
