/*
 * An agent as data (contract, section 8): how it is started, resumed, recognised and typed to. Built
 * from share/agents/NAME.yaml, the user's agents folder and the config's `agents:`, field by field in
 * rising precedence (model/agent_read.h). All strings belong to the struct; NULL is "not said".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "model/activity.h"

struct agent_words { /* permissions: {skip: [...]} */
	char *name;
	struct strv words;
};

struct agent_send {
	char *channel;     /* keys, or one of slot/channel.h; NULL: keys */
	struct strv clear; /* key that clears one input line, e.g. C-u; empty: nothing clears */
	struct strv interrupt;
	int64_t enter_delay;   /* ms between paste and Enter; 0: 200 */
	int paste_max;         /* bytes of one paste; 0: any */
	char *command_chars;   /* first characters that make a text a command of the agent */
	bool queue, has_queue; /* typed while busy, it is queued */
	char *box;             /* regex of the input line's prompt, e.g. '^❯ ' */
	char *box_end; /* regex of the line below a box without prompt mark, whose last line is a label; if
			  box is met by an empty line there is none, and the line above is such a line, too */
	char *placeholder; /* regex of the hint that an empty box shows, where it is not dim */
	char *chip;        /* regex of a collapsed paste */
};

struct agent_limit { /* its quota is spent: patterns on the words that it has for that */
	char *spent;
	char *until; /* what stands before the time until which it is */
};

struct agent {
	char *name;
	char *file;       /* where the last word came from, for messages */
	bool from_config; /* its command comes from the config: needs trust */
	struct strv command, resume;
	struct agent_permissions {
		struct agent_words *v;
		size_t n, room;
	} permissions;
	char *process;   /* comm or base name that tells it from its children */
	struct strv env; /* NAME=value */
	char *hooks;     /* NULL or "none": it reports nothing by itself */
	char *hooks_dir; /* {hooks}: the folder with their files, found by agent_load(); NULL: none */
	char *transcript, *versions;
	char *session_id;                   /* preset | hook | api; NULL: none */
	struct strv title[ACTIVITY_COUNT];  /* POSIX extended regexes on the terminal's title */
	struct strv screen[ACTIVITY_COUNT]; /* … on the lines of the bottom block; all of a list */
	struct agent_send send;
	struct agent_limit limit;
};

/* What the placeholders stand for; {hooks} is the agent's own. NULL or "" makes a word that is only that
 * placeholder (or holds an empty {hooks}) vanish, together with an option word (--model) right before
 * it. */
struct agent_values {
	const char *prompt, *prompt_file, *model, *permissions, *session, *worktree,
		*agent_session_id, *input_file, *events_file, *port,
		*secret; /* where its own interface listens, and its password */
};

/* words with placeholders -> argv. Unknown permission name: ERR_CONFIG, listing the known. */
MUST_USE struct err *agent_expand(struct strv *argv, const struct agent *a,
	const struct strv *words, const struct agent_values *values);
/* Its environment, expanded, NAME=value. */
void agent_env(struct strv *env, const struct agent *a, const struct agent_values *values);
/* Would {permissions} be known? ERR_CONFIG as above; fine where its command does not say it. */
MUST_USE struct err *agent_allows(const struct agent *a, const char *permissions);
/* Which word of its command is its program: the first, or the one behind `sh {hooks}/FILE`. */
size_t agent_program_at(const struct agent *a);
const char *agent_program(const struct agent *a);                   /* "": it has no command */
bool agent_uses(const struct strv *words, const char *placeholder); /* "{prompt}" */
void agent_release(struct agent *a);
