/* The workspace plugin `worktree`, on real repositories in a folder of the test's own. */
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

#include <cmocka.h> /* after ours: it takes the word fail */

#define NOW 1795331876000 /* 2026-11-22T07:17:56Z */
#define UID "0123456789abcdef0123456789abcdef"

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

static void note(struct sink *s, enum sink_kind kind, const char *line)
{
	struct notes *n = (struct notes *)s;

	buf_addf(&n->text, "%d %s\n", (int)kind, line);
}

static int shell(const char *format, ...) PRINTF(1, 2);
static int shell(const char *format, ...)
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
static char *said(const char *format, ...) PRINTF(1, 2);
static char *said(const char *format, ...)
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

static void ok(struct err *e)
{
	if (e)
		print_error("%s\n", e->text);
	assert_null(e);
}

/* Fails, with that class and those words in one line. */
static void fails(struct err *e, enum err_class class, const char *words)
{
	assert_non_null(e);
	if (!strstr(e->text, words) || e->class != class)
		print_error("%d: %s\n", (int)e->class, e->text);
	assert_int_equal(e->class, class);
	assert_non_null(strstr(e->text, words));
	assert_null(strchr(e->text, '\n'));
	err_free(e);
}

static void same_text(const char *a, const char *b)
{
	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(a, b);
}

static const char make_repo[] =
	"set -e; mkdir -p '%s' && cd '%s' && git init -q -b main . && "
	"for d in 1 2 3 4 5 6 7 8; do mkdir d$d; for f in 1 2 3; do echo $d$f >d$d/f$f.txt; done; done; "
	"rm -r d7; echo was a file >d7; "
	"printf '*.log\\n' >.gitignore; printf '*.flt filter=up\\ncrlf.txt text eol=crlf\\n*.txt text=auto\\n' "
	">.gitattributes; git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; "
	"echo tracked >d4/tracked.flt; printf 'one\\r\\ntwo\\r\\n' >d4/crlf.txt; "
	"git add . && git commit -qm first";

static struct box *box_new(void)
{
	static int count;
	struct box *b = mem_alloc(sizeof(*b));

	b->dir = str_format("%s/b%d", root, ++count);
	b->repo = path_join(b->dir, "repo");
	b->data = path_join(b->dir, "data");
	b->folder = path_join(b->dir, "data/sessions/ns/fe-1");
	b->path = path_join(b->dir, "wt/fe-1");
	ok(file_make_dirs(b->folder));
	b->c = (struct checkout){ .id = "fe-1", .uid = UID, .repo = b->repo, .path = b->path,
		.branch = "feat/1", .folder = b->folder, .data_dir = b->data };
	return b;
}

static void box_repo(struct box *b)
{
	SH(make_repo, b->repo, b->repo);
	b->base = said("git -C '%s' rev-parse HEAD", b->repo);
	b->c.base = b->base;
}

static void box_worktree(struct box *b)
{
	ok(ws->create(&b->handle, &b->c, NULL));
	b->c.handle = b->handle;
}

static void box_free(struct box **b)
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

static char *manifest(const struct box *b)
{
	return said("%s/../manifest.sh '%s' | sha256sum", here, b->path);
}

static char *manifest_text(const struct box *b)
{
	return said("%s/../manifest.sh '%s' | tr '\\0' ' '", here, b->path);
}

/* save, remove and discard, as kill does it; the ref is the caller's. */
static char *kill_it(struct box *b, char **kept)
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

static void bring_back(struct box *b, const char *ref, const char *branch)
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

static void commit_in(const char *dir, const char *file)
{
	SH("cd '%s' && echo %s >%s && git add %s && git commit -qm %s", dir, file, file, file, file);
}

/* --- where a branch starts --- */

static void origin_of_a_local_repository(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(start_point_release) struct start_point o = { 0 };
	AUTO(start_point_release) struct start_point at = { 0 };

	(void)state;
	box_repo(b);
	ok(ws->origin(&o, b->repo, NULL, NULL, NULL));
	assert_string_equal(o.default_branch, "main");
	assert_string_equal(o.shown, "main");
	assert_string_equal(o.commit, b->base);
	SH("git -C '%s' tag v1; git -C '%s' checkout -q --detach", b->repo, b->repo);
	commit_in(b->repo, "more");
	ok(ws->origin(&at, b->repo, "main", "v1", NULL));
	assert_string_equal(at.commit, b->base);
	assert_string_equal(at.shown, "v1");
	fails(ws->origin(&at, b->repo, NULL, NULL, NULL), ERR_FAILED, "on no branch");
	fails(ws->origin(&at, b->repo, "nope", NULL, NULL), ERR_FAILED, "no branch 'nope'");
	fails(ws->origin(&at, b->repo, NULL, "v2", NULL), ERR_FAILED, "no commit 'v2'");
	fails(ws->origin(&at, b->repo, NULL, "--all", NULL), ERR_USAGE, "cannot be a base");
	fails(ws->origin(&at, "/dev", NULL, NULL, NULL), ERR_FAILED, "not a git repository");
}

static void origin_without_commits(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(start_point_release) struct start_point o = { 0 };

	(void)state;
	SH("git init -q -b main '%s'", b->repo);
	fails(ws->origin(&o, b->repo, NULL, NULL, NULL), ERR_FAILED, "has no commits yet");
}

static void origin_is_fetched_and_offline_is_a_warning(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(start_point_release) struct start_point o = { 0 };
	AUTO(start_point_release) struct start_point off = { 0 };
	AUTO(str_release) char *clone = path_join(b->dir, "clone with 'quotes\"");
	AUTO(str_release) char *tip = NULL;
	struct notes n = { .sink = { note } };

	(void)state;
	box_repo(b);
	SH("git clone -q '%s' \"%s/clone with 'quotes\\\"\"", b->repo, b->dir);
	commit_in(b->repo, "later");
	tip = said("git -C '%s' rev-parse HEAD", b->repo);
	ok(ws->origin(&o, clone, NULL, NULL, &n.sink));
	assert_string_equal(o.commit, tip);
	assert_string_equal(o.shown, "origin/main");
	assert_string_equal(buf_text(&n.text), "");
	assert_false(shell("test ! -e \"%s/clone with 'quotes\\\"/.git/FETCH_HEAD\"", b->dir));
	SH("mv '%s' '%s.away'", b->repo, b->repo);
	ok(ws->origin(&off, clone, NULL, NULL, &n.sink));
	assert_string_equal(off.commit, tip);
	assert_non_null(strstr(buf_text(&n.text), "2 could not fetch from origin"));
	buf_release(&n.text);
}

