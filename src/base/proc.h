/*
 * Other processes, as /proc shows them (proc(5)). A process may be gone by the time of the answer:
 * a pid alone names nothing, a pid and its start time do (until the next boot).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"

struct pids {
	pid_t *v;
	size_t n, room;
};

/* Field 22 of /proc/PID/stat: clock ticks after boot. 0: no such process. */
uint64_t proc_start(pid_t pid);
/* Adds the children of all its threads: a Go program forks in any of them. */
void proc_children(struct pids *out, pid_t pid);
/* Does the environment that it was started with hold exactly this entry? Not readable: no. */
bool proc_has_env(pid_t pid, const char *entry);
void pids_release(struct pids *p);
