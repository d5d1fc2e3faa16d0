/*
 * The agent's input line, as far as the screen shows it: whose words stand in it, and emptying it before
 * something is pasted. What a person typed there is kept in the event log; what is left there of a message
 * of ours is told by that one's record.
 */
#pragma once

#include "op/sight.h"
#include "store/outbox.h"

/* Does it begin with our text, as far as it can be seen? A chip hides it. */
bool box_holds(const struct agent *a, const struct sight *s, const struct message *m);
/* Before a paste. ERR_REFUSED: it could not be emptied, or a dialog is open now; nothing was typed. */
MUST_USE struct err *box_clear(struct hold *h, const struct agent *a, const struct sight *before);
/* What stands of m in it goes, where that can be told; *note is what became of it, a constant. */
MUST_USE struct err *box_take_out(const char **note, struct hold *h, const struct agent *a,
	const struct sight *s, const struct message *m);
