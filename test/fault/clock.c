/*
 * clock.so: by LD_PRELOAD, a wall clock that a test sets and hastens, as settimeofday(2) or a suspend would:
 * FAULT_CLOCK names a file "OFFSET RATE SINCE" (ms, a factor, ms since 1970): the time is the real one +
 * OFFSET + (RATE - 1) * (real - SINCE). Timers of timerfd_create(2) on the wall clock follow, and tell of a
 * clock that was set as the kernel does, 50 ms late at most. The other clocks stay.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 50 };

struct setting {
	long long offset, rate, since;
};

static struct timer {
	int fd;
	int64_t at; /* by the clock that the test sees; 0: for nothing */
	struct setting setting;
	bool cancel;
} timer = { .fd = -1 };

static int (*real_clock(void))(clockid_t, struct timespec *)
{
	static int (*f)(clockid_t, struct timespec *);

	if (!f)
		*(void **)&f = dlsym(RTLD_NEXT, "clock_gettime");
	return f;
}

static int64_t real_ms(void)
{
	struct timespec t;

	real_clock()(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct setting read_setting(void)
{
	const char *path = getenv("FAULT_CLOCK");
	struct setting s = { 0, 1, 0 }, all;
	char text[100] = "";
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return s;
	if (pread(fd, text, sizeof(text) - 1, 0) > 0 &&
		sscanf(text, "%lld %lld %lld", &all.offset, &all.rate, &all.since) == 3)
		s = all;
	close(fd);
	return s;
}

static int64_t shown(const struct setting *s, int64_t real)
{
	return real + s->offset + (s->rate - 1) * (real - s->since);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = real_clock()(id, t);
	struct setting s;
	int64_t ms;

	if (rc < 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return rc;
	s = read_setting();
	ms = shown(&s, (int64_t)t->tv_sec * 1000 + t->tv_nsec / 1000000);
	t->tv_sec = (time_t)(ms / 1000);
	t->tv_nsec = ms % 1000 * 1000000 + t->tv_nsec % 1000000;
	return rc;
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

/* ---- timers ------------------------------------------------------------------------------------------ */

static void tick(void)
{
	static int (*f)(int, int, const struct itimerspec *, struct itimerspec *);
	struct itimerspec in = { .it_value = { 0, TICK_MS * 1000000L } };

	if (!f)
		*(void **)&f = dlsym(RTLD_NEXT, "timerfd_settime");
	f(timer.fd, 0, &in, NULL);
}

int timerfd_create(int clock, int flags)
{
	static int (*f)(int, int);
	int fd;

	if (!f)
		*(void **)&f = dlsym(RTLD_NEXT, "timerfd_create");
	fd = f(clock == CLOCK_REALTIME ? CLOCK_MONOTONIC : clock, flags);
	if (clock == CLOCK_REALTIME)
		timer = (struct timer){ .fd = fd };
	return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *t, struct itimerspec *old)
{
	static int (*f)(int, int, const struct itimerspec *, struct itimerspec *);

	if (!f)
		*(void **)&f = dlsym(RTLD_NEXT, "timerfd_settime");
	if (fd != timer.fd)
		return f(fd, flags, t, old);
	timer.at = (int64_t)t->it_value.tv_sec * 1000 + t->it_value.tv_nsec / 1000000;
	timer.setting = read_setting();
	timer.cancel = flags & TFD_TIMER_CANCEL_ON_SET;
	tick();
	return 0;
}

ssize_t read(int fd, void *bytes, size_t n)
{
	static ssize_t (*f)(int, void *, size_t);
	struct setting s;
	ssize_t got;

	if (!f)
		*(void **)&f = dlsym(RTLD_NEXT, "read");
	got = f(fd, bytes, n);
	if (fd != timer.fd || got < 0)
		return got;
	s = read_setting();
	if (timer.cancel && (s.offset != timer.setting.offset || s.rate != timer.setting.rate)) {
		timer.setting = s;
		tick();
		errno = ECANCELED;
		return -1;
	}
	if (timer.at && shown(&s, real_ms()) >= timer.at) {
		timer.at = 0;
		return got;
	}
	tick();
	errno = EAGAIN;
	return -1;
}
