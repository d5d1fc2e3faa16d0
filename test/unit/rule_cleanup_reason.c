/* What cleanup ends and what it leaves; and what becomes of a verb that died. */
#include "rule/cleanup_reason.h"
#include "rule/settle_of.h"
#include "kit.h"

static const int64_t now = INT64_C(1800000000000);

struct situation {
	struct facts f;
	struct cleanup_facts c;
};

/* An agent that ended an hour ago; its worktree is there. */
static struct situation dead(void)
{
	return (struct situation){
		.f = { .now = now,
			.recorded = STATUS_IDLE,
			.runtime = TRI_NO,
			.has_workspace = true },
		.c = { .died_at = now - 3600000 },
	};
}

enum { KEEP, SKIP, KILL, KILL_IF_DEAD };

#define CHECK(want, ...)                                                                           \
	do {                                                                                       \
		struct situation s = dead();                                                       \
		struct cleanup_verdict v;                                                          \
		s.c.facts = &s.f;                                                                  \
		__VA_ARGS__;                                                                       \
		v = cleanup_reason(&s.c);                                                          \
		if (v.kill != (want >= KILL) || v.skip != (want == SKIP) ||                        \
			v.dead_only != (want == KILL_IF_DEAD) ||                                   \
			(v.why == NULL) != (want == KEEP))                                         \
			fail_msg("%s: kill %d skip %d dead_only %d '%s'", #__VA_ARGS__, v.kill,    \
				v.skip, v.dead_only, v.why ? v.why : "");                          \
	} while (0)

static void test_cleanup(void **state)
{
	(void)state;
	CHECK(KILL_IF_DEAD, (void)s);
	CHECK(KEEP, s.f.runtime = TRI_YES);
	CHECK(KEEP, s.f.runtime = TRI_UNKNOWN);
	CHECK(SKIP, s.f.reboot = true);
	CHECK(KEEP, s.c.died_at = 0);
	CHECK(KEEP, s.c.brought_back_at = s.c.died_at + 1);
	CHECK(KEEP, s.c.brought_back_at = s.c.died_at);
	/* a record's time has no milliseconds: 10.0 may have been 10.9, after a death at 10.5 */
	CHECK(KEEP, s.c.brought_back_at = s.c.died_at - 500);
	CHECK(KILL_IF_DEAD, s.c.brought_back_at = s.c.died_at - 1000);
	CHECK(KEEP, s.f.half_done = true);
	CHECK(KEEP, s.f.recorded = STATUS_QUEUED);
	CHECK(KEEP, s.f.recorded = STATUS_KILLED);
	CHECK(KEEP, s.f.has_workspace = false);
	CHECK(KILL, s.f.pull.state = PULL_MERGED; s.f.pull.merged_into_default = true);
	CHECK(KEEP, s.c.orchestrator = true);
	CHECK(KEEP, s.c.orchestrator = true; s.c.issue_closed = true);
	CHECK(KEEP, s.c.orchestrator = true; s.f.pull.state = PULL_MERGED;
		s.f.pull.merged_into_default = true);
	/* done is done, however alive the agent */
	CHECK(KILL, s.f.pull.state = PULL_MERGED; s.f.pull.merged_into_default = true;
		s.f.runtime = TRI_YES);
	CHECK(KILL, s.f.pull.state = PULL_MERGED; s.f.pull.merged_into_default = true;
		s.f.reboot = true);
	CHECK(KEEP, s.f.pull.state = PULL_MERGED; s.f.runtime = TRI_YES); /* into another branch */
	CHECK(KEEP, s.f.pull.state = PULL_CLOSED; s.f.runtime = TRI_YES);
	CHECK(KILL, s.c.issue_closed = true; s.f.runtime = TRI_YES);
	CHECK(KILL, s.c.issue_closed = true; s.f.runtime = TRI_YES; s.f.created_at = now - 5000;
		s.c.issue_closed_at = now - 5000);
	CHECK(KEEP, s.c.issue_closed = true; s.f.runtime = TRI_YES; s.f.created_at = now - 5000;
		s.c.issue_closed_at = now - 6000); /* spawned on a closed one: meant */
	CHECK(KEEP, s.c.issue_closed = true; s.f.runtime = TRI_YES; s.f.created_at = now - 9000;
		s.c.brought_back_at = now - 5000; s.c.issue_closed_at = now - 6000);
	CHECK(KEEP, s.c.issue_closed = true; s.f.has_workspace = false);
	CHECK(KEEP, s.c.issue_closed = true; s.f.half_done = true);
	CHECK(KEEP, s.c.issue_closed = true; s.f.recorded = STATUS_QUEUED);
}

