/*
 * Processes as /proc shows them (proc(5)). A pid alone is no identity: it goes with the start time
 * (field 22 of /proc/PID/stat, clock ticks since boot). What cannot be read counts as not there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

struct proc {
	pid_t pid, parent;
	int64_t start;  /* clock ticks since boot; 0: no such process */
	char state;     /* 'Z': it has ended, and nobody has asked how */
	int64_t cpu_ms; /* used by it, and by those children of it that have ended */
	int64_t rss;    /* bytes */
	char comm[32];
};

bool proc_read(struct proc *p, pid_t pid);
int64_t proc_start(pid_t pid); /* its start alone */
/* Is the program's name `name`: comm, or the base name of exe, argv[0] or argv[1]? */
bool proc_is(pid_t pid, const char *name);

/* Its bytes, those that it shares divided by those who share them. Not readable: its rss. */
int64_t proc_pss(const struct proc *p);

/* All processes, by parent, then by pid: one pass over /proc, so none of it is from one instant. */
struct procs {
	struct proc *v;
	size_t n, room;
};
MUST_USE struct err *proc_all(struct procs *out);
void procs_release(struct procs *p);
/* Index of the first child of parent; where it has none, of somebody else's. */
size_t procs_below(const struct procs *p, pid_t parent);

struct pids {
	pid_t *v;
	size_t n, room;
};
void pids_release(struct pids *p);

/* Processes of ours whose environment holds the entry "NAME=value", and not `without` (an entry too,
 * NULL: none); we ourselves left out. */
void proc_with_env(struct pids *out, const char *entry, const char *without);
/* Does the environment that it was started with hold exactly this entry? Not readable: no. */
bool proc_has_env(pid_t pid, const char *entry);
/* What NAME was in it; NULL: not there, not readable. Caller frees. */
char *proc_env(pid_t pid, const char *name);
/* Adds the words it was started with; not readable: none. */
void proc_words(struct strv *out, pid_t pid);
/* Adds the children of all its threads: a Go program forks in any of them. */
void proc_children(struct pids *out, pid_t pid);
/* ms between the starts of two processes. */
int64_t proc_started_after(const struct proc *p, const struct proc *first);
int64_t proc_age(const struct proc *p); /* ms since its start */

/* Send the signal if pid is still the process that started then (by pidfd, so it cannot be another). */
void proc_signal(pid_t pid, int64_t start, int signal);
