/*
 * One timer, for the next thing due, on the wall clock, since all that is on disk is. Set back or forward,
 * or the machine woken up, the clock tells us (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct alarm {
	int fd;
	int64_t at; /* what it is set to */
	uv_poll_t poll;
	void (*ring)(void *arg, bool clock_was_set);
	void *arg;
};

MUST_USE struct err *alarm_open(struct alarm *a, uv_loop_t *loop);
void alarm_set(struct alarm *a, int64_t wall_ms); /* 0: for nothing, but the clock's own news */
