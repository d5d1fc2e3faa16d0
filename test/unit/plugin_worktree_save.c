/* What a save holds, what it refuses, and that it runs nothing of what it saves. */
#include "worktree_box.h"

#include <sys/prctl.h>

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
	SH("echo newer >'%s/new'",
		b->path); /* within the same second as the first: a name of its own */
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
	before = said("cd '%s' && find . '%s' -printf '%%p %%i %%m %%s %%T@\\n' | sort", b->path,
		b->handle);
	ok(ws->save(&s, &b->c, NULL, NOW));
	after = said("cd '%s' && find . '%s' -printf '%%p %%i %%m %%s %%T@\\n' | sort", b->path,
		b->handle);
	same_text(before, after);
	assert_int_equal(s.nested.n, 2);
	assert_false(shell("test -e '%s/save.git'", b->folder) == 0);
}

static void a_split_index_is_read(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s' && git update-index --split-index && echo x >n && git add n && ls '%s' | grep "
	   "-q sharedindex",
		b->path, b->handle);
	ok(ws->save(&s, &b->c, NULL, NOW));
	SH("git -C '%s' diff --name-only feat/1 %s | grep -qx n", b->repo, s.ref);
	SH("git -C '%s' log -1 --format=%%s %s^2 | grep -qx 'ao: index'", b->repo, s.ref);
}

static void a_racy_edit_is_seen(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	SH("cd '%s' && printf aaaa >racy && git add racy && git commit -qm racy && printf aaaa "
	   ">racy && "
	   "touch -d @1700000000 racy && git update-index --refresh && printf bbbb >racy && "
	   "touch -d @1700000000 racy '%s/index'",
		b->path, b->handle);
	ok(ws->save(&s, &b->c, NULL, NOW));
	SH("git -C '%s' diff --name-only feat/1 %s | grep -qx racy", b->repo, s.ref);
}

static void a_lock_on_the_index_is_waited_for(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	int64_t from;

	(void)state;
	BOX(b);
	SH("echo n >'%s/n'; touch '%s/index.lock'; (sleep 2; rm '%s/index.lock') & exit 0", b->path,
		b->handle, b->handle);
	from = clock_mono();
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_true(clock_mono() - from >= 500);
	SH("touch '%s/index.lock'", b->handle);
	saved_release(&s);
	fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "git is at work");
}

static void a_git_that_ended_holds_no_lock(void **state)
{
	AUTO(strv_release) struct strv locks = { 0 };
	siginfo_t ended;
	pid_t pid;

	(void)state;
	BOX(b);
	SH("touch -d '2 minutes ago' '%s/index.lock'", b->handle);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, "git");
		_exit(0);
	}
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	ok(ws->stale_locks(&locks, &b->c));
	waitpid(pid, NULL, 0);
	assert_int_equal(locks.n, 1);
}

/* Each is seen at some instant of its end, also at that where it has no folder and is no zombie yet. */
static void gits_that_come_and_go_elsewhere_hold_no_lock(void **state)
{
	size_t told = 0;
	pid_t parent;

	(void)state;
	BOX(b);
	SH("touch -d '2 minutes ago' '%s/index.lock'", b->handle);
	parent = fork();
	if (parent == 0) {
		prctl(PR_SET_NAME, "git");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			if (fork() == 0)
				_exit(0);
			usleep(100);
		}
	}
	for (int i = 0; i < 150; i++) {
		AUTO(strv_release) struct strv locks = { 0 };
		ok(ws->stale_locks(&locks, &b->c));
		told += locks.n;
	}
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	assert_int_equal(told, 150);
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

