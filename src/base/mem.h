/*
 * Memory that is there or the process is not: an allocation that fails ends the program with
 * abort(), so no caller checks. What scope releases, AUTO names: AUTO(str_release) char *s = NULL;
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#define AUTO(release) __attribute__((cleanup(release)))
#ifndef MUST_USE /* cppcheck is told that it is nothing */
#define MUST_USE __attribute__((warn_unused_result))
#endif
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

void *mem_alloc(size_t n); /* zeroed */
void *mem_grow(void *p, size_t n);
char *str_dup(const char *s); /* NULL stays NULL */
char *str_ndup(const char *s, size_t n);
char *str_format(const char *format, ...) PRINTF(1, 2);
char *str_vformat(const char *format, va_list ap) PRINTF(1, 0);

/* Frees *s and leaves NULL. May run twice. */
void str_release(char **s);
/* *slot takes a copy of value (NULL allowed); what it held is freed. value may be *slot itself. */
void str_set(char **slot, const char *value);

/* NULL counts as empty in all of these. */
int str_equal(const char *a, const char *b);
int str_empty(const char *s);
int str_starts(const char *s, const char *prefix);
int str_ends(const char *s, const char *suffix);
