/* Which witness is believed about what an agent does: facts as they come, one situation a line. */
#include "rule/activity_of.h"
#include "kit.h"

enum { S = 1000, MIN = 60 * S };
static const int64_t now = INT64_C(1800000000000);

struct seen {
	enum source source;
	enum activity says;
	int ago;   /* ms */
	bool told; /* in a stream of its own, not asked of it now */
};

static void add(struct facts *f, const struct seen *s)
{
	struct fact *fact = facts_add(f, s->source, s->says, now - s->ago);

	fact->state = s->source != SOURCE_HOOK && s->source != SOURCE_TRANSCRIPT && !s->told;
}

#define SEEN(source, says, ago)                                                                    \
	{                                                                                          \
		SOURCE_##source, ACTIVITY_##says, ago, false                                       \
	}
#define TOLD(says, ago)                                                                            \
	{                                                                                          \
		SOURCE_LIVE, ACTIVITY_##says, ago, true                                            \
	}

static void gives(int line, enum tri runtime, int activity_ago, const struct seen *seen, size_t n,
	enum activity want)
{
	struct facts f = {
		.now = now, .runtime = runtime, .activity_at = activity_ago ? now - activity_ago : 0
	};
	struct verdict v;

	for (size_t i = 0; i < n; i++)
		add(&f, &seen[i]);
	v = activity_of(&f);
	if (v.activity != want)
		fail_msg("line %d: %s (%s), not %s", line, activity_word(v.activity), v.why,
			activity_word(want));
	assert_non_null(v.why);
	assert_true(v.by < f.n && (v.by >= 0 || want == ACTIVITY_UNKNOWN));
	facts_release(&f);
}

#define CHECK(want, runtime, activity_ago, ...)                                                    \
	do {                                                                                       \
		static const struct seen seen[] = { __VA_ARGS__ };                                 \
		gives(__LINE__, TRI_##runtime, activity_ago, seen, COUNT_OF(seen),                 \
			ACTIVITY_##want);                                                          \
	} while (0)

static void test_process(void **state)
{
	(void)state;
	CHECK(EXITED, NO, 0, SEEN(PROCESS, EXITED, 0));
	CHECK(EXITED, NO, 0, SEEN(HOOK, ACTIVE, 0), SEEN(SCREEN, WAITING_INPUT, 0),
		SEEN(PROCESS, EXITED, 9 * S));
	CHECK(UNKNOWN, UNKNOWN, 0, SEEN(HOOK, READY, 0), SEEN(SCREEN, READY, 0));
	CHECK(UNKNOWN, NO, 0, SEEN(HOOK, READY, 0));
	CHECK(UNKNOWN, YES, 0, SEEN(PROCESS, UNKNOWN, 0));
}

static void test_hooks(void **state)
{
	(void)state;
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, ACTIVE, 0));
	CHECK(READY, YES, 0, SEEN(HOOK, READY, 2 * S));
	CHECK(READY, YES, 5 * MIN, SEEN(HOOK, READY, 5 * MIN));
	CHECK(IDLE, YES, 5 * MIN + 1, SEEN(HOOK, READY, 5 * MIN + 1));
	CHECK(BLOCKED, YES, 0, SEEN(HOOK, BLOCKED, 60 * MIN));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, READY, 9 * S), SEEN(HOOK, ACTIVE, 2 * S));
	/* by the events' own time, not by arrival */
	CHECK(READY, YES, 0, SEEN(HOOK, READY, 1 * S), SEEN(HOOK, ACTIVE, 2 * S));
	/* an old "active" alone stays: nothing contradicts */
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, ACTIVE, 30 * MIN));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, ACTIVE, 30 * S), SEEN(TERMINAL, READY, 20 * S));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, ACTIVE, 30 * S), SEEN(TERMINAL, READY, 20 * S),
		SEEN(SCREEN, ACTIVE, 0));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, ACTIVE, 30 * S), SEEN(TERMINAL, ACTIVE, 0),
		SEEN(SCREEN, READY, 0));
	/* Esc: old, still, and the screen tells */
	CHECK(READY, YES, 30 * S, SEEN(HOOK, ACTIVE, 30 * S), SEEN(TERMINAL, READY, 20 * S),
		SEEN(SCREEN, READY, 0));
	CHECK(IDLE, YES, 30 * MIN, SEEN(HOOK, ACTIVE, 30 * MIN), SEEN(TERMINAL, READY, 20 * S),
		SEEN(SCREEN, READY, 0));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, ACTIVE, 9 * S), SEEN(TERMINAL, READY, 8 * S),
		SEEN(SCREEN, READY, 0));
}

