/*
 * What an agent reported through `ao hook`: an append-only file, a line each:
 *
 *   2026-11-22T07:17:56.123Z prompt hook 4242 17 cbf29ce484222325 TEXT
 *
 * time, kind, source (hook; timed, where the time was given; behind it /16 hex digits: which turn it is of), pid
 * of the reporter, length and hash of the message that became a turn (0 0 where there is none), and text to the
 * end of the line (\n and \\ escaped, cut at 400 bytes). One O_APPEND write, no lock, no fsync: 0.004 ms. Order
 * is by the event's time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

#define SIGNAL_TIMED "timed"

#define SIGNAL_KINDS(X)                                                                            \
	X(START, "start")                                                                          \
	X(PROMPT, "prompt")                                                                        \
	X(TOOL, "tool")                                                                            \
	X(WAITING, "waiting")                                                                      \
	X(ERROR, "error")                                                                          \
	X(STOP, "stop")                                                                            \
	X(EXIT, "exit")

#define SIGNAL_ROW(name, word) SIGNAL_##name,
enum signal_kind { SIGNAL_KINDS(SIGNAL_ROW) SIGNAL_COUNT };
#undef SIGNAL_ROW

struct signal_line {
	int64_t at;
	enum signal_kind kind;
	const char *source; /* it and text are somebody else's: of one that was read, the list's */
	pid_t pid;
	size_t length; /* of the message, trailing white space off, CR LF as LF */
	uint64_t hash;
	uint64_t turn; /* which one it is of, a hash of the agent's own name for it; 0: not told */
	const char *text;
};

struct signals {
	VEC(struct signal_line) list; /* oldest first */
	int broken;                   /* lines that are none of ours */
	char *bytes; /* the file's, with NULs between; sources and texts point there */
};

const char *signal_word(enum signal_kind k);
int signal_parse_word(const char *word); /* -1: none */

/* A turn is over and nothing tells how: Gemini CLI says the same at the end of one that failed and of one
 * that was cancelled. */
bool signal_is_mute(const struct signal_line *s);

/* Length and hash by which a message and its echo are compared; what an agent puts around it is off, and so is
 * what nobody sees: Claude Code takes it out, and blanks for tabs. */
void signal_digest(size_t *length, uint64_t *hash, const char *text, size_t n);

MUST_USE struct err *signals_append(const char *folder, const struct signal_line *s);
/* The newest ones (the last 16 KiB). No file: none. out is empty before, here and below. */
MUST_USE struct err *signals_read(struct signals *out, const char *folder);
void signals_parse(struct signals *out, const char *text, size_t n);
void signals_release(struct signals *s);
/* Over 256 KiB the file is turned to signals.1; needs the session's lock. */
MUST_USE struct err *signals_turn(const char *folder);
