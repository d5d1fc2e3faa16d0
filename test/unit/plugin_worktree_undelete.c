/* The way back: byte for byte, from every half-made state. */
#include "worktree_box.h"

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
	SH("cd '%s' && git reset -q -- ita.txt",
		b->path); /* the mark is not content; the file is */
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
	   "! git merge -q t >/dev/null 2>&1 && git tag -d t >/dev/null && test -e \"$(git "
	   "rev-parse --git-path MERGE_HEAD)\"",
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
	SH("cd '%s' && git sparse-checkout set --sparse-index d1 d2 && echo x >>d1/f1.txt && mkdir "
	   "d5 && "
	   "echo outside >d5/new.txt && echo s >d2/f1.txt && git add d2/f1.txt",
		b->path);
	SH("cd '%s' && test ! -e d4", b->path);
	before = said("cd '%s' && cat d1/f1.txt d5/new.txt && git diff --cached", b->path);
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	SH("test \"$(git -C '%s' diff --name-only feat/1 %s | sort | tr '\\n' ' ')\" = 'd1/f1.txt "
	   "d2/f1.txt d5/new.txt '",
		b->repo, ref);
	bring_back(b, ref, "feat/1");
	after = said("cd '%s' && cat d1/f1.txt d5/new.txt && git diff --cached", b->path);
	assert_string_equal(after, before);
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
	SH("cd '%s' && git status >/dev/null && git worktree list --porcelain | grep -q 'locked "
	   "ao: kept work of fe-1'",
		kept);
	SH("git -C '%s' worktree prune --expire=now && test -e '%s'", b->repo, b->handle);
	ok(ws->kept(&paths, &b->c));
	assert_int_equal(paths.n, 1);
	assert_string_equal(paths.v[0], kept);
	bring_back(b, ref, "feat/1");
	after = manifest_text(b);
	same_text(before, after);
	SH("cd '%s' && git worktree list --porcelain | grep -q '^locked' && exit 1; exit 0",
		b->path);
	assert_false(path_exists(kept));
}

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
	fails(ws->undelete(&handle, &on, &b->c, "refs/ao/trash/fe-1/x", NULL), ERR_MISSING,
		"is gone");
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
		("mkdir -p $2/worktrees/fe-1 $1; cd $2/worktrees/fe-1; echo initializing >locked; "
		 "echo $1/.git >gitdir"),
		("git -C $3 worktree add -q $1 feat/1; rm -r $1/d1; touch "
		 "$2/worktrees/fe-1/index.lock; "
		 "echo initializing >$2/worktrees/fe-1/locked"),
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
		SH("set -- '%s' '%s/.git' '%s' '%s'; printf feat/1 >$4/undeleting; %s", b->path,
			b->repo, b->repo, b->folder, states[i]);
		bring_back(b, ref, "feat/1");
		SH("grep -qx n '%s/n' && test -e '%s/d1/f1.txt' && test $(git -C '%s' worktree "
		   "list | wc -l) = 2 && "
		   "test $(ls '%s/.git/worktrees' | wc -l) = 1 && test $(ls -A '%s/wt' | wc -l) = "
		   "1",
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
	SH("rm -r '%s'; git -C '%s' worktree add -q -b theirs '%s'; echo theirs >'%s/f'", b->path,
		b->repo, b->path, b->path);
	fails(ws->undelete(&handle, &on, &b->c, ref, NULL), ERR_REFUSED, "left alone");
	SH("grep -qx theirs '%s/f'", b->path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(intent_to_add_is_saved),
		cmocka_unit_test(detached_commits_are_saved),
		cmocka_unit_test(an_unmerged_index_is_saved),
		cmocka_unit_test(a_sparse_checkout_comes_back),
		cmocka_unit_test(twenty_thousand_files),
		cmocka_unit_test(nested_work_is_kept_aside_and_comes_back),
		cmocka_unit_test(undelete_from_the_branch_alone),
		cmocka_unit_test(undelete_makes_the_branch_again),
		cmocka_unit_test(undelete_beside_a_branch_that_moved),
		cmocka_unit_test(a_half_made_undelete_is_taken_back_first),
		cmocka_unit_test(undelete_never_touches_a_stranger),
	};

	return run_box_tests(__FILE__, tests, COUNT_OF(tests));
}
