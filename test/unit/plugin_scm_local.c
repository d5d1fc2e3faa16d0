/* The scm `local` on real git: what is on disk, what a hand may have done to it, and what a verdict is
 * worth. The life of a pull request is in test/cli/pr.bats. */
#include "base/clock.h"
#include "plugin/scm_local.h"

#include "kit.h"

extern const struct scm scm_local;

struct box {
	char *repo;
	struct project project;
	struct forge forge;
};

static struct box box;

static void sh(const char *format, ...) PRINTF(1, 2);
static void sh(const char *format, ...)
{
	AUTO(str_release) char *line = NULL;
	AUTO(str_release) char *command = NULL;
	va_list ap;

	va_start(ap, format);
	line = str_vformat(format, ap);
	va_end(ap);
	command = str_format("cd '%s' && %s", box.repo, line);
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(fresh_place(root, sizeof(root)));
	setenv("HOME", root, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "Ann", 1);
	setenv("GIT_AUTHOR_EMAIL", "ann@example.org", 1);
	setenv("GIT_COMMITTER_NAME", "Ann", 1);
	setenv("GIT_COMMITTER_EMAIL", "ann@example.org", 1);
	box = (struct box){ .repo = at("repo") };
	ok(file_make_dirs(box.repo));
	sh("git init -q -b main . && echo one >a && git add a && git commit -q -m first");
	sh("git switch -q -c work && echo two >a && git commit -q -am 'Make it two' && git switch "
	   "-q main");
	box.project = (struct project){ .id = str_dup("p"), .path = str_dup(box.repo) };
	box.forge = (struct forge){
		.project = &box.project, .repo = box.repo, .data_dir = root, .actor = "user"
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	str_release(&box.project.id);
	str_release(&box.project.path);
	str_release(&box.project.default_branch);
	named_texts_release(&box.project.checks);
	str_release(&box.repo);
	ok(file_remove_tree(root));
	return 0;
}

static void create(struct pull *p)
{
	bool made;

	pull_release(p);
	ok(scm_local.create(p, &made, &box.forge, &(struct pull_draft){ .branch = "work" }));
}

static void review(struct pull *p, const char *by, enum remark_kind kind, const char *text)
{
	struct forge f = box.forge;

	f.actor = by;
	pull_release(p);
	ok(scm_local.review(p, &f, 1, &(struct remark_wish){ .kind = kind, .text = text }));
}

static void refresh(struct pull *p)
{
	struct pull_ref ref = { .pr = "local:p#1", .repo = box.repo, .project = &box.project };

	pull_release(p);
	ok(scm_local.refresh(p, &ref, 1, &(struct look){ 0 }));
}

static void test_texts(void **state)
{
	AUTO(str_release) char *text = scm_local.text(&box.project, 12);

	(void)state;
	assert_string_equal(text, "local:p#12");
	assert_int_equal(scm_local.number(text), 12);
	assert_true(scm_local.owns(text));
	assert_false(scm_local.owns("https://github.com/a/b/pull/1"));
	assert_int_equal(scm_local.number("local:p#-1"), 0);
	assert_int_equal(scm_local.number("local:p"), 0);
	assert_int_equal(scm_local.number("local:p#99999999999999999999"), 0);
	assert_true(scm_local.serves(box.repo));
	sh("git remote add origin /nowhere");
	assert_false(scm_local.serves(box.repo));
	assert_ptr_equal(scm_of_pull("local:x#1"), &scm_local);
	assert_null(scm_of_pull(NULL));
}

static void test_create(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(pull_release) struct pull again = { 0 };
	bool made;

	(void)state;
	sh("git update-ref refs/ao/pull/1/head main"); /* a create that died: burnt */
	create(&p);
	assert_int_equal(p.number, 2);
	assert_string_equal(p.title, "Make it two");
	assert_string_equal(p.base, "main");
	assert_int_equal(p.state, PULL_OPEN);
	assert_int_equal(p.ci, CI_NONE);
	assert_int_equal(p.review, REVIEW_NONE);
	ok(scm_local.create(&again, &made, &box.forge, &(struct pull_draft){ .branch = "work" }));
	assert_false(made);
	assert_int_equal(again.number, 2);
	not_ok(scm_local.create(
		       &again, &made, &box.forge, &(struct pull_draft){ .branch = "none" }),
		ERR_FAILED, "no branch 'none'");
	not_ok(scm_local.create(
		       &again, &made, &box.forge, &(struct pull_draft){ .branch = "main" }),
		ERR_USAGE, "itself");
	not_ok(scm_local.create(&again, &made, &box.forge, &(struct pull_draft){ .branch = "-x" }),
		ERR_USAGE, "not names");
}

static void test_verdicts(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	create(&p);
	review(&p, "user", REMARK_ASK, NULL);
	assert_int_equal(p.review, REVIEW_PENDING);
	review(&p, "ann", REMARK_CHANGES, "why?");
	assert_int_equal(p.review, REVIEW_CHANGES);
	assert_int_equal(p.threads, 1);
	review(&p, "bob", REMARK_APPROVE, "fine");
	assert_int_equal(p.review, REVIEW_CHANGES); /* ann still wants them */
	review(&p, "ann", REMARK_APPROVE, NULL);
	assert_int_equal(p.review, REVIEW_APPROVED);
	assert_int_equal(p.threads, 1);
	sh("git switch -q work && git commit -q --allow-empty -m more && git switch -q main");
	refresh(&p);
	assert_int_equal(p.review, REVIEW_PENDING);
	review(&p, "bob", REMARK_APPROVE, NULL);
	assert_int_equal(p.review, REVIEW_APPROVED); /* one approval of this head will do */
}

static void test_packed_and_gone(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(str_release) char *head = NULL;

	(void)state;
	create(&p);
	head = str_dup(p.head);
	sh("git pack-refs --all");
	refresh(&p);
	assert_int_equal(p.state, PULL_OPEN);
	assert_string_equal(p.head, head);
	assert_string_equal(p.url, "local:p#1");
	sh("git branch -q -D work && git gc -q --prune=now");
	refresh(&p);
	assert_string_equal(p.head, head);
	pull_release(&p);
	ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL));
	sh("test \"$(cat a)\" = two");
}

