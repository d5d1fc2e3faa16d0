/*
 * What every workspace plugin promises (slot/workspace.h), asked of each one in slot/workspaces.def, with
 * real repositories. What only one of them does is in test/unit/.
 */
#include "worktree_box.h"

static const char *const plugins[] = {
#define WORKSPACE(name) #name,
#include "slot/workspaces.def"
#undef WORKSPACE
};

static void publish(const struct box *b)
{
	if (ws->publish)
		ok(ws->publish(&b->c, b->c.branch));
}

static void same_said(const char *dir, const char *command, const char *before)
{
	AUTO(str_release) char *after = said("cd '%s' && %s", dir, command);

	same_text(after, before);
}

/* ---- create ------------------------------------------------------------------------------------- */

static void create_checks_the_branch_out(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *on = NULL;

	(void)state;
	box_repo(b);
	/* the repository's hooks are not run, and its own checkout stays as it is */
	SH("for h in post-checkout reference-transaction; do printf '#!/bin/sh\ntouch %s/ran\n' "
	   ">'%s/.git/hooks/'$h; chmod +x '%s/.git/hooks/'$h; done; echo edit >>'%s/d1/f1.txt'",
		b->dir, b->repo, b->repo, b->repo);
	before = said("cd '%s' && git symbolic-ref HEAD && git status --porcelain", b->repo);
	SH("rm -f '%s/ran'", b->dir);
	box_worktree(b);
	SH("test ! -e '%s/ran'", b->dir);
	same_said(b->repo, "git symbolic-ref HEAD && git status --porcelain", before);
	assert_int_equal(ws->exists(&b->c), TRI_YES);
	assert_int_equal(ws->branch_exists(&b->c), TRI_YES);
	on = ws->branch_now(&b->c);
	same_text(on, "feat/1");
	same_said(b->path, "git rev-parse HEAD", b->base);
	SH("cd '%s' && git diff --quiet HEAD && test -z \"$(git status --porcelain)\" && "
	   "grep -qx tracked d4/tracked.flt && grep -q one d4/crlf.txt",
		b->path);
	SH("test \"$(git -C '%s' rev-parse feat/1)\" = %s", b->repo, b->base);
}

static void create_starts_at_the_base(void **state)
{
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	commit_in(b->repo, "later");
	box_worktree(b);
	SH("test ! -e '%s/later'", b->path);
	same_said(b->path, "git rev-parse HEAD", b->base);
}

static void a_branch_that_exists_is_taken_up(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *tip = NULL;

	(void)state;
	box_repo(b);
	SH("git -C '%s' checkout -q -b feat/1", b->repo);
	commit_in(b->repo, "earlier");
	tip = said("git -C '%s' rev-parse feat/1", b->repo);
	fails(ws->create(&b->handle, &b->c, NULL), ERR_REFUSED, "checked out");
	SH("git -C '%s' checkout -q main; test ! -e '%s'", b->repo, b->path);
	box_worktree(b);
	same_said(b->path, "git rev-parse HEAD", tip);
}

static void create_refuses_what_is_there(void **state)
{
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("mkdir -p '%s'", b->path);
	fails(ws->create(&b->handle, &b->c, NULL), ERR_REFUSED, "is there already");
	SH("rmdir '%s' && ! git -C '%s' show-ref -q refs/heads/feat/1", b->path, b->repo);
	b->c.base = "main";
	fails(ws->create(&b->handle, &b->c, NULL), ERR_FAILED, "cannot make a");
	assert_null(b->handle);
}

/* ---- looking ------------------------------------------------------------------------------------ */

