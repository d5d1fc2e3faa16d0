/* What happened to a session, and what follows: each event at its first sight, again, too often, too
 * long, with auto off, once it has cleared, and when there is more of it. */
#include "rule/items.h"
#include "rule/reaction_of.h"

#include "kit.h"

static const int64_t now = INT64_C(1800000000000);
enum { MINUTE = 60000 };

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* ---- items --------------------------------------------------------------------------------------- */

static void test_items(void **state)
{
	AUTO(str_release) char *slot = NULL;

	(void)state;
	assert_false(items_news(NULL, NULL));
	assert_false(items_news("", "1"));
	assert_true(items_news("1", NULL));
	assert_false(items_news("1 2", "2 3 1"));
	assert_true(items_news("1 22", "2 1")); /* words, not prefixes */
	items_join(&slot, "3 5");
	items_join(&slot, "5 7");
	assert_string_equal(slot, "3 5 7");
	items_keep(&slot, "7", "3");
	assert_string_equal(slot, "3 7");
	items_keep(&slot, NULL, "4");
	assert_null(slot);
	items_join(&slot, NULL);
	assert_null(slot);
	items_join(&slot, "3 5 7 9");
	items_drop(&slot, "5 7 8", "7");
	assert_string_equal(slot, "3 7 9");
	items_drop(&slot, NULL, NULL);
	assert_string_equal(slot, "3 7 9");
	items_drop(&slot, "9 7 3", NULL);
	assert_null(slot);
}

/* ---- what holds ---------------------------------------------------------------------------------- */

struct situation {
	struct facts f;
	struct scene s;
};

/* A live agent with an open pull request on which nothing is to be said. */
static void quiet(struct situation *x)
{
	*x = (struct situation){
		.f = { .now = now,
			.runtime = TRI_YES,
			.pull = { .state = PULL_OPEN,
				.ci = CI_NONE,
				.review = REVIEW_NONE,
				.head = str_dup("abc"),
				.session = str_dup("fe-1") } },
		.s = { .activity = ACTIVITY_READY, .status = STATUS_PR_OPEN },
	};
	x->s.facts = &x->f;
}

static struct check *add_check(
	struct situation *x, const char *name, enum check_state state, int64_t started)
{
	struct check *c = vec_push(&x->f.pull.checks);

	*c = (struct check){ .name = str_dup(name), .state = state, .started_at = started };
	pull_judge(&x->f.pull);
	return c;
}

static struct remark *add_remark(
	struct situation *x, const char *by, enum remark_kind kind, const char *words)
{
	struct remark *r = vec_push(&x->f.pull.remarks);

	*r = (struct remark){ .number = (int)x->f.pull.remarks.n,
		.kind = kind,
		.by = str_dup(by),
		.head = str_dup("abc"),
		.text = str_dup(words),
		.trusted = true };
	pull_judge(&x->f.pull);
	return r;
}

static const char *items_now; /* of the last look */

static enum tri look(const struct situation *x, enum reaction_event e)
{
	static char kept[500];
	AUTO(occasion_release) struct occasion o = { 0 };

	occasion_of(&o, e, &x->s);
	snprintf(kept, sizeof(kept), "%s|%s", o.items ? o.items : "",
		o.strangers ? o.strangers : "");
	items_now = kept;
	if (o.settling)
		strcat(kept, " settling");
	return o.holds;
}

static void end(struct situation *x)
{
	facts_release(&x->f);
}

#define IN(x)                                                                                      \
	AUTO(end) struct situation x;                                                              \
	quiet(&x)

