/* What the commands of `ao pr` have in common: finding one by the first word, and showing it. */
#pragma once

#include "cmd/face.h"
#include "op/pull.h"

/* By the first word, else AO_SESSION. */
MUST_USE struct err *pr_find(
	struct pull_target *t, const struct face *f, const struct world *w, const struct args *a);
json_t *pull_json(const struct pull *p);
/* "#1 Fix the login" and where it goes. */
void pull_print_head(const struct face *f, const struct pull *p);
/* A line for each check; red ones with the end of their log. */
void pull_print_checks(const struct face *f, const struct pull *p, bool logs);
void pull_print_remarks(const struct face *f, const struct pull *p);
