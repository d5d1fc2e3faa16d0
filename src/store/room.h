/*
 * Is there memory and disk for one more agent? By MemAvailable of /proc/meminfo (proc(5)) and statvfs(3) of
 * the file systems that hold the data and the worktrees, against limits.freeMemory and limits.freeDisk.
 * What cannot be told stands in nobody's way. A container's own limit on memory is not seen.
 */
#pragma once

#include "model/config.h"

/* What it waits for, for people; NULL: there is room. Caller frees. */
char *room_short(const struct config *c);
