/*
 * Sense: what is known of a session, as facts. Files first (store/evidence.h), the agent's transcript,
 * then, for those that need it, the terminal: title, output, screen, children. Nothing is decided here.
 */
#pragma once

#include "model/agent.h"
#include "model/facts.h"
#include "op/world.h"
#include "slot/runtime.h"
#include "store/evidence.h"

/* After the files. *words (may be NULL): the first line of the agent's last words,
 * outside text, for the caller to free; NULL: none known. */
void sense_transcript(struct facts *f, char **words, const struct session *s, const char *folder,
	const struct agent *a);
/* t as the runtime's probe gave it, with or without screen. */
void sense_terminal(struct facts *f, const struct evidence *in, const struct agent *a,
	const struct runtime_fact *t);
