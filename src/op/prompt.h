/* What an agent is told at its start: the task, the project's rules, and, after a loss, a recap. */
#pragma once

#include "model/issue.h"
#include "op/hold.h"

enum {
	PROMPT_ARG_MAX =
		100 << 10,    /* a longer one is no argument (one may be 128 KiB) but a message */
	PROMPT_MAX = 8 << 20, /* of prompt.md */
};

/* The issue as people write it: "#42" for 42, a URL or words as they are; NULL for NULL. */
char *issue_shown(const char *issue);
/* "42" for #42; words and URLs as they are: what the record keeps. */
char *issue_id(const char *issue);
/* Branch for it: feat/<id>, a slug of at most 60 characters. */
char *issue_branch(const char *issue);

/* What a first prompt is made of. */
struct task {
	const char *issue;           /* as it was given; NULL: none */
	const struct issue *fetched; /* from its tracker; id NULL: an ad-hoc task */
	const char *given;           /* --prompt; NULL: made from the issue */
};

/* The first prompt: given, else from the issue (its title and text fenced as data), else only the
 * rules; "" for nothing. Where it would be a command of the agent's interface, or an option of its command line, "[ao] " goes first. */
MUST_USE struct err *prompt_first(
	struct buf *out, const struct project *p, const struct agent *a, const struct task *task);
/* That of an orchestrator: the text, then the project's orchestratorRules. */
void prompt_orchestrator(
	struct buf *out, const struct project *p, const struct agent *a, const char *text);
/* For a fresh start: the first prompt again (from prompt.md) and what the branch holds. */
MUST_USE struct err *prompt_recap(struct buf *out, const struct hold *h, const struct agent *a);
