#include "model/reaction.h"

#include <stdlib.h>
#include <string.h>

#define ROW(name, word) word,
static const char *const words[] = { REACTION_EVENTS(ROW) };
#undef ROW

const char *reaction_word(enum reaction_event e)
{
	return words[e];
}

enum reaction_event reaction_parse(const char *word)
{
	size_t e = 0;

	while (e < EVENT_COUNT && !str_equal(words[e], word))
		e++;
	return (enum reaction_event)e;
}

enum { S = 1000, M = 60 * S };

/* clang-format off */
static const struct reaction defaults[EVENT_COUNT] = {
	/*                    auto   action        priority          retries count time */
	[EVENT_CI_FAILED]   = { true,  REACT_SEND,   PRIORITY_WARNING,  2,  2, 0, NULL },
	[EVENT_CHANGES]     = { true,  REACT_SEND,   PRIORITY_WARNING, -1, -1, 30 * M, NULL },
	[EVENT_BUGBOT]      = { true,  REACT_SEND,   PRIORITY_WARNING, -1, -1, 30 * M, NULL },
	[EVENT_CONFLICTS]   = { true,  REACT_SEND,   PRIORITY_WARNING,  2, -1, 15 * M, NULL },
	[EVENT_APPROVED]    = { false, REACT_NOTIFY, PRIORITY_ACTION,  -1, -1, 0, NULL },
	[EVENT_STUCK]       = { true,  REACT_NOTIFY, PRIORITY_URGENT,  -1, -1, 0, NULL },
	[EVENT_NEEDS_INPUT] = { true,  REACT_NOTIFY, PRIORITY_URGENT,  -1, -1, 0, NULL },
	[EVENT_LIMITED]     = { true,  REACT_SEND,   PRIORITY_WARNING, -1, -1, 0, NULL },
	[EVENT_EXITED]      = { true,  REACT_NOTIFY, PRIORITY_URGENT,  -1, -1, 0, NULL },
	[EVENT_COMPLETE]    = { true,  REACT_NOTIFY, PRIORITY_INFO,    -1, -1, 0, NULL },
};
/* clang-format on */

static void lay_action(struct reaction *r, enum reaction_event e, const char *word)
{
	static const char *const actions[] = {
		[REACT_SEND] = "send-to-agent",
		[REACT_NOTIFY] = "notify",
		[REACT_MERGE] = "auto-merge",
	};

	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (str_equal(actions[i], word) && (i != REACT_MERGE || e == EVENT_APPROVED))
			r->action = (enum reaction_action)i;
}

/* "2": so many messages; "30m": so long. One replaces the other. */
static void lay_escalation(struct reaction *r, const char *text)
{
	if (!text)
		return;
	r->escalate_count = -1;
	r->escalate_ms = 0;
	if (text[strspn(text, "0123456789")] == '\0')
		r->escalate_count = atoi(text);
	else if (!text_ms(&r->escalate_ms, text))
		r->escalate_ms = 0;
}

struct reaction reaction_effective(enum reaction_event e, const struct reactions *config)
{
	const struct reaction_config *c = config_reaction(config, words[e]);
	struct reaction r = defaults[e];

	if (!c)
		return r;
	if (c->has_auto)
		r.automatic = c->automatic;
	if (c->has_retries)
		r.retries = c->retries;
	lay_action(&r, e, c->action);
	lay_escalation(&r, c->escalate_after);
	if (!priority_of(&r.priority, c->priority))
		r.priority = defaults[e].priority;
	if (!str_empty(c->message))
		r.message = c->message;
	return r;
}

void episode_end(struct episode *e)
{
	str_release(&e->dealt);
	str_release(&e->told);
	str_release(&e->trouble);
	str_release(&e->notifying);
	*e = (struct episode){ 0 };
}

void episodes_release(struct episodes *e)
{
	for (size_t i = 0; i < EVENT_COUNT; i++)
		episode_end(&e->of[i]);
	e->outbox = 0;
}
