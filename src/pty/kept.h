/* What the program wrote, byte for byte, in the session's folder: `output`, and `output.1`, what was
 * before it; each at most 256 KiB. No failure ends a session: what cannot be written is not kept. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

struct kept {
	const char *folder;
	int fd; /* 0: not open */
	size_t n;
};

void kept_add(struct kept *k, const char *bytes, size_t n);
/* The last of it, from the beginning of a line. */
void kept_tail(struct buf *out, const struct kept *k);
void kept_close(struct kept *k);
