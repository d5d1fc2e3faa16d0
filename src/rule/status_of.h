/* What a session amounts to: the table of contract section 5, first row that holds. Pure. */
#pragma once

#include "model/facts.h"

enum { UP_WITHIN_MS = 60000 };

struct judgement {
	enum status status;
	const char *why; /* in plain words; a constant */
};

struct judgement status_of(const struct facts *f, enum activity activity);
