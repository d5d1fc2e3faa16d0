/* What the user hands in: the text of --file or --prompt-file, and words that may begin with a project. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "cmd/face.h"
#include "op/world.h"

/* Whole. "-": standard input; pipes are fine too (bash's <(…)). Not there: ERR_USAGE. */
MUST_USE struct err *input_read(struct buf *out, const char *file);
/* Words to one text, with a blank between. Caller frees. */
char *words_join(char *const *words, size_t n);
/* The first word is the project where it names one, unless -p names another; *used: how many words
 * that took. ERR_MISSING: most likely it was meant to name one (`bakry 42`). */
MUST_USE struct err *input_project(const struct project **p, size_t *used, const struct face *f,
	const struct world *w, const struct args *a);