static void test_files_by_hand(void **state)
{
	static const char *const texts[] = { "", "\n\n", "=\n", "state=merged\n",
		"branch=-x\nbase=main\n",
		"branch=work\nbase=main\nhead=../../etc/passwd\nstate=open\n",
		"branch=work\nbase=../x\n" };
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	create(&p);
	put_text("repo/.git/ao/pulls/1/remarks",
		"9.kind=approve\n1.kind=nonsense\n2.kind=ask\nx.kind=approve\n-1.kind=approve\n"
		"0.text=a\n99999999.kind=approve\n2.line=zzz\n3.kind\n");
	put_text("repo/.git/ao/pulls/1/checks",
		"head=x\n1.state=wat\n1.log=../../../etc/passwd\n7.name=a\n");
	refresh(&p);
	assert_int_equal(p.remarks.n, 2);
	assert_int_equal(p.review, REVIEW_PENDING);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		put_text("repo/.git/ao/pulls/1/pull", texts[i]);
		refresh(&p);
		assert_int_equal(p.state, PULL_NONE);
	}
	put_text("repo/.git/ao/pulls/x/pull", "a=b\n");
	put_text("repo/.git/ao/pulls/007/pull", "a=b\n");
	not_ok(scm_local.view(&p, &box.forge, 7), ERR_MISSING, "no pull request #7");
}

static void test_checks_count_for_their_command(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	named_texts_set(&box.project.checks, "test", "grep two a");
	create(&p);
	assert_int_equal(p.ci, CI_PENDING);
	pull_release(&p);
	ok(scm_local.check(&p, &box.forge, 1));
	assert_int_equal(p.ci, CI_SUCCESS);
	named_texts_set(&box.project.checks, "test", "grep three a");
	refresh(&p);
	assert_int_equal(p.ci, CI_PENDING);
	pull_release(&p);
	ok(scm_local.check(&p, &box.forge, 1));
	assert_int_equal(p.ci, CI_FAILURE);
	assert_int_equal(p.checks.v[0].code, 1);
	assert_true(path_exists(p.checks.v[0].log));
	not_ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL), ERR_REFUSED, "red: test");
}