static void origin_asks_one_program(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *bin = path_join(b->dir, "bin");
	AUTO(str_release) char *path = str_dup(getenv("PATH"));
	AUTO(str_release) char *with = str_format("%s:%s", bin, path);
	AUTO(str_release) char *count = NULL;
	AUTO(start_point_release) struct start_point o = { 0 };
	AUTO(str_release) char *name = NULL;

	(void)state;
	box_repo(b);
	SH("mkdir '%s'; printf '#!/bin/sh\\necho x >>%s/calls\\nPATH=%s exec git \"$@\"\\n' >'%s/git'; "
	   "chmod +x '%s/git'", bin, b->dir, path, bin, bin);
	setenv("PATH", with, 1);
	ok(ws->origin(&o, b->repo, NULL, NULL, NULL));
	ok(ws->free_branch(&name, b->repo, "feat/1", false));
	box_worktree(b);
	setenv("PATH", path, 1);
	count = said("grep -c x '%s/calls'", b->dir);
	assert_string_equal(count, "3"); /* origin, free_branch, create: one each */
}

/* --- names --- */

static void free_branch_finds_a_name(void **state)
{
	static const struct {
		const char *wanted, *want;
	} cases[] = {
		{ "new", "new" },
		{ "main", "main-2" },
		{ "feat/1", "feat/1-3" },  /* feat/1 and feat/1-2 are there */
		{ "main/x", "main-x-2" },  /* main forbids it, main-x is there */
		{ "feat", "feat-2" },      /* feat/1 forbids it */
		{ "a/b/c/d", "a-b-c-d" },  /* a/b forbids it */
		{ "feat/10", "feat/10" },
	};
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("cd '%s' && for x in feat/1 feat/1-2 main-x a/b feat-1; do git branch $x; done; git pack-refs --all",
		b->repo);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(str_release) char *name = NULL;
		ok(ws->free_branch(&name, b->repo, cases[i].wanted, false));
		assert_string_equal(name, cases[i].want);
		SH("git -C '%s' branch '%s' && git -C '%s' branch -qD '%s'", b->repo, name, b->repo, name);
	}
	char *none = NULL;
	fails(ws->free_branch(&none, b->repo, "main", true), ERR_REFUSED, "is taken");
	fails(ws->free_branch(&none, b->repo, "main/x", true), ERR_REFUSED, "there is a branch 'main'");
	fails(ws->free_branch(&none, b->repo, "-x", false), ERR_USAGE, "cannot be a branch");
	fails(ws->free_branch(&none, b->repo, "a@{1}", false), ERR_USAGE, "cannot be a branch");
}

/* --- create --- */

static void create_makes_branch_and_worktree(void **state)
{
	AUTO(str_release) char *on = NULL;

	(void)state;
	BOX(b);
	assert_int_equal(ws->exists(&b->c), TRI_YES);
	assert_int_equal(ws->branch_exists(&b->c), TRI_YES);
	on = ws->branch_now(&b->c);
	assert_string_equal(on, "feat/1");
	SH("cd '%s' && test -z \"$(git status --porcelain)\"", b->path);
	SH("cd '%s' && ! git config branch.feat/1.remote", b->path);
	SH("git -C '%s' pack-refs --all", b->repo);
	assert_int_equal(ws->branch_exists(&b->c), TRI_YES);
	b->c.branch = "feat";
	assert_int_equal(ws->branch_exists(&b->c), TRI_NO);
	SH("git -C '%s' checkout -q --detach", b->path);
	str_release(&on);
	assert_null(ws->branch_now(&b->c));
}

static void create_refuses_what_is_there(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	char *handle = NULL;

	(void)state;
	box_repo(b);
	SH("mkdir -p '%s'", b->path);
	fails(ws->create(&handle, &b->c, NULL), ERR_REFUSED, "is there already");
	SH("rmdir '%s'", b->path);
	b->c.branch = "main";
	fails(ws->create(&handle, &b->c, NULL), ERR_REFUSED, "checked out in another worktree");
	assert_int_equal(ws->exists(&b->c), TRI_NO);
}

/* A stranger's worktree of our name: git calls ours fe-11, and the handle says so. */
static void create_knows_what_git_called_it(void **state)
{
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("git -C '%s' worktree add -q -b theirs '%s/elsewhere/fe-1'", b->repo, b->dir);
	box_worktree(b);
	assert_string_equal(path_base(b->handle), "fe-11");
	assert_int_equal(ws->exists(&b->c), TRI_YES);
}

static void create_in_odd_repositories(void **state)
{
	static const char *const makers[] = {
		"git clone -q --bare \"$1\" \"$2\"",
		"git -C \"$1\" worktree add -q --detach \"$2\"",
		"cp -r \"$1\" \"$2\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(makers); i++) {
		AUTO(box_free) struct box *b = box_new();
		AUTO(str_release) char *odd = path_join(b->dir, "odd re\"po\\ $HOME");
		AUTO(str_release) char *wt = path_join(b->dir, "odd wt\"\\ $(id)/fe-1");
		AUTO(str_release) char *kept = NULL;
		AUTO(str_release) char *ref = NULL;
		box_repo(b);
		SH("set -- '%s' '%s'; %s", b->repo, odd, makers[i]);
		b->c.repo = odd;
		b->c.path = wt;
		box_worktree(b);
		commit_in(wt, "one");
		SH("echo new >'%s/new'", wt);
		ref = kill_it(b, &kept);
		assert_non_null(ref);
		bring_back(b, ref, "feat/1");
		SH("grep -q new '%s/new' && test -e '%s/one'", wt, wt);
	}
}

static void create_in_a_sha256_repository(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	SH("git init -q -b main --object-format=sha256 '%s'", b->repo);
	commit_in(b->repo, "first");
	b->base = said("git -C '%s' rev-parse HEAD", b->repo);
	b->c.base = b->base;
	assert_int_equal(strlen(b->base), 64);
	box_worktree(b);
	SH("cd '%s' && echo staged >first && git add first && echo later >first", b->path);
	ref = kill_it(b, &kept);
	bring_back(b, ref, "feat/1");
	SH("cd '%s' && grep -q later first && git show :first | grep -q staged", b->path);
}

