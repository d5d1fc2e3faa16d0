/*
 * Typing one message, once: clear what is in the input line, paste, look, Enter, receipt. Needs the
 * session's lock. The state in the outbox goes ahead of each act (store/outbox.h), so that whoever
 * comes after a crash knows what may have been typed and never types it again.
 */
#pragma once

#include "op/sight.h"
#include "store/outbox.h"

/* s: the sight by which the session was found ready. m ends accepted, unconfirmed or failed,
 * or submitted, where a dialog hides whether its Enter was taken; *box_empty tells an unconfirmed one whose text left the input line. */
MUST_USE struct err *deliver(bool *box_empty, struct hold *h, const struct agent *a,
	const struct sight *s, struct message *m);
/* A message that was typed, and whose sender is gone: its receipt is looked for; what of it stands in the input
 * line is sent by Enter, or taken out where its sender was told that it was not sent; never a second
 * paste. While a dialog hides the line it stays as it is. */
MUST_USE struct err *deliver_finish(struct hold *h, const struct agent *a, struct message *m);
/* Its state, on disk and in the log. */
MUST_USE struct err *deliver_state(
	struct hold *h, struct message *m, enum message_state state, const char *note);
