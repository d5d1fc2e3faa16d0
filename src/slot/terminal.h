/*
 * Terminal: where a person looks at sessions, a tab or window for each. The one slot without files of
 * code: all that terminals differ in is a command line and the variable by which one knows that one sits
 * in it, so a terminal is a row of slot/terminals.def, and eight files would say nothing more. To add one,
 * add a row.
 */
#pragma once

#include <stdbool.h>

#include "slot/plugin.h"

struct terminal {
	const char *name;    /* as in the config */
	const char *summary; /* for people */
	const char *env;     /* it sets this in what it starts … */
	const char *value;   /* … to this, or to something that begins so; NULL: to anything */
	const char
		*needs; /* variables of which one must be set for it to show anything; NULL: none */
	bool stays;     /* its command is the terminal itself and lasts as long as the window */
	/* argv, by words: one that is "{}" becomes the command, "{line}" the command as one line for a
	 * shell, "{title}" its title. tab NULL: it has no tabs. */
	const char *tab[16], *window[16];
};

/* By name; unknown: ERR_CONFIG that lists those there are. */
MUST_USE struct err *terminal_find(const struct terminal **out, const char *name);
/* The one that we sit in; NULL: none of these. */
const struct terminal *terminal_here(void);
/* The first that is installed and could show something; NULL: none. */
const struct terminal *terminal_any(void);
/* Is its program on PATH, and a screen there to show it on? */
bool terminal_usable(const struct terminal *t);
void terminal_argv(struct strv *out, const struct terminal *t, bool window, const char *title,
	char *const *command);
/* Opens it and returns: what it started outlives us. A terminal that ends at once with a failure is an
 * error. */
MUST_USE struct err *terminal_open(
	const struct terminal *t, bool window, const char *title, char *const *command);
