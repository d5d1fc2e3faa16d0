#include "serve/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/valid.h"
#include "serve/notify.h"

/* ---- what to look at ----------------------------------------------------------------------------- */

static void doubt_all(struct daemon *d)
{
	d->respace = true;
	for (size_t i = 0; i < d->spaces.n; i++)
		space_doubt(d->spaces.v[i]);
}

/* A session's files but those that it, or whoever looks, writes without end or for himself. */
static bool is_news(const char *name)
{
	return name[0] != '.' && !str_starts(name, "output") && !str_starts(name, "launch") &&
		!str_equal(name, "reactions.lock") && !str_equal(name, "telling.lock") &&
		!str_equal(name, "outbox.lock");
}

static void space_told(struct space *s, const char *name)
{
	int prefix;
	long number;

	s->reload |= str_equal(name, ".origin");
	s->relist |= str_equal(name, ".closed") || valid_session(name, &prefix, &number);
}

static void ward_told(struct ward *w, const char *name)
{
	w->lock |= str_equal(name, "run.lock") || str_equal(name, "lock");
	w->dirty |= is_news(name);
}

static void trust_told(struct daemon *d)
{
	for (size_t i = 0; i < d->spaces.n; i++)
		d->spaces.v[i]->whole = true;
}

static void on_seen(void *arg, enum watch_kind kind, void *owner, const char *name)
{
	struct daemon *d = arg;
	struct space *s = owner;

	switch (kind) {
	case WATCH_ALL:
		doubt_all(d);
		break;
	case WATCH_ROOT:
		d->respace = true;
		break;
	case WATCH_TRUST:
		trust_told(d);
		break;
	case WATCH_SPACE:
		space_told(s, name);
		break;
	case WATCH_CONFIG:
		s->reload |= !s->known || str_equal(name, path_base(s->config.file));
		break;
	case WATCH_WARD:
		ward_told(owner, name);
		break;
	case WATCH_PLACE:
		((struct ward *)owner)->dirty = true;
	}
}

/* ---- thinking ------------------------------------------------------------------------------------ */

static bool has_space(const struct daemon *d, const char *name)
{
	for (size_t i = 0; i < d->spaces.n; i++)
		if (str_equal(d->spaces.v[i]->name, name))
			return true;
	return false;
}

bool daemon_polls(const struct daemon *d, const struct space *s)
{
	bool polls = s->poll != NULL;

	for (size_t i = 0; i < TELLERS_MAX; i++)
		polls |= d->tellers[i].job && d->tellers[i].space == s;
	return polls;
}

/* One that is at work for it keeps a namespace that was removed until it has ended. */
static bool is_used(const struct daemon *d, const struct space *s)
{
	bool used = daemon_polls(d, s);

	for (size_t i = 0; i < CHECKS_MAX; i++)
		used |= d->checks[i].job && d->checks[i].space == s;
	return used;
}

static void respace(struct daemon *d)
{
	AUTO(strv_release) struct strv names = { 0 };
	struct err *e = file_list(&names, d->sessions);
	size_t kept = 0;

	d->respace = e != NULL;
	if (e) {
		err_drop(e, "those that are known stay; the next look asks again");
		return;
	}
	for (size_t i = 0; i < d->spaces.n; i++) {
		struct space *s = d->spaces.v[i];
		if (strv_has(&names, s->name) || is_used(d, s))
			d->spaces.v[kept++] = s;
		else
			space_free(s);
	}
	d->spaces.n = kept;
	STRV_EACH(name, &names)
		if (valid_id(*name) && !has_space(d, *name))
			*vec_push(&d->spaces) = space_new(d, *name);
}

static void tell_refused(struct daemon *d)
{
	if (d->watch.refused && !d->refused)
		log_say(&d->log,
			"the kernel watches no more files for us (fs.inotify.max_user_watches): what is "
			"missed is seen within 5 minutes");
	d->refused = d->watch.refused;
}

/* The clock was set, or the machine has slept: agents that were at work seem to be silent for long, and
 * get a moment to show otherwise. */
static void resume(struct daemon *d)
{
	log_say(&d->log, "the clock was set, or the machine has slept");
	d->skew = clock_wall() - clock_mono();
	doubt_all(d);
	for (size_t i = 0; i < d->spaces.n; i++)
		d->spaces.v[i]->not_before = clock_wall() + RESUME_MS;
}

/* The timer tells of that, but not where the clock was set while it was being set itself. */
static bool was_clock_set(const struct daemon *d)
{
	int64_t off = clock_wall() - clock_mono() - d->skew;

	return off > SKEW_MS || off < -SKEW_MS;
}

