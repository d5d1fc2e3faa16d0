/* What the daemon has done for a namespace: the one `ao poll` at a time, and `ao pr checks` beside it, for a
 * check may take half an hour. */
#pragma once

#include "serve/space.h"

/* Starts one where it is worth while and none is under way. */
void act_poll(struct space *s, int64_t now);
void act_checks(struct space *s, int64_t now);
