/*
 * Batch: one spawn for each issue, up to 4 at once, each an `ao spawn` of its own. An issue that has a
 * live session is skipped. One that fails stops none of the others.
 */
#pragma once

#include "op/world.h"

enum { BATCH_AT_ONCE = 4 };
enum batch_end { BATCH_CREATED, BATCH_QUEUED, BATCH_SKIPPED, BATCH_FAILED };

struct batch_row {
	char *issue;
	enum batch_end end;
	char *session; /* made, or the live one; NULL: failed, or skipped since it was named before */
	char *why;     /* of a failure */
};

struct batch {
	VEC(struct batch_row) list; /* in the order in which they ended */
};

struct batch_options {
	const struct project *project;
	char *const *issues;
	const char *after;                                    /* as ao spawn --after; NULL: none */
	void (*tell)(void *arg, const struct batch_row *row); /* as each one ends; may be NULL */
	void *arg;
};

MUST_USE struct err *op_batch(
	struct batch *out, const struct world *w, const struct batch_options *o);
void batch_release(struct batch *b);
