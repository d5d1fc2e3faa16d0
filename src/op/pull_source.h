/*
 * Where the branch of a pull request is made: a clone has commits that the repository sees only once a
 * verb brought them over (workspace.publish). Read from files; no process is started.
 */
#pragma once

#include "op/list.h"

/* Has an open one's branch moved in files of the session's own, where the repository does not see it? A
 * check or a merge brings it over. From files. */
bool pull_is_behind(const struct world *w, const struct view *v);
/* The folders in which that shows. */
void pull_source_places(struct strv *folders, const struct world *w, const struct view *v);
