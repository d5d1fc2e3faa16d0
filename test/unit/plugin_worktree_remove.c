/* Taking away and undoing, from every state that a crash can leave. */
#include "worktree_box.h"

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
		ok(ws->save(
			&again, &b->c, s.ref, NOW + 9000)); /* never from what was half removed */
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
		("echo 'ao: kept work of fe-1' >\"$3/locked\"; mv -T \"$1\" \"$2\"; echo "
		 "\"$2/.git\" >\"$3/gitdir\""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		AUTO(saved_release) struct saved s = { 0 };
		AUTO(saved_release) struct saved again = { 0 };
		AUTO(str_release) char *aside = NULL;
		AUTO(str_release) char *kept = NULL;
		BOX(b);
		aside = str_format("%s.kept-20261122T071700Z", b->path);
		SH("cd '%s' && git init -q in && cd in && git commit -q --allow-empty -m x",
			b->path);
		ok(ws->save(&s, &b->c, NULL, NOW));
		SH("set -- '%s' '%s' '%s'; %s", b->path, aside, b->handle, steps[i]);
		ok(ws->save(&again, &b->c, s.ref, NOW));
		assert_string_equal(again.ref, s.ref);
		ok(ws->remove(&kept, &b->c, &again, NOW));
		assert_non_null(kept);
		SH("cd '%s' && git status >/dev/null && git worktree list | grep -q '%s'", kept,
			kept);
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
		SH("rm -rf '%s'; mkdir -p '%s/wt'; git -C '%s' worktree prune", b->path, b->dir,
			b->repo);
		SH("mkdir -p '%s'; printf '%%s/.git\\n' '%s' >'%s/gitdir'; echo ../.. "
		   ">'%s/commondir'; "
		   "echo 'ref: refs/heads/feat/1' >'%s/HEAD'",
			b->handle, b->path, b->handle, b->handle, b->handle);
		SH("set -- '%s' '%s'; %s", b->path, b->repo, strangers[i]);
		before = said("find '%s' -printf '%%p %%i %%s\\n'", b->path);
		assert_int_equal(ws->exists(&b->c), TRI_NO);
		fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "is not the worktree of fe-1");
		fails(ws->remove(&kept, &b->c, &s, NOW), ERR_REFUSED,
			"is not the worktree of fe-1");
		fails(ws->undo(&s, &b->c, true, NOW), ERR_REFUSED, "is not the worktree of fe-1");
		fails(ws->undelete(&handle, &on, &b->c, NULL, NULL), ERR_REFUSED,
			"is there already");
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

static void strangers_are_never_pruned(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' worktree add -q -b theirs '%s/stick' && mv '%s/stick' '%s/away'", b->repo,
		b->dir, b->dir, b->dir);
	SH("echo n >'%s/n'", b->path);
	ref = kill_it(b, &kept);
	bring_back(b, ref, "feat/1");
	SH("mv '%s/away' '%s/stick' && git -C '%s/stick' status >/dev/null", b->dir, b->dir,
		b->dir);
}

static void undo_of_every_half_state(void **state)
{
	/* $1 path, $2 common dir, $3 repository, $4 base */
	static const char *const states[] = {
		"true",
		"git -C $3 branch feat/1 $4",
		("git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1; echo initializing "
		 ">$2/worktrees/fe-1/locked"),
		("git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1 $1; echo initializing "
		 ">$2/worktrees/fe-1/locked"),
		("git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1 $1; echo initializing "
		 ">$2/worktrees/fe-1/locked; "
		 "echo $1/.git >$2/worktrees/fe-1/gitdir"),
		("git -C $3 branch feat/1 $4; mkdir -p $2/worktrees/fe-1 $1; echo initializing "
		 ">$2/worktrees/fe-1/locked; "
		 "echo $1/.git >$2/worktrees/fe-1/gitdir; echo gitdir: $2/worktrees/fe-1 >$1/.git; "
		 "echo 0000000000000000000000000000000000000000 >$2/worktrees/fe-1/HEAD; echo "
		 "../.. "
		 ">$2/worktrees/fe-1/commondir"),
		("git -C $3 worktree add -q --no-track -b feat/1 $1 $4; rm -r $1/d1 $1/d2; touch "
		 "$2/worktrees/fe-1/index.lock; "
		 "rm $2/worktrees/fe-1/index; echo initializing >$2/worktrees/fe-1/locked"),
		"git -C $3 worktree add -q --no-track -b feat/1 $1 $4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		AUTO(box_free) struct box *b = box_new();
		AUTO(saved_release) struct saved s = { 0 };
		box_repo(b);
		SH("mkdir -p '%s/wt'; set -- '%s' '%s/.git' '%s' %s; %s", b->dir, b->path, b->repo,
			b->repo, b->base, states[i]);
		ok(ws->undo(&s, &b->c, true, NOW));
		assert_null(s.ref);
		assert_int_equal(ws->branch_exists(&b->c), TRI_NO);
		SH("test -z \"$(ls -A '%s/wt')\" && test ! -e '%s/.git/worktrees/fe-1'", b->dir,
			b->repo);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return run_box_tests(__FILE__, tests, COUNT_OF(tests));
}
