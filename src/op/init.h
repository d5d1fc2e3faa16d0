/* `ao init`: a first agent-orchestrator.yaml from what is found in the repository around us. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct init_found {
	char *root;        /* the main checkout */
	char *id;          /* the project: the folder's name, made an id */
	char *name;        /* of the config; NULL: its folder's */
	char *host, *repo; /* of origin; NULL: none, or not understood */
	char *branch;      /* NULL: none yet */
	char *agent;       /* the first installed one; NULL: none is */
	char *agents;      /* all installed ones, "claude-code, codex" */
};

/* Looks, writes <root>/agent-orchestrator.yaml. In no git work tree: ERR_FAILED; there is one
 * already (or a .yml): ERR_REFUSED. */
MUST_USE struct err *op_init(char **file, struct init_found *f);
/* "git@host:owner/repo.git" and the other forms -> host, "owner/repo"; false: none of them. */
bool init_remote(char **host, char **repo, const char *url);
void init_found_release(struct init_found *f);