static void exists_has_three_answers(void **state)
{
	AUTO(str_release) char *loop = NULL;
	struct checkout other;

	(void)state;
	BOX(b);
	other = b->c;
	assert_int_equal(ws->exists(&other), TRI_YES);
	other.handle = NULL;
	assert_int_equal(ws->exists(&other), TRI_NO);
	SH("cd '%s' && ln -s loop loop", b->dir);
	loop = path_join(b->dir, "loop/fe-1");
	other = b->c;
	other.path = loop;
	assert_int_equal(ws->exists(&other), TRI_UNKNOWN);
	SH("mv '%s' '%s.away'", b->path, b->path);
	assert_int_equal(ws->exists(&b->c), TRI_NO);
	SH("mkdir '%s'; echo theirs >'%s/f'", b->path, b->path);
	assert_int_equal(ws->exists(&b->c), TRI_NO);
}

static void branch_now_follows_head(void **state)
{
	AUTO(str_release) char *other = NULL;
	AUTO(str_release) char *none = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' checkout -q -b other/name", b->path);
	other = ws->branch_now(&b->c);
	same_text(other, "other/name");
	SH("git -C '%s' checkout -q --detach", b->path);
	none = ws->branch_now(&b->c);
	assert_null(none);
}

static void recap_tells_commits_and_changes(void **state)
{
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	BOX(b);
	commit_in(b->path, "made");
	SH("cd '%s' && echo x >>d1/f1.txt && echo n >new.txt", b->path);
	ok(ws->recap(&text, &b->c));
	assert_non_null(strstr(text.s, " made\n"));
	assert_non_null(strstr(text.s, "d1/f1.txt"));
	assert_non_null(strstr(text.s, "new.txt"));
	assert_null(strstr(text.s, "d2/f1.txt"));
}

/* ---- save --------------------------------------------------------------------------------------- */

static void nothing_of_worth_is_no_ref(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s' && echo ignored >x.log && mkdir empty && touch d1/f1.txt", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_null(s.ref);
	assert_int_equal(s.files + s.commits, 0);
	SH("test -z \"$(git -C '%s' for-each-ref refs/ao)\"", b->repo);
}

static void commits_of_the_branch_stay_on_it(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *head = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "one");
	commit_in(b->path, "two");
	head = said("git -C '%s' rev-parse HEAD", b->path);
	ref = kill_it(b, &kept);
	assert_null(ref);
	SH("git -C '%s' gc -q --prune=now", b->repo);
	same_said(b->repo, "git rev-parse feat/1", head);
	bring_back(b, NULL, "feat/1");
	same_said(b->path, "git rev-parse HEAD", head);
	SH("cd '%s' && test -e two && test -z \"$(git status --porcelain)\"", b->path);
}

static void save_changes_nothing_and_repeats_itself(void **state)
{
	AUTO(saved_release) struct saved first = { 0 };
	AUTO(saved_release) struct saved second = { 0 };
	AUTO(saved_release) struct saved third = { 0 };
	AUTO(str_release) char *before = NULL;
	static const char *const look =
		"find . -path ./.git/objects -prune -o -printf '%p %i %m %s %T@\\n' | sort";

	(void)state;
	BOX(b);
	SH("cd '%s' && %s/../dirty.sh", b->path, here);
	before = said("cd '%s' && %s", b->path, look);
	ok(ws->save(&first, &b->c, NULL, NOW));
	same_said(b->path, look, before);
	same_text(first.ref, "refs/ao/trash/fe-1/20261122T071756Z");
	assert_true(first.files > 0);
	ok(ws->save(&second, &b->c, first.ref, NOW + 5000));
	same_text(second.ref, first.ref);
	SH("echo more >>'%s/d1/f1.txt'", b->path);
	ok(ws->save(&third, &b->c, first.ref, NOW + 5000));
	assert_string_not_equal(third.ref, first.ref);
	SH("test ! -e '%s/save.git'", b->folder);
}

static void everything_comes_back(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	AUTO(str_release) char *after = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && %s/../dirty.sh && git reset -q -- ita.txt", b->path, here);
	before = manifest_text(b);
	ref = kill_it(b, &kept);
	assert_null(kept);
	SH("git -C '%s' gc -q --prune=now", b->repo); /* nothing hangs on what is gone */
	bring_back(b, ref, "feat/1");
	after = manifest_text(b);
	same_text(before, after);
	SH("git -C '%s' fsck --no-progress --no-dangling && git -C '%s' fsck --no-progress "
	   "--no-dangling",
		b->repo, b->path);
}

