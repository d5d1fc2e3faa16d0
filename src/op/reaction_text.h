/*
 * What is said of an event: to the agent, with all that it needs to mend it, and to people. What comes
 * from outside (logs, remarks, names of files) stands in fences (op/fence.h), bounded, as data.
 */
#pragma once

#include "op/list.h"
#include "rule/occasion.h"

struct story {
	enum reaction_event event;
	const struct reaction *reaction;
	const struct view *view;
	const char *known;  /* items that were said before; NULL: none */
	const char *dialog; /* the open question; NULL */
	int attempts;       /* messages that were sent already */
};

/* As it is typed: begins with "[ao] ". */
void reaction_message(struct buf *out, const struct story *s);
char *reaction_title(const struct story *s); /* one line. Caller frees */
/* Several lines: what it is about, why it is told (NULL: that is plain), and what one can do. */
void reaction_notice(struct buf *out, const struct story *s, const char *why);