static void a_hostile_worktree_runs_nothing(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *canary = NULL;
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	BOX(b);
	canary = path_join(b->dir, "canary");
	SH("git init -q '%s/evil' && cd '%s/evil' && for k in core.fsmonitor filter.x.clean "
	   "filter.x.smudge "
	   "filter.x.process core.pager diff.external core.sshCommand; do git config $k 'touch %s; "
	   "cat'; done; "
	   "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch %s\\n' >.git/hooks/post-checkout; "
	   "cp .git/hooks/post-checkout .git/hooks/reference-transaction; chmod +x .git/hooks/*; "
	   "cp .git/config '%s/config.worktree'; cp .git/hooks/* '%s/.git/hooks/'",
		b->dir, b->dir, canary, canary, b->handle, b->repo);
	SH("cd '%s' && git config extensions.worktreeConfig true", b->repo);
	SH("rm '%s/.git'; echo 'gitdir: %s/evil/.git' >'%s/.git'; echo '* filter=x' "
	   ">'%s/.gitattributes'; echo n >'%s/n'",
		b->path, b->dir, b->path, b->path, b->path);
	SH("git -C '%s' status >/dev/null 2>&1; test -e '%s' && rm '%s'", b->path, canary,
		canary); /* it bites */
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
	SH("cd '%s' && git init -q in && cd in && echo x >x && git add . && git commit -qm x && cd "
	   ".. && "
	   "git -c advice.addEmbeddedRepo=false add in && git commit -qm in && cd in && echo '* "
	   "filter=x' >.gitattributes && "
	   "git config filter.x.clean 'touch %s; cat' && git config core.fsmonitor 'touch %s' && "
	   "echo y >x",
		b->path, canary, canary);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_false(path_exists(canary));
	assert_int_equal(s.nested.n, 1);
	assert_string_equal(s.nested.v[0], "in");
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
		{ "touch -d '1 minute ago' sub/s.txt", 0 }, /* in another second */
		{ "echo x >sub/new.txt", 1 },
		{ "echo x >>sub/s.txt", 1 },
		{ "cd sub && git checkout -q -b own && git commit -q --allow-empty -m own", 1 },
		{ "cd sub && git commit -q --allow-empty -m own && git branch own && git checkout "
		  "-q HEAD~1",
			1 },
		{ "cd sub && echo x >>s.txt && git stash -q", 1 },
	};
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("cd '%s' && git init -q sub.src && cd sub.src && echo s >s.txt && git add . && git "
	   "commit -qm s",
		b->dir);
	SH("cd '%s' && git -c protocol.file.allow=always submodule -q add '%s/sub.src' sub && git "
	   "commit -qm sub",
		b->repo, b->dir);
	str_release(&b->base);
	b->base = said("git -C '%s' rev-parse HEAD", b->repo);
	b->c.base = b->base;
	box_worktree(b);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(saved_release) struct saved s = { 0 };
		SH("cd '%s' && rm -rf sub '%s/modules' && mkdir sub; git config --remove-section "
		   "submodule.sub; "
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_worth_is_no_ref),
		cmocka_unit_test(the_same_content_is_the_same_ref),
		cmocka_unit_test(save_changes_nothing),
		cmocka_unit_test(a_split_index_is_read),
		cmocka_unit_test(a_racy_edit_is_seen),
		cmocka_unit_test(a_lock_on_the_index_is_waited_for),
		cmocka_unit_test(a_git_that_ended_holds_no_lock),
		cmocka_unit_test(gits_that_come_and_go_elsewhere_hold_no_lock),
		cmocka_unit_test(stale_locks_are_told_and_do_not_stop_a_save),
		cmocka_unit_test(a_name_git_cannot_hold_is_refused),
		cmocka_unit_test(a_user_without_a_name),
		cmocka_unit_test(a_hostile_worktree_runs_nothing),
		cmocka_unit_test(a_nested_repository_with_hostile_config),
		cmocka_unit_test(a_submodule_as_it_came_goes_with_the_worktree),
		cmocka_unit_test(a_repository_around_tracked_files_is_found),
	};

	return run_box_tests(__FILE__, tests, COUNT_OF(tests));
}
