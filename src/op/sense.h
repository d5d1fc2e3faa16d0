/*
 * Sense: what is known of a session, as facts. Files first (store/evidence.h), then, for those that need
 * it, the terminal: title, output, screen, children. Nothing is decided here.
 */
#pragma once

#include "model/agent.h"
#include "model/facts.h"
#include "op/world.h"
#include "slot/runtime.h"
#include "store/evidence.h"

/* t as the runtime's probe gave it, with or without screen. */
void sense_terminal(struct facts *f, const struct evidence *in, const struct agent *a,
	const struct runtime_fact *t);
