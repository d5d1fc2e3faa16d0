/*
 * What is said between ao and ao-pty, which holds an agent's terminal where no tmux does (src/pty):
 * messages over the socket `pty` in the session's folder (unix(7), SOCK_SEQPACKET), each a kind and its
 * bytes. Whoever connects says HELLO with the session's uid first and is answered YES or NO; without
 * the right uid nothing else is obeyed. Descriptors are non-blocking; times are those of clock_mono().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum pty_kind {
	PTY_HELLO = 'h',  /* the uid. YES: "OUTPUT_AT TYPED_AT TITLE", ms since 1970, 0: never */
	PTY_TEXT = 't',   /* bytes for the next of these two */
	PTY_PASTE = 'p',  /* type them as a paste, bracketed if the program asked for that. YES */
	PTY_PRESS = 'k',  /* type them as they are. YES */
	PTY_ATTACH = 'a', /* "COLUMNS ROWS": from now on OUTPUT is sent here */
	PTY_SIZE = 'w',   /* "COLUMNS ROWS" */
	PTY_INPUT = 'i',  /* what a person typed */
	PTY_OUTPUT = 'o',
	PTY_YES = 'y',
	PTY_NO = 'n',
};

enum { PTY_BYTES = 16384 };

struct pty_message {
	enum pty_kind kind;
	size_t n;
	char bytes[PTY_BYTES + 1]; /* bytes[n] is NUL */
};

/* Listens; what lies there under the name is replaced: the caller holds the lock `pty.lock`. */
MUST_USE struct err *pty_listen(int *fd, const char *folder);
/* *fd -1: nobody listens there. */
MUST_USE struct err *pty_connect(int *fd, const char *folder);
/* n at most PTY_BYTES. Waits for room until then: ERR_TIMEOUT. */
MUST_USE struct err *pty_send(
	int fd, enum pty_kind kind, const void *bytes, size_t n, int64_t until);
/* *end: the other side has gone. Waits until then: ERR_TIMEOUT. */
MUST_USE struct err *pty_receive(struct pty_message *m, bool *end, int fd, int64_t until);