static void test_waiting(void **state)
{
	(void)state;
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, WAITING_INPUT, 60 * MIN));
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, ACTIVE, 0), SEEN(SCREEN, WAITING_INPUT, 0));
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, ACTIVE, 0), SEEN(TERMINAL, WAITING_INPUT, 0));
	CHECK(WAITING_INPUT, YES, 0, SEEN(LIVE, READY, 0), SEEN(SCREEN, WAITING_INPUT, 0));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, WAITING_INPUT, 9 * S), SEEN(HOOK, ACTIVE, 2 * S));
	/* the dialog itself was drawn after the hook: that is no work */
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, WAITING_INPUT, 4 * S), SEEN(TERMINAL, ACTIVE, 1));
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, WAITING_INPUT, 6 * S), SEEN(TERMINAL, ACTIVE, 1));
	/* answered: its title says that it works, and says something else while a dialog is open */
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, WAITING_INPUT, 2 * S), SEEN(TERMINAL, ACTIVE, 1),
		SEEN(TERMINAL, ACTIVE, 0));
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, WAITING_INPUT, S / 2), SEEN(TERMINAL, ACTIVE, 0));
	/* answered: the screen shows something else where the dialog was */
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, WAITING_INPUT, 2 * S), SEEN(SCREEN, ACTIVE, 0));
	CHECK(READY, YES, 0, SEEN(HOOK, WAITING_INPUT, 2 * S), SEEN(SCREEN, READY, 0));
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, WAITING_INPUT, S / 2), SEEN(SCREEN, ACTIVE, 0));
	/* answered, and the better witness saw it */
	CHECK(ACTIVE, YES, 0, SEEN(HOOK, WAITING_INPUT, 6 * S), SEEN(LIVE, ACTIVE, 0));
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, WAITING_INPUT, 6 * S), SEEN(LIVE, ACTIVE, 8 * S));
	CHECK(READY, YES, 0, SEEN(HOOK, WAITING_INPUT, 6 * S), SEEN(TRANSCRIPT, READY, 2 * S));
	CHECK(WAITING_INPUT, YES, 0, SEEN(HOOK, WAITING_INPUT, 6 * S),
		SEEN(TRANSCRIPT, ACTIVE, 8 * S));
}

