/*
 * The names that there are now, for completion: a folder is listed or the configuration read, no
 * record is opened, no program started, nothing told. What cannot be read has no names.
 */
#pragma once

#include "base/vec.h"

enum names {
	NAMES_LIVE,     /* sessions that may hold something */
	NAMES_SESSIONS, /* all of them */
	NAMES_PROJECTS,
	NAMES_AGENTS,
	NAMES_NOTIFIERS,
};

/* config: --config, or NULL. */
void op_names(struct strv *out, enum names which, const char *config);
