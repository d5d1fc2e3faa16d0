/* What clones do beyond the contract (test/contract/workspace.c): origin and config, the way of their
 * commits into the repository, and what an agent may have made of their git dir. */
#include "worktree_box.h"

static char *remote_of(const struct box *b)
{
	return said("git -C '%s' remote get-url origin", b->path);
}

/* ---- made --------------------------------------------------------------------------------------- */

static void origin_is_the_repository_where_there_is_none(void **state)
{
	AUTO(str_release) char *url = NULL;
	AUTO(str_release) char *refs = NULL;

	(void)state;
	BOX(b);
	url = remote_of(b);
	same_text(url, b->repo);
	refs = said(
		"git -C '%s' for-each-ref --format='%%(refname)' refs/heads refs/remotes", b->path);
	same_text(refs,
		"refs/heads/feat/1\nrefs/remotes/origin/HEAD\nrefs/remotes/origin/feat/1\n"
		"refs/remotes/origin/main");
	commit_in(b->path, "one");
	SH("cd '%s' && git push -q origin feat/1 && git fetch -q && git checkout -q main", b->path);
	SH("test \"$(git -C '%s' rev-parse feat/1)\" = \"$(git -C '%s' rev-parse feat/1)\"",
		b->repo, b->path);
}

static void origin_is_the_projects_own_remote(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *url = NULL;
	AUTO(str_release) char *refs = NULL;
	AUTO(str_release) char *want = NULL;

	(void)state;
	box_repo(b);
	SH("cd '%s' && git clone -q --bare . ../up.git && git remote add origin ../up.git && git fetch "
	   "-q && git remote set-head origin main && git branch mine && git tag v1 && git tag -a -m "
	   "two v2",
		b->repo);
	box_worktree(b);
	url = remote_of(b);
	want = str_format("%s/up.git", b->dir); /* relative paths count from the main checkout */
	same_text(url, want);
	refs = said("git -C '%s' for-each-ref --format='%%(refname) %%(symref)'", b->path);
	same_text(refs,
		"refs/heads/feat/1 \nrefs/remotes/origin/HEAD refs/remotes/origin/main\n"
		"refs/remotes/origin/main \nrefs/tags/v1 \nrefs/tags/v2");
	commit_in(b->path, "one");
	SH("cd '%s' && git push -q origin feat/1", b->path);
	SH("test \"$(git -C '%s/up.git' rev-parse feat/1)\" = \"$(git -C '%s' rev-parse HEAD)\"",
		b->dir, b->path);
}

static void the_config_is_the_repositorys(void **state)
{
	AUTO(box_free) struct box *b = box_new();
	AUTO(str_release) char *said_name = NULL;

	(void)state;
	box_repo(b);
	SH("cd '%s' && git config user.name 'A \"quoted\" \\name' && git config "
	   "'x.Sub \"s\\.k' 'two\nlines' && git config core.worktree '%s' && git config core.bare false && git "
	   "config branch.main.remote x && printf '[bool]\\n\\tonly\\n' >>.git/config && echo '*.own' "
	   ">>.git/info/exclude",
		b->repo, b->repo);
	SH("git config --global \"includeIf.gitdir:%s/.path\" ~/there; printf '[user]\\n\\temail = "
	   "there@t\\n' >~/there",
		b->repo);
	box_worktree(b);
	said_name = said(
		"cd '%s' && git config user.name && git config 'x.Sub \"s\\.k' && git config "
		"--type=bool bool.only && git config user.email && git config --get-all "
		"core.bare && ! git config branch.main.remote && ! git config core.worktree && "
		"touch a.own && git status --porcelain",
		b->path);
	same_text(said_name, "A \"quoted\" \\name\ntwo\nlines\ntrue\nthere@t\nfalse");
	SH("git config --global --unset-all \"includeIf.gitdir:%s/.path\"", b->repo);
}

