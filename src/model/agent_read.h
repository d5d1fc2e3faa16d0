/*
 * An agent's data file as a table (contract, section 8). Reading lays over what is there: a key not
 * said leaves its field alone, a list replaces the whole list, `env` and `permissions` go entry by
 * entry. Patterns are POSIX extended regexes and are compiled once here, so a wrong one is an error
 * with its line.
 */
#pragma once

#include "model/agent.h"
#include "model/schema.h"

extern const struct schema agent_schema;

/* The text of NAME.yaml over *a. All errors in one. */
MUST_USE struct err *agent_read(struct agent *a, const char *file, const char *text, size_t n,
	const struct config_world *world);
/* What `over` says, over *a. */
void agent_overlay(struct agent *a, const struct agent *over);
/* Whether the sum of the layers can be started: what is missing is an error that names a->file. */
MUST_USE struct err *agent_complete(const struct agent *a);
