/* A fresh folder for a test, in $TMPDIR: test/run points that at memory, where nothing waits for a disk. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

/* room takes "/tmp/aot.XXXXXX"; a tmux socket below must stay within 108 bytes, so the name is short.
 * NULL: it could not be made. */
__attribute__((unused)) static char *fresh_place(char *room, size_t n)
{
	const char *top = getenv("TMPDIR");

	snprintf(room, n, "%s/aot.XXXXXX", top && *top ? top : "/tmp");
	return mkdtemp(room);
}