static void test_nothing(void **state)
{
	IN(x);

	(void)state;
	for (int e = 0; e < EVENT_COUNT; e++)
		assert_int_equal(look(&x, (enum reaction_event)e),
			e == EVENT_COMPLETE ? TRI_UNKNOWN : TRI_NO);
	/* what could not be read says nothing, and what is out says nothing any more */
	x.f.pull.state = PULL_NONE;
	x.f.runtime = TRI_UNKNOWN;
	for (int e = 0; e < EVENT_COUNT; e++)
		assert_int_equal(look(&x, (enum reaction_event)e), TRI_UNKNOWN);
	x.f.runtime = TRI_NO;
	x.f.pull.state = PULL_OPEN;
	x.s.activity = ACTIVITY_EXITED;
	x.s.status = STATUS_KILLED;
	for (int e = 0; e < EVENT_COUNT; e++)
		assert_int_equal(look(&x, (enum reaction_event)e), TRI_UNKNOWN);
	x.s.status = STATUS_IDLE;
	x.f.half_done = true;
	for (int e = 0; e < EVENT_COUNT; e++)
		assert_int_equal(look(&x, (enum reaction_event)e), TRI_UNKNOWN);
}

static void test_ci(void **state)
{
	AUTO(str_release) char *first = NULL;
	IN(x);

	(void)state;
	add_check(&x, "lint", CHECK_SUCCESS, now);
	add_check(&x, "test", CHECK_PENDING, now);
	assert_int_equal(look(&x, EVENT_CI_FAILED), TRI_UNKNOWN); /* pending is not green */
	x.f.pull.checks.v[1].state = CHECK_FAILURE;
	pull_judge(&x.f.pull);
	assert_int_equal(look(&x, EVENT_CI_FAILED), TRI_YES);
	first = str_dup(items_now);
	assert_null(strstr(first, "settling"));
	look(&x, EVENT_CI_FAILED);
	assert_string_equal(items_now, first);
	x.f.pull.checks.v[1].started_at++; /* it ran again */
	look(&x, EVENT_CI_FAILED);
	assert_string_not_equal(items_now, first);
	x.f.pull.checks.v[1].started_at--;
	str_set(&x.f.pull.head, "abd");
	look(&x, EVENT_CI_FAILED);
	assert_string_not_equal(items_now, first);
	str_set(&x.f.pull.head, "abc");
	add_check(&x, "build", CHECK_TIMEOUT, now);
	look(&x, EVENT_CI_FAILED);
	assert_string_not_equal(items_now, first);
	add_check(&x, "slow", CHECK_PENDING, now);
	assert_int_equal(look(&x, EVENT_CI_FAILED), TRI_YES);
	assert_non_null(strstr(items_now, "settling"));
	x.f.pull.state = PULL_MERGED;
	assert_int_equal(look(&x, EVENT_CI_FAILED), TRI_NO);
}

static void test_remarks(void **state)
{
	IN(x);

	(void)state;
	add_remark(&x, "fe-1", REMARK_COMMENT, "mine");
	add_remark(&x, "ann", REMARK_APPROVE, "fine");
	add_remark(&x, "bob", REMARK_ASK, NULL);
	assert_int_equal(look(&x, EVENT_CHANGES), TRI_NO);
	add_remark(&x, "ann", REMARK_CHANGES, "no");
	add_remark(&x, "lint[bot]", REMARK_COMMENT, "unused");
	add_remark(&x, "eve", REMARK_COMMENT, "run this")->trusted = false;
	assert_int_equal(look(&x, EVENT_CHANGES), TRI_YES);
	assert_string_equal(items_now, "4|6");
	assert_int_equal(look(&x, EVENT_BUGBOT), TRI_YES);
	assert_string_equal(items_now, "5|");
	x.f.pull.remarks.v[3].resolved = true; /* the thread is, the verdict stands */
	look(&x, EVENT_CHANGES);
	assert_string_equal(items_now, "4|6");
	add_remark(&x, "ann", REMARK_APPROVE, NULL);
	look(&x, EVENT_CHANGES);
	assert_string_equal(items_now, "|6");
	x.f.pull.remarks.v[5].resolved = true;
	x.f.pull.remarks.v[4].resolved = true;
	assert_int_equal(look(&x, EVENT_CHANGES), TRI_NO);
	assert_int_equal(look(&x, EVENT_BUGBOT), TRI_NO);
	x.f.pull.review = REVIEW_CHANGES; /* a forge that tells the verdict alone */
	assert_int_equal(look(&x, EVENT_CHANGES), TRI_YES);
	assert_string_equal(items_now, "verdict|");
	x.f.pull.review = REVIEW_UNKNOWN;
	assert_int_equal(look(&x, EVENT_CHANGES), TRI_UNKNOWN);
}

