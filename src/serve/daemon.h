/*
 * The daemon: reads our files, decides in its own process, and starts `ao` for whatever acts or asks a
 * plugin. Nothing is kept that the files do not hold, so it may be killed at any instant.
 *
 * Hints come from the door (datagrams), from watch (inotify), from the alarm; each marks what to look at
 * again, and a moment later, in one go, daemon_think() does.
 */
#pragma once

#include <uv.h>

#include "serve/alarm.h"
#include "serve/door.h"
#include "serve/log.h"
#include "serve/space.h"
#include "serve/watch.h"

enum {
	SETTLE_MS = 5,         /* what comes at once is looked at once */
	RESCAN_MS = 5 * 60000, /* hints that were missed */
	SKEW_MS = 10000,       /* a clock that is only slewed stays below */
	RESUME_MS = 20000,     /* nothing is done so long after the clock was set */
	CHECKS_MAX = 2,        /* runs of `ao pr checks` at a time */
	TELLERS_MAX = 8,       /* polls that have done all but tell people */
	STOP_MS = 5000,        /* for who acts, when we end */
};

struct daemon {
	uv_loop_t loop;
	char *data_dir, *sessions;
	char *ao; /* the program that acts */
	struct log log;
	struct watch watch;
	struct door door;
	struct alarm alarm;
	uv_poll_t watching;
	uv_timer_t settle, rescan, last;
	uv_signal_t signals[3];
	VEC(struct space *) spaces;
	bool respace; /* a namespace came or went */
	bool stopping;
	struct check {           /* a run of `ao pr checks` */
		struct job *job; /* NULL: a free place */
		struct space *space;
		char *session;
	} checks[CHECKS_MAX];
	struct teller {
		struct job *job; /* NULL: a free place */
		struct space *space;
	} tellers[TELLERS_MAX];
	int acting; /* children */
	long polls;
	int64_t started_at, next_at;
	int64_t skew; /* wall clock less the one that nobody sets */
	int refused;  /* watches that were refused, as last told */
};

MUST_USE struct err *daemon_open(struct daemon *d);
/* Returns when it was told to end and nobody acts any more. */
void daemon_run(struct daemon *d);
void daemon_release(struct daemon *d);
/* Is a poll of it under way, be it only that people are slow to hear? */
bool daemon_polls(const struct daemon *d, const struct space *s);
/* Something is to be looked at. */
void daemon_wake(struct daemon *d);
void daemon_stop(struct daemon *d);
