/* Issues as files: numbers, hands in the files, states in bulk, and writers that die or come at once. */
#include <signal.h>

#include "base/run.h"
#include "slot/tracker.h"
#include "kit.h"

static const int64_t now = INT64_C(1795331876000); /* 2026-11-22T07:17:56Z */

static const struct tracker *local(void)
{
	const struct tracker *t = tracker_named("local");

	assert_non_null(t);
	return t;
}

static void git(char *const *words)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };

	strv_add(&argv, "git");
	strv_add_all(&argv, words);
	ok(RUN_OK(&r, .argv = argv.v, .dir = root));
}

static struct tracked repo(void)
{
	git(ARGV("init", "-q", "-b", "main"));
	return (struct tracked){ .path = root };
}

static struct issue made(const struct tracked *t, const char *title, const char *body)
{
	struct issue i = { 0 };
	struct new_issue n = { title, body, body ? strlen(body) : 0, "user", now };

	ok(local()->create(&i, t, &n));
	return i;
}

static void make(const struct tracked *t, const char *title, const char *want)
{
	AUTO(issue_release) struct issue i = made(t, title, NULL);

	assert_string_equal(i.id, want);
}

static bool fetch(struct issue *i, const struct tracked *t, const char *id)
{
	bool found;

	ok(local()->fetch(i, &found, t, id, NULL));
	return found;
}

static void shut(const struct tracked *t, const char *id, const char *reason, bool want_before)
{
	AUTO(issue_release) struct issue i = { 0 };
	bool before;

	ok(local()->close(&i, &before, t, id, reason, now + 1000));
	assert_true(issue_closed(&i));
	assert_int_equal(before, want_before);
}

static void test_the_file(void **state)
{
	struct tracked t = repo();
	AUTO(issue_release)
	struct issue i = made(&t, "a=b \\ \"c\"", "one\n\nstate=closed\n");
	AUTO(issue_release) struct issue back = { 0 };

	(void)state;
	holds(".git/ao/issues/1",
		"title=a=b \\\\ \"c\"\nstate=open\nauthor=user\ncreatedAt=2026-11-22T07:17:56Z\n"
		"\none\n\nstate=closed\n");
	assert_string_equal(i.id, "1");
	assert_true(fetch(&back, &t, "1"));
	assert_string_equal(back.title, "a=b \\ \"c\"");
	assert_string_equal(back.body.s, "one\n\nstate=closed\n");
	assert_false(issue_closed(&back));
	assert_true(path_exists(back.place));
	shut(&t, "1", "done", false);
	holds(".git/ao/issues/1",
		"title=a=b \\\\ \"c\"\nstate=closed\nauthor=user\ncreatedAt=2026-11-22T07:17:56Z\n"
		"closedAt=2026-11-22T07:17:57Z\nreason=done\n\none\n\nstate=closed\n");
	shut(&t, "1", "other", true);
	assert_true(fetch(&back, &t, "1"));
	assert_string_equal(back.reason, "done");
}

static void test_numbers(void **state)
{
	struct tracked t = repo();
	AUTO(str_release) char *third = at(".git/ao/issues/3");

	(void)state;
	make(&t, "a", "1");
	make(&t, "b", "2");
	make(&t, "c", "3");
	ok(file_remove(third)); /* by hand: its number stays used */
	make(&t, "d", "4");
	put_text(".git/ao/issues/9", "title=by hand\n");
	put_text(".git/ao/issues/12~", "title=an editor's\n");
	put_text(".git/ao/issues/0100", "title=no number of ours\n");
	make(&t, "e", "10");
	put_text(".git/ao/issues/.next", "no number");
	make(&t, "f", "11");
	put_text(".git/ao/issues/999999999", "title=last\n");
	not_ok(local()->create(&(struct issue){ 0 }, &t, &(struct new_issue){ .title = "g" }),
		ERR_FAILED, "no number is left");
}

static void test_ids(void **state)
{
	static const char *const bad[] = { "", "0", "007", "-1", "1/../1", "../1", " 1", "1 ",
		".lock", ".next", "1234567890", "INT-7", "fix the login" };
	struct tracked t = repo();
	AUTO(issue_release) struct issue i = { 0 };
	bool before;

	(void)state;
	make(&t, "a", "1");
	for (size_t n = 0; n < COUNT_OF(bad); n++) {
		assert_false(local()->is_id(bad[n]));
		assert_false(fetch(&i, &t, bad[n]));
		not_ok(local()->close(&i, &before, &t, bad[n], NULL, now), ERR_MISSING, bad[n]);
	}
	assert_true(local()->is_id("999999999"));
	assert_false(fetch(&i, &t, "2"));
}

/* What people and editors do to it. */
static void test_by_hand(void **state)
{
	struct tracked t = repo();
	AUTO(issue_release) struct issue i = { 0 };

	(void)state;
	put_text(".git/ao/issues/1",
		"# mine\r\ntitle = By hand "
		"\r\nlabel=bug\r\nnonsense\r\nstate=Closed\r\n\r\nText\r\n");
	assert_true(fetch(&i, &t, "1"));
	assert_string_equal(i.title, "By hand");
	assert_true(issue_closed(&i));
	assert_string_equal(i.body.s, "Text\r\n");
	put_text(".git/ao/issues/1", "# mine\ntitle=By hand\nlabel=bug\nnonsense\n  \nText");
	shut(&t, "1", NULL, false);
	holds(".git/ao/issues/1",
		"# mine\ntitle=By hand\nlabel=bug\nnonsense\nstate=closed\n"
		"closedAt=2026-11-22T07:17:57Z\n\nText\n");
	put_text(".git/ao/issues/2", "");
	assert_true(fetch(&i, &t, "2"));
	assert_null(i.title);
	assert_false(issue_closed(&i));
	put(".git/ao/issues/3", "title=x\n\na\0b", 12);
	assert_true(fetch(&i, &t, "3"));
	assert_string_equal(i.body.s, "ab");
	put_text(".git/ao/issues/4", "\nonly text\n");
	assert_true(fetch(&i, &t, "4"));
	assert_null(i.title);
	assert_string_equal(i.body.s, "only text\n");
}