static void test_conflicts_and_approval(void **state)
{
	IN(x);

	(void)state;
	x.f.pull.untested = true;
	assert_int_equal(look(&x, EVENT_CONFLICTS), TRI_UNKNOWN);
	x.f.pull.untested = false;
	x.f.pull.conflict = true;
	assert_int_equal(look(&x, EVENT_CONFLICTS), TRI_YES);
	assert_string_equal(items_now, "abc|");
	add_check(&x, "test", CHECK_SUCCESS, now);
	add_remark(&x, "ann", REMARK_APPROVE, NULL);
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_NO);
	x.f.pull.conflict = false;
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_YES);
	assert_string_equal(items_now, "abc|");
	x.f.pull.untested = true;
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_UNKNOWN);
	x.f.pull.untested = false;
	add_check(&x, "more", CHECK_PENDING, 0);
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_UNKNOWN);
	x.f.pull.checks.v[1].state = CHECK_FAILURE;
	pull_judge(&x.f.pull);
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_NO);
	while (x.f.pull.checks.n) /* no checks are not green ones */
		check_release(&x.f.pull.checks.v[--x.f.pull.checks.n]);
	pull_judge(&x.f.pull);
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_NO);
	str_set(&x.f.pull.head, "abd"); /* not what was approved */
	pull_judge(&x.f.pull);
	assert_int_equal(look(&x, EVENT_APPROVED), TRI_NO);
}

static void test_agent(void **state)
{
	AUTO(str_release) char *first = NULL;
	IN(x);

	(void)state;
	x.s.status = STATUS_STUCK;
	x.f.turn_open_at = now - 11 * MINUTE;
	assert_int_equal(look(&x, EVENT_STUCK), TRI_YES);
	assert_string_equal(items_now, "1799999340000|");
	x.s.status = STATUS_NEEDS_INPUT;
	x.f.waiting_since = now - 5;
	assert_int_equal(look(&x, EVENT_NEEDS_INPUT), TRI_YES);
	assert_string_equal(items_now, "1799999999995|");
	x.f.waiting_since = 0; /* seen on the screen alone */
	x.s.dialog = "❯ 1. Yes\n  2. No\nEsc in 9s";
	look(&x, EVENT_NEEDS_INPUT);
	first = str_dup(items_now);
	x.s.dialog = "  1. Yes\n❯ 2. No\nEsc in 8s";
	look(&x, EVENT_NEEDS_INPUT);
	assert_string_equal(items_now, first);
	x.s.dialog = "❯ 1. Delete it\n  2. No";
	look(&x, EVENT_NEEDS_INPUT);
	assert_string_not_equal(items_now, first);
	x.s.status = STATUS_IDLE;
	x.s.activity = ACTIVITY_EXITED;
	x.f.runtime = TRI_NO;
	facts_add(&x.f, SOURCE_PROCESS, ACTIVITY_EXITED, now - 7);
	assert_int_equal(look(&x, EVENT_EXITED), TRI_YES);
	assert_string_equal(items_now, "1799999999993|");
	x.s.status = STATUS_MERGED;
	assert_int_equal(look(&x, EVENT_EXITED), TRI_NO);
}

