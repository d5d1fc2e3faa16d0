/* What happened: the audit log of the namespace, and the messages of a session. Reads only. */
#pragma once

#include "op/world.h"
#include "store/events.h"
#include "store/outbox.h"

/* session NULL: of all. follow: then new ones as they come, until the user stops (ERR_INTERRUPTED). */
MUST_USE struct err *op_events(
	const struct world *w, const char *session, bool follow, event_reader read, void *arg);
MUST_USE struct err *op_events_verify(struct events_report *out, const struct world *w);
/* What its agent, which has ended, showed last: lines of safe text. None: it runs, or that is not known. */
void op_last_words(struct strv *lines, const struct world *w, const char *id);
/* All messages to the session, in order. */
MUST_USE struct err *op_messages(struct messages *out, const struct world *w, const char *id);
