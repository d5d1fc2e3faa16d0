/* What ao-run leaves in the session's folder for others to read: key=value, replaced atomically. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* `run`, `exit`, `hurry` and `screen` of an earlier run. */
MUST_USE struct err *record_remove_old(const char *folder);
/* `run`: supervisor supervisorStart pid pidStart host process startedAt bootId. */
MUST_USE struct err *record_run(const char *folder, pid_t agent, const char *process);
/* `exit`: code or signal, error (why there was no agent; NULL: there was), endedAt, bootId. */
void record_exit(const char *folder, const char *key, int number, const char *error);
/* `screen`: what stands on our pane, which goes with us. Without tmux: nothing. */
void record_screen(const char *folder);
