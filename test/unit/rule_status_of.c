/* The table of contract section 5, row by row, and who wins where two rows hold. */
#include "model/facts.h"
#include "rule/status_of.h"
#include "kit.h"

enum { S = 1000, MIN = 60 * S };
static const int64_t now = INT64_C(1800000000000);

/* A session that runs well, and says so. */
static struct facts plain(void)
{
	return (struct facts){ .now = now,
		.created_at = now - 60 * MIN,
		.started_at = now - 60 * MIN,
		.recorded = STATUS_WORKING,
		.runtime = TRI_YES,
		.has_workspace = true,
		.sign_of_life = true,
		.has_hooks = true,
		.activity_at = now - 2 * S,
		.stuck_after = 10 * MIN };
}

static void gives(const char *what, const struct facts *f, enum activity a, enum status want)
{
	struct judgement j = status_of(f, a);

	if (j.status != want)
		fail_msg("%s: %s (%s), not %s", what, status_word(j.status), j.why,
			status_word(want));
	assert_true(j.why && *j.why);
}

#define CHECK(activity, status, ...)                                                               \
	do {                                                                                       \
		struct facts f = plain();                                                          \
		__VA_ARGS__;                                                                       \
		gives(#__VA_ARGS__, &f, ACTIVITY_##activity, STATUS_##status);                     \
	} while (0)

static void open_pull(struct facts *f, enum ci ci, enum review review)
{
	f->pull = (struct pull){ .state = PULL_OPEN, .number = 7, .ci = ci, .review = review };
}

static void exits(struct facts *f, int code, int signal)
{
	f->runtime = TRI_NO;
	f->has_exit = true;
	f->exit_code = code;
	f->exit_signal = signal;
}

/* An older record, or one by hand: what it says stays, but for what the pull request tells. */
static void test_heard_of_only(void **state)
{
	(void)state;
	CHECK(UNKNOWN, WORKING, f.runtime = TRI_NO; f.started_at = 0; f.sign_of_life = false);
	CHECK(UNKNOWN, PR_OPEN, f.runtime = TRI_NO; f.started_at = 0; f.sign_of_life = false;
		f.recorded = STATUS_PR_OPEN);
	CHECK(UNKNOWN, CI_FAILED, f.runtime = TRI_NO; f.started_at = 0; f.sign_of_life = false;
		open_pull(&f, CI_FAILURE, REVIEW_NONE));
	CHECK(UNKNOWN, SPAWNING, f.runtime = TRI_NO; f.started_at = 0; f.sign_of_life = false;
		f.half_done = true);
	CHECK(UNKNOWN, SPAWNING, f.runtime = TRI_NO; f.started_at = 0; f.sign_of_life = false;
		f.recorded = STATUS_SPAWNING);
}

static void test_rows(void **state)
{
	(void)state;
	CHECK(ACTIVE, KILLED, f.recorded = STATUS_KILLED);
	CHECK(UNKNOWN, QUEUED, f.recorded = STATUS_QUEUED; f.runtime = TRI_NO);
	CHECK(ACTIVE, MERGED, f.pull.state = PULL_MERGED; f.pull.merged_into_default = true);
	CHECK(ACTIVE, WORKING, f.pull.state = PULL_MERGED); /* into another branch */
	CHECK(IDLE, IDLE, f.pull.state = PULL_CLOSED);
	CHECK(BLOCKED, ERRORED, (void)f);
	CHECK(BLOCKED, NEEDS_INPUT, f.limited_until = now + MIN);
	CHECK(BLOCKED, NEEDS_INPUT, f.limited_until = now - MIN); /* until somebody goes on */
	CHECK(BLOCKED, NEEDS_INPUT, f.limited_until = -1);
	CHECK(ACTIVE, WORKING, f.limited_until = now + MIN);
	CHECK(WAITING_INPUT, NEEDS_INPUT, (void)f);
	CHECK(ACTIVE, WORKING, (void)f);
	CHECK(READY, IDLE, (void)f);
	CHECK(IDLE, IDLE, (void)f);
	CHECK(ACTIVE, CI_FAILED, open_pull(&f, CI_FAILURE, REVIEW_APPROVED));
	CHECK(READY, CHANGES_REQUESTED, open_pull(&f, CI_SUCCESS, REVIEW_CHANGES));
	CHECK(READY, CI_FAILED, open_pull(&f, CI_FAILURE, REVIEW_CHANGES));
	CHECK(ACTIVE, WORKING, open_pull(&f, CI_SUCCESS, REVIEW_APPROVED));
	CHECK(READY, MERGEABLE, open_pull(&f, CI_SUCCESS, REVIEW_APPROVED));
	CHECK(READY, APPROVED, open_pull(&f, CI_SUCCESS, REVIEW_APPROVED); f.pull.conflict = true);
	CHECK(READY, APPROVED, open_pull(&f, CI_PENDING, REVIEW_APPROVED));
	CHECK(READY, APPROVED, open_pull(&f, CI_UNKNOWN, REVIEW_APPROVED));
	CHECK(READY, REVIEW_PENDING, open_pull(&f, CI_SUCCESS, REVIEW_PENDING));
	CHECK(READY, PR_OPEN, open_pull(&f, CI_PENDING, REVIEW_NONE));
	CHECK(READY, PR_OPEN, open_pull(&f, CI_UNKNOWN, REVIEW_UNKNOWN));
	CHECK(EXITED, IDLE, exits(&f, 0, 0));
	CHECK(EXITED, PR_OPEN, exits(&f, 0, 0); open_pull(&f, CI_PENDING, REVIEW_NONE));
}

static void test_gone_badly(void **state)
{
	(void)state;
	CHECK(EXITED, ERRORED, exits(&f, 1, 0));
	CHECK(EXITED, ERRORED, exits(&f, 0, 9));
	CHECK(EXITED, PR_OPEN, exits(&f, 1, 0); open_pull(&f, CI_PENDING, REVIEW_NONE));
	CHECK(EXITED, IDLE, exits(&f, 0, 15); f.reboot = true);
	CHECK(EXITED, IDLE, exits(&f, 0, 15); f.undeleted = true); /* ao ended it, as asked */
	/* an agent without hooks has no other sign of life than its screen, which is gone too */
	CHECK(EXITED, PR_OPEN, exits(&f, 1, 0); f.sign_of_life = f.has_hooks = false;
		open_pull(&f, CI_PENDING, REVIEW_NONE));
	CHECK(EXITED, ERRORED, exits(&f, 1, 0); f.sign_of_life = f.has_hooks = false);
	/* gone without a word (ao-run was killed): no error that anybody saw */
	CHECK(EXITED, IDLE, f.runtime = TRI_NO; f.sign_of_life = f.has_hooks = false);
	CHECK(EXITED, IDLE, f.runtime = TRI_NO);
}

static void test_start(void **state)
{
	(void)state;
	CHECK(UNKNOWN, SPAWNING, f.recorded = STATUS_SPAWNING; f.sign_of_life = false;
		f.started_at = now - 60 * S);
	CHECK(UNKNOWN, ERRORED, f.recorded = STATUS_SPAWNING; f.sign_of_life = false;
		f.started_at = now - 60 * S - 1);
	CHECK(UNKNOWN, SPAWNING, f.recorded = STATUS_SPAWNING; f.sign_of_life = false;
		f.half_done = true);
	CHECK(UNKNOWN, SPAWNING, f.recorded = STATUS_SPAWNING; f.sign_of_life = false;
		f.started_at = 0);
	/* ao-run never came up */
	CHECK(EXITED, ERRORED, f.recorded = STATUS_SPAWNING; f.sign_of_life = false;
		f.runtime = TRI_NO);
	CHECK(EXITED, ERRORED, f.recorded = STATUS_ERRORED; f.sign_of_life = false;
		f.runtime = TRI_NO);
	CHECK(EXITED, ERRORED, f.recorded = STATUS_ERRORED; f.runtime = TRI_NO;
		f.has_workspace = false);
	CHECK(EXITED, IDLE, f.recorded = STATUS_SPAWNING; f.sign_of_life = false;
		f.runtime = TRI_NO; f.reboot = true);
	CHECK(READY, IDLE, f.recorded = STATUS_ERRORED); /* it came up after all */
	CHECK(BLOCKED, ERRORED, f.sign_of_life = false; f.started_at = now);
	CHECK(WAITING_INPUT, NEEDS_INPUT, f.sign_of_life = false; f.started_at = now);
}

static void test_stuck(void **state)
{
	(void)state;
	CHECK(ACTIVE, STUCK, f.turn_open_at = now - 30 * MIN; f.activity_at = now - 10 * MIN - 1);
	CHECK(ACTIVE, WORKING, f.turn_open_at = now - 30 * MIN; f.activity_at = now - 10 * MIN);
	CHECK(UNKNOWN, STUCK, f.turn_open_at = now - 30 * MIN; f.activity_at = now - 11 * MIN);
	CHECK(ACTIVE, STUCK, f.turn_open_at = now - 11 * MIN; f.activity_at = 0);
	CHECK(ACTIVE, WORKING, f.turn_open_at = 0; f.activity_at = now - 30 * MIN);
	CHECK(ACTIVE, WORKING, f.turn_open_at = now - 30 * MIN; f.activity_at = now - 30 * MIN;
		f.stuck_after = 0);
	/* stuck is above what the pull request says, and below a question or an error */
	CHECK(ACTIVE, STUCK, f.turn_open_at = f.activity_at = now - 11 * MIN;
		open_pull(&f, CI_FAILURE, REVIEW_NONE));
	CHECK(WAITING_INPUT, NEEDS_INPUT, f.turn_open_at = f.activity_at = now - 11 * MIN);
	CHECK(BLOCKED, ERRORED, f.turn_open_at = f.activity_at = now - 11 * MIN);
	CHECK(EXITED, ERRORED, f.turn_open_at = f.activity_at = now - 11 * MIN; exits(&f, 1, 0));
	CHECK(EXITED, IDLE, f.turn_open_at = f.activity_at = now - 11 * MIN; exits(&f, 0, 0));
	/* Esc ended the turn, and only the screen knows */
	CHECK(READY, IDLE, f.turn_open_at = f.activity_at = now - 11 * MIN);
	CHECK(IDLE, PR_OPEN, f.turn_open_at = f.activity_at = now - 11 * MIN;
		open_pull(&f, CI_NONE, REVIEW_NONE));
	/* a long build says nothing to a hook, but writes */
	CHECK(ACTIVE, WORKING, f.turn_open_at = f.activity_at = now - 11 * MIN;
		f.output_at = now - 1 * S);
	CHECK(ACTIVE, STUCK, f.turn_open_at = f.activity_at = now - 21 * MIN;
		f.output_at = now - 11 * MIN);
}

/* Nothing follows from what could not be asked. */
static void test_unknown(void **state)
{
	(void)state;
	for (int s = 0; s < STATUS_COUNT; s++) {
		struct facts f = plain();
		f.runtime = TRI_UNKNOWN;
		f.recorded = (enum status)s;
		f.sign_of_life = false;
		open_pull(&f, CI_FAILURE, REVIEW_CHANGES);
		gives("unknown runtime", &f, ACTIVITY_UNKNOWN, (enum status)s);
	}
}

/* Every combination has an answer, and the final ones hold whatever else is true. */
static void test_all(void **state)
{
	(void)state;
	for (int bits = 0; bits < 1 << 10; bits++) {
		for (int a = 0; a < ACTIVITY_COUNT; a++) {
			struct facts f = plain();
			struct judgement j;
			open_pull(&f, (enum ci)(bits & 3), (enum review)(bits >> 2 & 3));
			f.pull.state = (enum pull_state)(bits >> 4 & 3);
			f.sign_of_life = bits >> 6 & 1;
			f.half_done = bits >> 7 & 1;
			f.has_exit = bits >> 8 & 1;
			f.exit_code = bits >> 9 & 1;
			j = status_of(&f, (enum activity)a);
			assert_true(j.status < STATUS_COUNT && j.why);
			assert_true(j.status != STATUS_KILLED && j.status != STATUS_QUEUED);
			if (j.status == STATUS_MERGED)
				fail_msg("merged, but into which branch?");
			f.recorded = STATUS_KILLED;
			assert_int_equal(status_of(&f, (enum activity)a).status, STATUS_KILLED);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heard_of_only),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_gone_badly),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
