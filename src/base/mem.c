#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *p)
{
	if (!p) {
		fputs("ao: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *mem_alloc(size_t n)
{
	return or_abort(calloc(1, n ? n : 1));
}

void *mem_grow(void *p, size_t n)
{
	return or_abort(realloc(p, n ? n : 1));
}

char *str_dup(const char *s)
{
	return s ? or_abort(strdup(s)) : NULL;
}

char *str_ndup(const char *s, size_t n)
{
	return or_abort(strndup(s, n));
}

char *str_vformat(const char *format, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, format, ap) < 0)
		s = NULL;
	return or_abort(s);
}

char *str_format(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	s = str_vformat(format, ap);
	va_end(ap);
	return s;
}

void str_release(char **s)
{
	free(*s);
	*s = NULL;
}

void str_set(char **slot, const char *value)
{
	char *copy = str_dup(value);

	free(*slot);
	*slot = copy;
}

int str_equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

int str_empty(const char *s)
{
	return !s || !*s;
}

int str_starts(const char *s, const char *prefix)
{
	return strncmp(s ? s : "", prefix, strlen(prefix)) == 0;
}

int str_ends(const char *s, const char *suffix)
{
	size_t n = s ? strlen(s) : 0, m = strlen(suffix);

	return m == 0 || (n >= m && strcmp(s + n - m, suffix) == 0);
}
