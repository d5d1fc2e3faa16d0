/*
 * How many notices went out lately, so that a bad morning is not a thousand of them: the file `notified`
 * of the namespace, for each key the start of its minute (ms since 1970) and how many came in it. What a
 * crash or an editor loses of it costs a notice too many, so nothing is synced or complained about.
 */
#pragma once

#include <stdbool.h>

#include "store/store.h"

enum { RATE_PER_MINUTE = 20 };

struct rate {
	bool held;  /* there were enough in this minute */
	bool last;  /* this one still goes; the next are held */
	int before; /* the first of its minute: how many were held in the last one */
};

/* Counts one. key: without '='. */
MUST_USE struct err *rate_take(
	struct rate *out, const struct store *st, const char *key, int64_t now_ms);
