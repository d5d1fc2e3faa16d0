/* Inside `ao doctor`: one examination, shared by its four files. */
#pragma once

#include "op/doctor.h"

struct exam {
	struct findings *out;
	const struct world *world;
	bool fix;
};

/* The finding is the list's; text by format. */
struct finding *exam_add(struct exam *x, enum finding_level level, const char *format, ...)
	PRINTF(3, 4);
/* Something that --fix mends: `what` says how. Was asked to mend: true, and the caller does it and
 * says how it went by exam_mended(). */
bool exam_fixable(struct exam *x, struct finding *f, const char *what);
void exam_mended(struct finding *f, struct err *e); /* takes e */

/* The runtimes that sessions are started in by this configuration. */
void exam_runtimes(struct strv *names, const struct config *c);
MUST_USE struct err *exam_sessions(struct exam *x);  /* doctor_session.c */
MUST_USE struct err *exam_leftovers(struct exam *x); /* doctor_left.c */
void exam_daemon(struct exam *x);                    /* doctor_daemon.c */
