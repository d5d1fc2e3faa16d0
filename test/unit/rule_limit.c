/* What agents say of a spent quota. As they were seen (Claude Code 2.1.330, Codex 0.169.0, Gemini CLI 0.61.0),
 * else as their makers' trackers and sources have it. */
#include <locale.h>

#include "base/clock.h"
#include "base/when.h"
#include "rule/limit.h"
#include "store/agent_files.h"

#include "kit.h"

static const struct {
	const char *agent, *text, *until; /* NULL: it is no limit; "": it does not say until when */
} cases[] = {
	{ "claude-code", "rate_limit: You've hit your 5-hour limit · resets 6:42pm (UTC)",
		"2026-11-22T18:42:00Z" },
	{ "claude-code", "You've hit your weekly limit · resets Mon 12:00am (UTC)",
		"2026-11-23T00:00:00Z" },
	{ "claude-code", "You've hit your limit · resets Nov 25 at 9pm (UTC)",
		"2026-11-25T21:00:00Z" },
	{ "claude-code", "Claude AI usage limit reached|1795372935", "2026-11-22T18:42:15Z" },
	{ "claude-code", "Claude usage limit reached. Your limit will reset at 5pm (UTC).",
		"2026-11-22T17:00:00Z" },
	{ "claude-code", "⚠ Usage limit reached · limit resets 6:42pm (UTC)",
		"2026-11-22T18:42:00Z" },
	{ "claude-code", "You've hit your monthly spend limit.", "" },
	{ "claude-code", "API Error: 400 mock invalid_request_error", NULL },
	{ "claude-code", "rate_limit: API Error: 529 overloaded", NULL },
	{ "codex",
		"You’ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), "
		"visit https://chatgpt.com/settings/usage to purchase more credits or try again at "
		"6:42 PM UTC.",
		"2026-11-22T18:42:00Z" },
	{ "codex", "You've hit your usage limit. Try again in 3 days 4 hours 9 minutes.",
		"2026-11-25T20:51:20Z" },
	{ "codex", "You've hit your usage limit. Or try again at Nov 27th, 2026 3:42 PM UTC.",
		"2026-11-27T15:42:00Z" },
	{ "codex", "stream disconnected before completion: try again at noon", NULL },
	{ "codex", "exceeded retry limit, last status: 429 Too Many Requests", NULL },
	{ "gemini",
		"Usage limit reached for all Pro models. Access resets at 6:42 PM UTC. /stats model",
		"2026-11-22T18:42:00Z" },
	{ "gemini",
		"[API Error: You have exhausted your capacity on this model. Your quota will reset "
		"after 2h52m39s.]",
		"2026-11-22T19:34:59Z" },
	{ "gemini", "[API Error: You exceeded your current quota. Please retry in 34.07s.]",
		"2026-11-22T16:42:54Z" },
	{ "gemini", "You have exhausted your daily quota on this model.", "" },
	{ "gemini", "[API Error: 400 mock]", NULL },
	{ "aider", "You've hit your usage limit", NULL }, /* none is known of it */
	{ "codex", "", NULL },
};

static void test_words(void **state)
{
	int64_t said;

	(void)state;
	assert_true(clock_parse(&said, "2026-11-22T16:42:20Z"));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(str_release) char *got = NULL;
		const char *when, *want = cases[i].until;
		int64_t at;

		ok(agent_load(&a, NULL, cases[i].agent));
		when = limit_says(&a, cases[i].text);
		if (when)
			got = when_parse(&at, when, said) ? clock_iso(at) : str_dup("");
		if (!want != !got || (want && !str_equal(want, got)))
			fail_msg("%s: '%s': %s, not %s", cases[i].agent, cases[i].text,
				got ? got : "no limit", want ? want : "no limit");
	}
	assert_null(limit_says(&(struct agent){ 0 }, "You've hit your limit"));
	assert_null(limit_says(&(struct agent){ .limit.spent = (char *)"x" }, NULL));
}

static void test_which(void **state)
{
	struct facts f = { 0 };

	(void)state;
	assert_null(limit_of(&f, ACTIVITY_BLOCKED));
	facts_add(&f, SOURCE_HOOK, ACTIVITY_BLOCKED, 1);
	assert_null(limit_of(&f, ACTIVITY_BLOCKED));
	f.v[0].until = -1;
	assert_ptr_equal(limit_of(&f, ACTIVITY_BLOCKED), &f.v[0]);
	facts_add(&f, SOURCE_SCREEN, ACTIVITY_WAITING_INPUT, 2)->until = 5;
	assert_ptr_equal(limit_of(&f, ACTIVITY_WAITING_INPUT), &f.v[1]); /* it knows until when */
	facts_add(&f, SOURCE_SCREEN, ACTIVITY_BLOCKED, 3)->until = 7;
	assert_ptr_equal(limit_of(&f, ACTIVITY_BLOCKED), &f.v[1]); /* the better evidence */
	assert_null(limit_of(&f, ACTIVITY_ACTIVE));
	assert_null(limit_of(&f, ACTIVITY_READY));
	facts_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_which),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC0", 1);
	setenv("AO_SHARE", "share", 1);
	setenv("XDG_CONFIG_HOME", "/nowhere", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
