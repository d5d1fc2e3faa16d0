/*
 * Whether a configuration may name commands, hosts and a data folder (contract, section 2). By
 * nature it may when nobody but this user can have written it. A pin says that the user has read
 * exactly these bytes at exactly this path; it is the text itself, compared whole, no digest.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

bool trust_pinned(const char *file, const struct buf *text);
MUST_USE struct err *trust_pin(const char *file, const struct buf *text);
/* Ours alone to write, and not tracked by git. May run git, 5 s at most; no answer is no trust. */
bool trust_by_nature(const char *file);
