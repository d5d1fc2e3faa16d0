/*
 * Notify: a notice to all notifiers that its priority is routed to (`notificationRouting`, else the
 * project's `notifiers`). Each is tried once and in its own time limit; one that fails holds up none.
 */
#pragma once

#include "model/notice.h"
#include "op/world.h"

struct notified {
	int told;           /* notifiers that took it */
	struct strv failed; /* "desktop: no notify-send on PATH", a line for each that did not */
};

/* p may be NULL: of no project. An error only where nothing could be tried at all. */
MUST_USE struct err *op_notify(struct notified *out, const struct world *w, const struct project *p,
	const struct notice *n);
void notified_release(struct notified *n);
