#include "base/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BUF_FIRST /* the unit tests build this file with 1, so that every boundary is crossed */
#define BUF_FIRST 64
#endif

void buf_reserve(struct buf *b, size_t n)
{
	size_t need = b->n + n + 1;

	if (need <= b->room)
		return;
	if (b->room < BUF_FIRST)
		b->room = BUF_FIRST;
	while (b->room < need)
		b->room *= 2;
	b->s = mem_grow(b->s, b->room);
	b->s[b->n] = '\0'; /* whoever reserves may add nothing: still a text */
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->s + b->n, bytes, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *format, ...)
{
	AUTO(str_release) char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vformat(format, ap);
	va_end(ap);
	buf_adds(b, text);
}

void buf_cut(struct buf *b, size_t n)
{
	if (n >= b->n)
		return;
	b->n = n;
	b->s[n] = '\0';
}

const char *buf_text(const struct buf *b)
{
	return b->s ? b->s : "";
}

char *buf_detach(struct buf *b)
{
	char *s = b->s ? b->s : str_dup("");

	*b = (struct buf){ 0 };
	return s;
}

void buf_release(struct buf *b)
{
	free(b->s);
	*b = (struct buf){ 0 };
}

void buf_trim(struct buf *b)
{
	size_t n = b->n;

	while (n && isspace((unsigned char)b->s[n - 1]))
		n--;
	buf_cut(b, n);
}
