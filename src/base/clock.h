/*
 * Time. Wall time (ms since 1970, UTC) is for records and display, mono (ms since boot, sleep
 * included) for waiting. For tests AO_TEST_NOW (ms since 1970) fixes the wall clock and
 * AO_TEST_BOOT_ID (a text) the boot id.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

int64_t clock_wall(void);
int64_t clock_mono(void);

/* "2026-11-22T07:17:56Z", the form in records; with milliseconds ".123Z" in signals and events. */
char *clock_iso(int64_t wall_ms);
char *clock_iso_ms(int64_t wall_ms);
char *clock_compact(int64_t wall_ms);                /* "20261122T071756Z", the form in ref names */
bool clock_parse(int64_t *wall_ms, const char *iso); /* any of the three; false: not a time */
/* "2m": whole s, m, h or d, floored; never negative. */
char *clock_age(int64_t ms);

/* Sleep; ends early with ERR_INTERRUPTED when the user stops us (base/stop.h). */
MUST_USE struct err *clock_sleep(int64_t ms);

const char *clock_boot_id(void); /* /proc/sys/kernel/random/boot_id; "" when unreadable */
