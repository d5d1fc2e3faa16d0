/*
 * What ao-run left in a session's folder: `run.lock` held means alive, `run` says who, `exit` how it
 * ended. Written by ao-run alone (src/run/main.c). And what runs below the agent, by /proc.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/tri.h"
#include "base/vec.h"

struct run_info {
	enum tri alive; /* run.lock is held here. Unknown: it runs on another host (shared home),
			  or `run` cannot be read */
	bool has_run;
	pid_t supervisor, pid;
	int64_t pid_start;  /* field 22 of /proc/PID/stat */
	bool reboot;        /* `run` names another boot id than ours */
	int64_t started_at; /* ms since 1970 */
	char *process;      /* the agent's name, by which nested agents are told apart */
	bool has_exit;
	int exit_code, exit_signal;
	int64_t ended_at;
};

enum { RUN_ANY_TURN = -1 };

/* Does the agent run a command that began within the last turn_ms? What it started along with itself
 * (its wrapper's child, servers) is part of it, and so is a group of its own name. */
bool run_has_command(const struct run_info *r, int64_t turn_ms);

void run_read(struct run_info *r, const char *folder);
/* What an agent that has ended showed last: lines of safe text, none of them blank. Waits for an ao-run that is
 * only just writing it. None: not known. */
void run_last_words(struct strv *out, const char *folder);
void run_info_release(struct run_info *r);
