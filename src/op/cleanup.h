/* Cleanup: which sessions are done, decided by one function (rule/cleanup_reason.h) for the dry and
 * the real run; unknown is never a reason. */
#pragma once

#include "op/kill.h"

struct cleanup_row {
	char *id;
	char *reason; /* "runtime is gone", or why it was skipped */
	bool skipped; /* shown as "Skipped fe-1 (…)" */
};

struct cleanup_plan {
	VEC(struct cleanup_row) list; /* to be killed, or skipped for a told reason */
};

/* project NULL: all. */
MUST_USE struct err *op_cleanup_plan(
	struct cleanup_plan *out, const struct world *w, const char *project);
/* Kill one row of a plan; ERR_REFUSED where the reason no longer holds. */
MUST_USE struct err *op_cleanup(
	struct killed *out, const struct world *w, const struct cleanup_row *row);
void cleanup_plan_release(struct cleanup_plan *p);
