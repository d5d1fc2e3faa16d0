/* How start, stop and restart show the daemon. */
#pragma once

#include "cmd/face.h"

/* One runs: what it tells. Takes told. */
void daemon_show(struct face *f, json_t *told);
/* Started by now, or found running; as one line and a few facts, or as JSON, with the orchestrators that
 * were started too (NULL: none was asked for). */
MUST_USE struct err *daemon_started(
	struct face *f, const char *folder, const char *what, json_t *orchestrators);
