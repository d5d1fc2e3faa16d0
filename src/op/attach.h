/* The command by which a person looks at a session, for exec. No runtime: ERR_FAILED, naming restore. */
#pragma once

#include "op/world.h"

MUST_USE struct err *op_attach(struct strv *argv, const struct world *w, const char *id);