static void test_over(void **state)
{
	static const struct {
		enum status status;
		enum tri runtime;
		bool reboot, half_done, over;
	} rows[] = {
		{ STATUS_MERGED, TRI_YES, 0, 0, true },
		{ STATUS_KILLED, TRI_NO, 0, 0, true },
		{ STATUS_IDLE, TRI_YES, 0, 0, false },
		{ STATUS_IDLE, TRI_NO, 0, 0, true },
		{ STATUS_ERRORED, TRI_NO, 0, 0, true },
		{ STATUS_IDLE, TRI_UNKNOWN, 0, 0, false },
		{ STATUS_IDLE, TRI_NO, 1, 0, false }, /* restore --all brings it back */
		{ STATUS_IDLE, TRI_NO, 0, 1, false },
		{ STATUS_QUEUED, TRI_NO, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct facts f = { .runtime = rows[i].runtime,
			.reboot = rows[i].reboot,
			.half_done = rows[i].half_done };
		struct scene s = { .facts = &f, .status = rows[i].status };
		if (session_is_over(&s) != rows[i].over)
			fail_msg("row %zu", i);
	}
}

/* ---- what follows -------------------------------------------------------------------------------- */

/* A letter for each: Begin End Tidy, send, merge, notify, strangers (x), escalate (!), trouble (?) */
static const char *letters(const struct decision *d)
{
	static char s[12];
	const struct {
		bool is;
		char letter;
	} all[] = { { d->begin, 'B' }, { d->end, 'E' }, { d->tidy, 'T' }, { d->send, 's' },
		{ d->merge, 'm' }, { d->notify, 'n' }, { d->notify_strangers, 'x' },
		{ d->escalate, '!' }, { d->tell_trouble, '?' } };
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (all[i].is)
			s[n++] = all[i].letter;
	s[n] = '\0';
	assert_int_equal(decision_is_any(d), n > 0);
	return s;
}

static struct reaction with(enum reaction_event e, const char *yes_no, const char *action,
	int retries, const char *escalate)
{
	struct reaction_config c = { .event = text(reaction_word(e)),
		.action = text(action),
		.escalate_after = text(escalate),
		.has_auto = yes_no != NULL,
		.automatic = str_equal(yes_no, "yes"),
		.has_retries = retries >= 0,
		.retries = retries };
	struct reactions all = { 0 };
	struct reaction r;

	*vec_push(&all.list) = c;
	r = reaction_effective(e, &all);
	free(all.list.v);
	return r;
}

enum { FOREVER = -1, DEFAULTS = -1 };

/* The config says nothing: what a row of the contract means. Minutes: since the episode began. */
static void test_defaults(void **state)
{
	static const struct {
		enum reaction_event event;
		int attempts, minutes;
		const char *dealt, *told, *items, *want;
	} rows[] = {
		{ EVENT_CI_FAILED, 0, FOREVER, NULL, NULL, "a", "Bs" },
		{ EVENT_CI_FAILED, 1, 1, "a", NULL, "a", "" },
		{ EVENT_CI_FAILED, 1, 9999, "a", NULL, "a", "" }, /* by count, not by time */
		{ EVENT_CI_FAILED, 1, 1, "a", NULL, "b", "s" },
		{ EVENT_CI_FAILED, 2, 1, "b", NULL, "b", "" },
		{ EVENT_CI_FAILED, 2, 1, "b", NULL, "c", "!" },
		{ EVENT_CHANGES, 0, FOREVER, NULL, NULL, "1", "Bs" },
		{ EVENT_CHANGES, 1, 1, "1", NULL, "1", "" },
		{ EVENT_CHANGES, 1, 1, "1", NULL, "1 2", "s" },
		{ EVENT_CHANGES, 1, 1, "1 2", NULL, "2",
			"T" }, /* 1, should it come again, is new */
		{ EVENT_CHANGES, 9, 1, "1", NULL, "1 2", "s" },
		{ EVENT_CHANGES, 1, 29, "1", NULL, "1", "" },
		{ EVENT_CHANGES, 1, 30, "1", NULL, "1", "!" },
		{ EVENT_BUGBOT, 0, FOREVER, NULL, NULL, "1", "Bs" },
		{ EVENT_BUGBOT, 1, 30, "1", NULL, "1", "!" },
		{ EVENT_CONFLICTS, 0, FOREVER, NULL, NULL, "a", "Bs" },
		{ EVENT_CONFLICTS, 1, 14, "a", NULL, "a", "" },
		{ EVENT_CONFLICTS, 1, 15, "a", NULL, "a", "!" },
		{ EVENT_CONFLICTS, 1, 1, "a", NULL, "b", "Ts" },
		{ EVENT_CONFLICTS, 2, 1, "b", NULL, "b", "" },
		{ EVENT_CONFLICTS, 2, 1, "b", NULL, "c", "T!" }, /* commits that mend nothing */
		{ EVENT_APPROVED, 0, FOREVER, NULL, NULL, "a", "Bn" },
		{ EVENT_APPROVED, 0, 1, NULL, "a", "a", "" },
		{ EVENT_APPROVED, 0, 1, NULL, "a", "b", "Tn" },
		{ EVENT_STUCK, 0, FOREVER, NULL, NULL, "1", "Bn" },
		{ EVENT_STUCK, 0, FOREVER, NULL, "1", "1", "B" }, /* the same turn stalls again */
		{ EVENT_STUCK, 0, 1, NULL, "1", "2", "n" },
		{ EVENT_NEEDS_INPUT, 0, FOREVER, NULL, NULL, "1", "Bn" },
		{ EVENT_NEEDS_INPUT, 0, 9999, NULL, "1", "1", "" },
		{ EVENT_NEEDS_INPUT, 0, 1, NULL, "1", "2", "n" },
		{ EVENT_EXITED, 0, FOREVER, NULL, NULL, "1", "Bn" },
		{ EVENT_EXITED, 0, 9999, NULL, "1", "1", "" },
		{ EVENT_COMPLETE, 0, FOREVER, NULL, NULL, "u1 u2", "Bn" },
		{ EVENT_COMPLETE, 0, 1, NULL, "u1 u2", "u2", "" }, /* one was cleaned up */
		{ EVENT_COMPLETE, 0, 1, NULL, "u1 u2", "u2 u3", "n" },
	};
	static const struct reactions none;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reaction r = reaction_effective(rows[i].event, &none);
		struct episode e = { .began = rows[i].minutes < 0 ? 0
								  : now - rows[i].minutes * MINUTE,
			.dealt = text(rows[i].dealt),
			.told = text(rows[i].told),
			.attempts = rows[i].attempts };
		struct occasion o = { .holds = TRI_YES, .items = text(rows[i].items) };
		struct moment m = { now, true };
		struct decision d = reaction_of(&r, &e, &o, rows[i].event, &m);

		if (!str_equal(letters(&d), rows[i].want))
			fail_msg("row %zu (%s): %s, not %s", i, reaction_word(rows[i].event),
				letters(&d), rows[i].want);
		/* told once is enough */
		e.escalated = true;
		d = reaction_of(&r, &e, &o, rows[i].event, &m);
		assert_false(d.escalate);
		/* what cannot be told now changes nothing; what is no longer so ends it, once */
		o.holds = TRI_UNKNOWN;
		d = reaction_of(&r, &e, &o, rows[i].event, &m);
		assert_string_equal(letters(&d), "");
		o.holds = TRI_NO;
		d = reaction_of(&r, &e, &o, rows[i].event, &m);
		assert_string_equal(letters(&d), e.began ? "E" : "");
	}
}

