/*
 * What an occasion consists of, as a line of words: "3 5" are two review threads, "1a2b3c:77" is the
 * failed checks of a head. An occasion is new where one of its words was not dealt with before, so
 * that a thread more is news and a thread less is none. Pure.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

void items_add(struct buf *items, const char *format, ...) PRINTF(2, 3);
bool items_has(const char *items, const char *word, size_t n);
/* Is there one in `items` that `known` lacks? NULL is none. */
bool items_news(const char *items, const char *known);
/* *slot keeps those that are still in a or b. */
void items_keep(char **slot, const char *a, const char *b);
/* Those of words go, but for those that are in but. */
void items_drop(char **slot, const char *words, const char *but);
void items_join(char **slot, const char *more); /* those of more that it lacks are added */