static void commits_beside_the_branch_come_back(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *before = NULL;
	static const char *const look = "git rev-parse HEAD other feat/1; git stash list; git show "
					"--stat=80 stash@{0} stash@{1}";

	(void)state;
	BOX(b);
	SH("cd '%s' && echo s1 >>d1/f1.txt && git stash -q && echo s2 >>d2/f2.txt && git stash "
	   "push -q -m 'second one' && git checkout -q -b other",
		b->path);
	commit_in(b->path, "beside");
	SH("cd '%s' && git checkout -q --detach feat/1", b->path);
	commit_in(b->path, "detached");
	before = said("cd '%s' && %s", b->path, look);
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	SH("git -C '%s' gc -q --prune=now", b->repo);
	bring_back(b, ref, "feat/1");
	same_said(b->path, look, before);
	SH("! git -C '%s' symbolic-ref -q HEAD", b->path);
}

static void a_repository_inside_is_kept_aside(void **state)
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
	assert_true(str_ends(kept, "/fe-1.kept-20261122T071756Z"));
	SH("cd '%s/nested' && grep -q precious p.txt && git log -1 >/dev/null", kept);
	ok(ws->kept(&paths, &b->c));
	assert_int_equal(paths.n, 1);
	same_text(paths.v[0], kept);
	bring_back(b, ref, "feat/1");
	after = manifest_text(b);
	same_text(before, after);
	assert_false(path_exists(kept));
}

/* An agent may put any repository in the place of its own .git: it runs nothing, hides nothing. */
static void a_hostile_git_dir_runs_nothing(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *canary = NULL;
	AUTO(str_release) char *on = NULL;
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	BOX(b);
	canary = path_join(b->dir, "canary");
	SH("git init -q '%s/evil' && cd '%s/evil' && for k in core.fsmonitor filter.x.clean "
	   "filter.x.smudge filter.x.process core.pager diff.external; do git config $k 'touch %s; "
	   "cat'; done; mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch %s\\n' "
	   ">.git/hooks/reference-transaction; chmod +x .git/hooks/*",
		b->dir, b->dir, canary, canary);
	SH("cd '%s' && rm -rf .git && echo 'gitdir: %s/evil/.git' >.git && echo '* filter=x' "
	   ">.gitattributes && echo n >n",
		b->path, b->dir);
	SH("git -C '%s' status >/dev/null 2>&1; rm '%s'", b->path, canary); /* it bites */
	assert_int_equal(ws->exists(&b->c), TRI_YES);
	on = ws->branch_now(&b->c);
	err_drop(ws->recap(&text, &b->c), "it may be told nothing");
	publish(b);
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	bring_back(b, ref, "feat/1");
	assert_false(path_exists(canary));
	SH("grep -qx n '%s/n'", b->path);
}

static void published_commits_are_the_repositorys(void **state)
{
	AUTO(str_release) char *head = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "one");
	head = said("git -C '%s' rev-parse HEAD", b->path);
	publish(b);
	same_said(b->repo, "git rev-parse feat/1", head);
	SH("cd '%s' && echo two >>one && git commit -q -a --amend -m amended", b->path);
	publish(b);
	publish(b);
	SH("test \"$(git -C '%s' rev-parse feat/1)\" = \"$(git -C '%s' rev-parse HEAD)\" && git "
	   "-C '%s' fsck --no-progress --no-dangling",
		b->repo, b->path, b->repo);
}

/* ---- away and back ------------------------------------------------------------------------------ */

