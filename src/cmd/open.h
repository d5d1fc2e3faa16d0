/* What `ao open` and `ao spawn --open` have in common. */
#pragma once

#include "cmd/face.h"
#include "op/world.h"

/* Opens it and tells, or becomes the command that shows it here and does not return. */
MUST_USE struct err *open_and_tell(
	struct face *f, struct world *w, const char *target, bool new_window);