static void twelve_at_once(void **state)
{
	enum { MANY = 12 };
	AUTO(box_free) struct box *b = box_new();
	pid_t pids[MANY];

	(void)state;
	box_repo(b);
	for (int i = 0; i < MANY; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct checkout c = b->c;
			char *handle = NULL;
			c.id = str_format("fe-%d", i);
			c.path = str_format("%s/wt/fe-%d", b->dir, i);
			c.branch = str_format("feat/%d", i);
			c.folder = str_format("%s/data/sessions/ns/fe-%d", b->dir, i);
			err_drop(file_make_dirs(c.folder), "test");
			struct err *e = ws->create(&handle, &c, NULL);
			if (e)
				fprintf(stderr, "%s\n", e->text);
			_exit(e || ws->exists(&c) == TRI_YES ? 1 : 0);
		}
	}
	for (int i = 0; i < MANY; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	SH("cd '%s' && test $(git worktree list | wc -l) = 13 && git fsck --no-progress 2>&1 | grep -v dangling | "
	   "grep . && exit 1; exit 0", b->repo);
}

/* --- save --- */

static void nothing_of_worth_is_no_ref(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	commit_in(b->path, "on-the-branch");
	SH("cd '%s' && echo x >a.log && mkdir e && mkfifo p && touch d1/f1.txt", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_null(s.ref);
	assert_int_equal(s.files + s.commits, 0);
	assert_false(shell("git -C '%s' for-each-ref refs/ao | grep .", b->repo) == 0);
	assert_true(path_exists(b->path));
}

static void the_same_content_is_the_same_ref(void **state)
{
	AUTO(saved_release) struct saved one = { 0 };
	AUTO(saved_release) struct saved two = { 0 };
	AUTO(saved_release) struct saved three = { 0 };

	(void)state;
	BOX(b);
	SH("echo new >'%s/new'", b->path);
	ok(ws->save(&one, &b->c, NULL, NOW));
	assert_string_equal(one.ref, "refs/ao/trash/fe-1/20261122T071756Z");
	assert_int_equal(one.files, 1);
	ok(ws->save(&two, &b->c, one.ref, NOW + 5000));
	assert_string_equal(two.ref, one.ref);
	SH("echo newer >'%s/new'", b->path); /* within the same second as the first: a name of its own */
	ok(ws->save(&three, &b->c, one.ref, NOW));
	assert_string_equal(three.ref, "refs/ao/trash/fe-1/20261122T071757Z");
}

static void save_changes_nothing(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && NESTED=1 %s/../dirty.sh", b->path, here);
	before = said("cd '%s' && find . '%s' -printf '%%p %%i %%m %%s %%T@\\n' | sort", b->path, b->handle);
	ok(ws->save(&s, &b->c, NULL, NOW));
	after = said("cd '%s' && find . '%s' -printf '%%p %%i %%m %%s %%T@\\n' | sort", b->path, b->handle);
	same_text(before, after);
	assert_int_equal(s.nested.n, 2);
	assert_false(shell("test -e '%s/save.git'", b->folder) == 0);
}

static void everything_comes_back(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;
	AUTO(str_release) char *staged = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && %s/../dirty.sh", b->path, here);
	SH("cd '%s' && git reset -q -- ita.txt", b->path); /* the mark is not content; the file is */
	before = manifest_text(b);
	ref = kill_it(b, &kept);
	assert_null(kept);
	bring_back(b, ref, "feat/1");
	after = manifest_text(b);
	same_text(before, after);
	staged = manifest(b);
	SH("cd '%s' && git show :d2/f1.txt | grep -qx staged && test -e ita.txt", b->path);
	SH("git -C '%s' fsck --no-progress --no-dangling", b->repo);
}

static void intent_to_add_is_saved(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && echo ita >ita.txt && git add -N ita.txt", b->path);
	ref = kill_it(b, &kept);
	bring_back(b, ref, "feat/1");
	SH("grep -qx ita '%s/ita.txt'", b->path);
}

static void detached_commits_are_saved(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *head = NULL;
	AUTO(str_release) char *back = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' checkout -q --detach", b->path);
	commit_in(b->path, "one");
	commit_in(b->path, "two");
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_int_equal(s.commits, 2);
	assert_int_equal(s.files, 0);
	head = said("git -C '%s' rev-parse HEAD", b->path);
	ref = kill_it(b, &kept);
	SH("git -C '%s' gc -q --prune=now", b->repo);
	bring_back(b, ref, "feat/1");
	back = said("git -C '%s' rev-parse HEAD", b->path);
	assert_string_equal(back, head);
	SH("! git -C '%s' symbolic-ref -q HEAD", b->path);
}

static void an_unmerged_index_is_saved(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;
	AUTO(str_release) char *merge = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && git checkout -q --detach && echo a >d1/f1.txt && git commit -qam a && "
	   "git tag -f t && git checkout -q feat/1 && echo b >d1/f1.txt && git commit -qam b && "
	   "! git merge -q t >/dev/null 2>&1 && git tag -d t >/dev/null && test -e \"$(git rev-parse --git-path MERGE_HEAD)\"",
		b->path);
	merge = said("cat '%s/MERGE_HEAD'", b->handle);
	before = said("cat '%s/d1/f1.txt'", b->path);
	ref = kill_it(b, &kept);
	SH("git -C '%s' merge-base --is-ancestor %s %s", b->repo, merge, ref);
	bring_back(b, ref, "feat/1");
	after = said("cat '%s/d1/f1.txt'", b->path);
	assert_string_equal(after, before);
	assert_non_null(strstr(after, "<<<<<<<"));
}

static void a_sparse_checkout_comes_back(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && git sparse-checkout set --sparse-index d1 d2 && echo x >>d1/f1.txt && mkdir d5 && "
	   "echo outside >d5/new.txt && echo s >d2/f1.txt && git add d2/f1.txt", b->path);
	SH("cd '%s' && test ! -e d4", b->path);
	before = said("cd '%s' && cat d1/f1.txt d5/new.txt && git diff --cached", b->path);
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	SH("test \"$(git -C '%s' diff --name-only feat/1 %s | sort | tr '\\n' ' ')\" = 'd1/f1.txt d2/f1.txt d5/new.txt '",
		b->repo, ref);
	bring_back(b, ref, "feat/1");
	after = said("cd '%s' && cat d1/f1.txt d5/new.txt && git diff --cached", b->path);
	assert_string_equal(after, before);
}

