/* Where reactions stand, on disk: what is written is read, and what a hand broke costs a line. */
#include "base/clock.h"
#include "store/episodes.h"

#include "kit.h"

static void test_round_trip(void **state)
{
	AUTO(episodes_release) struct episodes e = { .outbox = 12 };
	AUTO(episodes_release) struct episodes got = { 0 };
	struct store st = { .dir = root };
	struct episode *ci = &e.of[EVENT_CI_FAILED];

	(void)state;
	ok(episodes_read(&got, &st, "fe-1")); /* no file */
	assert_int_equal(got.outbox, 0);
	put_text("fe-1/metadata", "");
	*ci = (struct episode){ .began = INT64_C(1800000000123),
		.dealt = str_dup("abc:1"),
		.told = str_dup("abc:1 d"),
		.attempts = 2,
		.escalated = true,
		.trouble = str_dup("two\nlines"),
		.notifying = str_dup("id"),
		.tries = 1 };
	e.of[EVENT_COMPLETE].told = str_dup("u1");
	ok(episodes_save(&st, "fe-1", &e));
	ok(episodes_read(&got, &st, "fe-1"));
	assert_int_equal(got.outbox, 12);
	assert_int_equal(got.of[EVENT_CI_FAILED].began, ci->began);
	assert_string_equal(got.of[EVENT_CI_FAILED].dealt, "abc:1");
	assert_string_equal(got.of[EVENT_CI_FAILED].told, "abc:1 d");
	assert_int_equal(got.of[EVENT_CI_FAILED].attempts, 2);
	assert_true(got.of[EVENT_CI_FAILED].escalated);
	assert_string_equal(got.of[EVENT_CI_FAILED].trouble, "two\nlines");
	assert_string_equal(got.of[EVENT_CI_FAILED].notifying, "id");
	assert_int_equal(got.of[EVENT_CI_FAILED].tries, 1);
	assert_string_equal(got.of[EVENT_COMPLETE].told, "u1");
	assert_null(got.of[EVENT_STUCK].told);
}

static void test_by_hand(void **state)
{
	AUTO(episodes_release) struct episodes got = { 0 };
	struct store st = { .dir = root };

	(void)state;
	put_text("fe-1/reactions",
		"# mine\nnonsense\nci-failed=1\nci-failed.attempts=3\nno-such.told=x\n.told=y\n"
		"agent-stuck.began=yesterday\noutbox=\n");
	ok(episodes_read(&got, &st, "fe-1"));
	assert_int_equal(got.of[EVENT_CI_FAILED].attempts, 3);
	assert_int_equal(got.of[EVENT_STUCK].began, 0);
	assert_int_equal(got.outbox, 0);
}

/* A record of the older form, a plain file, gets its folder first. */
static void test_lock_of_older(void **state)
{
	AUTO(str_release) char *ns = at("sessions/ns");
	struct store st = { .dir = ns };
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(lock_release) struct lock none = { 0 };
	AUTO(str_release) char *record = NULL;

	(void)state;
	put_text("sessions/ns/fe-1", "status=working\n");
	ok(episodes_lock(&l, &st, "fe-1", 0));
	record = get("sessions/ns/fe-1/metadata");
	assert_string_equal(record, "status=working\n");
	not_ok(episodes_lock(&none, &st, "fe-2", 0), ERR_MISSING, "no session 'fe-2'");
}

static void test_lock(void **state)
{
	AUTO(lock_release) struct lock a = { 0 };
	AUTO(lock_release) struct lock b = { 0 };
	AUTO(str_release) char *project = episodes_of_project("app");
	struct store st = { .dir = root };

	(void)state;
	ok(episodes_lock(&a, &st, project, 0)); /* makes its folder */
	not_ok(episodes_lock(&b, &st, project, 0), ERR_TIMEOUT, "busy");
	not_ok(episodes_lock(&b, &st, "fe-9", 0), ERR_MISSING, "fe-9"); /* no session is made */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_by_hand),
		TEST(test_lock),
		TEST(test_lock_of_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