static void a_gc_of_the_repository_takes_nothing(void **state)
{
	(void)state;
	BOX(b);
	SH("cd '%s' && git checkout -q --orphan new && git commit -qm other && git branch -qD main "
	   "feat/1 && git reflog expire --expire=now --all && git gc -q --prune=now && ! git cat-file "
	   "-e %s",
		b->repo, b->base);
	SH("cd '%s' && git fsck --no-progress && git log --oneline %s >/dev/null && test ! -e "
	   ".git/objects/info/alternates",
		b->path, b->base);
}

static void a_partial_clone_is_refused(void **state)
{
	AUTO(box_free) struct box *b = box_new();

	(void)state;
	box_repo(b);
	SH("git -C '%s' config remote.origin.promisor true", b->repo);
	fails(ws->create(&b->handle, &b->c, NULL), ERR_REFUSED, "partial clone");
	assert_false(path_exists(b->path));
	assert_int_equal(ws->branch_exists(&b->c), TRI_NO);
}

/* The commit-graph, the packs and the refs as a long life leaves them, and a shallow repository. */
static void odd_repositories(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		AUTO(box_free) struct box *b = box_new();
		AUTO(str_release) char *kept = NULL;
		AUTO(str_release) char *ref = NULL;
		box_repo(b);
		commit_in(b->repo, "second");
		if (i == 0)
			SH("cd '%s' && git gc -q && git commit-graph write --reachable && git "
			   "multi-pack-index write",
				b->repo);
		if (i == 1)
			SH("cd '%s' && mv repo full && git clone -q --depth 1 \"file://$PWD/full\" repo",
				b->dir);
		if (i == 2)
			SH("cd '%s' && mv repo full && git clone -q --bare full repo", b->dir);
		str_release(&b->base);
		b->base = said("git -C '%s' rev-parse HEAD", b->repo);
		b->c.base = b->base;
		box_worktree(b);
		commit_in(b->path, "one");
		SH("echo new >'%s/new'", b->path);
		ref = kill_it(b, &kept);
		assert_non_null(ref);
		SH("git -C '%s' cat-file -e feat/1:one && git -C '%s' fsck --no-progress "
		   "--no-dangling",
			b->repo, b->repo);
		bring_back(b, ref, "feat/1");
		SH("grep -qx new '%s/new' && git -C '%s' log -2 >/dev/null", b->path, b->path);
	}
}

/* ---- killed at every step of its making --------------------------------------------------------- */

static void undo_of_every_half_state(void **state)
{
	/* $1 path, $2 repository, $3 .ao-gone-… */
	static const char *const halves[] = {
		"true",
		"mkdir $3",
		"git clone -q $2 $3; rm $3/.git/HEAD",
		"git clone -q $2 $3",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(halves); i++) {
		AUTO(box_free) struct box *b = box_new();
		AUTO(saved_release) struct saved s = { 0 };
		box_repo(b);
		SH("git -C '%s' branch feat/1; mkdir -p '%s/wt'", b->repo, b->dir);
		SH("set -- '%s' '%s' '%s/wt/.ao-gone-fe-1-01234567'; %s", b->path, b->repo, b->dir,
			halves[i]);
		ok(ws->undo(&s, &b->c, true, NOW));
		assert_null(s.ref);
		SH("test -z \"$(ls -A '%s/wt')\" && ! git -C '%s' show-ref -q feat/1", b->dir,
			b->repo);
		box_worktree(b); /* and the next one is made */
	}
}

/* It had appeared, and the record was not told. */
static void a_whole_clone_without_a_record_is_taken_back(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	b->c.handle = NULL;
	ok(ws->undo(&s, &b->c, true, NOW));
	SH("test -z \"$(ls -A '%s/wt')\" && ! git -C '%s' show-ref -q refs/heads/feat/1", b->dir,
		b->repo);
}