static void a_split_index_is_read(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s' && git update-index --split-index && echo x >n && git add n && ls '%s' | grep -q sharedindex",
		b->path, b->handle);
	ok(ws->save(&s, &b->c, NULL, NOW));
	SH("git -C '%s' diff --name-only feat/1 %s | grep -qx n", b->repo, s.ref);
	SH("git -C '%s' log -1 --format=%%s %s^2 | grep -qx 'ao: index'", b->repo, s.ref);
}

/* Edited right after git wrote its index, to the same length: only the times tell, so the copy of
 * the index must keep them. */
static void a_racy_edit_is_seen(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s' && printf aaaa >racy && git add racy && git commit -qm racy && printf aaaa >racy && "
	   "touch -d @1700000000 racy && git update-index --refresh && printf bbbb >racy && "
	   "touch -d @1700000000 racy '%s/index'", b->path, b->handle);
	ok(ws->save(&s, &b->c, NULL, NOW));
	SH("git -C '%s' diff --name-only feat/1 %s | grep -qx racy", b->repo, s.ref);
}

static void a_lock_on_the_index_is_waited_for(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	int64_t from;

	(void)state;
	BOX(b);
	SH("echo n >'%s/n'; touch '%s/index.lock'; (sleep 1; rm '%s/index.lock') & exit 0", b->path,
		b->handle, b->handle);
	from = clock_mono();
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_true(clock_mono() - from >= 500);
	SH("touch '%s/index.lock'", b->handle);
	saved_release(&s);
	fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "git is at work");
}

