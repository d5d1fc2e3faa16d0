/* What became of the work of a session that went; the same lines for kill and cleanup. */
#pragma once

#include "cmd/face.h"
#include "op/kill.h"

void killed_print(const struct face *f, const char *id, const struct killed *k);
json_t *killed_json(const char *id, const struct killed *k);
