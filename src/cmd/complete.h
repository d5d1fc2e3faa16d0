/*
 * What could stand next on a command line, made from the command table: the hidden `ao __complete
 * WORD… CURRENT` that the scripts of `ao completion` call at each Tab. It answers at once (no program
 * is started), reads only, and says nothing where nothing can be said: a remark would land in the
 * middle of what somebody is typing.
 */
#pragma once

#include "base/vec.h"

#define COMPLETE_WORD "__complete"
/* The only answer, where the shell itself is to offer the names of files. */
#define COMPLETE_FILES ":files"

/* words: what stands behind `ao`, the last one being typed. Each answer is "WORD" or "WORD\tWHAT", and
 * begins with what was typed. bash hands over --agent=x as three words, and gets x alone. */
void complete_words(struct strv *answers, char *const *words, size_t n);
