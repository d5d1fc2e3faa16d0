/*
 * Is an agent ready to be used here: installed, of a version that its patterns know, logged in, and
 * free of first-start dialogs, which would swallow a first message? Reads the agents' own files,
 * writes none of them; contents of credentials are never looked at.
 */
#pragma once

#include "base/tri.h"
#include "model/agent.h"
#include "model/config.h"

struct agent_check {
	char *name;
	char *program;  /* its full path; NULL: not installed */
	char *version;  /* NULL: not asked, or it did not say */
	enum tri known; /* the version is among `versions` */
	enum tri logged_in;
	enum tri no_dialogs; /* for that repository */
	char *hint;          /* what to do; NULL: nothing */
};

/* root: the project's main checkout, or NULL. ask: run PROGRAM --version (5 s at most); never for a
 * program that an untrusted config names. */
void op_agent_check(struct agent_check *out, const struct agent *a, const struct config *c,
	const char *root, bool ask);
/* Does it start, but without ao's hooks? Why, and what to do; NULL: no. The caller's. */
char *agent_hooks_ignored(const struct agent *a);
/* ">=2.1" against "2.1.197 (Claude Code)". */
enum tri agent_version_known(const char *versions, const char *said);
void agent_check_release(struct agent_check *c);