static void test_list(void **state)
{
	struct tracked t = repo();
	AUTO(issues_release) struct issues open = { 0 }, all = { 0 }, none = { 0 };
	AUTO(str_release) char *dir = at(".git/ao");
	AUTO(str_release) char *fifth = at(".git/ao/issues/5");

	(void)state;
	ok(local()->list(&none, &t, true, NULL));
	assert_int_equal(none.list.n, 0);
	assert_false(path_exists(dir)); /* reading makes nothing */
	for (int i = 0; i < 11; i++)
		issue_release(&(struct issue[]){ made(&t, "x", NULL) }[0]);
	shut(&t, "10", NULL, false);
	ok(file_remove(fifth));
	ok(file_make_dirs(fifth)); /* not readable as an issue: costs itself */
	ok(local()->list(&open, &t, false, NULL));
	assert_int_equal(open.list.n, 9);
	assert_string_equal(open.list.v[0].id, "11");
	assert_string_equal(open.list.v[1].id, "9");
	ok(local()->list(&all, &t, true, NULL));
	assert_int_equal(all.list.n, 10);
	assert_string_equal(all.list.v[1].id, "10");
}

/* Unknown is no answer: nothing destructive may follow. */
static void test_states(void **state)
{
	struct tracked t = repo(), nowhere = { .path = "/nowhere" };
	struct issue_state s[5];
	AUTO(str_release) char *fourth = at(".git/ao/issues/4");

	(void)state;
	make(&t, "a", "1");
	make(&t, "b", "2");
	shut(&t, "2", NULL, false);
	ok(file_make_dirs(fourth));
	local()->states(s, &t, ARGV("1", "2", "3", "words", "4"), 5);
	assert_int_equal(s[0].closed, TRI_NO);
	assert_int_equal(s[1].closed, TRI_YES);
	assert_int_equal(s[1].closed_at, now + 1000);
	for (int i = 2; i < 5; i++)
		assert_int_equal(s[i].closed, TRI_UNKNOWN);
	local()->states(s, &nowhere, ARGV("2"), 1);
	assert_int_equal(s[0].closed, TRI_UNKNOWN);
}

static void test_serves_without_a_remote(void **state)
{
	struct tracked t = repo(), nowhere = { .path = "/nowhere" };

	(void)state;
	assert_int_equal(local()->serves(&t), TRI_YES);
	git(ARGV("remote", "add", "upstream", "https://example.org/a/b.git"));
	assert_int_equal(local()->serves(&t), TRI_NO);
	assert_int_equal(local()->serves(&nowhere), TRI_UNKNOWN);
	assert_null(tracker_serving(&t));
	assert_null(tracker_named("nothing"));
}

static void make_many(const struct tracked *t, int n)
{
	for (int i = 0; i < n; i++) {
		struct issue made_one = { 0 };
		struct err *e = local()->create(
			&made_one, t, &(struct new_issue){ .title = "t", .now_ms = now });
		if (e)
			_exit(1);
		issue_release(&made_one);
	}
	_exit(0);
}

static void test_at_once(void **state)
{
	enum { CREATORS = 4, EACH = 25 };
	struct tracked t = repo();
	AUTO(issues_release) struct issues all = { 0 };
	pid_t pid[CREATORS];

	(void)state;
	for (int i = 0; i < CREATORS; i++) {
		pid[i] = child_of();
		if (!pid[i])
			make_many(&t, EACH);
	}
	for (int i = 0; i < CREATORS; i++)
		assert_int_equal(ended(pid[i]), 0);
	ok(local()->list(&all, &t, true, NULL));
	assert_int_equal(all.list.n, CREATORS * EACH);
	assert_string_equal(all.list.v[0].id, "100");
}

/* Whatever instant it dies at, what is there is whole, and the next one goes on. */
static void test_killed_creators(void **state)
{
	struct tracked t = repo();
	AUTO(issues_release) struct issues all = { 0 };
	AUTO(str_release) char *next = NULL;

	(void)state;
	make(&t, "first", "1");
	for (int i = 0; i < 100; i++) {
		pid_t pid = child_of();
		if (!pid)
			make_many(&t, 1000000);
		usleep((useconds_t)(i * 37 % 3000));
		kill(pid, SIGKILL);
		ended(pid);
	}
	ok(local()->list(&all, &t, true, NULL));
	assert_true(all.list.n > 1);
	for (size_t i = 0; i < all.list.n; i++) {
		assert_string_equal(all.list.v[i].created_at, "2026-11-22T07:17:56Z");
		assert_int_equal(atol(all.list.v[i].id), (long)(all.list.n - i)); /* no gap */
	}
	next = str_format("%zu", all.list.n + 1);
	make(&t, "last", next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_file),
		TEST(test_numbers),
		TEST(test_ids),
		TEST(test_by_hand),
		TEST(test_list),
		TEST(test_states),
		TEST(test_serves_without_a_remote),
		TEST(test_at_once),
		TEST(test_killed_creators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
