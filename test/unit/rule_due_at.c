/* When to look again, by what the files tell; and that nothing is due where nothing goes on. */
#include "rule/due_at.h"
#include "rule/limit.h"
#include "rule/reaction_of.h"
#include "rule/status_of.h"

#include "kit.h"

enum { S = 1000, MIN = 60 * S };
static const int64_t now = INT64_C(1800000000000);

/* Ready, as its hook said a minute ago. */
static struct facts plain(void)
{
	struct facts f = { .now = now,
		.created_at = now - 60 * MIN,
		.started_at = now - 60 * MIN,
		.recorded = STATUS_IDLE,
		.runtime = TRI_YES,
		.sign_of_life = true,
		.has_hooks = true,
		.activity_at = now - MIN,
		.stuck_after = 10 * MIN };

	facts_add(&f, SOURCE_HOOK, ACTIVITY_READY, now - MIN);
	return f;
}

static void reports(struct facts *f, enum activity says, int64_t at)
{
	f->v[0].says = says;
	f->v[0].at = f->activity_at = at;
	if (says == ACTIVITY_ACTIVE)
		f->turn_open_at = at;
}

static void none(struct facts *f)
{
	f->n = 0;
	f->has_hooks = false;
	f->activity_at = 0;
}

/* in: ms from now; -1: never. */
static void gives(const char *what, const struct facts *f, const struct episodes *e,
	const struct reactions *rules, int64_t in, unsigned passed)
{
	struct due d = due_of(f, e, rules);

	if (d.at != (in < 0 ? 0 : now + in) || d.passed != passed)
		fail_msg("%s: in %lld ms, passed %x; not in %lld, passed %x", what,
			(long long)(d.at ? d.at - now : -1), d.passed, (long long)in, passed);
}

