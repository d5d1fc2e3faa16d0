#include "rule/items.h"

#include <string.h>

void items_add(struct buf *items, const char *format, ...)
{
	AUTO(str_release) char *word = NULL;
	va_list ap;

	va_start(ap, format);
	word = str_vformat(format, ap);
	va_end(ap);
	buf_addf(items, "%s%s", items->n ? " " : "", word);
}

/* The next word: its length is *n; NULL: no more. */
static const char *next(const char *at, size_t *n)
{
	at += strspn(at, " ");
	*n = strcspn(at, " ");
	return *n ? at : NULL;
}

bool items_has(const char *items, const char *word, size_t n)
{
	size_t length;

	for (const char *at = next(items ? items : "", &length); at;
		at = next(at + length, &length))
		if (length == n && memcmp(at, word, n) == 0)
			return true;
	return false;
}

bool items_news(const char *items, const char *known)
{
	size_t n;

	for (const char *at = next(items ? items : "", &n); at; at = next(at + n, &n))
		if (!items_has(known, at, n))
			return true;
	return false;
}

static void add_word(struct buf *b, const char *word, size_t n)
{
	if (b->n)
		buf_addc(b, ' ');
	buf_add(b, word, n);
}

static void set(char **slot, struct buf *b)
{
	str_set(slot, b->n ? buf_text(b) : NULL);
}

void items_keep(char **slot, const char *a, const char *b)
{
	AUTO(buf_release) struct buf kept = { 0 };
	size_t n;

	for (const char *at = next(*slot ? *slot : "", &n); at; at = next(at + n, &n))
		if (items_has(a, at, n) || items_has(b, at, n))
			add_word(&kept, at, n);
	set(slot, &kept);
}

void items_drop(char **slot, const char *words, const char *but)
{
	AUTO(buf_release) struct buf kept = { 0 };
	size_t n;

	for (const char *at = next(*slot ? *slot : "", &n); at; at = next(at + n, &n))
		if (!items_has(words, at, n) || items_has(but, at, n))
			add_word(&kept, at, n);
	set(slot, &kept);
}

void items_join(char **slot, const char *more)
{
	AUTO(buf_release) struct buf all = { 0 };
	size_t n;

	buf_adds(&all, *slot ? *slot : "");
	for (const char *at = next(more ? more : "", &n); at; at = next(at + n, &n))
		if (!items_has(*slot, at, n))
			add_word(&all, at, n);
	set(slot, &all);
}