static void stale_locks_are_told_and_do_not_stop_a_save(void **state)
{
	AUTO(strv_release) struct strv locks = { 0 };
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("touch '%s/index.lock'", b->handle);
	ok(ws->stale_locks(&locks, &b->c));
	assert_int_equal(locks.n, 0);
	SH("touch -d '2 minutes ago' '%s/index.lock' '%s/HEAD.lock'", b->handle, b->handle);
	ok(ws->stale_locks(&locks, &b->c));
	assert_int_equal(locks.n, 2);
	SH("echo n >'%s/n'", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_non_null(s.ref);
	assert_true(path_exists(locks.v[0]));
}

static void a_name_git_cannot_hold_is_refused(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("echo x >'%s/.GIT'", b->path);
	fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "cannot save the work");
	SH("rm '%s/.GIT'; cd '%s' && echo x >'git~1' && echo y >'com1:'", b->path, b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_int_equal(s.files, 2);
}

static void a_user_without_a_name(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *home = str_dup(getenv("HOME"));
	AUTO(str_release) char *empty = NULL;
	AUTO(str_release) char *who = NULL;

	(void)state;
	BOX(b);
	empty = path_join(b->dir, "home");
	ok(file_make_dirs(empty));
	setenv("HOME", empty, 1);
	SH("echo n >'%s/n'", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	setenv("HOME", home, 1);
	who = said("git -C '%s' log -1 --format='%%an <%%ae> %%cn <%%ce> %%ct' %s", b->repo, s.ref);
	assert_string_equal(who, "ao <ao@localhost> ao <ao@localhost> 1795331876");
}

/* reliability S12: what the worktree says about itself is not believed, and nothing of it is run. */
static void a_hostile_worktree_runs_nothing(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *canary = NULL;
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	BOX(b);
	canary = path_join(b->dir, "canary");
	SH("git init -q '%s/evil' && cd '%s/evil' && for k in core.fsmonitor filter.x.clean filter.x.smudge "
	   "filter.x.process core.pager diff.external core.sshCommand; do git config $k 'touch %s; cat'; done; "
	   "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch %s\\n' >.git/hooks/post-checkout; "
	   "cp .git/hooks/post-checkout .git/hooks/reference-transaction; chmod +x .git/hooks/*; "
	   "cp .git/config '%s/config.worktree'; cp .git/hooks/* '%s/.git/hooks/'",
		b->dir, b->dir, canary, canary, b->handle, b->repo);
	SH("cd '%s' && git config extensions.worktreeConfig true", b->repo);
	SH("rm '%s/.git'; echo 'gitdir: %s/evil/.git' >'%s/.git'; echo '* filter=x' >'%s/.gitattributes'; echo n >'%s/n'",
		b->path, b->dir, b->path, b->path, b->path);
	SH("git -C '%s' status >/dev/null 2>&1; test -e '%s' && rm '%s'", b->path, canary, canary); /* it bites */
	assert_int_equal(ws->exists(&b->c), TRI_YES);
	ok(ws->recap(&text, &b->c));
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	assert_false(path_exists(canary));
	bring_back(b, ref, "feat/1");
	assert_false(path_exists(canary));
	SH("grep -qx n '%s/n'", b->path);
}

static void a_nested_repository_with_hostile_config(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *canary = NULL;

	(void)state;
	BOX(b);
	canary = path_join(b->dir, "canary");
	SH("cd '%s' && git init -q in && cd in && echo x >x && git add . && git commit -qm x && cd .. && "
	   "git -c advice.addEmbeddedRepo=false add in && git commit -qm in && cd in && echo '* filter=x' >.gitattributes && "
	   "git config filter.x.clean 'touch %s; cat' && git config core.fsmonitor 'touch %s' && echo y >x",
		b->path, canary, canary);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_false(path_exists(canary));
	assert_int_equal(s.nested.n, 1);
	assert_string_equal(s.nested.v[0], "in");
}

static void twenty_thousand_files(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;

	(void)state;
	BOX(b);
	SH("mkdir '%s/many' && cd '%s/many' && seq 20000 | split -l 1 -a 4 -", b->path, b->path);
	before = manifest(b);
	ref = kill_it(b, &kept);
	bring_back(b, ref, "feat/1");
	after = manifest(b);
	assert_string_equal(after, before);
}

/* --- repositories inside --- */

static void nested_work_is_kept_aside_and_comes_back(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;
	AUTO(strv_release) struct strv paths = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s' && NESTED=1 %s/../dirty.sh", b->path, here);
	before = manifest_text(b);
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	assert_non_null(kept);
	assert_true(str_ends(kept, "/fe-1.kept-20261122T071756Z"));
	SH("cd '%s/nested' && grep -q precious p.txt && git log -1 >/dev/null", kept);
	SH("cd '%s' && git status >/dev/null && git worktree list --porcelain | grep -q 'locked ao: kept work of fe-1'",
		kept);
	SH("git -C '%s' worktree prune --expire=now && test -e '%s'", b->repo, b->handle);
	ok(ws->kept(&paths, &b->c));
	assert_int_equal(paths.n, 1);
	assert_string_equal(paths.v[0], kept);
	bring_back(b, ref, "feat/1");
	after = manifest_text(b);
	same_text(before, after);
	SH("cd '%s' && git worktree list --porcelain | grep -q '^locked' && exit 1; exit 0", b->path);
	assert_false(path_exists(kept));
}

static void a_submodule_as_it_came_goes_with_the_worktree(void **state)
{
	static const struct {
		const char *change;
		size_t nested;
	} cases[] = {
		{ "true", 0 },
		{ "git submodule -q deinit -f sub", 0 },
		{ "touch sub/s.txt", 0 },
		{ "echo x >sub/new.txt", 1 },
		{ "echo x >>sub/s.txt", 1 },
		{ "cd sub && git checkout -q -b own && git commit -q --allow-empty -m own", 1 },
		{ "cd sub && git commit -q --allow-empty -m own && git branch own && git checkout -q HEAD~1", 1 },
		{ "cd sub && echo x >>s.txt && git stash -q", 1 },
	};
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("cd '%s' && git init -q sub.src && cd sub.src && echo s >s.txt && git add . && git commit -qm s", b->dir);
	SH("cd '%s' && git -c protocol.file.allow=always submodule -q add '%s/sub.src' sub && git commit -qm sub", b->repo, b->dir);
	str_release(&b->base);
	b->base = said("git -C '%s' rev-parse HEAD", b->repo);
	b->c.base = b->base;
	box_worktree(b);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(saved_release) struct saved s = { 0 };
		SH("cd '%s' && rm -rf sub '%s/modules' && mkdir sub; git config --remove-section submodule.sub; "
		   "git -c protocol.file.allow=always submodule -q update --init >/dev/null 2>&1",
			b->path, b->handle);
		SH("cd '%s' && %s", b->path, cases[i].change);
		ok(ws->save(&s, &b->c, NULL, NOW));
		if (s.nested.n != cases[i].nested)
			print_error("%s\n", cases[i].change);
		assert_int_equal(s.nested.n, cases[i].nested);
		if (!s.nested.n)
			assert_null(s.ref);
	}
}

static void a_repository_around_tracked_files_is_found(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s/d1' && git init -q && git add . && git commit -qm hidden", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_int_equal(s.nested.n, 1);
	assert_string_equal(s.nested.v[0], "d1");
}

/* --- removal: every row of the crash table --- */

static void remove_can_be_repeated_at_every_step(void **state)
{
	/* $1 path, $2 .ao-gone, $3 admin dir, $4 repository */
	static const char *const states[] = {
		"true",
		"mv -T $1 $2",
		"mv -T $1 $2; rm $3/gitdir $3/HEAD", /* killed inside git's own removal */
		"mv -T $1 $2; git -C $4 worktree remove -f -f $1",
		"mv -T $1 $2; git -C $4 worktree remove -f -f $1; rm -r $2/d1",
		"mv -T $1 $2; git -C $4 worktree remove -f -f $1; rm -r $2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		AUTO(saved_release) struct saved s = { 0 };
		AUTO(saved_release) struct saved again = { 0 };
		AUTO(str_release) char *gone = NULL;
		AUTO(str_release) char *kept = NULL;
		BOX(b);
		gone = str_format("%s/wt/.ao-gone-fe-1-01234567", b->dir);
		SH("echo n >'%s/n'", b->path);
		ok(ws->save(&s, &b->c, NULL, NOW));
		SH("set -- '%s' '%s' '%s' '%s'; %s", b->path, gone, b->handle, b->repo, states[i]);
		ok(ws->save(&again, &b->c, s.ref, NOW + 9000)); /* never from what was half removed */
		assert_string_equal(again.ref, s.ref);
		ok(ws->remove(&kept, &b->c, &s, NOW));
		assert_null(kept);
		assert_false(path_exists(b->path));
		assert_false(path_exists(b->handle));
		ok(ws->discard(&b->c));
		assert_false(path_exists(gone));
		ok(ws->remove(&kept, &b->c, &s, NOW));
		ok(ws->discard(&b->c));
		SH("test $(git -C '%s' worktree list | wc -l) = 1", b->repo);
		assert_int_equal(ws->branch_exists(&b->c), TRI_YES);
		bring_back(b, s.ref, "feat/1");
		SH("grep -qx n '%s/n'", b->path);
	}
}

static void keeping_aside_can_be_repeated_at_every_step(void **state)
{
	static const char *const steps[] = {
		"echo 'ao: kept work of fe-1' >\"$3/locked\"",
		"echo 'ao: kept work of fe-1' >\"$3/locked\"; mv -T \"$1\" \"$2\"",
		"echo 'ao: kept work of fe-1' >\"$3/locked\"; mv -T \"$1\" \"$2\"; echo \"$2/.git\" >\"$3/gitdir\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		AUTO(saved_release) struct saved s = { 0 };
		AUTO(saved_release) struct saved again = { 0 };
		AUTO(str_release) char *aside = NULL;
		AUTO(str_release) char *kept = NULL;
		BOX(b);
		aside = str_format("%s.kept-20261122T071700Z", b->path);
		SH("cd '%s' && git init -q in && cd in && git commit -q --allow-empty -m x", b->path);
		ok(ws->save(&s, &b->c, NULL, NOW));
		SH("set -- '%s' '%s' '%s'; %s", b->path, aside, b->handle, steps[i]);
		ok(ws->save(&again, &b->c, s.ref, NOW));
		assert_string_equal(again.ref, s.ref);
		ok(ws->remove(&kept, &b->c, &again, NOW));
		assert_non_null(kept);
		SH("cd '%s' && git status >/dev/null && git worktree list | grep -q '%s'", kept, kept);
		assert_true(path_exists(b->handle));
		bring_back(b, s.ref, "feat/1");
		SH("git -C '%s/in' log -1 >/dev/null && test ! -e '%s/locked'", b->path, b->handle);
	}
}

static void moving_back_can_be_repeated(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && git init -q in && cd in && git commit -q --allow-empty -m x", b->path);
	ref = kill_it(b, &kept);
	SH("mv -T '%s' '%s'", kept, b->path);
	bring_back(b, ref, "feat/1");
	SH("git -C '%s' status >/dev/null && test ! -e '%s/locked'", b->path, b->handle);
}

static void a_stranger_in_our_place_is_left_alone(void **state)
{
	/* $1 path, $2 repository */
	static const char *const strangers[] = {
		"mkdir $1; echo theirs >$1/f",
		"git init -q $1; echo theirs >$1/f",
		"git clone -q $2 $1; echo theirs >$1/f",
		"ln -s /etc $1",
		"echo a file >$1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(strangers); i++) {
		AUTO(saved_release) struct saved s = { 0 };
		AUTO(str_release) char *before = NULL;
		AUTO(str_release) char *after = NULL;
		AUTO(str_release) char *kept = NULL;
		AUTO(str_release) char *on = NULL;
		char *handle = NULL;
		BOX(b);
		/* the old folder is deleted, not moved: its inode is free to be used again */
		SH("rm -rf '%s'; mkdir -p '%s/wt'; git -C '%s' worktree prune", b->path, b->dir, b->repo);
		SH("mkdir -p '%s'; printf '%%s/.git\\n' '%s' >'%s/gitdir'; echo ../.. >'%s/commondir'; "
		   "echo 'ref: refs/heads/feat/1' >'%s/HEAD'", b->handle, b->path, b->handle, b->handle, b->handle);
		SH("set -- '%s' '%s'; %s", b->path, b->repo, strangers[i]);
		before = said("find '%s' -printf '%%p %%i %%s\\n'", b->path);
		assert_int_equal(ws->exists(&b->c), TRI_NO);
		fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "is not the worktree of fe-1");
		fails(ws->remove(&kept, &b->c, &s, NOW), ERR_REFUSED, "is not the worktree of fe-1");
		fails(ws->undo(&s, &b->c, true, NOW), ERR_REFUSED, "is not the worktree of fe-1");
		fails(ws->undelete(&handle, &on, &b->c, NULL, NULL), ERR_REFUSED, "is there already");
		after = said("find '%s' -printf '%%p %%i %%s\\n'", b->path);
		assert_string_equal(after, before);
	}
}

