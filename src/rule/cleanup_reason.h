/* Is a session done? One function for the dry and the real run (contract, session cleanup). Pure;
 * unknown is never a reason. */
#pragma once

#include "model/facts.h"

struct cleanup_facts {
	const struct facts *facts;
	int64_t died_at;         /* when its runtime ended, at the earliest; 0: unknown */
	int64_t brought_back_at; /* the last restore or undelete; 0: never */
	bool issue_closed;       /* the tracker says so; an ad-hoc issue never is */
	int64_t issue_closed_at; /* 0: unknown */
	bool orchestrator;       /* it has nothing of its own that could be done */
};

struct cleanup_verdict {
	bool kill;
	bool issue;      /* the reason is its issue */
	bool dead_only;  /* the reason is its death: one that lives again is kept */
	bool skip;       /* worth a line: it looks done, but is kept for the reason */
	const char *why; /* a constant; NULL: neither */
};

struct cleanup_verdict cleanup_reason(const struct cleanup_facts *c);
