#include "op/deliver.h"
#include "op/reacting.h"
#include "op/reaction_text.h"
#include "rule/items.h"

enum {
	SETTLED_MS = 2000,
	ANSWERED_MAX = 16, /* so many messages are looked at, that one turn may have answered */
};

static enum reaction_event event_of(const struct message *m)
{
	return reaction_parse(m->reaction);
}

/* One that was made for what is no longer so. */
static bool is_stale(const struct reacting *r, const struct message *m)
{
	enum reaction_event e = event_of(m);
	const struct occasion *now = e < EVENT_COUNT ? &r->o.now[e] : NULL;
	AUTO(str_release) char *left = str_dup(m->items);

	if (!now || now->holds == TRI_UNKNOWN)
		return false;
	items_keep(&left, now->items, NULL);
	return now->holds == TRI_NO || !left;
}

/* While it is not known whether it is still so, it waits. */
static bool may_go(const struct reacting *r, const struct message *m)
{
	enum reaction_event e = event_of(m);

	return m->state == MESSAGE_QUEUED && (e == EVENT_COUNT || r->o.now[e].holds == TRI_YES);
}

static void tell_message(struct reacting *r, const struct message *m)
{
	static const char *const says[MESSAGE_STATE_COUNT] = {
		[MESSAGE_QUEUED] = "waits",
		[MESSAGE_TYPING] = "is half typed",
		[MESSAGE_SUBMITTED] = "was typed",
		[MESSAGE_ACCEPTED] = "is with the agent",
		[MESSAGE_ANSWERED] = "is with the agent",
		[MESSAGE_UNCONFIRMED] = "was typed, and nothing confirms it",
		[MESSAGE_FAILED] = "was not sent",
		[MESSAGE_WITHDRAWN] = "was taken back",
	};

	announcer_tell(&r->a, event_of(m), message_state_word(m->state), "message %04d %s%s%s",
		m->number, says[m->state], m->note ? ": " : "", m->note ? m->note : "");
}

static struct err *withdraw(struct reacting *r, struct message *m)
{
	TRY(deliver_state(&r->h, m, MESSAGE_WITHDRAWN, "it was no longer so when its turn came"));
	announcer_log(&r->a, event_of(m), "withdraw", m->note,
		json_pack("{s:i, s:s?}", "message", m->number, "items", m->items));
	tell_message(r, m);
	return NULL;
}

struct err *outbox_mend(struct reacting *r)
{
	for (size_t i = 0; i < r->messages.list.n; i++) {
		struct message *m = &r->messages.list.v[i];
		if (m->state == MESSAGE_QUEUED && is_stale(r, m)) {
			TRY(withdraw(r, m));
		} else if (m->state != MESSAGE_QUEUED && message_is_live(m->state) &&
			r->agent.name) {
			TRY(deliver_finish(&r->h, &r->agent, m));
			if (!message_is_live(m->state))
				tell_message(r, m);
		}
	}
	return NULL;
}

static bool rests(const struct view *v)
{
	enum activity a = v->activity.activity;

	return !v->facts.turn_open_at && v->activity.by >= 0 &&
		(a == ACTIVITY_READY || a == ACTIVITY_IDLE || a == ACTIVITY_BLOCKED);
}

/* Its turn has ended: the agent rests, by evidence from behind the message. What is a state is true now, and may
 * be so for a moment before the turn has begun. */
static bool is_answered(const struct view *v, const struct message *m)
{
	int by = v->activity.by;

	if (m->state != MESSAGE_ACCEPTED || !rests(v))
		return false;
	return v->facts.v[by].state ? v->facts.now > m->changed_at + SETTLED_MS
				    : v->facts.v[by].at > m->mark;
}

bool outbox_is_answered(const struct world *w, const struct view *v)
{
	AUTO(messages_release) struct messages last = { 0 };
	int number = rests(v) ? outbox_last(&w->store, v->session.id) : 0;

	if (!number)
		return false;
	err_drop(outbox_read_above(&last, &w->store, v->session.id, number - 1),
		"whoever sends meets it");
	return last.list.n && is_answered(v, &last.list.v[last.list.n - 1]);
}

struct err *outbox_answered(struct reacting *r)
{
	AUTO(messages_release) struct messages last = { 0 };
	int from = r->last > ANSWERED_MAX ? r->last - ANSWERED_MAX : 0;

	if (!outbox_is_answered(r->world, r->a.view))
		return NULL;
	TRY(outbox_read_above(&last, &r->world->store, r->h.s.id, from));
	for (size_t i = 0; i < last.list.n; i++)
		if (is_answered(r->a.view, &last.list.v[i]))
			TRY(deliver_state(&r->h, &last.list.v[i], MESSAGE_ANSWERED, NULL));
	return outbox_look(r);
}

static void count(struct episodes *all, const struct message *m)
{
	enum reaction_event event = event_of(m);
	struct episode *e = event < EVENT_COUNT ? &all->of[event] : NULL;

	if (!e || m->state == MESSAGE_WITHDRAWN)
		return;
	e->attempts++;
	str_set(&e->dealt, m->items);
	if (m->state == MESSAGE_FAILED || m->state == MESSAGE_UNCONFIRMED)
		str_set(&e->trouble, m->note ? m->note : "no receipt came");
}

/* The last number first: a message that comes meanwhile is above it, and not passed over. Numbers that
 * begin anew, since somebody emptied the outbox, are counted anew. */
struct err *outbox_look(struct reacting *r)
{
	messages_release(&r->messages);
	r->last = outbox_last(&r->world->store, r->h.s.id);
	if (r->last < r->episodes.outbox) {
		r->episodes.outbox = r->last;
		r->changed = true;
	}
	return outbox_read_above(&r->messages, &r->world->store, r->h.s.id, r->episodes.outbox);
}

