#include "base/when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"

enum {
	MINUTE_MS = 60000,
	DAY_MS = 86400000,
	EPOCH_DIGITS = 10,
	LENGTH_MAX_S = 400 * 86400,
};

static const char *skip(const char *s)
{
	return s + strspn(s, " \t\n,");
}

/* One of `words` begins here, whole: its index and what is behind it. */
static int word_at(const char **s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(words[i]);
		if (strncasecmp(*s, words[i], length) == 0 &&
			!isalpha((unsigned char)(*s)[length])) {
			*s += length;
			return (int)i;
		}
	}
	return -1;
}

/* "Mon", "Monday": by its first three letters. */
static int name_at(const char **s, const char *const *names, int n)
{
	size_t letters = 0;

	while (isalpha((unsigned char)(*s)[letters]))
		letters++;
	for (int i = 0; letters >= 3 && i < n; i++) {
		if (strncasecmp(*s, names[i], 3) == 0) {
			*s += letters;
			return i;
		}
	}
	return -1;
}

/* ---- lengths ----------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	double ms;
} units[] = {
	{ "ms", 1 },
	{ "s", 1e3 },
	{ "sec", 1e3 },
	{ "secs", 1e3 },
	{ "second", 1e3 },
	{ "seconds", 1e3 },
	{ "m", 6e4 },
	{ "min", 6e4 },
	{ "mins", 6e4 },
	{ "minute", 6e4 },
	{ "minutes", 6e4 },
	{ "h", 36e5 },
	{ "hr", 36e5 },
	{ "hrs", 36e5 },
	{ "hour", 36e5 },
	{ "hours", 36e5 },
	{ "d", 864e5 },
	{ "day", 864e5 },
	{ "days", 864e5 },
};

/* A number and its unit; *s is behind them. 0: none. */
static double part_at(const char **s)
{
	char *end;
	const char *unit;
	size_t letters = 0;
	double n;

	if (!isdigit((unsigned char)**s))
		return 0;
	n = strtod(*s, &end);
	unit = end + strspn(end, " ");
	while (isalpha((unsigned char)unit[letters]))
		letters++;
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (strlen(units[i].word) == letters &&
			strncasecmp(unit, units[i].word, letters) == 0) {
			*s = unit + letters;
			return n * units[i].ms;
		}
	}
	return 0;
}

static bool parse_length(int64_t *at_ms, const char *s, int64_t said_ms)
{
	double sum = 0, part;

	while ((part = part_at(&s)) > 0) {
		sum += part;
		s = skip(s);
	}
	if (sum <= 0 || sum / 1000 > LENGTH_MAX_S)
		return false;
	*at_ms = said_ms + (int64_t)sum;
	return true;
}

/* ---- dates and times of day -------------------------------------------------------------------- */

struct moment_words { /* -1: not said */
	int month, day, year, weekday, hour, minute;
	bool utc;
};

static void read_date(struct moment_words *w, const char **s)
{
	static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
		"aug", "sep", "oct", "nov", "dec" };
	static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
	static const char *const ordinals[] = { "st", "nd", "rd", "th" };
	char *end;

	w->weekday = name_at(s, days, 7);
	*s = skip(*s);
	w->month = name_at(s, months, 12);
	*s = skip(*s);
	if (w->month < 0)
		return;
	w->day = (int)strtol(*s, &end, 10);
	*s = end;
	word_at(s, ordinals, COUNT_OF(ordinals));
	*s = skip(*s);
	if (strspn(*s, "0123456789") == 4) {
		w->year = atoi(*s);
		*s = skip(*s + 4);
	}
}

static bool read_hour(struct moment_words *w, const char **s)
{
	static const char *const halves[] = { "am", "pm" };
	size_t digits = strspn(*s, "0123456789");
	bool minutes;
	int half;

	if (!digits || digits > 2)
		return false;
	w->hour = atoi(*s);
	w->minute = 0;
	*s += digits;
	minutes = **s == ':' && isdigit((unsigned char)(*s)[1]) && isdigit((unsigned char)(*s)[2]);
	if (minutes) {
		w->minute = atoi(*s + 1);
		*s += 3;
	}
	*s += strspn(*s, " ");
	half = word_at(s, halves, 2);
	if ((half < 0 && !minutes) || (half >= 0 && (w->hour < 1 || w->hour > 12)))
		return false;
	if (half >= 0)
		w->hour = w->hour % 12 + 12 * half;
	return w->hour < 24 && w->minute < 60;
}

static bool read_moment(struct moment_words *w, const char *s)
{
	static const char *const fillers[] = { "at" }, *const zones[] = { "UTC", "GMT" };

	read_date(w, &s);
	word_at(&s, fillers, 1);
	s = skip(s);
	if (!read_hour(w, &s))
		return false;
	s += strspn(s, " (");
	w->utc = word_at(&s, zones, 2) >= 0;
	return w->month < 0 || (w->day >= 1 && w->day <= 31);
}

static int64_t to_ms(struct tm *t, bool utc)
{
	t->tm_isdst = -1;
	return (int64_t)(utc ? timegm(t) : mktime(t)) * 1000;
}

/* The first such moment that is not before said_ms; one that is only just over is meant, too. */
static int64_t next_moment(const struct moment_words *w, int64_t said_ms)
{
	time_t said = said_ms / 1000;
	struct tm now, t;
	int64_t at;

	if (w->utc)
		gmtime_r(&said, &now);
	else
		localtime_r(&said, &now);
	t = now;
	t.tm_hour = w->hour;
	t.tm_min = w->minute;
	t.tm_sec = 0;
	if (w->month >= 0) {
		t.tm_mon = w->month;
		t.tm_mday = w->day;
		t.tm_year = w->year >= 0 ? w->year - 1900 : t.tm_year;
	} else if (w->weekday >= 0) {
		t.tm_mday += (w->weekday - now.tm_wday + 7) % 7;
	}
	at = to_ms(&t, w->utc);
	if (at >= said_ms - MINUTE_MS || w->year >= 0)
		return at;
	if (w->month >= 0)
		t.tm_year += at < said_ms - 30 * (int64_t)DAY_MS;
	else
		t.tm_mday += w->weekday >= 0 ? 7 : 1;
	return to_ms(&t, w->utc);
}

bool when_parse(int64_t *at_ms, const char *text, int64_t said_ms)
{
	static const char *const fillers[] = { "at", "on", "in", "after" };
	struct moment_words w = { -1, -1, -1, -1, -1, -1, false };
	const char *s = skip(text);

	word_at(&s, fillers, COUNT_OF(fillers));
	s = skip(s);
	if (strspn(s, "0123456789") == EPOCH_DIGITS) {
		*at_ms = strtoll(s, NULL, 10) * 1000;
		return true;
	}
	if (parse_length(at_ms, s, said_ms))
		return true;
	if (!read_moment(&w, s))
		return false;
	*at_ms = next_moment(&w, said_ms);
	return true;
}
