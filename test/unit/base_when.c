/* Points in time as agents write them; said on Sunday 2026-11-22 at 16:42:20 UTC, here in a zone of its own. */
#include <time.h>

#include "base/clock.h"
#include "base/when.h"
#include "kit.h"

static const char said[] = "2026-11-22T16:42:20Z";

static const struct {
	const char *text, *utc, *berlin; /* local time there is UTC+1 that day; NULL: no time */
} cases[] = {
	{ "6:42pm (UTC)", "2026-11-22T18:42:00Z", "2026-11-22T18:42:00Z" },
	{ "6:42 PM UTC.", "2026-11-22T18:42:00Z", "2026-11-22T18:42:00Z" },
	{ "6:42 PM.", "2026-11-22T18:42:00Z", "2026-11-22T17:42:00Z" },
	{ "6:42pm (Europe/Berlin)", "2026-11-22T18:42:00Z", "2026-11-22T17:42:00Z" },
	{ "at 9 am", "2026-11-23T09:00:00Z", "2026-11-23T08:00:00Z" },
	{ "12am", "2026-11-23T00:00:00Z", "2026-11-22T23:00:00Z" },
	{ "12:30pm", "2026-11-23T12:30:00Z", "2026-11-23T11:30:00Z" },
	{ "18:42", "2026-11-22T18:42:00Z", "2026-11-22T17:42:00Z" },
	{ "4:42pm (UTC)", "2026-11-22T16:42:00Z", "2026-11-22T16:42:00Z" }, /* just over */
	{ "4:40pm (UTC)", "2026-11-23T16:40:00Z", "2026-11-23T16:40:00Z" },
	{ "Nov 27th, 2026 3:42 PM.", "2026-11-27T15:42:00Z", "2026-11-27T14:42:00Z" },
	{ "May 5 at 9pm (America/New_York)", "2027-05-05T21:00:00Z", "2027-05-05T19:00:00Z" },
	{ "Nov 23, 5am", "2026-11-23T05:00:00Z", "2026-11-23T04:00:00Z" },
	{ "Oct 1, 2026, 5am UTC", "2026-10-01T05:00:00Z", "2026-10-01T05:00:00Z" },
	{ "Mon 12:00am UTC", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z" },
	{ "Sunday 4pm UTC", "2026-11-29T16:00:00Z", "2026-11-29T16:00:00Z" },
	{ "Sun 5pm UTC", "2026-11-22T17:00:00Z", "2026-11-22T17:00:00Z" },
	{ "2h52m39s.]", "2026-11-22T19:34:59Z", "2026-11-22T19:34:59Z" },
	{ "34.07s.", "2026-11-22T16:42:54Z", "2026-11-22T16:42:54Z" },
	{ "in 3 days 4 hours 9 minutes", "2026-11-25T20:51:20Z", "2026-11-25T20:51:20Z" },
	{ "7m12s", "2026-11-22T16:49:32Z", "2026-11-22T16:49:32Z" },
	{ "1795372936", "2026-11-22T18:42:16Z", "2026-11-22T18:42:16Z" },
	{ "", NULL, NULL },
	{ "later", NULL, NULL },
	{ "25:00", NULL, NULL },
	{ "13pm", NULL, NULL },
	{ "0pm", NULL, NULL },
	{ "Nov 99 3pm", NULL, NULL },
	{ "Nov", NULL, NULL },
	{ "7", NULL, NULL },
	{ "900000000000 days", NULL, NULL },
	{ "6 minnows", NULL, NULL },
};

static void check(const char *text, const char *want)
{
	int64_t now, at = 0;
	bool is;

	assert_true(clock_parse(&now, said));
	is = when_parse(&at, text, now);
	AUTO(str_release) char *got = is ? clock_iso(at) : str_dup("none");
	if (!str_equal(got, want ? want : "none"))
		fail_msg("'%s' in %s: %s, not %s", text, getenv("TZ"), got, want ? want : "none");
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		setenv("TZ", "UTC0", 1);
		tzset();
		check(cases[i].text, cases[i].utc);
		setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
		tzset();
		check(cases[i].text, cases[i].berlin);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
