/* The record as text: older spellings, hand edits, broken lines, and every way to cut it short. */
#include "model/session.h"
#include "kit.h"

static void parse(struct session *s, struct strv *bad, const char *text)
{
	session_parse(s, "fe-1", text, strlen(text), bad);
}

static void writes(const char *text, const char *want)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	parse(&s, NULL, text);
	session_write(&b, &s);
	assert_string_equal(b.s, want);
}

static void test_fields(void **state)
{
	AUTO(session_release) struct session s = { 0 };

	(void)state;
	parse(&s, NULL,
		"id=fe-1\nprojectId=frontend\nstatus=working\nbranch=feat/42\nissueId=42\n"
		"pr=https://x/pull/7\ncreatedAt=2026-11-22T07:17:56Z\ntitle=a\\nb\\\\c = "
		"d\nrev=3\n");
	assert_string_equal(s.project, "frontend");
	assert_string_equal(s.branch, "feat/42");
	assert_string_equal(s.issue, "42");
	assert_string_equal(s.title, "a\nb\\c = d");
	assert_null(s.worktree);
	assert_int_equal(session_status(&s), STATUS_WORKING);
	assert_true(session_is(&s, STATUS_WORKING));
	/* parsed again into the same: nothing of before is left */
	parse(&s, NULL, "status=killed\n");
	assert_null(s.branch);
	assert_string_equal(s.id, "fe-1");
	assert_true(session_is(&s, STATUS_KILLED));
	parse(&s, NULL, "status=dancing\n");
	assert_int_equal(session_status(&s), STATUS_SPAWNING);
	parse(&s, NULL, "");
	assert_int_equal(session_status(&s), STATUS_SPAWNING);
}

static void test_rewrite(void **state)
{
	(void)state;
	writes("", "id=fe-1\n");
	writes("# mine\nid=fe-1\n\nfoo=bar\nbranch=b\n# end\n",
		"# mine\nid=fe-1\n\nfoo=bar\nbranch=b\n# end\n");
	writes("branch=b\nid=fe-1\n", "branch=b\nid=fe-1\n");
	writes("id=fe-1\r\nbranch=b\r\n", "id=fe-1\nbranch=b\n");
	writes("  id = fe-1\n", "id=fe-1\n");
	writes("id=fe-2\n", "id=fe-1\n"); /* a copy of another's record */
	writes("id=fe-1\nissue=42\nproject=web\n", "id=fe-1\nissueId=42\nprojectId=web\n");
	writes("id=fe-1\nissue=42\nissue=43\n", "id=fe-1\nissueId=42\nissueId=43\n");
	writes("id=fe-1\nissueId=42\nissue=7\n", "id=fe-1\nissueId=42\nissue=7\n");
	writes("id=fe-1\nissue=42\nissueId=\n", "id=fe-1\nissueId=42\n");
	writes("id=fe-1\nbranch=\n", "id=fe-1\n");
	writes("id=fe-1\nwhat is this\n=\nx=1\n", "id=fe-1\nwhat is this\n=\nx=1\n");
}

static void test_older_spelling_last_counts(void **state)
{
	AUTO(session_release) struct session s = { 0 };

	(void)state;
	parse(&s, NULL, "issue=42\nissue=43\nproject=web\n");
	assert_string_equal(s.issue, "43");
	assert_string_equal(s.project, "web");
}

static void test_broken_lines(void **state)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(strv_release) struct strv bad = { 0 };

	(void)state;
	parse(&s, &bad, "status=working\nbranch feat\n# fine\n\n=x\nissueId=1\n");
	assert_int_equal(bad.n, 2);
	assert_string_equal(bad.v[0], "line 2: not key=value");
	assert_string_equal(bad.v[1], "line 5: not key=value");
	assert_string_equal(s.issue, "1");
	assert_true(session_is(&s, STATUS_WORKING));
}

static void test_set_and_clear(void **state)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	parse(&s, NULL, "# c\ndoing=spawn\nfoo=1\nstatus=spawning\n");
	str_set(&s.doing, NULL);
	str_set(&s.status, "working");
	str_set(&s.title, "two\nlines");
	session_write(&b, &s);
	assert_string_equal(b.s, "# c\nfoo=1\nstatus=working\nid=fe-1\ntitle=two\\nlines\n");
}

/* A record cut anywhere is read, keeps its id, and is stable from its first rewrite on. */
static void test_truncation(void **state)
{
	static const char text[] =
		"id=fe-1\nprojectId=web\nstatus=working\n# hand\nodd=1\nissue=\\n\\\\4\nbroken\n"
		"branch=f\303\274r/42\ncreatedAt=2026-11-22T07:17:56Z\r\nuid=0123456789abcdef\n";

	(void)state;
	for (size_t n = 0; n <= sizeof(text) - 1; n++) {
		AUTO(session_release) struct session s = { 0 }, t = { 0 };
		AUTO(buf_release) struct buf one = { 0 }, two = { 0 };
		AUTO(str_release)
		char *cut = malloc(n ? n : 1); /* to its size: a read past it is seen */

		memcpy(cut, text, n);
		session_parse(&s, "fe-1", cut, n, NULL);
		assert_string_equal(s.id, "fe-1");
		session_write(&one, &s);
		session_parse(&t, "fe-1", one.s, one.n, NULL);
		session_write(&two, &t);
		assert_string_equal(one.s, two.s);
		assert_non_null(strstr(one.s, "id=fe-1\n"));
	}
}

static void test_order(void **state)
{
	static const char *const want[] = { "be-1", "fe-2", "fe-10", "fe-x-1", "zz" };
	const char *ids[] = { "fe-10", "zz", "fe-x-1", "fe-2", "be-1" };

	(void)state;
	qsort(ids, COUNT_OF(ids), sizeof(*ids), session_id_order);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		assert_string_equal(ids[i], want[i]);
}

/* qsort() may read astray where the order is none: antisymmetric and transitive over odd ids. */
static void test_order_is_one(void **state)
{
	static const char *const ids[] = { "a-1", "a-2", "a-10", "a--1", "a-1-1", "ab-1", "a-b-1",
		"a", "a-", "-1", "a_-1", "a-01", "A-1", "b", "", "a-b-10", "a-b-2", "a-0" };
	enum { N = COUNT_OF(ids) };

	(void)state;
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			int ij = session_id_order(&ids[i], &ids[j]);
			assert_int_equal((ij > 0) - (ij < 0),
				-((session_id_order(&ids[j], &ids[i]) > 0) -
					(session_id_order(&ids[j], &ids[i]) < 0)));
			assert_int_equal(ij == 0, i == j);
			for (int k = 0; k < N; k++)
				if (ij < 0 && session_id_order(&ids[j], &ids[k]) < 0 &&
					session_id_order(&ids[i], &ids[k]) >= 0)
					fail_msg("%s < %s < %s, but not the first and the last",
						ids[i], ids[j], ids[k]);
		}
	}
}

static void test_words(void **state)
{
	enum status s;

	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++) {
		assert_true(status_parse(&s, status_word((enum status)i)));
		assert_int_equal(s, i);
	}
	assert_false(status_parse(&s, "") || status_parse(&s, NULL) || status_parse(&s, "Working"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_rewrite),
		cmocka_unit_test(test_older_spelling_last_counts),
		cmocka_unit_test(test_broken_lines),
		cmocka_unit_test(test_set_and_clear),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_is_one),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
