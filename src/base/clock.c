#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/stop.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall(void)
{
	const char *fixed = getenv("AO_TEST_NOW");

	return fixed && *fixed ? strtoll(fixed, NULL, 10) : read_clock(CLOCK_REALTIME);
}

int64_t clock_mono(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

/* Milliseconds into the second; the second is the one before, also before 1970. */
static int milliseconds(int64_t ms)
{
	return (int)((ms % 1000 + 1000) % 1000);
}

static struct tm utc(int64_t ms)
{
	time_t s = (time_t)((ms - milliseconds(ms)) / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	return tm;
}

char *clock_iso(int64_t ms)
{
	struct tm tm = utc(ms);
	char text[40];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return str_dup(text);
}

char *clock_iso_ms(int64_t ms)
{
	AUTO(str_release) char *whole = clock_iso(ms);

	whole[strlen(whole) - 1] = '\0';
	return str_format("%s.%03dZ", whole, milliseconds(ms));
}

char *clock_compact(int64_t ms)
{
	struct tm tm = utc(ms);
	char text[40];

	strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	return str_dup(text);
}

/* ".5" is half a second: what is missing of three digits is zeros, more are let go. */
static const char *parse_fraction(int *milli, const char *s)
{
	int unit = 100;

	if (s[0] != '.' || s[1] < '0' || s[1] > '9')
		return s;
	for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
		*milli += (*s - '0') * unit;
	return s;
}

/* Two digits at s, at most `most`; -1: others. */
static int two(const char *s, int most)
{
	int n = (s[0] - '0') * 10 + s[1] - '0';

	return s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' || n > most ? -1 : n;
}

/* The form of our own records, of which each look at a session reads hundreds: strptime() and timegm() would be most
 * of what that costs. NULL: another form. */
static const char *parse_ours(int64_t *seconds, const char *s)
{
	static const char marks[] = "....-..-..T..:..:..";
	int year, month, day, hour, minute, second, of_year;

	for (size_t i = 0; marks[i]; i++)
		if (!s[i] || (marks[i] != '.' && s[i] != marks[i]))
			return NULL;
	if (two(s, 99) < 0 || two(s + 2, 99) < 0)
		return NULL;
	year = two(s, 99) * 100 + two(s + 2, 99);
	month = two(s + 5, 12), day = two(s + 8, 31);
	hour = two(s + 11, 23), minute = two(s + 14, 59), second = two(s + 17, 59);
	if (year < 1970 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0)
		return NULL;
	/* years that begin in March: then the day that a leap year adds is the last */
	year -= month <= 2;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	*seconds = year * INT64_C(365) + year / 4 - year / 100 + year / 400 + of_year - 719468;
	*seconds = ((*seconds * 24 + hour) * 60 + minute) * 60 + second;
	return s + sizeof(marks) - 1;
}

bool clock_parse(int64_t *ms, const char *iso)
{
	struct tm tm = { 0 };
	const char *rest;
	int64_t seconds = 0;
	int milli = 0;

	if (!iso)
		return false;
	rest = parse_ours(&seconds, iso);
	if (!rest) {
		rest = strptime(iso, "%Y-%m-%dT%H:%M:%S", &tm);
		if (!rest) {
			tm = (struct tm){ 0 };
			rest = strptime(iso, "%Y%m%dT%H%M%S", &tm);
		}
		seconds = rest ? timegm(&tm) : 0;
	}
	if (!rest)
		return false;
	rest = parse_fraction(&milli, rest);
	if (strcmp(rest, "Z") != 0)
		return false;
	*ms = seconds * 1000 + milli;
	return true;
}

char *clock_age(int64_t ms)
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 60)
		return str_format("%ds", (int)s);
	if (s < 3600)
		return str_format("%dm", (int)(s / 60));
	if (s < 86400)
		return str_format("%dh", (int)(s / 3600));
	return str_format("%lldd", (long long)(s / 86400));
}

struct err *clock_sleep(int64_t ms)
{
	int64_t until = clock_mono() + ms;
	struct pollfd p = { .fd = stop_fd(), .events = POLLIN };

	for (int64_t left = ms; left > 0; left = until - clock_mono()) {
		if (stop_requested())
			return stop_err();
		poll(&p, p.fd >= 0, (int)(left > 1000000 ? 1000000 : left));
	}
	return stop_requested() ? stop_err() : NULL;
}

const char *clock_boot_id(void)
{
	static char id[64];
	const char *fixed = getenv("AO_TEST_BOOT_ID");
	AUTO(buf_release) struct buf b = { 0 };

	if (fixed && *fixed)
		return fixed;
	if (!id[0]) {
		err_drop(file_read(&b, "/proc/sys/kernel/random/boot_id", 63), "boot id unknown");
		buf_trim(&b);
		snprintf(id, sizeof(id), "%s", buf_text(&b));
	}
	return id;
}
