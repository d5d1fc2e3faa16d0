/*
 * Agents on disk: share/agents/NAME.yaml < ~/.config/agent-orchestrator/agents/NAME.yaml < the
 * config's `agents:`, field by field in rising precedence (contract, section 8).
 *
 * What an agent needs to report by itself lies in a folder hooks/NAME beside those files and is named
 * on its command line or in its environment as {hooks}, or a file's content as {hooks<FILE}: read where it lies, so nothing of the user's is
 * written, and an agent that the user starts himself never sees it.
 */
#pragma once

#include "base/err.h"
#include "model/agent.h"
#include "model/config.h"

/* c may be NULL: without a configuration. Unknown: ERR_MISSING that lists the known. */
MUST_USE struct err *agent_load(struct agent *out, const struct config *c, const char *name);
/* Names that have a file, sorted, each once. Those of a config's `agents:` are not among them. */
void agent_names(struct strv *names);
/* All names, those of c (may be NULL) too. */
void agent_all_names(struct strv *names, const struct config *c);
/* The files that say something about it, in rising precedence. */
void agent_sources(struct strv *files, const struct config *c, const char *name);
/* ~/.config/agent-orchestrator/NAME, by XDG_CONFIG_HOME. */
char *agent_user_dir(const char *name);
