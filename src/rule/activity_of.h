/*
 * What the agent is doing, by the evidence (contract, section 5; observed limits: 10 s for a hook
 * that says active, 5 s of silence against it, 5 min from ready to idle). Pure.
 */
#pragma once

#include "model/facts.h"

enum {
	STALE_ACTIVE_MS = 10000, /* a hook's "active" this old needs the terminal's consent */
	QUIET_MS = 5000,         /* a terminal without output this long is not working */
	IDLE_MS = 300000,        /* ready for longer is idle */
	DRAWN_MS = 1000,         /* a dialog that was reported is on the screen by then */
};

struct verdict {
	enum activity activity;
	int by;          /* index of the fact that decided; -1: none */
	const char *why; /* in plain words; a constant */
};

struct verdict activity_of(const struct facts *f);
/* Would a look at terminal and screen change anything? Saves the question where no. */
bool needs_terminal(const struct facts *f);