void outbox_fold(struct reacting *r)
{
	int *mark = &r->episodes.outbox, before = *mark;
	size_t i = 0;

	for (; i < r->messages.list.n && !message_is_live(r->messages.list.v[i].state); i++) {
		if (r->messages.list.v[i].number <= *mark)
			continue;
		count(&r->episodes, &r->messages.list.v[i]);
		*mark = r->messages.list.v[i].number;
	}
	if (i == r->messages.list.n && *mark < r->last) /* a file that is no message */
		*mark = r->last;
	r->changed |= *mark != before;
}

static bool is_uncounted(const struct reacting *r, const struct message *m)
{
	return m->number > r->episodes.outbox && m->state != MESSAGE_WITHDRAWN;
}

struct episode episode_now(const struct reacting *r, enum reaction_event event)
{
	struct episode e = r->episodes.of[event];

	for (size_t i = 0; i < r->messages.list.n; i++) {
		const struct message *m = &r->messages.list.v[i];
		if (event_of(m) != event || !is_uncounted(r, m))
			continue;
		e.attempts++;
		e.dealt = m->items;
	}
	return e;
}

bool is_under_way(const struct reacting *r, enum reaction_event event)
{
	for (size_t i = 0; i < r->messages.list.n; i++) {
		const struct message *m = &r->messages.list.v[i];
		enum reaction_event e = event_of(m);
		if (message_is_live(m->state) && e < EVENT_COUNT &&
			(event == EVENT_COUNT || e == event))
			return true;
	}
	return false;
}

/* ---- a message ----------------------------------------------------------------------------------- */

static struct story story_of(const struct reacting *r, enum reaction_event e)
{
	struct episode now = episode_now(r, e);

	return (struct story){ .event = e,
		.reaction = &r->o.rules[e],
		.view = r->a.view,
		.known = now.dealt,
		.attempts = now.attempts };
}

static void log_send(
	struct reacting *r, enum reaction_event e, const struct message *m, const char *why)
{
	announcer_log(&r->a, e, "send", why,
		json_pack("{s:i, s:i, s:s?}", "message", m->number, "attempt", m->attempt, "items",
			m->items));
}

/* Its file is the deed: from here on it counts as sent once, whatever happens to us. */
static struct err *add_message(struct reacting *r, enum reaction_event e, const char *why)
{
	struct story story = story_of(r, e);
	AUTO(message_release)
	struct message m = { .state = MESSAGE_QUEUED,
		.from = str_format("reaction %s", reaction_word(e)),
		.reaction = str_dup(reaction_word(e)),
		.items = str_dup(r->o.now[e].items),
		.attempt = story.attempts + 1 };

	reaction_message(&m.text, &story);
	TRY(outbox_add(&r->world->store, r->h.s.id, &m));
	log_send(r, e, &m, why);
	return outbox_look(r); /* somebody else's may have come before it */
}

struct err *outbox_send(bool *added, struct reacting *r)
{
	if (is_under_way(r, EVENT_COUNT))
		return NULL;
	for (int i = 0; i < EVENT_COUNT; i++) {
		enum reaction_event e = (enum reaction_event)i;
		struct episode now = episode_now(r, e);
		struct decision d = outlook_decide(&r->o, e, &now);
		*added = d.send;
		if (d.send)
			return add_message(r, e, d.why_act);
	}
	return NULL;
}

bool outbox_waits(const struct reacting *r)
{
	const struct view *v = r->a.view;
	enum activity a = v->activity.activity;

	if ((a != ACTIVITY_READY && a != ACTIVITY_IDLE) || v->facts.limited_until > r->o.moment.now)
		return false;
	for (size_t i = 0; i < r->messages.list.n; i++) {
		const struct message *m = &r->messages.list.v[i];
		if (message_is_live(m->state) && (m->state != MESSAGE_QUEUED || may_go(r, m)))
			return true;
	}
	return false;
}

static void tell_waiting(struct reacting *r, const struct message *m, const char *why)
{
	announcer_tell(&r->a, event_of(m), "queued", "message %04d waits: %s", m->number, why);
}

static struct err *deliver_now(struct reacting *r, struct message *m, const struct sight *sight)
{
	bool ignored;
	struct err *e = deliver(&ignored, &r->h, &r->agent, sight, m);

	if (e && e->class == ERR_INTERRUPTED)
		return e;
	err_drop(e, "the message's state tells");
	tell_message(r, m);
	return signals_turn(r->h.folder);
}

struct err *outbox_deliver(struct reacting *r, bool added)
{
	AUTO(sight_release) struct sight sight = { 0 };
	struct message *m = NULL;
	const char *why = NULL;
	struct err *e;

	for (size_t i = 0; i < r->messages.list.n && !m; i++) {
		struct message *next = &r->messages.list.v[i];
		if (next->state != MESSAGE_QUEUED && message_is_live(next->state))
			return NULL; /* what may stand in the input line is settled first */
		m = may_go(r, next) ? next : NULL;
	}
	if (!m || !r->agent.name || r->a.view->facts.limited_until > r->o.moment.now)
		return NULL;
	TRY(sight_take(&sight, &r->h, &r->agent));
	r->typed_at = sight.terminal.typed_at;
	e = sight_ready(&why, &sight, &r->h, &r->agent, false);
	if (!e && (!why || sight_typing(&sight)) && event_of(m) < EVENT_COUNT &&
		reacting_held(r, event_of(m)))
		return NULL;
	if (!e && !why)
		return deliver_now(r, m, &sight);
	if (added && event_of(m) < EVENT_COUNT)
		tell_waiting(r, m, e ? "its agent cannot take one now" : why);
	err_drop(e, "it stays in the outbox");
	return NULL;
}