static void test_configured(void **state)
{
	const struct {
		struct reaction r;
		int attempts, minutes;
		const char *dealt, *told, *want;
		bool gone; /* its agent does not run */
	} rows[] = {
		{ with(EVENT_CI_FAILED, "no", NULL, -1, NULL), 0, FOREVER, NULL, NULL, "Bn", 0 },
		{ with(EVENT_CI_FAILED, "no", NULL, -1, NULL), 0, 1, NULL, "new", "", 0 },
		{ with(EVENT_CI_FAILED, NULL, "notify", -1, NULL), 0, FOREVER, NULL, NULL, "Bn",
			0 },
		{ with(EVENT_CI_FAILED, NULL, NULL, 5, NULL), 2, 1, "old", NULL, "s!", 0 },
		{ with(EVENT_CI_FAILED, NULL, NULL, 5, "30m"), 4, 1, "old", NULL, "s", 0 },
		{ with(EVENT_CI_FAILED, NULL, NULL, 5, "30m"), 5, 1, "old", NULL, "!", 0 },
		{ with(EVENT_CI_FAILED, NULL, NULL, 5, "30m"), 1, 31, "new", NULL, "!", 0 },
		{ with(EVENT_CI_FAILED, NULL, NULL, 0, "9"), 0, FOREVER, NULL, NULL, "B!", 0 },
		{ with(EVENT_CI_FAILED, NULL, NULL, 3, "0"), 0, FOREVER, NULL, NULL, "Bs!", 0 },
		{ with(EVENT_CHANGES, NULL, NULL, 1, "9d"), 1, 1, "old", NULL, "T!", 0 },
		{ with(EVENT_APPROVED, "yes", "auto-merge", -1, NULL), 0, FOREVER, NULL, NULL, "Bm",
			0 },
		{ with(EVENT_EXITED, "yes", "auto-merge", -1, NULL), 0, FOREVER, NULL, NULL, "Bn",
			0 },
		{ with(EVENT_APPROVED, "yes", "auto-merge", -1, NULL), 0, 1, "new", "new", "", 0 },
		{ with(EVENT_APPROVED, NULL, "auto-merge", -1, NULL), 0, FOREVER, NULL, NULL, "Bn",
			0 },
		{ with(EVENT_APPROVED, "yes", "auto-merge", -1, NULL), 0, 1, NULL, NULL, "m",
			true },
		{ with(EVENT_STUCK, NULL, "send-to-agent", -1, NULL), 0, FOREVER, NULL, NULL, "Bs",
			0 },
		{ with(EVENT_STUCK, NULL, NULL, -1, "20m"), 0, 20, NULL, "new", "!", 0 },
		/* nobody would read it: people are told, once, and nothing counts as sent */
		{ with(EVENT_CI_FAILED, NULL, NULL, -1, NULL), 0, FOREVER, NULL, NULL, "Bn", true },
		{ with(EVENT_CI_FAILED, NULL, NULL, -1, NULL), 2, 1, "old", "new", "", true },
		{ with(EVENT_CI_FAILED, NULL, NULL, -1, NULL), 1, 1, "new", NULL, "", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct episode e = { .began = rows[i].minutes < 0 ? 0
								  : now - rows[i].minutes * MINUTE,
			.dealt = text(rows[i].dealt),
			.told = text(rows[i].told),
			.attempts = rows[i].attempts };
		struct occasion o = { .holds = TRI_YES, .items = text("new") };
		struct moment m = { now, !rows[i].gone };
		struct decision d = reaction_of(&rows[i].r, &e, &o,
			rows[i].r.escalate_ms == INT64_C(9) * 24 * 60 * MINUTE ? EVENT_CHANGES
									       : EVENT_CI_FAILED,
			&m);

		if (!str_equal(letters(&d), rows[i].want))
			fail_msg("row %zu: %s, not %s", i, letters(&d), rows[i].want);
	}
}

/* A red check waits for its running neighbours, not for ever; strangers and trouble reach people. */
static void test_the_rest(void **state)
{
	static const struct reactions none;
	struct reaction r = reaction_effective(EVENT_CI_FAILED, &none);
	struct occasion o = { .holds = TRI_YES, .items = text("a"), .settling = true };
	struct moment m = { now, true };
	struct episode e = { 0 };
	struct decision d = reaction_of(&r, &e, &o, EVENT_CI_FAILED, &m);

	(void)state;
	assert_string_equal(letters(&d), "B");
	e.began = now - SETTLING_MS + 1;
	d = reaction_of(&r, &e, &o, EVENT_CI_FAILED, &m);
	assert_string_equal(letters(&d), "");
	e.began--;
	d = reaction_of(&r, &e, &o, EVENT_CI_FAILED, &m);
	assert_string_equal(letters(&d), "s");
	e.began = now +
		CLOCK_SET_MS; /* before the clock was set back: else it would never escalate */
	d = reaction_of(&r, &e, &o, EVENT_CI_FAILED, &m);
	assert_string_equal(letters(&d), "B");
	e.began--;
	d = reaction_of(&r, &e, &o, EVENT_CI_FAILED, &m);
	assert_string_equal(letters(&d), "");
	r = reaction_effective(EVENT_CHANGES, &none);
	o = (struct occasion){ .holds = TRI_YES, .strangers = text("7") };
	e = (struct episode){ .began = now };
	d = reaction_of(&r, &e, &o, EVENT_CHANGES, &m);
	assert_string_equal(letters(&d), "x");
	e.told = text("7");
	e.trouble = text("why");
	d = reaction_of(&r, &e, &o, EVENT_CHANGES, &m);
	assert_string_equal(letters(&d), "?");
}

static void test_apply(void **state)
{
	static const enum reaction_event events[] = { EVENT_CHANGES, EVENT_STUCK };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		AUTO(episode_end)
		struct episode e = { .dealt = str_dup("1 2"), .told = str_dup("2") };
		struct occasion o = { .items = text("2 3") };
		struct decision d = { .begin = true, .tidy = true };

		decision_apply(&e, &d, &o, events[i], now);
		assert_int_equal(e.began, now);
		assert_string_equal(e.dealt, "2");
		assert_string_equal(e.told, "2");
		e.attempts = 2;
		e.escalated = true;
		d = (struct decision){ .end = true };
		decision_apply(&e, &d, &o, events[i], now);
		assert_true(!e.began && !e.attempts && !e.escalated);
		/* a moment in time stays dealt with; the others may come again */
		assert_int_equal(e.told != NULL, events[i] == EVENT_STUCK);
	}
}

