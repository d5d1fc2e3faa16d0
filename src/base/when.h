/*
 * A point in time as programs write it for people: "6:42pm (UTC)", "May 5 at 9pm", "Nov 27th, 2026 3:42 PM",
 * "Mon 12:00am", "2h52m39s", "in 3 days 4 hours", "1760000400". Words behind it are not looked at.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* said_ms: when it was written (ms since 1970): a time of day is the next one, a length begins there. A time
 * of day without "UTC" or "GMT" behind it is local. False: it is none of these; *at_ms is left alone. */
bool when_parse(int64_t *at_ms, const char *text, int64_t said_ms);
