/* Doctor: what is wrong on this machine and in this namespace, and, asked, its mending. */
#pragma once

#include "op/world.h"

enum finding_level { FINDING_OK, FINDING_NOTE, FINDING_PROBLEM };

struct finding {
	enum finding_level level;
	char *text;   /* "fe-3: spawn was interrupted" */
	char *fix;    /* what --fix does, or what the user can do; NULL: nothing to do */
	bool fixable; /* by --fix */
	bool fixed;
};

struct findings {
	VEC(struct finding) list;
};

/* w may have no config (config.file NULL): then only the machine is looked at. */
MUST_USE struct err *op_doctor(struct findings *out, const struct world *w, bool fix);
void findings_release(struct findings *f);
