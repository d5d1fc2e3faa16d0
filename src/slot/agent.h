/*
 * Agent: the one thing about an agent that is code, the format of its transcript. All else of an agent is
 * data (model/agent.h). A transcript is a file to which the agent appends lines of JSON; it is read
 * from its end, a line at a time, so a row of the table is a pure function of one line.
 *
 * What stands in a transcript was said by a model and by whatever it read: hostile text.
 *
 * To add one, copy plugin/agent_claude.c and add a line to slot/agents.def.
 */
#pragma once

#include <sys/types.h>

#include "model/turn.h"
#include "slot/plugin.h"

struct agent_log {
	struct plugin plugin; /* name: as in an agent's `transcript:` */

	/* Where the transcript of this conversation lies, for an agent whose hooks did not tell; NULL:
	 * cannot be known. The file need not be there. */
	char *(*find)(const char *worktree, const char *id);

	/* One line, without its end; of kind TURN_NOTHING it may tell the usage alone. False: it says nothing. A line of tens of kilobytes that says
	 * nothing should be told by a search in it, not by parsing it. */
	bool (*read)(struct turn *out, const char *line, size_t n);

	/* When it came to rest, by a status of its own beside this transcript, for an agent in whose
	 * transcript not every turn has an end; 0: it is at work, or does not tell. NULL: it has none. */
	int64_t (*rest)(const char *path, pid_t pid);
};

const struct agent_log *agent_log_named(const char *name); /* NULL: none */