static void remove_can_be_repeated(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(saved_release) struct saved again = { 0 };
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *gone = NULL;
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(str_release) char *dir = NULL;

	(void)state;
	BOX(b);
	dir = path_join(b->dir, "wt");
	gone = path_join(dir, ".ao-gone-fe-1-01234567");
	SH("echo x >'%s/new'", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	for (int i = 0; i < 2; i++) {
		ok(ws->remove(&kept, &b->c, &s, NOW));
		assert_null(kept);
		assert_false(path_exists(b->path));
		assert_int_equal(ws->exists(&b->c), TRI_NO);
	}
	assert_true(path_is_dir(gone));
	ok(ws->leftovers(&paths, b->repo, dir));
	assert_int_equal(paths.n, 1);
	same_text(paths.v[0], gone);
	ok(ws->save(&again, &b->c, s.ref, NOW)); /* what is gone says nothing about the work */
	same_text(again.ref, s.ref);
	for (int i = 0; i < 2; i++) {
		ok(ws->discard(&b->c));
		assert_false(path_exists(gone));
		ok(ws->remove(&kept, &b->c, &s, NOW));
	}
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
		SH("rm -rf '%s'; set -- '%s' '%s'; %s", b->path, b->path, b->repo, strangers[i]);
		before = said("find '%s' -printf '%%p %%i %%s\\n'", b->path);
		assert_int_equal(ws->exists(&b->c), TRI_NO);
		fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "left alone");
		fails(ws->remove(&kept, &b->c, &s, NOW), ERR_REFUSED, "left alone");
		fails(ws->undelete(&handle, &on, &b->c, NULL, NULL), ERR_REFUSED,
			"is there already");
		after = said("find '%s' -printf '%%p %%i %%s\\n'", b->path);
		same_text(after, before);
	}
}

static void undo_takes_all_of_it_back(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(saved_release) struct saved work = { 0 };

	(void)state;
	BOX(b);
	ok(ws->undo(&s, &b->c, true, NOW));
	assert_null(s.ref);
	SH("test -z \"$(ls -A '%s/wt')\" && ! git -C '%s' show-ref -q refs/heads/feat/1 && test "
	   "\"$(git -C '%s' worktree list | wc -l)\" = 1",
		b->dir, b->repo, b->repo);
	ok(ws->undo(&s, &b->c, true, NOW));
	b->c.handle = NULL;
	str_release(&b->handle);
	box_worktree(b);
	commit_in(b->path, "work");
	SH("echo x >'%s/new'", b->path);
	ok(ws->undo(&work, &b->c, true, NOW));
	assert_non_null(work.ref);
	SH("test ! -e '%s' && git -C '%s' cat-file -e %s:new && git -C '%s' cat-file -e "
	   "feat/1:work",
		b->path, b->repo, work.ref, b->repo);
}

static void undelete_makes_the_branch_again(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *head = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "one");
	head = said("git -C '%s' rev-parse HEAD", b->path);
	SH("echo x >'%s/new'", b->path);
	ref = kill_it(b, &kept);
	SH("git -C '%s' branch -q -D feat/1", b->repo);
	bring_back(b, ref, "feat/1");
	same_said(b->repo, "git rev-parse feat/1", head);
	same_said(b->path, "git rev-parse HEAD", head);
	SH("grep -qx x '%s/new'", b->path);
}

static void undelete_without_branch_and_save_is_told(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *on = NULL;
	char *handle = NULL;

	(void)state;
	BOX(b);
	ref = kill_it(b, &kept);
	assert_null(ref);
	SH("git -C '%s' branch -q -D feat/1", b->repo);
	fails(ws->undelete(&handle, &on, &b->c, NULL, NULL), ERR_MISSING, "nothing was saved");
	fails(ws->undelete(&handle, &on, &b->c, "refs/ao/trash/fe-1/20000101T000000Z", NULL),
		ERR_MISSING, "is gone");
	SH("test ! -e '%s'", b->path);
}