/* Whether it is in conflict is known for one pair of commits; its files are kept with that. */
static void test_conflict(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	create(&p);
	assert_true(p.untested && !p.conflict);
	pull_release(&p);
	ok(scm_local.check(&p, &box.forge, 1));
	assert_false(p.untested || p.conflict);
	sh("echo three >a && echo b >b && git add b && git commit -qam three");
	refresh(&p);
	assert_true(p.untested && !p.conflict);
	pull_release(&p);
	ok(scm_local.check(&p, &box.forge, 1));
	refresh(&p);
	assert_true(p.conflict && !p.untested);
	assert_int_equal(p.conflicts.n, 1);
	assert_string_equal(p.conflicts.v[0], "a");
	sh("git switch -q work && git merge -q -X ours -m merged main && git switch -q main");
	refresh(&p);
	assert_true(p.untested && !p.conflict && !p.conflicts.n);
	pull_release(&p);
	ok(scm_local.check(&p, &box.forge, 1));
	assert_false(p.untested || p.conflict || p.conflicts.n);
}

/* Only the head that somebody looked at; and a run of checks that another is at is not waited for. */
static void test_this_head_alone(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(str_release) char *path = at("repo/.git/ao/pulls/1/checks.lock");
	AUTO(str_release) char *head = NULL;
	struct forge f = box.forge;

	(void)state;
	named_texts_set(&box.project.checks, "test", "true");
	create(&p);
	head = str_dup(p.head);
	pull_release(&p);
	ok(lock_take(&lock, path, 0));
	f.no_wait = true;
	ok(scm_local.check(&p, &f, 1));
	assert_int_equal(p.ci, CI_PENDING);
	lock_release(&lock);
	sh("git switch -q work && echo four >a && git commit -qam four && git switch -q main");
	pull_release(&p);
	ok(scm_local.check(&p, &f, 1));
	assert_int_equal(p.ci, CI_SUCCESS);
	not_ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, head), ERR_REFUSED, "by now, not");
	str_set(&head, p.head);
	pull_release(&p);
	ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, head));
}

static void test_a_merge_that_died_is_left_over(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(strv_release) struct strv left = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(str_release) char *path = path_join(box.repo, ".git/ao/pulls/1/lock");

	(void)state;
	create(&p);
	ok(scm_local.leftovers(&left, &box.forge, true));
	assert_int_equal(left.n, 0);
	sh("printf 'doing=merge\nmerge=%%s\nmergeOld=%%s\nmergeHead=%%s\n' $(git rev-parse work main work) "
	   ">>.git/ao/pulls/1/pull && git read-tree -m -u main work");
	ok(lock_take(&lock, path, 0)); /* at work, so far */
	ok(scm_local.leftovers(&left, &box.forge, true));
	assert_int_equal(left.n, 0);
	lock_release(&lock);
	ok(scm_local.leftovers(&left, &box.forge, false));
	assert_int_equal(left.n, 1);
	sh("test \"$(cat a)\" = two");
	ok(scm_local.leftovers(&left, &box.forge, true));
	sh("test -z \"$(git status --porcelain)\" && ! grep -q doing .git/ao/pulls/1/pull");
	pull_release(&p);
	ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL));
}

/* The first call of git with that word does what the line of shell says, "$@" being what it was asked. */
static void lying_git(const char *word, const char *lie)
{
	AUTO(str_release) char *git = at("bin/git");
	AUTO(str_release) char *path = str_format("%s/bin:%s", root, getenv("PATH"));
	AUTO(str_release)
	char *script = str_format("#!/bin/sh\nPATH=${PATH#*:}\ncase \" $* \" in *' %s '*)\n"
				  "[ -e '%s/lied' ] || { >'%s/lied'; %s; } ;;\nesac\nexec git "
				  "\"$@\"\n",
		word, root, root, lie);

	setenv("PATH", path, 1);
	sh("mkdir -p '%s/bin' && rm -f '%s/lied'", root, root);
	ok(file_replace(git, script, strlen(script), FILE_VOLATILE));
	sh("chmod +x '%s'", git);
}