static void a_locked_worktree_is_refused_with_its_reason(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *kept = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' worktree lock --reason 'on a stick' '%s'", b->repo, b->path);
	fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "is locked: on a stick");
	fails(ws->remove(&kept, &b->c, &s, NOW), ERR_REFUSED, "is locked: on a stick");
	assert_int_equal(ws->exists(&b->c), TRI_YES);
}

static void a_worktree_moved_by_the_user_is_not_forgotten(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *kept = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' worktree move '%s' '%s/moved'", b->repo, b->path, b->dir);
	fails(ws->remove(&kept, &b->c, &s, NOW), ERR_REFUSED, "was moved to");
	SH("git -C '%s/moved' status >/dev/null", b->dir);
}

static void a_folder_deleted_by_hand_loses_no_commit(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' checkout -q --detach", b->path);
	commit_in(b->path, "precious");
	SH("cd '%s' && echo s >staged && git add staged && rm -rf '%s'", b->path, b->path);
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	bring_back(b, ref, "feat/1");
	SH("cd '%s' && test -e precious && git show :staged | grep -qx s", b->path);
}

static void a_handle_that_is_none_removes_nothing(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *kept = NULL;

	(void)state;
	BOX(b);
	b->c.handle = b->repo;
	fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "is no worktree");
	fails(ws->remove(&kept, &b->c, &s, NOW), ERR_REFUSED, "is no worktree");
	SH("test -e '%s/d1' && test -e '%s/d1'", b->repo, b->path);
}

/* A stranger's worktree whose disk is away must outlive everything that we do. */
static void strangers_are_never_pruned(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' worktree add -q -b theirs '%s/stick' && mv '%s/stick' '%s/away'", b->repo, b->dir,
		b->dir, b->dir);
	SH("echo n >'%s/n'", b->path);
	ref = kill_it(b, &kept);
	bring_back(b, ref, "feat/1");
	SH("mv '%s/away' '%s/stick' && git -C '%s/stick' status >/dev/null", b->dir, b->dir, b->dir);
}

/* --- undo --- */

static void undo_of_every_half_state(void **state)
{
	/* $1 path, $2 common dir, $3 repository, $4 base */
	static const char *const states[] = {
		"true",
		"git -C $3 branch feat/1 $4",
		"git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1; echo initializing >$2/worktrees/fe-1/locked",
		"git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1 $1; echo initializing >$2/worktrees/fe-1/locked",
		"git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1 $1; echo initializing >$2/worktrees/fe-1/locked; "
		"echo $1/.git >$2/worktrees/fe-1/gitdir",
		"git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1 $1; echo initializing >$2/worktrees/fe-1/locked; "
		"echo $1/.git >$2/worktrees/fe-1/gitdir; echo gitdir: $2/worktrees/fe-1 >$1/.git; "
		"echo 0000000000000000000000000000000000000000 >$2/worktrees/fe-1/HEAD; echo ../.. >$2/worktrees/fe-1/commondir",
		"git -C $3 worktree add -q --no-track -b feat/1 $1 $4; rm -r $1/d1 $1/d2; touch $2/worktrees/fe-1/index.lock; "
		"rm $2/worktrees/fe-1/index; echo initializing >$2/worktrees/fe-1/locked",
		"git -C $3 worktree add -q --no-track -b feat/1 $1 $4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		AUTO(box_free) struct box *b = box_new();
		AUTO(saved_release) struct saved s = { 0 };
		box_repo(b);
		SH("mkdir -p '%s/wt'; set -- '%s' '%s/.git' '%s' %s; %s", b->dir, b->path, b->repo, b->repo,
			b->base, states[i]);
		ok(ws->undo(&s, &b->c, true, NOW));
		assert_null(s.ref);
		assert_int_equal(ws->branch_exists(&b->c), TRI_NO);
		SH("test -z \"$(ls -A '%s/wt')\" && test ! -e '%s/.git/worktrees/fe-1'", b->dir, b->repo);
		ok(ws->undo(&s, &b->c, true, NOW));
		box_worktree(b); /* nothing is in the way of the next */
	}
}