static void think(uv_timer_t *h)
{
	struct daemon *d = h->data;
	int64_t now = clock_wall(), at = 0;

	if (d->respace)
		respace(d);
	for (size_t i = 0; i < d->spaces.n; i++) {
		int64_t due = space_think(d->spaces.v[i], now);
		if (due && (!at || due < at))
			at = due;
	}
	d->next_at = at;
	alarm_set(&d->alarm, at);
	if (was_clock_set(d)) {
		resume(d);
		daemon_wake(d);
	}
	tell_refused(d);
	if (d->stopping && !d->acting)
		uv_stop(&d->loop);
}

void daemon_wake(struct daemon *d)
{
	if (!uv_is_active((uv_handle_t *)&d->settle))
		uv_timer_start(&d->settle, think, SETTLE_MS, 0);
}

/* ---- what wakes it ------------------------------------------------------------------------------- */

static void on_watch(uv_poll_t *h, int status, int events)
{
	struct daemon *d = h->data;

	(void)status;
	(void)events;
	watch_read(&d->watch);
	daemon_wake(d);
}

static void on_rescan(uv_timer_t *h)
{
	struct daemon *d = h->data;

	doubt_all(d);
	daemon_wake(d);
}

static void on_alarm(void *arg, bool clock_was_set)
{
	struct daemon *d = arg;

	if (clock_was_set)
		resume(d);
	daemon_wake(d);
}

static void on_last(uv_timer_t *h)
{
	uv_stop(&((struct daemon *)h->data)->loop);
}

/* Sessions are none of our business here: who acts is told to end, which any verb survives, and has a
 * while for it. */
void daemon_stop(struct daemon *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	notify_manager("STOPPING=1");
	log_say(&d->log, "the daemon ends");
	for (size_t i = 0; i < d->spaces.n; i++)
		job_stop(d->spaces.v[i]->poll);
	for (size_t i = 0; i < TELLERS_MAX; i++)
		job_stop(d->tellers[i].job);
	for (size_t i = 0; i < CHECKS_MAX; i++)
		job_stop(d->checks[i].job);
	uv_timer_start(&d->last, on_last, STOP_MS, 0);
	daemon_wake(d);
}

static void on_signal(uv_signal_t *h, int number)
{
	(void)number;
	daemon_stop(h->data);
}

/* ---- open and close ------------------------------------------------------------------------------ */

static void set_timers(struct daemon *d)
{
	const char *sooner = getenv("AO_TEST_RESCAN_MS");
	uint64_t rescan = sooner ? strtoull(sooner, NULL, 10) : RESCAN_MS;

	uv_timer_init(&d->loop, &d->settle);
	uv_timer_init(&d->loop, &d->rescan);
	uv_timer_init(&d->loop, &d->last);
	d->settle.data = d->rescan.data = d->last.data = d;
	uv_timer_start(&d->rescan, on_rescan, rescan, rescan);
}

static void set_signals(struct daemon *d)
{
	static const int numbers[COUNT_OF(d->signals)] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], on_signal, numbers[i]);
	}
}

static void set_watches(struct daemon *d)
{
	AUTO(str_release) char *trust = path_join(path_home(), ".agent-orchestrator/trust");

	uv_poll_init(&d->loop, &d->watching, d->watch.fd);
	d->watching.data = d;
	uv_poll_start(&d->watching, UV_READABLE, on_watch);
	watch_add(&d->watch, d->sessions, WATCH_ROOT, d);
	watch_add(&d->watch, trust, WATCH_TRUST, d);
}

struct err *daemon_open(struct daemon *d)
{
	d->started_at = clock_wall();
	d->skew = d->started_at - clock_mono();
	d->sessions = path_join(d->data_dir, "sessions");
	TRY(file_make_dirs(d->sessions));
	d->watch.seen = on_seen;
	d->alarm.ring = on_alarm;
	d->watch.arg = d->alarm.arg = d;
	TRY(watch_open(&d->watch));
	TRY(alarm_open(&d->alarm, &d->loop));
	TRY(door_open(&d->door, d));
	set_timers(d);
	set_signals(d);
	set_watches(d);
	d->respace = true;
	daemon_wake(d);
	return NULL;
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void daemon_run(struct daemon *d)
{
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	door_close(&d->door, d);
}

void daemon_release(struct daemon *d)
{
	for (size_t i = 0; i < d->spaces.n; i++)
		space_free(d->spaces.v[i]);
	free(d->spaces.v);
	watch_release(&d->watch);
	log_release(&d->log);
	str_release(&d->data_dir);
	str_release(&d->sessions);
	str_release(&d->ao);
	uv_loop_close(&d->loop);
}
