#include "serve/alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { NEVER_S = 1 << 30 }; /* an alarm that is off tells nothing of the clock */

static struct err *arm(struct alarm *a)
{
	int64_t ms = a->at;
	struct itimerspec t = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	t.it_value.tv_sec = ms ? (time_t)(ms / 1000) : now.tv_sec + NEVER_S;
	t.it_value.tv_nsec = ms ? ms % 1000 * 1000000 + 1 : 0;
	if (timerfd_settime(a->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, NULL) < 0 &&
		errno != ECANCELED)
		return fail_errno("cannot set a timer");
	return NULL;
}

static void on_ring(uv_poll_t *h, int status, int events)
{
	struct alarm *a = h->data;
	uint64_t times;
	ssize_t n = read(a->fd, &times, sizeof(times));
	bool set = n < 0 && errno == ECANCELED;

	(void)status;
	(void)events;
	if (n < 0 && !set) /* it was set anew meanwhile */
		return;
	a->at = -1;
	a->ring(a->arg, set);
}

struct err *alarm_open(struct alarm *a, uv_loop_t *loop)
{
	a->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (a->fd < 0)
		return fail_errno("cannot make a timer");
	uv_poll_init(loop, &a->poll, a->fd);
	a->poll.data = a;
	uv_poll_start(&a->poll, UV_READABLE, on_ring);
	return arm(a);
}

void alarm_set(struct alarm *a, int64_t wall_ms)
{
	if (a->at == wall_ms)
		return;
	a->at = wall_ms;
	err_drop(arm(a), "the next look over all sets it again");
}