static void undo_keeps_work(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(saved_release) struct saved none = { 0 };

	(void)state;
	BOX(b);
	SH("echo n >'%s/n'", b->path);
	commit_in(b->path, "c");
	ok(ws->undo(&s, &b->c, true, NOW));
	assert_non_null(s.ref);
	assert_int_equal(ws->branch_exists(&b->c), TRI_YES); /* it has moved on */
	assert_false(path_exists(b->path));

	AUTO(box_free) struct box *other = box_new();
	box_repo(other);
	SH("git -C '%s' branch feat/1", other->repo);
	box_worktree(other); /* on a branch that was there before */
	ok(ws->undo(&none, &other->c, false, NOW));
	assert_int_equal(ws->branch_exists(&other->c), TRI_YES);
}

/* --- undelete --- */

static void undelete_from_the_branch_alone(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *on = NULL;
	char *handle = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "c");
	ref = kill_it(b, &kept);
	assert_null(ref);
	bring_back(b, NULL, "feat/1");
	SH("test -e '%s/c'", b->path);
	ref = kill_it(b, &kept);
	SH("git -C '%s' branch -qD feat/1", b->repo);
	fails(ws->undelete(&handle, &on, &b->c, NULL, NULL), ERR_MISSING, "is gone");
	fails(ws->undelete(&handle, &on, &b->c, "refs/ao/trash/fe-1/x", NULL), ERR_MISSING, "is gone");
}

static void undelete_makes_the_branch_again(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *tip = NULL;
	AUTO(str_release) char *back = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "c");
	SH("echo n >'%s/n'", b->path);
	tip = said("git -C '%s' rev-parse HEAD", b->path);
	ref = kill_it(b, &kept);
	SH("git -C '%s' branch -qD feat/1", b->repo);
	bring_back(b, ref, "feat/1");
	back = said("git -C '%s' rev-parse feat/1", b->path);
	assert_string_equal(back, tip);
}

static void undelete_beside_a_branch_that_moved(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *on = NULL;
	AUTO(str_release) char *handle = NULL;
	struct notes n = { .sink = { note } };

	(void)state;
	BOX(b);
	SH("echo n >'%s/n'", b->path);
	ref = kill_it(b, &kept);
	SH("cd '%s' && git checkout -q feat/1", b->repo);
	commit_in(b->repo, "later");
	ok(ws->undelete(&handle, &on, &b->c, ref, &n.sink));
	assert_string_equal(on, "feat/1-undeleted");
	assert_string_equal(buf_text(&n.text),
		"2 branch 'feat/1' has moved on: fe-1 is back on 'feat/1-undeleted'\n");
	SH("test -e '%s/n' && test ! -e '%s/later'", b->path, b->path);
	buf_release(&n.text);
}

static void a_half_made_undelete_is_taken_back_first(void **state)
{
	/* $1 path, $2 common dir, $3 repository, $4 the session's folder */
	static const char *const states[] = {
		"true",
		"mkdir -p $2/worktrees/fe-1 $1; echo initializing >$2/worktrees/fe-1/locked",
		"mkdir -p $2/worktrees/fe-1 $1; echo initializing >$2/worktrees/fe-1/locked; echo $1/.git >$2/worktrees/fe-1/gitdir",
		"git -C $3 worktree add -q $1 feat/1; rm -r $1/d1; touch $2/worktrees/fe-1/index.lock; "
		"echo initializing >$2/worktrees/fe-1/locked",
		"git -C $3 worktree add -q $1 feat/1; echo half >$1/n",
		"git -C $3 worktree add -q $1 feat/1; mv $1 ${1%/*}/.ao-gone-fe-1-01234567",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		AUTO(str_release) char *kept = NULL;
		AUTO(str_release) char *ref = NULL;
		BOX(b);
		SH("echo n >'%s/n'", b->path);
		ref = kill_it(b, &kept);
		SH("set -- '%s' '%s/.git' '%s' '%s'; printf feat/1 >$4/undeleting; %s", b->path, b->repo, b->repo,
			b->folder, states[i]);
		bring_back(b, ref, "feat/1");
		SH("grep -qx n '%s/n' && test -e '%s/d1/f1.txt' && test $(git -C '%s' worktree list | wc -l) = 2 && "
		   "test $(ls '%s/.git/worktrees' | wc -l) = 1 && test $(ls -A '%s/wt' | wc -l) = 1",
			b->path, b->path, b->repo, b->repo, b->dir);
		assert_false(shell("test -e '%s/undeleting'", b->folder) == 0);
	}
}

static void undelete_never_touches_a_stranger(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *on = NULL;
	char *handle = NULL;

	(void)state;
	BOX(b);
	SH("echo n >'%s/n'", b->path);
	ref = kill_it(b, &kept);
	SH("mkdir '%s' && echo theirs >'%s/f'", b->path, b->path);
	fails(ws->undelete(&handle, &on, &b->c, ref, NULL), ERR_REFUSED, "is there already");
	SH("printf feat/1 >'%s/undeleting'", b->folder);
	fails(ws->undelete(&handle, &on, &b->c, ref, NULL), ERR_REFUSED, "left alone");
	SH("rm -r '%s'; git -C '%s' worktree add -q -b theirs '%s'; echo theirs >'%s/f'", b->path, b->repo, b->path,
		b->path);
	fails(ws->undelete(&handle, &on, &b->c, ref, NULL), ERR_REFUSED, "left alone");
	SH("grep -qx theirs '%s/f'", b->path);
}

/* --- trash, recap, leftovers --- */

static void trash_is_listed_and_dropped(void **state)
{
	AUTO(strv_release) struct strv refs = { 0 };
	AUTO(strv_release) struct strv left = { 0 };

	(void)state;
	BOX(b);
	for (int i = 0; i < 3; i++) {
		AUTO(saved_release) struct saved s = { 0 };
		SH("echo %d >'%s/n'", i, b->path);
		ok(ws->save(&s, &b->c, NULL, NOW + i * 2000));
	}
	ok(ws->trash(&refs, b->repo, "fe-1"));
	assert_int_equal(refs.n, 3);
	assert_string_equal(refs.v[0], "refs/ao/trash/fe-1/20261122T071756Z");
	assert_string_equal(refs.v[2], "refs/ao/trash/fe-1/20261122T071800Z");
	ok(ws->drop_trash(b->repo, refs.v[1]));
	ok(ws->drop_trash(b->repo, refs.v[1]));
	ok(ws->trash(&left, b->repo, NULL));
	assert_int_equal(left.n, 2);
	ok(ws->trash(&left, b->repo, "fe-11"));
	assert_int_equal(left.n, 2);
	fails(ws->drop_trash(b->repo, "refs/heads/main"), ERR_REFUSED, "not in the trash");
}

