/*
 * For the tests of workspace plugins: a real repository and one session of it, in a folder of the
 * test's own. `plugin` names the one under test.
 */
#pragma once

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "slot/workspace.h"
#include "place.h"

#include <cmocka.h> /* after ours: it takes the word fail */

#define NOW 1795331876000 /* 2026-11-22T07:17:56Z */
#define UID "0123456789abcdef0123456789abcdef"

static const char *plugin = "worktree";
static const struct workspace *ws;
static char root[64], here[512]; /* here: the folder of the tests' scripts */

/* One repository and one session of it. */
struct box {
	char *dir, *repo, *path, *data, *folder, *base, *handle;
	struct checkout c;
};

struct notes {
	struct sink sink;
	struct buf text;
};

static inline void note(struct sink *s, enum sink_kind kind, const char *line)
{
	struct notes *n = (struct notes *)s;

	buf_addf(&n->text, "%d %s\n", (int)kind, line);
}

static inline int shell(const char *format, ...) PRINTF(1, 2);
static inline int shell(const char *format, ...)
{
	AUTO(str_release) char *command = NULL;
	va_list ap;
	int status;

	va_start(ap, format);
	command = str_vformat(format, ap);
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#define SH(...) assert_int_equal(shell(__VA_ARGS__), 0)

/* What a command prints, without the last newline. */
static inline char *said(const char *format, ...) PRINTF(1, 2);
static inline char *said(const char *format, ...)
{
	AUTO(str_release) char *command = NULL;
	AUTO(buf_release) struct buf b = { 0 };
	char part[4096];
	va_list ap;
	FILE *f;
	size_t n;

	va_start(ap, format);
	command = str_vformat(format, ap);
	va_end(ap);
	f = popen(command, "r");
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)))
		buf_add(&b, part, n);
	pclose(f);
	buf_trim(&b);
	return buf_detach(&b);
}

static inline void ok(struct err *e)
{
	if (e)
		print_error("%s\n", e->text);
	assert_null(e);
}

/* Fails, with that class and those words in one line. */
static inline void fails(struct err *e, enum err_class class, const char *words)
{
	assert_non_null(e);
	if (!strstr(e->text, words) || e->class != class)
		print_error("%d: %s\n", (int)e->class, e->text);
	assert_int_equal(e->class, class);
	assert_non_null(strstr(e->text, words));
	assert_null(strchr(e->text, '\n'));
	err_free(e);
}

static inline void same_text(const char *a, const char *b)
{
	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(a, b);
}

static const char make_repo[] =
	"set -e; mkdir -p '%s' && cd '%s' && git init -q -b main . && "
	"for d in 1 2 3 4 5 6 7 8; do mkdir d$d; for f in 1 2 3; do echo $d$f >d$d/f$f.txt; done; "
	"done; "
	"rm -r d7; echo was a file >d7; "
	"printf '*.log\\n' >.gitignore; printf '*.flt filter=up\\ncrlf.txt text eol=crlf\\n*.txt "
	"text=auto\\n' "
	">.gitattributes; git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr "
	"A-Z a-z'; "
	"echo tracked >d4/tracked.flt; printf 'one\\r\\ntwo\\r\\n' >d4/crlf.txt; "
	"git add . && git commit -qm first";

static inline struct box *box_new(void)
{
	static int count;
	struct box *b = mem_alloc(sizeof(*b));

	b->dir = str_format("%s/b%d", root, ++count);
	b->repo = path_join(b->dir, "repo");
	b->data = path_join(b->dir, "data");
	b->folder = path_join(b->dir, "data/sessions/ns/fe-1");
	b->path = path_join(b->dir, "wt/fe-1");
	ok(file_make_dirs(b->folder));
	b->c = (struct checkout){ .id = "fe-1",
		.uid = UID,
		.repo = b->repo,
		.path = b->path,
		.branch = "feat/1",
		.folder = b->folder,
		.data_dir = b->data };
	return b;
}

static inline void box_repo(struct box *b)
{
	SH(make_repo, b->repo, b->repo);
	b->base = said("git -C '%s' rev-parse HEAD", b->repo);
	b->c.base = b->base;
}

static inline void box_worktree(struct box *b)
{
	ok(ws->create(&b->handle, &b->c, NULL));
	b->c.handle = b->handle;
}

static inline void box_free(struct box **b)
{
	SH("chmod -R u+rwx '%s'; rm -rf '%s'", (*b)->dir, (*b)->dir);
	str_release(&(*b)->dir);
	str_release(&(*b)->repo);
	str_release(&(*b)->path);
	str_release(&(*b)->data);
	str_release(&(*b)->folder);
	str_release(&(*b)->base);
	str_release(&(*b)->handle);
	free(*b);
}

#define BOX(b)                                                                                     \
	AUTO(box_free) struct box *b = box_new();                                                  \
	box_repo(b);                                                                               \
	box_worktree(b)

static inline char *manifest(const struct box *b)
{
	return said("%s/../manifest.sh '%s' | sha256sum", here, b->path);
}

static inline char *manifest_text(const struct box *b)
{
	return said("%s/../manifest.sh '%s' | tr '\\0' ' '", here, b->path);
}

/* save, remove and discard, as kill does it; the ref is the caller's. */
static inline char *kill_it(struct box *b, char **kept)
{
	AUTO(saved_release) struct saved s = { 0 };
	char *ref;

	ok(ws->save(&s, &b->c, NULL, NOW));
	ok(ws->remove(kept, &b->c, &s, NOW));
	ok(ws->discard(&b->c));
	assert_false(path_exists(b->path));
	ref = s.ref;
	s.ref = NULL;
	return ref;
}

static inline void bring_back(struct box *b, const char *ref, const char *branch)
{
	AUTO(str_release) char *on = NULL;
	char *handle = NULL;

	ok(ws->undelete(&handle, &on, &b->c, ref, NULL));
	assert_string_equal(on, branch);
	str_release(&b->handle);
	b->handle = handle;
	b->c.handle = handle;
	assert_int_equal(ws->exists(&b->c), TRI_YES);
}

static inline void commit_in(const char *dir, const char *file)
{
	SH("cd '%s' && echo %s >%s && git add %s && git commit -qm %s", dir, file, file, file,
		file);
}

static inline int set_up(void **state)
{
	(void)state;
	if (!fresh_place(root, sizeof(root)))
		return -1;
	umask(022);
	setenv("HOME", root, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("GIT_DIR");
	unsetenv("XDG_CONFIG_HOME");
	err_drop(workspace_find(&ws, plugin), "seen at once");
	return !ws ||
		shell("git config --global user.name t; git config --global user.email t@t; "
		      "git config --global init.defaultBranch main; git config --global "
		      "advice.detachedHead false");
}

static inline int tear_down(void **state)
{
	(void)state;
	return shell("rm -rf '%s'", root);
}

static inline int run_box_tests(const char *file, const struct CMUnitTest *tests, size_t n)
{
	AUTO(str_release) char *path = path_absolute(file, NULL);
	AUTO(str_release) char *dir = path_dir(path);

	snprintf(here, sizeof(here), "%s", dir);
	return _cmocka_run_group_tests(file, tests, n, set_up, tear_down);
}
