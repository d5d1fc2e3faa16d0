/*
 * What a program asked of its terminal, read from its output (ECMA-48; xterm's ctlseqs): the DEC private
 * modes it changed, its title, and the questions that it waits to have answered. No screen is kept: this
 * is no terminal emulator. A sequence may be torn anywhere between two calls.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

enum { MODE_PASTE = 2004 };

struct modes {
	struct mode {
		int number;
		bool on;
	} v[32]; /* what was changed, and how it is now; further ones are not kept */
	size_t n;
	char title[256]; /* outside text; "": none was set */
	int state;
	char text[256]; /* of the sequence that is being read */
	size_t text_n;
};

/* replies: appended, what a terminal that shows nothing answers (who it is: a VT100; it is well; the
 * cursor stands at 1, 1). NULL: somebody else answers. */
void modes_feed(struct modes *m, const char *bytes, size_t n, struct buf *replies);
bool modes_on(const struct modes *m, int number);
bool modes_full_screen(const struct modes *m); /* on the alternate screen */
/* What puts a fresh terminal into the same modes. */
void modes_write(struct buf *out, const struct modes *m);
/* What brings it back. */
void modes_undo(struct buf *out, const struct modes *m);
