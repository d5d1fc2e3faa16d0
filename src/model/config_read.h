/*
 * The text of agent-orchestrator.yaml -> struct config (contract, section 2): all errors of the file
 * in one go, each "FILE:LINE:COLUMN: …", joined by '\n' in one error of class config. Looks at the
 * world only through `world`.
 */
#pragma once

#include "model/config.h"
#include "model/schema.h"

extern const struct schema config_schema;

/* file is the file's absolute path; messages name it as `shown` (NULL: file). trusted stays false. */
MUST_USE struct err *config_read(struct config *out, const char *file, const char *shown,
	const char *text, size_t n, const struct config_world *world);

/* "my-app" -> "ma" (page era: at most 4 characters as they are; 2 capitals or more: those; kebab or
 * snake case: initials; else the first 3), in lower case. NULL: nothing usable in it. */
char *config_derived_prefix(const char *path);
const char *config_check_prefix(const char *value); /* NULL: fine, else what it must be */
