/* What `session ls`, `status` and `session show` have in common: asking for views. */
#pragma once

#include "cmd/status_table.h"

/* With the project of -p, which must exist. */
MUST_USE struct err *list_for(
	struct views *v, const struct face *f, const struct world *w, struct list_options *o);
/* Exactly one view, looked at closely; else ERR_MISSING. */
MUST_USE struct err *list_one(struct views *v, const struct world *w, const char *id);
json_t *views_json(const struct views *v, const struct world *w, bool full);

/* Redraw as things change, until q or a stop. */
MUST_USE struct err *status_watch(struct face *f, const struct world *w);
