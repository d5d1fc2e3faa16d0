/*
 * How commands print. Everything goes through term_safe() on its way out, so that no text from
 * outside can reach the terminal as an order; a forgotten term_line() costs a line's layout, no
 * more. With f->ascii the marks become words.
 */
#pragma once

#include <jansson.h>

#include "base/term.h"
#include "cmd/command.h"

enum ink { INK_NONE, INK_BOLD, INK_DIM, INK_RED, INK_GREEN, INK_YELLOW, INK_BLUE, INK_CYAN };

/* From the global options. ERR_USAGE: a value of --color that is none. */
MUST_USE struct err *face_open(struct face *f, const struct args *a);

void face_print(const struct face *f, const char *format, ...) PRINTF(2, 3);
void face_ink(const struct face *f, enum ink ink, const char *format, ...) PRINTF(3, 4);
/* One table cell: cut or padded to `width`, the last cell blank. 0: the last column, as it is. */
void face_cell(const struct face *f, enum ink ink, int width, const char *text);
/* "  Worktree: /path", nothing when the value is empty. */
void face_field(const struct face *f, const char *label, const char *value);

/* Takes the value and prints it, indented. */
void face_json(const struct face *f, json_t *value);
/* One line. */
void face_json_line(const struct face *f, json_t *value);
/* A string, or null; what is no UTF-8 is made so. */
json_t *json_text(const char *s);

/* Several failures as one error, a line each, of the first one's class. Takes e. */
void errors_add(struct err **all, struct err *e);
/* An exit code without words, where the command has said it all. */
MUST_USE struct err *exit_quietly(enum err_class class);
/* What was written reached its reader. A reader that went away is none of our failures. */
MUST_USE struct err *face_close(const struct face *f);
