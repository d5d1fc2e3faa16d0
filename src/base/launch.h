/*
 * The file `launch` in a session's folder: what ao-run starts. Written by `ao` with file_replace()
 * (0600, it holds secrets), read and unlinked by ao-run.
 *
 * The form: fields of text, each closed by a NUL: "ao-launch 1", cwd, umask (octal), process, the
 * number of words in argv, the words, the number of variables, the variables ("NAME=value"), "end".
 * Whatever is not exactly that is refused: half a file must not start half a command.
 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

enum { LAUNCH_MAX = 16 << 20 }; /* bytes of the whole file; the kernel takes less for an exec */

struct launch_file {
	char *cwd;     /* absolute */
	mode_t mask;   /* umask */
	char *process; /* the agent's name in /proc (contract, section 8); may be "" */
	struct strv argv, env;
};

void launch_encode(struct buf *out, const struct launch_file *l);
MUST_USE struct err *launch_decode(struct launch_file *out, const char *bytes, size_t n);
void launch_file_release(struct launch_file *l);