#define CHECK(in, passed, ...)                                                                     \
	do {                                                                                       \
		struct facts f = plain();                                                          \
		struct episodes e = { 0 };                                                         \
		struct reactions rules = { 0 };                                                    \
		__VA_ARGS__;                                                                       \
		gives(#__VA_ARGS__, &f, &e, &rules, in, passed);                                   \
		facts_release(&f);                                                                 \
	} while (0)

static void test_agent(void **state)
{
	(void)state;
	CHECK(-1, 0, (void)f);
	CHECK(-1, 0, reports(&f, ACTIVITY_READY, now - 100 * MIN)); /* idle is no news */
	CHECK(9 * S + 1, 0, reports(&f, ACTIVITY_ACTIVE, now - S));
	/* its terminal is looked at, and the turn may be stuck */
	CHECK(LOOK_MS, 0, reports(&f, ACTIVITY_ACTIVE, now - MIN));
	CHECK(5 * S + 1, 0, reports(&f, ACTIVITY_ACTIVE, now - 10 * MIN + 5 * S));
	CHECK(LOOK_MS, 0, reports(&f, ACTIVITY_ACTIVE, now - 10 * MIN + 5 * S); f.output_at = now);
	CHECK(LOOK_MS, 0, reports(&f, ACTIVITY_ACTIVE, now - 20 * MIN));
	CHECK(LOOK_MS, 0, reports(&f, ACTIVITY_WAITING_INPUT, now - MIN));
	CHECK(S + 1, 0, reports(&f, ACTIVITY_UNKNOWN, now - S)); /* its prompt comes */
	CHECK(-1, 0, reports(&f, ACTIVITY_ACTIVE, now - MIN); f.runtime = TRI_NO);
	CHECK(-1, 0, reports(&f, ACTIVITY_ACTIVE, now - MIN); f.runtime = TRI_UNKNOWN);
	CHECK(GOING_MS, 0, f.has_exit = true);
}

/* It goes on then, or those start who wait for it. */
static void test_limit(void **state)
{
	(void)state;
	CHECK(MIN + AGAIN_AFTER_MS, 0, f.limit_known = now + MIN);
	CHECK(MIN + AGAIN_AFTER_MS, 0, f.limit_known = now + MIN; f.recorded = STATUS_QUEUED;
		f.runtime = TRI_NO);
	CHECK(-1, 1U << 31, f.limit_known = now - 2 * AGAIN_AFTER_MS);
	CHECK(-1, 0, f.limit_known = now + MIN; f.recorded = STATUS_KILLED);
}

static void test_without_hooks(void **state)
{
	(void)state;
	CHECK(LOOK_MS, 1, none(&f));
	CHECK(QUIET_MS + 1, 0, none(&f); f.started_at = now);
	CHECK(4 * S + 1, 1, none(&f); f.sign_of_life = false;
		f.started_at = now - UP_WITHIN_MS + 4 * S);
}

static void test_not_ours(void **state)
{
	(void)state;
	CHECK(-1, 0, none(&f); f.half_done = true);
	CHECK(-1, 0, none(&f); f.recorded = STATUS_KILLED);
	CHECK(-1, 0, none(&f); f.recorded = STATUS_QUEUED; f.runtime = TRI_NO);
}

static void began(struct episodes *e, enum reaction_event event, int64_t ago)
{
	e->of[event].began = now - ago;
}

/* A bit for each moment that has passed: where one is added, something may follow. */
static void test_events(void **state)
{
	(void)state;
	CHECK(29 * MIN, 0, began(&e, EVENT_CHANGES, MIN));
	CHECK(-1, 1U << (2 + EVENT_CHANGES), began(&e, EVENT_CHANGES, 30 * MIN));
	CHECK(-1, 0, began(&e, EVENT_CHANGES, 40 * MIN); e.of[EVENT_CHANGES].escalated = true);
	CHECK(14 * MIN, 1U << (2 + EVENT_CHANGES), began(&e, EVENT_CHANGES, 40 * MIN);
		began(&e, EVENT_CONFLICTS, MIN));
	CHECK(SETTLING_MS - MIN, 0, began(&e, EVENT_CI_FAILED, MIN));
	CHECK(-1, 2, began(&e, EVENT_CI_FAILED, SETTLING_MS));
	CHECK(-1, 0, began(&e, EVENT_STUCK, 100 * MIN)); /* told once */
	/* a person types */
	CHECK(20 * S, 0, e.held_until = now + 20 * S);
	CHECK(-1, 1U << (2 + EVENT_COUNT), e.held_until = now);
	/* nobody could be told */
	CHECK(5 * MIN, 0, began(&e, EVENT_EXITED, MIN); e.of[EVENT_EXITED].again = now + 5 * MIN);
	CHECK(-1, 1U << (3 + EVENT_COUNT + EVENT_EXITED), e.of[EVENT_EXITED].again = now);
	/* the clock was set back: it will be so again */
	CHECK(31 * MIN, 0, began(&e, EVENT_CHANGES, -MIN));
}

static void test_no_rules(void **state)
{
	struct facts f = plain();
	struct episodes e = { 0 };

	(void)state;
	began(&e, EVENT_CHANGES, MIN);
	gives("no longer configured", &f, &e, NULL, -1, 0);
	facts_release(&f);
}

static void test_forge(void **state)
{
	struct pull p = { .state = PULL_OPEN };
	struct check c = { .state = CHECK_SUCCESS };

	(void)state;
	assert_int_equal(forge_again_ms(&p), FORGE_OPEN_MS);
	p.checks.v = &c;
	p.checks.n = 1;
	assert_int_equal(forge_again_ms(&p), FORGE_OPEN_MS);
	c.state = CHECK_PENDING;
	assert_int_equal(forge_again_ms(&p), FORGE_RUN_MS);
	p.state = PULL_MERGED;
	assert_int_equal(forge_again_ms(&p), 0);
	p.state = PULL_NONE;
	assert_int_equal(forge_again_ms(&p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_without_hooks),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_forge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
