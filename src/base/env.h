/* An environment as a list of "NAME=value". */
#pragma once

#include "base/vec.h"

void env_copy(struct strv *env); /* adds our own environment */
const char *env_get(const struct strv *env, const char *name);
void env_set(struct strv *env, const char *name, const char *value); /* NULL: unset */
void env_put(struct strv *env, const char *entry); /* "NAME=value", in the place of what it was */
void env_unset_prefix(struct strv *env, const char *prefix);
