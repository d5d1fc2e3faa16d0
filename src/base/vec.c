#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void *vec_grow(void *v, size_t *room, size_t n, size_t size)
{
	if (n + 1 > *room) {
		*room = *room ? *room * 2 : 8;
		v = mem_grow(v, *room * size);
	}
	memset((char *)v + n * size, 0, size);
	return v;
}

void strv_take(struct strv *v, char *s)
{
	if (v->n + 2 > v->room) {
		v->room = v->room ? v->room * 2 : 8;
		v->v = mem_grow(v->v, v->room * sizeof(*v->v));
	}
	v->v[v->n++] = s;
	v->v[v->n] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, str_dup(s));
}

void strv_addf(struct strv *v, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	strv_take(v, str_vformat(format, ap));
	va_end(ap);
}

void strv_add_all(struct strv *v, char *const *list)
{
	for (; list && *list; list++)
		strv_add(v, *list);
}

int strv_has(const struct strv *v, const char *s)
{
	STRV_EACH(p, v)
		if (str_equal(*p, s))
			return 1;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v, size_t from)
{
	if (v->n > from)
		qsort(v->v + from, v->n - from, sizeof(*v->v), by_text);
}

bool strv_find(const struct strv *sorted, const char *s)
{
	return sorted->n && bsearch(&s, sorted->v, sorted->n, sizeof(*sorted->v), by_text);
}

void strv_release(struct strv *v)
{
	STRV_EACH(p, v)
		free(*p);
	free(v->v);
	*v = (struct strv){ 0 };
}