static void keeping_aside_can_be_repeated(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *again = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && git init -q in && echo x >in/x", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	ok(ws->remove(&kept, &b->c, &s, NOW));
	ok(ws->remove(&again, &b->c, &s, NOW + 5000));
	same_text(again, kept);
	bring_back(b, s.ref, "feat/1");
	bring_back(b, s.ref, "feat/1"); /* the record was not told of the move */
	SH("grep -qx x '%s/in/x'", b->path);
}

/* ---- the way of its commits --------------------------------------------------------------------- */

static void a_branch_that_moved_on_is_left_alone(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *theirs = NULL;
	AUTO(str_release) char *now = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "ours");
	SH("cd '%s' && git worktree add -q ../look feat/1 && cd ../look && echo t >t && git add t && git "
	   "commit -qm theirs && cd '%s' && git worktree remove ../look",
		b->repo, b->repo);
	theirs = said("git -C '%s' rev-parse feat/1", b->repo);
	fails(ws->publish(&b->c, "feat/1"), ERR_REFUSED, "has moved on");
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_int_equal(s.commits, 1); /* saved, and said why */
	assert_non_null(strstr(s.note, "has moved on"));
	now = said("git -C '%s' rev-parse feat/1", b->repo);
	same_text(now, theirs);
	SH("git -C '%s' cat-file -e %s:ours", b->repo, s.ref);
}

static void a_branch_that_is_checked_out_is_left_alone(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };

	(void)state;
	BOX(b);
	commit_in(b->path, "ours");
	SH("git -C '%s' checkout -q feat/1", b->repo);
	fails(ws->publish(&b->c, "feat/1"), ERR_REFUSED, "is checked out");
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_int_equal(s.commits, 1);
	assert_non_null(strstr(s.note, "is checked out"));
	SH("test \"$(git -C '%s' rev-parse feat/1)\" = %s && test -z \"$(git -C '%s' status "
	   "--porcelain)\"",
		b->repo, b->base, b->repo);
	SH("git -C '%s' checkout -q main", b->repo);
	ok(ws->publish(&b->c, "feat/1"));
	SH("git -C '%s' cat-file -e feat/1:ours", b->repo);
}

/* The repository's own branch of the name is not the agent's, however the agent names its branches. */
static void other_branches_stay_the_clones(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;

	(void)state;
	BOX(b);
	SH("git -C '%s' branch shared", b->repo);
	SH("git -C '%s' checkout -q -b shared", b->path);
	commit_in(b->path, "ours");
	ref = kill_it(b, &kept);
	assert_non_null(ref);
	SH("test \"$(git -C '%s' rev-parse shared)\" = %s", b->repo, b->base);
	bring_back(b, ref, "shared");
	SH("git -C '%s' cat-file -e shared:ours", b->path);
}

/* ---- an agent that writes into its git dir ------------------------------------------------------- */

static void a_hostile_config_runs_nothing(void **state)
{
	AUTO(str_release) char *kept = NULL;
	AUTO(str_release) char *ref = NULL;
	AUTO(str_release) char *canary = NULL;
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	BOX(b);
	canary = path_join(b->dir, "canary");
	SH("cd '%s' && for k in core.fsmonitor filter.x.clean filter.x.smudge filter.x.process core.pager "
	   "diff.external core.sshCommand core.alternateRefsCommand uploadpack.packObjectsHook; do git "
	   "config $k 'touch %s; cat'; done; for h in reference-transaction post-checkout "
	   "post-index-change; do printf '#!/bin/sh\\ntouch %s\\n' >.git/hooks/$h; done; chmod +x "
	   ".git/hooks/*; echo '* filter=x' >.gitattributes; echo n >n; git status >/dev/null 2>&1; rm "
	   "'%s'",
		b->path, canary, canary, canary);
	ok(ws->recap(&text, &b->c));
	ok(ws->publish(&b->c, "feat/1"));
	ref = kill_it(b, &kept);
	bring_back(b, ref, "feat/1");
	assert_false(path_exists(canary));
	SH("grep -qx n '%s/n' && ! git -C '%s' config core.fsmonitor", b->path, b->path);
}

