/* The holder: keeps a terminal in which ao-run runs, until ao-run has ended. */
#pragma once

#include "base/err.h"

struct hold_options {
	char *supervisor; /* ao-run */
	char *folder, *uid;
	int columns, rows;
};

/* up() is called once all is there. ERR_TIMEOUT: another one holds that session. */
MUST_USE struct err *hold(const struct hold_options *o, void (*up)(void));
