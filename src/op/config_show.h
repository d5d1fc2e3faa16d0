/* The values in force, each with where it comes from: `ao config show`. Also an agent's. */
#pragma once

#include "model/agent.h"
#include "model/config.h"

/* Found and read, as every command does it; and, with it, pinned (`ao trust`). */
MUST_USE struct err *op_config(struct config *c, const char *named);
/* What a file cannot tell alone: can each project's agent be read, does it know the permissions, and ao the
 * transcript and the terminal? All that is wrong, a line each. */
MUST_USE struct err *op_config_fits(const struct config *c);
MUST_USE struct err *op_config_trust(struct config *seen, const char *named);

struct shown {
	char *key;   /* "projects.fe.path" */
	char *value; /* lists and maps as YAML flow: [a, b] */
	int line;    /* in c->file; 0: a default, or derived */
};

struct shown_list {
	struct shown *v;
	size_t n, room;
};

void op_config_show(struct shown_list *out, const struct config *c);
void op_agent_show(struct shown_list *out, const struct agent *a);
void shown_release(struct shown_list *l);
