/*
 * When something follows from the passing of time alone, by what the files of a session tell: for whoever
 * waits and does not want to look before. Pure.
 */
#pragma once

#include "model/facts.h"
#include "model/reaction.h"
#include "rule/activity_of.h"

enum {
	LOOK_MS = 10000,       /* so often a terminal that nobody reports for is looked at */
	GOING_MS = 500,        /* an agent that has ended goes, with all below it */
	FORGE_RUN_MS = 15000,  /* a check is running on a forge elsewhere */
	FORGE_OPEN_MS = 30000, /* a pull request is open there */
};

struct due {
	int64_t at;    /* ms since 1970, behind f->now: what the files mean may change. 0: never */
	int64_t timed; /* the same but for a terminal that may have been written to */
	unsigned
		passed; /* moments that have passed, a bit each: where it differs something may follow */
};

/* f->output_at: when its terminal was last written to, 0: not known. */
struct due due_of(const struct facts *f, const struct episodes *e, const struct reactions *rules);
/* ms after which the forge of an open pull request is asked again; 0: it need not be. */
int forge_again_ms(const struct pull *p);