static void test_a_git_that_fails_behind_its_deed(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(str_release) char *path = str_dup(getenv("PATH"));

	(void)state;
	create(&p);
	pull_release(&p);
	lying_git("worktree", "printf noise");
	not_ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL), ERR_FAILED, "checkouts");
	setenv("PATH", path, 1);
	sh("test \"$(git log --format=%%s main)\" = first && test -z \"$(git status --porcelain)\"");
	lying_git("read-tree", "git \"$@\"; exit 1");
	not_ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL), ERR_FAILED, "not merged");
	setenv("PATH", path, 1);
	sh("test \"$(git log --format=%%s main)\" = first && test -z \"$(git status --porcelain)\"");
	sh("! grep -q doing .git/ao/pulls/1/pull");
	sh("echo staged >a && git add a");
	not_ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL), ERR_REFUSED,
		"what the merge changes: a");
	sh("git reset -q --hard");
	lying_git("update-ref -m", "git \"$@\"; exit 1");
	ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL));
	setenv("PATH", path, 1);
	assert_int_equal(p.state, PULL_MERGED);
	sh("test \"$(cat a)\" = two && test -z \"$(git status --porcelain)\"");
}

static void test_no_entry_of_a_check_stays(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(str_release) char *path = str_dup(getenv("PATH"));

	(void)state;
	named_texts_set(&box.project.checks, "test", "true");
	create(&p);
	pull_release(&p);
	/* not the first one, which is of what a run before may have left */
	lying_git("worktree remove",
		"for tree; do :; done; [ ! -e \"$tree\" ] && rm \"${0%/*/*}/lied\" || exit 1");
	ok(scm_local.check(&p, &box.forge, 1));
	setenv("PATH", path, 1);
	sh("test \"$(git worktree list | wc -l)\" = 1");
}

static void test_rebase_keeps_authors_and_drops_nothing(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	sh("git switch -q work && echo b >b && git add b && "
	   "GIT_AUTHOR_NAME='Bo =b' GIT_AUTHOR_DATE='1700000000 +0200' git commit -q -m "
	   "'B\n\nbody' && "
	   "git switch -q main && echo c >c && git add c && git commit -q -m c");
	create(&p);
	pull_release(&p);
	ok(scm_local.merge(&p, &box.forge, 1, MERGE_REBASE, NULL));
	sh("test \"$(git log -1 --format='%%an|%%ad|%%b' --date=raw main)\" = 'Bo =b|1700000000 "
	   "+0200|body'");
	sh("test \"$(git rev-list --count main)\" = 4 && test \"$(cat a b c | tr -d '\\n')\" = "
	   "twobc");
	sh("test -z \"$(git status --porcelain)\"");
}

static void test_elsewhere_checked_out(void **state)
{
	AUTO(pull_release) struct pull p = { 0 };

	(void)state;
	box.project.default_branch = str_dup("main");
	sh("git switch -q --detach && git worktree add -q '%s/other' main", root);
	create(&p);
	pull_release(&p);
	ok(scm_local.merge(&p, &box.forge, 1, MERGE_SQUASH, NULL));
	sh("test \"$(cat a)\" = one && test \"$(cat '%s/other/a')\" = two", root);
	sh("test -z \"$(git -C '%s/other' status --porcelain)\"", root);
}

int main(void)
{
#define IN_BOX(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		IN_BOX(test_texts),
		IN_BOX(test_create),
		IN_BOX(test_verdicts),
		IN_BOX(test_packed_and_gone),
		IN_BOX(test_files_by_hand),
		IN_BOX(test_checks_count_for_their_command),
		IN_BOX(test_a_merge_that_died_is_left_over),
		IN_BOX(test_a_git_that_fails_behind_its_deed),
		IN_BOX(test_no_entry_of_a_check_stays),
		IN_BOX(test_rebase_keeps_authors_and_drops_nothing),
		IN_BOX(test_conflict),
		IN_BOX(test_this_head_alone),
		IN_BOX(test_elsewhere_checked_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
