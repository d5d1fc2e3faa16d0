/* Where a branch starts, its name, making it; the trash and other questions. */
#include "worktree_box.h"

static void origin_of_a_local_repository(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(start_point_release) struct start_point o = { 0 };
	AUTO(start_point_release) struct start_point at = { 0 };

	(void)state;
	box_repo(b);
	ok(ws->origin(&o, b->repo, NULL, NULL, false, NULL));
	assert_string_equal(o.default_branch, "main");
	assert_string_equal(o.shown, "main");
	assert_string_equal(o.commit, b->base);
	SH("git -C '%s' tag v1; git -C '%s' checkout -q --detach", b->repo, b->repo);
	commit_in(b->repo, "more");
	ok(ws->origin(&at, b->repo, "main", "v1", false, NULL));
	assert_string_equal(at.commit, b->base);
	assert_string_equal(at.shown, "v1");
	fails(ws->origin(&at, b->repo, NULL, NULL, false, NULL), ERR_FAILED, "on no branch");
	fails(ws->origin(&at, b->repo, "nope", NULL, false, NULL), ERR_FAILED, "no branch 'nope'");
	fails(ws->origin(&at, b->repo, NULL, "v2", false, NULL), ERR_FAILED, "no commit 'v2'");
	fails(ws->origin(&at, b->repo, NULL, "--all", false, NULL), ERR_USAGE, "cannot be a base");
	fails(ws->origin(&at, "/dev", NULL, NULL, false, NULL), ERR_FAILED, "not a git repository");
}

static void origin_without_commits(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(start_point_release) struct start_point o = { 0 };

	(void)state;
	SH("git init -q -b main '%s'", b->repo);
	fails(ws->origin(&o, b->repo, NULL, NULL, false, NULL), ERR_FAILED, "has no commits yet");
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
	ok(ws->origin(&o, clone, NULL, NULL, false, &n.sink));
	assert_string_equal(o.commit, tip);
	assert_string_equal(o.shown, "origin/main");
	assert_string_equal(buf_text(&n.text), "0 fetching main from origin\n");
	assert_false(shell("test ! -e \"%s/clone with 'quotes\\\"/.git/FETCH_HEAD\"", b->dir));
	SH("mv '%s' '%s.away'", b->repo, b->repo);
	ok(ws->origin(&off, clone, NULL, NULL, false, &n.sink));
	assert_string_equal(off.commit, tip);
	assert_non_null(strstr(buf_text(&n.text), "2 could not fetch from origin"));
	buf_release(&n.text);
}

static void origin_is_here_where_pull_requests_are_merged_here(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *clone = path_join(b->dir, "clone");
	AUTO(str_release) char *mine = NULL;
	AUTO(str_release) char *theirs = NULL;
	struct start_point o = { 0 };

	(void)state;
	box_repo(b);
	SH("git clone -q '%s' '%s'", b->repo, clone);
	ok(ws->origin(&o, clone, NULL, NULL, true, NULL));
	assert_string_equal(o.shown, "origin/main");
	start_point_release(&o);
	commit_in(b->repo, "later"); /* behind: what is there is newer */
	ok(ws->origin(&o, clone, NULL, NULL, true, NULL));
	theirs = said("git -C '%s' rev-parse HEAD", b->repo);
	assert_string_equal(o.commit, theirs);
	start_point_release(&o);
	commit_in(clone, "merged"); /* both have what the other lacks */
	mine = said("git -C '%s' rev-parse HEAD", clone);
	ok(ws->origin(&o, clone, NULL, NULL, true, NULL));
	assert_string_equal(o.commit, mine);
	assert_string_equal(o.shown, "main");
	start_point_release(&o);
	ok(ws->origin(&o, clone, NULL, NULL, false, NULL));
	assert_string_equal(o.commit, theirs);
	start_point_release(&o);
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
	SH("mkdir '%s'; printf '#!/bin/sh\\necho x >>%s/calls\\nPATH=%s exec git \"$@\"\\n' "
	   ">'%s/git'; "
	   "chmod +x '%s/git'",
		bin, b->dir, path, bin, bin);
	setenv("PATH", with, 1);
	ok(ws->origin(&o, b->repo, NULL, NULL, false, NULL));
	ok(ws->free_branch(&name, b->repo, "feat/1", false));
	box_worktree(b);
	setenv("PATH", path, 1);
	count = said("grep -c x '%s/calls'", b->dir);
	assert_string_equal(count, "3"); /* origin, free_branch, create: one each */
}

