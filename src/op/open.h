/*
 * Open: sessions before a person's eyes. In order: the terminal that the configuration names; inside the
 * tmux that holds the session, that client; a tab of the terminal that we sit in; this terminal itself;
 * for several, or for a window asked for, any terminal on this screen. What none of it opens keeps its
 * line to be typed.
 */
#pragma once

#include "op/world.h"

struct opened {
	char *session;
	char *line; /* "tmux attach -t fe-1" */
	char *by;   /* the terminal that shows it now; NULL: none, the line is for the user */
};

struct opens {
	VEC(struct opened) list;
	struct strv
		become; /* the command that shows the one session here, in our place; else empty */
};

struct open_options {
	const char *target; /* session, project, or "all"; NULL: all */
	bool new_window;    /* always a new window */
	bool here;          /* our input and output are a terminal that may be taken */
};

/* A session that does not run: ERR_FAILED naming restore; neither session nor project: ERR_MISSING. */
MUST_USE struct err *op_open(
	struct opens *out, const struct world *w, const struct open_options *o);
void opens_release(struct opens *o);
