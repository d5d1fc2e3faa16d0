/* What git does not hold, brought from one folder into a copy of it: as a link, or copied. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/sink.h"

/* `name` is relative and must stay inside `to`, also where `to` holds links of a stranger's: else
 * ERR_CONFIG. Not in `from`, or in `to` already: left out, with a note. keep_fd: as in base/run.h. */
MUST_USE struct err *carry(const char *from, const char *to, const char *name, bool copy,
	int keep_fd, struct sink *sink);
