/* Attach: how a person looks at a session's terminal. */
#pragma once

#include "op/world.h"

/* The command that shows it, by exact target, from here or (fresh) from a terminal of its own. ERR_FAILED
 * where nothing runs, naming what starts it, ERR_REFUSED where it could not be shown here. */
MUST_USE struct err *op_attach(
	struct strv *argv, const struct world *w, const char *id, bool fresh);
/* "tmux attach -t fe-1", as shown to people; NULL: nothing runs, or runs it without a terminal. Starts
 * no process. Caller frees. */
char *op_attach_line(const struct world *w, const struct session *s);
