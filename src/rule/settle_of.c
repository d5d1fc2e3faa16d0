#include "rule/settle_of.h"

#include "base/mem.h"

enum verb verb_of(const char *doing)
{
	static const char *const words[] = {
		[VERB_SPAWN] = "spawn",
		[VERB_KILL] = "kill",
		[VERB_RESTORE] = "restore",
		[VERB_UNDELETE] = "undelete",
	};

	if (str_empty(doing))
		return VERB_NONE;
	if (str_equal(doing, DOING_KILL_KEEP))
		return VERB_KILL;
	for (size_t i = VERB_SPAWN; i < COUNT_OF(words); i++)
		if (str_equal(words[i], doing))
			return (enum verb)i;
	return VERB_OTHER;
}

/* The runtime's side of a verb that was starting an agent, as one word. */
enum stage {
	STAGE_UNKNOWN, /* it cannot be asked */
	STAGE_UP,      /* ao-run holds its lock */
	STAGE_ENDED,   /* it ran and has ended */
	STAGE_COMING,  /* launch is written and unread, for less than a second as far as we know */
	STAGE_NEVER,   /* it never came up */
	STAGE_COUNT,
};

static enum stage stage_of(const struct settle_facts *f)
{
	if (f->alive == TRI_UNKNOWN)
		return STAGE_UNKNOWN;
	if (f->alive == TRI_YES)
		return STAGE_UP;
	if (f->launch)
		return f->waited ? STAGE_NEVER : STAGE_COMING;
	return f->ran ? STAGE_ENDED : STAGE_NEVER;
}

enum settlement settle_of(const struct settle_facts *f)
{
#define NOTHING SETTLE_NOTHING
#define LEAVE SETTLE_LEAVE
#define WAIT SETTLE_WAIT
#define FORWARD SETTLE_FORWARD
#define BACK SETTLE_BACK
#define AGAIN SETTLE_AGAIN
	static const enum settlement table[][STAGE_COUNT] = {
		/*                  unknown  up       ended    coming   never */
		[VERB_NONE] =     { NOTHING, NOTHING, NOTHING, NOTHING, NOTHING },
		[VERB_SPAWN] =    { LEAVE,   FORWARD, FORWARD, WAIT,    BACK },
		[VERB_KILL] =     { LEAVE,   AGAIN,   AGAIN,   AGAIN,   AGAIN },
		[VERB_RESTORE] =  { LEAVE,   FORWARD, FORWARD, WAIT,    BACK },
		[VERB_UNDELETE] = { LEAVE,   LEAVE,   BACK,    BACK,    BACK },
		[VERB_OTHER] =    { LEAVE,   LEAVE,   LEAVE,   LEAVE,   LEAVE },
	};
#undef NOTHING
#undef LEAVE
#undef WAIT
#undef FORWARD
#undef BACK
#undef AGAIN

	/* a spawn that failed is undone whole, whatever came up meanwhile (contract, spawn) */
	if (f->failed && f->verb == VERB_SPAWN && stage_of(f) != STAGE_UNKNOWN)
		return SETTLE_BACK;
	if (f->failed && f->verb == VERB_RESTORE && stage_of(f) == STAGE_ENDED)
		return SETTLE_BACK;
	return table[f->verb][stage_of(f)];
}

const char *settlement_word(enum settlement s)
{
	static const char *const words[] = {
		[SETTLE_NOTHING] = "nothing to do",
		[SETTLE_LEAVE] = "left alone, since its runtime could not be asked",
		[SETTLE_WAIT] = "waited for",
		[SETTLE_FORWARD] = "completed",
		[SETTLE_BACK] = "taken back",
		[SETTLE_AGAIN] = "finished",
	};

	return words[s];
}
