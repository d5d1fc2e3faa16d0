/*
 * A growing string of bytes. Zero is the empty value; s is then NULL with n 0, and buf_text() gives
 * "" for it. Once something was added, s[n] is NUL, so a buf of text is also a C string. NUL bytes
 * inside are allowed and counted.
 */
#pragma once

#include "base/mem.h"

struct buf {
	char *s;
	size_t n;    /* bytes, without the closing NUL */
	size_t room; /* bytes allocated */
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) PRINTF(2, 3);
/* Room for n more bytes at b->s + b->n; the caller adds to n what it wrote. */
void buf_reserve(struct buf *b, size_t n);
void buf_cut(struct buf *b, size_t n); /* shorten to n bytes */
const char *buf_text(const struct buf *b);
/* The text moves to the caller, who frees it; b is empty afterwards. Never NULL. */
char *buf_detach(struct buf *b);
void buf_release(struct buf *b);
/* Take trailing white space off. */
void buf_trim(struct buf *b);