/* The crash table: verb, where it died, what the next command does. */
static void test_settle(void **state)
{
	static const struct {
		const char *verb, *died;
		enum tri alive;
		bool launch, ran, waited;
		enum settlement want;
	} rows[] = {
		{ "", "nothing at all", TRI_NO, 0, 0, 0, SETTLE_NOTHING },
		{ "", "and it runs", TRI_YES, 0, 1, 0, SETTLE_NOTHING },
		{ "spawn", "record written", TRI_NO, 0, 0, 0, SETTLE_BACK },
		{ "spawn", "launch written, tmux perhaps", TRI_NO, 1, 0, 0, SETTLE_WAIT },
		{ "spawn", "launch written, and nobody came", TRI_NO, 1, 0, 1, SETTLE_BACK },
		{ "spawn", "ao-run is up", TRI_YES, 0, 1, 0, SETTLE_FORWARD },
		{ "spawn", "ao-run is up, launch still there", TRI_YES, 1, 0, 0, SETTLE_FORWARD },
		{ "spawn", "the agent ended already", TRI_NO, 0, 1, 0, SETTLE_FORWARD },
		{ "spawn", "another host", TRI_UNKNOWN, 1, 1, 1, SETTLE_LEAVE },
		{ "kill", "agent runs", TRI_YES, 0, 1, 0, SETTLE_AGAIN },
		{ "kill", "agent is gone", TRI_NO, 0, 1, 0, SETTLE_AGAIN },
		{ "kill", "it never ran", TRI_NO, 0, 0, 0, SETTLE_AGAIN },
		{ "kill", "another host", TRI_UNKNOWN, 0, 1, 0, SETTLE_LEAVE },
		{ "restore", "launch written", TRI_NO, 1, 0, 1, SETTLE_BACK },
		{ "restore", "launch written a moment ago", TRI_NO, 1, 0, 0, SETTLE_WAIT },
		{ "restore", "up", TRI_YES, 0, 1, 0, SETTLE_FORWARD },
		{ "undelete", "half a worktree", TRI_NO, 0, 0, 0, SETTLE_BACK },
		{ "undelete", "half a worktree, an old end", TRI_NO, 0, 1, 0, SETTLE_BACK },
		{ "undelete", "something runs there", TRI_YES, 0, 1, 0, SETTLE_LEAVE },
		{ "undelete", "another host", TRI_UNKNOWN, 0, 0, 0, SETTLE_LEAVE },
		{ "dance", "a verb of a newer ao", TRI_NO, 0, 0, 0, SETTLE_LEAVE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct settle_facts f = { .verb = verb_of(rows[i].verb),
			.alive = rows[i].alive,
			.launch = rows[i].launch,
			.ran = rows[i].ran,
			.waited = rows[i].waited };
		if (settle_of(&f) != rows[i].want)
			fail_msg("%s, %s: %s", rows[i].verb, rows[i].died,
				settlement_word(settle_of(&f)));
	}
	assert_int_equal(verb_of(NULL), VERB_NONE);
	assert_int_equal(verb_of("spawn "), VERB_OTHER);
}

/* A spawn that failed is undone, whatever came up; one that died with its agent up is completed. */
static void test_settle_failed(void **state)
{
	struct settle_facts f = { .verb = VERB_SPAWN, .alive = TRI_YES, .ran = true };

	(void)state;
	assert_int_equal(settle_of(&f), SETTLE_FORWARD);
	f.failed = true;
	assert_int_equal(settle_of(&f), SETTLE_BACK);
	f.alive = TRI_UNKNOWN;
	assert_int_equal(settle_of(&f), SETTLE_LEAVE);
	f = (struct settle_facts){
		.verb = VERB_RESTORE, .alive = TRI_NO, .ran = true, .failed = true
	};
	assert_int_equal(settle_of(&f), SETTLE_BACK);
}

/* Nothing is ever taken back or done again on an answer that was not had; and a wait has an end. */
static void test_settle_all(void **state)
{
	(void)state;
	for (int verb = VERB_NONE; verb <= VERB_OTHER; verb++) {
		for (int bits = 0; bits < 8; bits++) {
			struct settle_facts f = { .verb = (enum verb)verb,
				.launch = bits & 1,
				.ran = bits >> 1 & 1,
				.waited = bits >> 2 };
			enum settlement s = settle_of(&f);
			assert_true(
				s == SETTLE_LEAVE || (s == SETTLE_NOTHING && verb == VERB_NONE));
			f.alive = TRI_YES;
			assert_int_not_equal(settle_of(&f), SETTLE_BACK);
			f.alive = TRI_NO;
			assert_true(!f.waited || settle_of(&f) != SETTLE_WAIT);
			assert_non_null(settlement_word(settle_of(&f)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cleanup),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_settle_failed),
		cmocka_unit_test(test_settle_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
