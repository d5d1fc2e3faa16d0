/*
 * What of the events of `reactions` holds of a session now, and what it consists of (rule/items.h).
 * Pure; what cannot be told now is unknown, and nothing begins or ends by it.
 */
#pragma once

#include "model/facts.h"
#include "model/reaction.h"

struct scene { /* all that is looked at */
	const struct facts *facts;
	enum activity activity;
	enum status status;
	const char *dialog; /* the open question as its screen shows it; NULL: not seen */
};

struct occasion {
	enum tri holds;
	bool settling; /* more of the same may come within minutes: checks are still running */
	int64_t not_before; /* ms since 1970: nothing but its beginning is dealt with before; 0: at once */
	char *items;
	char *strangers; /* the same, said by those whose words do not reach an agent */
};

void occasion_of(struct occasion *out, enum reaction_event e, const struct scene *s);
void occasion_release(struct occasion *o);

/* Is the remark of this event, and of these items? For whoever shows it. */
bool occasion_remark(const struct pull *p, size_t i, enum reaction_event e);
/* What stands for it among the items: its number, and where somebody went on in it, when. Caller frees. */
char *occasion_item(const struct remark *r);
/* Is nothing going on in it any more, for good or until somebody restores it? (all-complete) */
bool session_is_over(const struct scene *s);
