/* An issue on the screen and as JSON: the same keys for every verb. */
#pragma once

#include "cmd/face.h"
#include "op/issue.h"

/* id number title state author createdAt closedAt reason place; `full`: and body. */
json_t *issue_json(const struct issue *i, bool full);
char *issue_name(const struct issue *i);       /* "#42", "INT-7" */
const char *issue_word(const struct issue *i); /* open, closed */
