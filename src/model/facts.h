/*
 * What was observed of a session, each fact with its time and its source; nothing in here is decided.
 * rule/ makes an activity and a status of it. Times are ms since 1970, 0: unknown.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/tri.h"
#include "model/activity.h"
#include "model/pull.h"

enum {
	CLOCK_SET_MS = 3600000
}; /* so far in the future is a time from before the clock was set back */

/* Best evidence first (contract, section 5). */
#define SOURCES(X)                                                                                 \
	X(PROCESS, "process")                                                                      \
	X(LIVE, "live status")                                                                     \
	X(HOOK, "hook")                                                                            \
	X(TRANSCRIPT, "transcript")                                                                \
	X(TERMINAL, "terminal") /* title, output, children */                                      \
	X(SCREEN, "screen")

#define SOURCE_ROW(name, word) SOURCE_##name,
enum source { SOURCES(SOURCE_ROW) SOURCE_COUNT };
#undef SOURCE_ROW
const char *source_word(enum source s);

struct fact {
	enum source source;
	enum activity says; /* ACTIVITY_UNKNOWN: it was looked at and says nothing */
	bool state;         /* true now, as opposed to an event that began something */
	int64_t at;
	char *detail;  /* in plain words; outside text is in it */
	int64_t until; /* its quota is spent until then, it says; -1: not until when; 0: it is not */
};

enum {
	FACTS_MAX = 12,
	PROMPT_COMES_MS = 2000, /* between an agent's start and its first prompt (measured: 900) */
};

struct facts {
	int64_t now;
	int64_t created_at;
	int64_t started_at; /* the runtime's last start */
	enum status recorded;
	bool half_done;   /* a verb is at work, or died: the record's `doing` */
	enum tri runtime; /* is the agent's supervisor alive? */
	bool reboot;      /* it ran under another boot id */
	bool undeleted;   /* it was killed and undeleted since its last start: its end is no news */
	bool has_exit;    /* `exit` was written */
	int exit_code, exit_signal; /* signal 0: none */
	bool has_workspace;

	struct fact v[FACTS_MAX];
	int n;

	bool sign_of_life; /* since the last start */
	bool live_whole;   /* its live status tells of every dialog, its terminal's own ones too */
	bool has_hooks;    /* it reported at least once */
	int64_t turn_open_at;  /* a prompt without an end since; 0: none open */
	int64_t mute_end_at;   /* it reported the end of a turn last, and not how it ended; 0: no */
	int64_t waiting_since; /* it reported a question and nothing else since; 0: none */
	int64_t limited_until; /* it waits for its quota; -1: nobody knows until when; 0: it does not */
	int64_t limit_known; /* by the record: what it waited for at the last poll, queued or not; 0: nothing */
	int64_t activity_at; /* last sign of the agent's own doing */
	int64_t output_at; /* last output on its terminal, or now with a command of it running; 0: not asked */
	int64_t stuck_after; /* ms, agent-stuck.threshold */

	struct pull pull;
};

struct fact *facts_add(struct facts *f, enum source source, enum activity says, int64_t at);
void facts_release(struct facts *f);
