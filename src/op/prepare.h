/* What a project wants in a new worktree before an agent starts there: links, copies, commands. */
#pragma once

#include "op/hold.h"

/* symlinks, copy, postCreate; output goes to the session's launch.log. Links and copies that the main
 * checkout does not have are skipped with a note. */
MUST_USE struct err *prepare_workspace(const struct hold *h);
/* preDestroy; a failure is a warning and stops nothing. */
void prepare_removal(const struct hold *h);
