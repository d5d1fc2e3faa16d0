/*
 * The terminal: what may reach it, how wide it is, and what it can show.
 *
 * Text that came from outside (branch, title, path, what an agent wrote) passes term_safe() before it
 * is printed. Its output is valid UTF-8 without C0, C1, DEL and bidirectional controls; escape
 * sequences (ECMA-48: CSI, OSC, DCS, …) go whole, so that no rest of one is left to read; bytes that
 * are no UTF-8 become U+FFFD. Twice is the same as once.
 *
 * Widths are terminal cells, by wcwidth(3) under the locale that term_locale() set.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

enum term_text {
	TERM_LINE, /* newline and tab become a blank */
	TERM_TEXT, /* newline and tab stay */
};

void term_safe(struct buf *out, const char *s, size_t n, enum term_text kind);
char *term_line(const char *s); /* one safe line; NULL gives "". Caller frees */
/* What of it can be seen: without joiners, direction marks, variants of a picture and the like (Unicode,
 * Default_Ignorable_Code_Point), which programs drop as they please. For comparing, not for showing. */
void term_seen(struct buf *out, const char *s, size_t n);
/* For JSON text: what a terminal would obey inside a string is written \uXXXX instead. */
void term_safe_json(struct buf *out, const char *s, size_t n);

/* ✓ ✗ ⋯ △ ─ … — ❯ as ASCII words, other characters as '?' (contract, section 4). */
void term_ascii(struct buf *out, const char *s);

/* These four take safe text. */
void term_cut(struct buf *b, size_t n); /* to at most n bytes, whole characters */
int term_width(const char *s);
/* At most `width` cells; what is cut ends in … (ascii: ...). */
void term_fit(struct buf *out, const char *s, int width, bool ascii);
/* Exactly `width` cells, of which the last is always blank. */
void term_cell(struct buf *out, const char *s, int width, bool ascii);

/* Look whether the user's locale is a UTF-8 one, then set LC_CTYPE to C.UTF-8. Once, by main. */
void term_locale(void);
bool term_utf8(void); /* true before term_locale() */

/* Cells in a line of the terminal on fd; 0: no terminal. */
int term_columns(int fd);
int term_rows(int fd);

enum term_colour { TERM_COLOUR_AUTO, TERM_COLOUR_ALWAYS, TERM_COLOUR_NEVER };
/* auto: a terminal that is not dumb, and no NO_COLOR (https://no-color.org/). */
bool term_colours(enum term_colour wish, int fd);
