/* Text that the user hands in: the value of --file or --prompt-file. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Whole. "-": standard input; pipes are fine too (bash's <(…)). Not there: ERR_USAGE. */
MUST_USE struct err *input_read(struct buf *out, const char *file);
/* Words to one text, with a blank between. Caller frees. */
char *words_join(char *const *words, size_t n);
