/*
 * Which conversation of its own an agent is in: the file `conversations` in the session's folder, a line
 * each time it changed (a fresh start, /clear, a resume that began a new one), the last one counts:
 *
 *   2026-11-22T07:17:56.123Z 11111111-2222-4333-8444-000000000001 /home/u/.claude/…/1111.jsonl
 *
 * time, the agent's id of it, and to the end of the line its transcript's path (may be empty). Told by
 * the agent's hooks, hence outside text: the id is checked, the path is absolute and no more. One
 * O_APPEND write, no lock; two hooks at once may write a line twice.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct conversation {
	char *id, *path; /* NULL: not known */
	int64_t at;      /* when that was told, ms since 1970 */
};

/* The last one that was told; none: NULLs. */
void conversation_read(struct conversation *c, const char *folder);
/* Append it unless it is the last one already, or a later one was told. What cannot be an id: nothing. path NULL: not told, it stays. */
MUST_USE struct err *conversation_note(
	const char *folder, int64_t at, const char *id, const char *path);
/* A fresh start: what was before is none of its conversations. */
MUST_USE struct err *conversation_forget(const char *folder);
void conversation_release(struct conversation *c);