static void recap_tells_commits_and_changes(void **state)
{
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	BOX(b);
	commit_in(b->path, "subject");
	SH("cd '%s' && echo x >>d1/f1.txt && rm d2/f1.txt && echo n >new && touch d3/f1.txt", b->path);
	ok(ws->recap(&text, &b->c));
	assert_non_null(strstr(text.s, " subject\n"));
	assert_non_null(strstr(text.s, "  M\td1/f1.txt\n  D\td2/f1.txt\n"));
	assert_non_null(strstr(text.s, "New files, not committed:\n  new\n"));
	assert_null(strstr(text.s, "d3"));
	assert_null(strstr(text.s, "first"));
}

static void leftovers_are_ours_alone(void **state)
{
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(str_release) char *dir = NULL;

	(void)state;
	BOX(b);
	dir = path_join(b->dir, "wt");
	SH("git -C '%s' worktree add -q -b theirs '%s/elsewhere'; mkdir '%s/.ao-gone-fe-9-00000000'", b->repo, b->dir,
		dir);
	ok(ws->leftovers(&paths, b->repo, dir));
	assert_int_equal(paths.n, 2);
	assert_true(strv_has(&paths, b->path));
	assert_true(str_ends(paths.v[1], ".ao-gone-fe-9-00000000"));
}

static void the_table_is_full(void **state)
{
	const struct workspace *none;
	void *const *slots = (void *const *)(const void *)ws;

	(void)state;
	assert_string_equal(ws->plugin.name, "worktree");
	for (size_t i = sizeof(struct plugin) / sizeof(void *); i < sizeof(*ws) / sizeof(void *); i++)
		assert_non_null(slots[i]);
	fails(workspace_find(&none, "cvs"), ERR_CONFIG, "no workspace plugin 'cvs'");
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/ao-wt-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	umask(022);
	setenv("HOME", root, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("GIT_DIR");
	unsetenv("XDG_CONFIG_HOME");
	err_drop(workspace_find(&ws, "worktree"), "seen at once");
	return !ws || shell("git config --global user.name t; git config --global user.email t@t; "
			    "git config --global init.defaultBranch main; git config --global advice.detachedHead false");
}

static int tear_down(void **state)
{
	(void)state;
	return shell("rm -rf '%s'", root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origin_of_a_local_repository),
		cmocka_unit_test(origin_without_commits),
		cmocka_unit_test(origin_is_fetched_and_offline_is_a_warning),
		cmocka_unit_test(origin_asks_one_program),
		cmocka_unit_test(free_branch_finds_a_name),
		cmocka_unit_test(create_makes_branch_and_worktree),
		cmocka_unit_test(create_refuses_what_is_there),
		cmocka_unit_test(create_knows_what_git_called_it),
		cmocka_unit_test(create_in_odd_repositories),
		cmocka_unit_test(create_in_a_sha256_repository),
		cmocka_unit_test(twelve_at_once),
		cmocka_unit_test(nothing_of_worth_is_no_ref),
		cmocka_unit_test(the_same_content_is_the_same_ref),
		cmocka_unit_test(save_changes_nothing),
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(intent_to_add_is_saved),
		cmocka_unit_test(detached_commits_are_saved),
		cmocka_unit_test(an_unmerged_index_is_saved),
		cmocka_unit_test(a_sparse_checkout_comes_back),
		cmocka_unit_test(a_split_index_is_read),
		cmocka_unit_test(a_racy_edit_is_seen),
		cmocka_unit_test(a_lock_on_the_index_is_waited_for),
		cmocka_unit_test(stale_locks_are_told_and_do_not_stop_a_save),
		cmocka_unit_test(a_name_git_cannot_hold_is_refused),
		cmocka_unit_test(a_user_without_a_name),
		cmocka_unit_test(a_hostile_worktree_runs_nothing),
		cmocka_unit_test(a_nested_repository_with_hostile_config),
		cmocka_unit_test(twenty_thousand_files),
		cmocka_unit_test(nested_work_is_kept_aside_and_comes_back),
		cmocka_unit_test(a_submodule_as_it_came_goes_with_the_worktree),
		cmocka_unit_test(a_repository_around_tracked_files_is_found),
		cmocka_unit_test(remove_can_be_repeated_at_every_step),
		cmocka_unit_test(keeping_aside_can_be_repeated_at_every_step),
		cmocka_unit_test(moving_back_can_be_repeated),
		cmocka_unit_test(a_stranger_in_our_place_is_left_alone),
		cmocka_unit_test(a_locked_worktree_is_refused_with_its_reason),
		cmocka_unit_test(a_worktree_moved_by_the_user_is_not_forgotten),
		cmocka_unit_test(a_folder_deleted_by_hand_loses_no_commit),
		cmocka_unit_test(a_handle_that_is_none_removes_nothing),
		cmocka_unit_test(strangers_are_never_pruned),
		cmocka_unit_test(undo_of_every_half_state),
		cmocka_unit_test(undo_keeps_work),
		cmocka_unit_test(undelete_from_the_branch_alone),
		cmocka_unit_test(undelete_makes_the_branch_again),
		cmocka_unit_test(undelete_beside_a_branch_that_moved),
		cmocka_unit_test(a_half_made_undelete_is_taken_back_first),
		cmocka_unit_test(undelete_never_touches_a_stranger),
		cmocka_unit_test(trash_is_listed_and_dropped),
		cmocka_unit_test(recap_tells_commits_and_changes),
		cmocka_unit_test(leftovers_are_ours_alone),
		cmocka_unit_test(the_table_is_full),
	};

	AUTO(str_release) char *file = path_absolute(__FILE__, NULL);
	AUTO(str_release) char *dir = path_dir(file);
	snprintf(here, sizeof(here), "%s", dir);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