/* ---- a person at work ------------------------------------------------------------------------ */

/* What nobody took waits; what an agent is to hear does not. */
static void test_paused(void **state)
{
	const struct reactions none = { 0 };
	struct reaction tell = reaction_effective(EVENT_EXITED, &none);
	struct reaction send = reaction_effective(EVENT_CHANGES, &none);
	struct occasion o = { .holds = TRI_YES, .items = text("7"), .strangers = text("8") };
	struct moment m = { .now = now, .reachable = true };
	struct episode e = { .began = now - MINUTE, .again = now + MINUTE, .trouble = text("t") };
	struct decision d = reaction_of(&tell, &e, &o, EVENT_EXITED, &m);

	(void)state;
	assert_false(d.notify || d.notify_strangers || d.tell_trouble);
	d = reaction_of(&send, &e, &o, EVENT_CHANGES, &m);
	assert_true(d.send);
	assert_false(d.notify_strangers);
	send.action = REACT_MERGE;
	assert_true(reaction_of(&send, &e, &o, EVENT_APPROVED, &m).merge);
	e.again = now;
	d = reaction_of(&tell, &e, &o, EVENT_EXITED, &m);
	assert_true(d.notify && d.notify_strangers && d.tell_trouble);
	e.again = now + 61 * MINUTE; /* the clock was set back */
	assert_true(reaction_of(&tell, &e, &o, EVENT_EXITED, &m).notify);
	assert_int_equal(notice_pause_ms(1), MINUTE);
	assert_int_equal(notice_pause_ms(4), 60 * MINUTE);
	assert_int_equal(notice_pause_ms(5), 0);
}

static void test_attended(void **state)
{
	static const struct {
		int64_t typed_ago, held_ago; /* ms; -1: not at all */
		bool attended;
	} rows[] = {
		{ -1, -1, false },
		{ 0, -1, true },
		{ ATTENDED_MS - 1, -1, true },
		{ ATTENDED_MS, -1, false },
		{ -5000, -1, false }, /* the clock was set back */
		{ 1000, HELD_MAX_MS - 1, true },
		{ 1000, HELD_MAX_MS, false },
		{ 1000, -5000, true },
	};
	const int64_t at = INT64_C(1700000000000);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			is_attended(at, rows[i].typed_ago == -1 ? 0 : at - rows[i].typed_ago,
				rows[i].held_ago == -1 ? 0 : at - rows[i].held_ago),
			rows[i].attended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attended),
		cmocka_unit_test(test_paused),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_ci),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_conflicts_and_approval),
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_the_rest),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