static void a_lost_record_is_found_again(void **state)
{
	AUTO(strv_release) struct strv paths = { 0 };
	AUTO(str_release) char *dir = NULL;
	AUTO(str_release) char *handle = NULL;
	AUTO(str_release) char *branch = NULL;
	AUTO(str_release) char *base = NULL;
	struct checkout lost;

	(void)state;
	BOX(b);
	dir = path_join(b->dir, "wt");
	SH("git -C '%s' worktree add -q -b theirs '%s/elsewhere'; git clone -q '%s' '%s/fe-2'; "
	   "mkdir '%s/fe-3'",
		b->repo, b->dir, b->repo, dir, dir);
	ok(ws->leftovers(&paths, b->repo, dir));
	assert_int_equal(paths.n, 1);
	same_text(paths.v[0], b->path);
	lost = (struct checkout){
		.id = "fe-1", .repo = b->repo, .path = b->path, .folder = b->folder
	};
	SH("rm '%s'/*", b->folder);
	ok(ws->adopt(&handle, &branch, &base, &lost));
	same_text(handle, b->handle);
	same_text(branch, "feat/1");
	same_text(base, b->base);
	assert_int_equal(ws->exists(&b->c), TRI_YES);
	str_release(&handle);
	SH("mkdir '%s/other' && git -C '%s/other' init -q", b->dir, b->dir);
	AUTO(str_release) char *other = path_join(b->dir, "other");
	lost.path = other;
	fails(ws->adopt(&handle, &branch, &base, &lost), ERR_REFUSED, "is not a");
}

static void the_table_is_full(void **state)
{
	const struct workspace *none = NULL;
	void *const *slots = (void *const *)(const void *)&ws->origin; /* the first function */
	void *const *publishing =
		(void *const *)(const void *)&ws->publish; /* and what belongs to it */
	struct err *e = workspace_find(&none, "cvs");

	(void)state;
	same_text(ws->plugin.name, plugin);
	assert_false(ws->borrowed);
	for (void *const *s = slots; s < (void *const *)(const void *)(ws + 1); s++)
		if (s < publishing || s > publishing + 2)
			assert_non_null(*s);
		else
			assert_int_equal(!*s, !ws->publish);
	assert_non_null(strstr(e->text, plugin)); /* an unknown name: the known ones are told */
	fails(e, ERR_CONFIG, "there is no \"cvs\"");
	assert_null(none);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_checks_the_branch_out),
		cmocka_unit_test(create_starts_at_the_base),
		cmocka_unit_test(a_branch_that_exists_is_taken_up),
		cmocka_unit_test(create_refuses_what_is_there),
		cmocka_unit_test(exists_has_three_answers),
		cmocka_unit_test(branch_now_follows_head),
		cmocka_unit_test(recap_tells_commits_and_changes),
		cmocka_unit_test(nothing_of_worth_is_no_ref),
		cmocka_unit_test(commits_of_the_branch_stay_on_it),
		cmocka_unit_test(save_changes_nothing_and_repeats_itself),
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(commits_beside_the_branch_come_back),
		cmocka_unit_test(a_repository_inside_is_kept_aside),
		cmocka_unit_test(a_hostile_git_dir_runs_nothing),
		cmocka_unit_test(published_commits_are_the_repositorys),
		cmocka_unit_test(remove_can_be_repeated),
		cmocka_unit_test(a_stranger_in_our_place_is_left_alone),
		cmocka_unit_test(undo_takes_all_of_it_back),
		cmocka_unit_test(undelete_makes_the_branch_again),
		cmocka_unit_test(undelete_without_branch_and_save_is_told),
		cmocka_unit_test(a_lost_record_is_found_again),
		cmocka_unit_test(the_table_is_full),
	};
	int failed = 0;

	for (size_t i = 0; i < COUNT_OF(plugins); i++) {
		plugin = plugins[i];
		print_message("workspace: %s\n", plugin);
		failed += run_box_tests(__FILE__, tests, COUNT_OF(tests));
	}
	return failed;
}