static void free_branch_finds_a_name(void **state)
{
	static const struct {
		const char *wanted, *want;
	} cases[] = {
		{ "new", "new" },
		{ "main", "main-2" },
		{ "feat/1", "feat/1-3" }, /* feat/1 and feat/1-2 are there */
		{ "main/x", "main-x-2" }, /* main forbids it, main-x is there */
		{ "feat", "feat-2" },     /* feat/1 forbids it */
		{ "a/b/c/d", "a-b-c-d" }, /* a/b forbids it */
		{ "feat/10", "feat/10" },
	};
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("cd '%s' && for x in feat/1 feat/1-2 main-x a/b feat-1; do git branch $x; done; git "
	   "pack-refs --all",
		b->repo);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(str_release) char *name = NULL;
		ok(ws->free_branch(&name, b->repo, cases[i].wanted, false));
		assert_string_equal(name, cases[i].want);
		SH("git -C '%s' branch '%s' && git -C '%s' branch -qD '%s'", b->repo, name, b->repo,
			name);
	}
	char *none = NULL;
	fails(ws->free_branch(&none, b->repo, "main", true), ERR_REFUSED, "is taken");
	fails(ws->free_branch(&none, b->repo, "main/x", true), ERR_REFUSED,
		"there is a branch 'main'");
	fails(ws->free_branch(&none, b->repo, "-x", false), ERR_USAGE, "cannot be a branch");
	fails(ws->free_branch(&none, b->repo, "a@{1}", false), ERR_USAGE, "cannot be a branch");
}

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
	SH("cd '%s' && test $(git worktree list | wc -l) = 13 && git fsck --no-progress 2>&1 | "
	   "grep -v dangling | "
	   "grep . && exit 1; exit 0",
		b->repo);
}

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
	SH("cd '%s' && echo x >>d1/f1.txt && rm d2/f1.txt && echo n >new && touch d3/f1.txt",
		b->path);
	ok(ws->recap(&text, &b->c));
	assert_non_null(strstr(text.s, " subject\n"));
	assert_non_null(strstr(text.s, "  M\td1/f1.txt\n  D\td2/f1.txt\n"));
	assert_non_null(strstr(text.s, "New files, not committed:\n  new\n"));
	assert_null(strstr(text.s, "d3/")); /* "d3" alone may stand in an object's name */
	assert_null(strstr(text.s, "first"));
}

static void leftovers_are_ours_alone(void **state)
{
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(str_release) char *dir = NULL;

	(void)state;
	BOX(b);
	dir = path_join(b->dir, "wt");
	SH("git -C '%s' worktree add -q -b theirs '%s/elsewhere'; mkdir "
	   "'%s/.ao-gone-fe-9-00000000'",
		b->repo, b->dir, dir);
	ok(ws->leftovers(&paths, b->repo, dir));
	assert_int_equal(paths.n, 2);
	assert_true(strv_has(&paths, b->path));
	assert_true(str_ends(paths.v[1], ".ao-gone-fe-9-00000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origin_of_a_local_repository),
		cmocka_unit_test(origin_without_commits),
		cmocka_unit_test(origin_is_fetched_and_offline_is_a_warning),
		cmocka_unit_test(origin_is_here_where_pull_requests_are_merged_here),
		cmocka_unit_test(origin_asks_one_program),
		cmocka_unit_test(free_branch_finds_a_name),
		cmocka_unit_test(create_makes_branch_and_worktree),
		cmocka_unit_test(create_refuses_what_is_there),
		cmocka_unit_test(create_knows_what_git_called_it),
		cmocka_unit_test(create_in_odd_repositories),
		cmocka_unit_test(create_in_a_sha256_repository),
		cmocka_unit_test(twelve_at_once),
		cmocka_unit_test(trash_is_listed_and_dropped),
		cmocka_unit_test(recap_tells_commits_and_changes),
		cmocka_unit_test(leftovers_are_ours_alone),
	};

	return run_box_tests(__FILE__, tests, COUNT_OF(tests));
}
