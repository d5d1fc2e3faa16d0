/*
 * Growing arrays. VEC(T) declares one, vec_push() gives a pointer to a new zeroed element; zero is
 * the empty value and free(v->v) its release (elements first, by their owner).
 *
 * struct strv is the list of strings, also an argv: v is NULL-terminated as soon as it is not NULL.
 */
#pragma once

#include <stdbool.h>

#include "base/mem.h"

#define VEC(T)                                                                                     \
	struct {                                                                                   \
		T *v;                                                                              \
		size_t n, room;                                                                    \
	}
#define vec_push(vec)                                                                              \
	((vec)->v = vec_grow((vec)->v, &(vec)->room, (vec)->n, sizeof(*(vec)->v)),                 \
		&(vec)->v[(vec)->n++])

void *vec_grow(void *v, size_t *room, size_t n, size_t size);

struct strv {
	char **v;
	size_t n, room;
};

void strv_add(struct strv *v, const char *s);
void strv_addf(struct strv *v, const char *format, ...) PRINTF(2, 3);
void strv_add_all(struct strv *v, char *const *list); /* NULL-terminated; NULL adds nothing */
void strv_take(struct strv *v, char *s);              /* s now belongs to v */
int strv_has(const struct strv *v, const char *s);
void strv_sort(struct strv *v, size_t from);              /* by bytes, from that one on */
bool strv_find(const struct strv *sorted, const char *s); /* as strv_has(), in few steps */
void strv_release(struct strv *v);

/* An argv in place: only inside the call's own parentheses. */
#define ARGV(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })
#define STRV_EACH(s, vec)                                                                          \
	for (char **s = (vec)->v, **s##_end = s ? s + (vec)->n : s; s < s##_end; s++)
