/* A captured screen as lines: for rule/screen.c. */
#pragma once

#include <stdbool.h>

#include "base/vec.h"

struct screen_line {
	char *text; /* without escapes and zero-width spaces, no-break spaces as spaces, trailing blanks off */
	char *typed; /* the same with dim text as blanks */
};

struct screen_lines {
	struct screen_line *v;
	size_t n, room; /* without the blank lines at the end */
};

/* screen NULL: not asked, no lines */
void screen_split(struct screen_lines *out, const char *screen);
void screen_lines_release(struct screen_lines *s);
