/*
 * The names that there are now, for completion: a folder is listed or the configuration read, no
 * session's record is opened, no program started, nothing told. What cannot be read has no names.
 */
#pragma once

#include "base/vec.h"

enum names {
	NAMES_LIVE,     /* sessions that may hold something */
	NAMES_SESSIONS, /* all of them */
	NAMES_PROJECTS,
	NAMES_AGENTS,
	NAMES_ISSUES, /* open ones, "42\tTITLE", where they are files */
	NAMES_PULLS,  /* likewise, "7\tTITLE" */
	NAMES_NOTIFIERS,
};

/* What the command line says of where; each may be NULL. */
struct names_of {
	const char *config;  /* --config */
	const char *project; /* -p */
	const char *word;    /* the project, where it is one and -p is missing */
};

void op_names(struct strv *out, enum names which, const struct names_of *of);