static void test_live_and_transcript(void **state)
{
	(void)state;
	CHECK(ACTIVE, YES, 0, SEEN(LIVE, ACTIVE, 0), SEEN(HOOK, READY, 2 * S));
	CHECK(READY, YES, 0, SEEN(LIVE, READY, 0), SEEN(HOOK, ACTIVE, 2 * S));
	/* both ask: since when, and what, the report tells */
	CHECK(WAITING_INPUT, YES, 0, SEEN(LIVE, WAITING_INPUT, 0), SEEN(HOOK, WAITING_INPUT, 6 * S),
		SEEN(TRANSCRIPT, ACTIVE, 2 * S));
	CHECK(WAITING_INPUT, YES, 0, SEEN(LIVE, WAITING_INPUT, 0), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(BLOCKED, YES, 0, SEEN(LIVE, BLOCKED, 0), SEEN(HOOK, ACTIVE, 2 * S),
		SEEN(TRANSCRIPT, BLOCKED, 1 * S));
	/* up, and that is all */
	CHECK(READY, YES, 0, SEEN(LIVE, UNKNOWN, 0), SEEN(HOOK, READY, 2 * S));
	/* ready was read before the work was reported: never ready */
	CHECK(ACTIVE, YES, 0, SEEN(LIVE, READY, 3 * S), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(ACTIVE, YES, 0, SEEN(LIVE, READY, 3 * S), SEEN(TRANSCRIPT, ACTIVE, 2 * S));
	CHECK(READY, YES, 0, SEEN(TRANSCRIPT, READY, 1 * S), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(ACTIVE, YES, 0, SEEN(TRANSCRIPT, READY, 3 * S), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(BLOCKED, YES, 0, SEEN(TRANSCRIPT, BLOCKED, 3 * S));
}

/* What it tells in a stream that leaves things out is a report among others: the newest counts. */
static void test_told(void **state)
{
	(void)state;
	CHECK(ACTIVE, YES, 0, TOLD(ACTIVE, 1 * S), SEEN(HOOK, READY, 2 * S));
	CHECK(READY, YES, 0, TOLD(ACTIVE, 2 * S), SEEN(HOOK, READY, 1 * S));
	CHECK(READY, YES, 0, TOLD(ACTIVE, 1 * S), SEEN(HOOK, READY, 1 * S));
	CHECK(READY, YES, 0, TOLD(ACTIVE, 2 * S), SEEN(TRANSCRIPT, READY, 1 * S));
	CHECK(READY, YES, 0, TOLD(READY, 1 * S), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(ACTIVE, YES, 0, TOLD(READY, 2 * S), SEEN(HOOK, ACTIVE, 1 * S));
	CHECK(BLOCKED, YES, 0, TOLD(BLOCKED, 1 * S), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(ACTIVE, YES, 0, TOLD(UNKNOWN, 0), SEEN(HOOK, ACTIVE, 2 * S));
	CHECK(WAITING_INPUT, YES, 0, TOLD(WAITING_INPUT, 60 * MIN), SEEN(HOOK, ACTIVE, 61 * MIN));
	/* refused: it tells nothing of that, the others do */
	CHECK(READY, YES, 0, TOLD(WAITING_INPUT, 3 * S), SEEN(TRANSCRIPT, READY, 1 * S));
	CHECK(READY, YES, 0, TOLD(WAITING_INPUT, 3 * S), SEEN(HOOK, READY, 1 * S));
	CHECK(READY, YES, 0, TOLD(WAITING_INPUT, 3 * S), SEEN(SCREEN, READY, 0));
	CHECK(WAITING_INPUT, YES, 0, TOLD(ACTIVE, 1 * S), SEEN(SCREEN, WAITING_INPUT, 0));
	/* Esc before a word came: nor of that */
	CHECK(READY, YES, 30 * S, TOLD(ACTIVE, 30 * S), SEEN(HOOK, ACTIVE, 31 * S),
		SEEN(TERMINAL, READY, 20 * S), SEEN(SCREEN, READY, 0));
	CHECK(IDLE, YES, 6 * MIN, TOLD(READY, 6 * MIN));
}

static void test_terminal(void **state)
{
	(void)state;
	CHECK(ACTIVE, YES, 0, SEEN(TERMINAL, ACTIVE, 0));
	CHECK(READY, YES, 0, SEEN(TERMINAL, READY, 9 * S));
	CHECK(ACTIVE, YES, 0, SEEN(TERMINAL, ACTIVE, 0), SEEN(SCREEN, READY, 0));
	CHECK(READY, YES, 0, SEEN(TERMINAL, READY, 9 * S), SEEN(SCREEN, READY, 0));
	CHECK(ACTIVE, YES, 0, SEEN(TERMINAL, READY, 9 * S), SEEN(SCREEN, ACTIVE, 0));
	CHECK(BLOCKED, YES, 0, SEEN(TERMINAL, ACTIVE, 0), SEEN(SCREEN, BLOCKED, 0));
	/* a report that says nothing (exit of a conversation) leaves it to the terminal */
	CHECK(READY, YES, 0, SEEN(HOOK, UNKNOWN, 1 * S), SEEN(TERMINAL, READY, 9 * S));
}

static void asks(
	int line, enum tri runtime, bool whole, const struct seen *seen, size_t n, bool want)
{
	struct facts f = { .now = now, .runtime = runtime, .live_whole = whole };

	for (size_t i = 0; i < n; i++)
		add(&f, &seen[i]);
	if (needs_terminal(&f) != want)
		fail_msg("line %d", line);
	facts_release(&f);
}
#define ASKS_LIVE(want, runtime, whole, ...)                                                       \
	do {                                                                                       \
		static const struct seen seen[] = { __VA_ARGS__ };                                 \
		asks(__LINE__, TRI_##runtime, whole, seen, COUNT_OF(seen), want);                  \
	} while (0)
#define ASKS(want, runtime, ...) ASKS_LIVE(want, runtime, false, __VA_ARGS__)

static void test_needs_terminal(void **state)
{
	(void)state;
	ASKS(true, YES, SEEN(PROCESS, UNKNOWN, 0));
	ASKS(false, NO, SEEN(PROCESS, EXITED, 0));
	ASKS(false, UNKNOWN, SEEN(HOOK, ACTIVE, 60 * S));
	ASKS(false, YES, SEEN(HOOK, READY, 60 * S));
	ASKS(false, YES, SEEN(HOOK, ACTIVE, 9 * S));
	ASKS(true, YES, SEEN(HOOK, ACTIVE, 10 * S));
	ASKS(true, YES, SEEN(HOOK, WAITING_INPUT, 0));
	/* live status that knows each dialog is enough; one that doesn't is no reason to look away */
	ASKS_LIVE(false, YES, true, SEEN(LIVE, ACTIVE, 0));
	ASKS_LIVE(true, YES, true, SEEN(LIVE, UNKNOWN, 0));
	ASKS(true, YES, SEEN(LIVE, ACTIVE, 0));
	ASKS(true, YES, SEEN(LIVE, ACTIVE, 0), SEEN(HOOK, ACTIVE, 10 * S));
	ASKS(false, YES, SEEN(LIVE, ACTIVE, 0), SEEN(HOOK, READY, 60 * S));
	/* what it told counts as what it reported */
	ASKS(false, YES, TOLD(ACTIVE, 9 * S), SEEN(HOOK, ACTIVE, 60 * S));
	ASKS(true, YES, TOLD(ACTIVE, 10 * S), SEEN(HOOK, READY, 60 * S));
	ASKS(true, YES, TOLD(WAITING_INPUT, 0), SEEN(HOOK, ACTIVE, 1 * S));
	ASKS(false, YES, TOLD(READY, 0));
}

static void test_many_facts(void **state)
{
	struct facts f = { .now = now, .runtime = TRI_YES };

	(void)state;
	for (int i = 0; i < 3 * FACTS_MAX; i++)
		facts_add(&f, SOURCE_HOOK, ACTIVITY_ACTIVE, now - i)->detail = str_dup("x");
	assert_int_equal(f.n, FACTS_MAX);
	assert_int_equal(activity_of(&f).activity, ACTIVITY_ACTIVE);
	facts_release(&f);
	assert_int_equal(f.n, 0);
	for (int i = 0; i < SOURCE_COUNT; i++)
		assert_true(strlen(source_word((enum source)i)) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_live_and_transcript),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_needs_terminal),
		cmocka_unit_test(test_many_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