/* Objects whose bytes are not what their name says never reach the repository. */
static void damaged_objects_are_refused(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *refs = NULL;

	(void)state;
	BOX(b);
	commit_in(b->path, "good");
	SH("cd '%s' && id=$(git rev-parse HEAD:good) && f=.git/objects/$(echo $id | cut -c1-2)/$(echo $id "
	   "| cut -c3-) && other=$(echo evil | git hash-object -w --stdin) && chmod u+w $f && cp "
	   ".git/objects/$(echo $other | cut -c1-2)/$(echo $other | cut -c3-) $f",
		b->path);
	fails(ws->publish(&b->c, "feat/1"), ERR_FAILED, "feat/1");
	fails(ws->save(&s, &b->c, NULL, NOW), ERR_REFUSED, "cannot save");
	refs = said("git -C '%s' for-each-ref --format='%%(refname)'", b->repo);
	same_text(refs, "refs/heads/feat/1\nrefs/heads/main");
	SH("test \"$(git -C '%s' rev-parse feat/1)\" = %s && git -C '%s' fsck --no-progress "
	   "--no-dangling",
		b->repo, b->base, b->repo);
	assert_int_equal(ws->exists(&b->c), TRI_YES);
}

/* Links out of the clone are not followed; refs of no good name keep their commits all the same. */
static void odd_refs_and_links(void **state)
{
	AUTO(saved_release) struct saved s = { 0 };
	AUTO(str_release) char *odd = NULL;

	(void)state;
	BOX(b);
	SH("cd '%s' && git checkout -q --detach && echo o >odd && git add odd && git commit -qm odd && git "
	   "rev-parse HEAD >'.git/refs/heads/a b' && git checkout -q feat/1 && ln -s /etc "
	   ".git/refs/heads/etc && ln -s ../../HEAD .git/refs/heads/link && mkfifo .git/refs/heads/pipe && "
	   "printf 'ref: refs/heads/ring\\n' >.git/refs/heads/ring",
		b->path);
	odd = said("cat '%s/.git/refs/heads/a b'", b->path);
	ok(ws->save(&s, &b->c, NULL, NOW));
	assert_int_equal(s.commits, 1);
	SH("git -C '%s' merge-base --is-ancestor %s %s", b->repo, odd, s.ref);
	SH("rm -rf '%s/.git/objects'; ln -s /etc '%s/.git/objects'; echo n >'%s/n'", b->path,
		b->path, b->path);
	saved_release(&s);
	ok(ws->save(&s, &b->c, NULL, NOW));
	SH("git -C '%s' cat-file -e %s:n", b->repo, s.ref);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(origin_is_the_repository_where_there_is_none),
		cmocka_unit_test(origin_is_the_projects_own_remote),
		cmocka_unit_test(the_config_is_the_repositorys),
		cmocka_unit_test(a_gc_of_the_repository_takes_nothing),
		cmocka_unit_test(a_partial_clone_is_refused),
		cmocka_unit_test(odd_repositories),
		cmocka_unit_test(undo_of_every_half_state),
		cmocka_unit_test(a_whole_clone_without_a_record_is_taken_back),
		cmocka_unit_test(keeping_aside_can_be_repeated),
		cmocka_unit_test(a_branch_that_moved_on_is_left_alone),
		cmocka_unit_test(a_branch_that_is_checked_out_is_left_alone),
		cmocka_unit_test(other_branches_stay_the_clones),
		cmocka_unit_test(a_hostile_config_runs_nothing),
		cmocka_unit_test(damaged_objects_are_refused),
		cmocka_unit_test(odd_refs_and_links),
	};

	plugin = "clone";
	return run_box_tests(__FILE__, tests, COUNT_OF(tests));
}
