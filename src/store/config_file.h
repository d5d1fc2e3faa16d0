/*
 * Which configuration, and whether it may be believed (contract, section 2). Starts no process but
 * one `git ls-files`, and that only for a file that has sensitive values, lies in a git work tree
 * and is not pinned.
 */
#pragma once

#include "base/err.h"
#include "model/config.h"

/* The environment, the disk, and the names of plugins and agents as they are here. */
extern const struct config_world config_world;

/* `named` is --config (NULL: not given). Nothing found: ERR_CONFIG that names ao init. */
MUST_USE struct err *config_find(char **path, const char *named);
/* Found, read, checked. An untrusted dataDir is an error; other sensitive values are there, but
 * !out->trusted: whoever uses one asks config_need_trust() first. */
MUST_USE struct err *config_load(struct config *out, const char *named);
/* For the names in it alone: found and read, whether it may be believed is not asked (trusted stays
 * false), and no process is started. */
MUST_USE struct err *config_peek(struct config *out, const char *named);
/* Pins the very bytes that were read, which *seen describes. Their path counts as well: relative
 * paths mean something else elsewhere. */
MUST_USE struct err *config_trust(struct config *seen, const char *named);
/* The project of a command: flag, AO_PROJECT_ID, where we are, the only one. */
MUST_USE struct err *config_current_project(
	const struct project **out, const struct config *c, const char *flag);
