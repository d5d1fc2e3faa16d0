/*
 * Text from outside, shown to an agent as data: between two lines whose mark is random for each text,
 * so that nothing in it can end it. Control bytes are taken out and 64 KiB is the most.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

enum { FENCE_TEXT_MAX = 64 << 10 };

/* `what` goes on both lines: "issue #42". break_at: a blank behind each @ that begins a word, for an
 * agent's interface that would read a file by that name. */
void fence_add(struct buf *out, const char *what, const char *text, size_t n, bool break_at);
