#include "rule/reaction_of.h"

#include "rule/items.h"

enum { PAUSE_MAX_MIN = 60 };

/* A clock that was set back leaves times in the future: they say nothing. */
bool is_attended(int64_t now, int64_t typed_at, int64_t held_since)
{
	bool typing = typed_at && now >= typed_at && now - typed_at < ATTENDED_MS;

	return typing && !(held_since && now >= held_since && now - held_since >= HELD_MAX_MS);
}

/* Of these the same words may come again and mean something new: a thread that was reopened, a
 * conflict that had gone. The others are moments in time, and stay dealt with. */
static bool recurs(enum reaction_event e)
{
	static const bool table[EVENT_COUNT] = {
		[EVENT_CHANGES] = true,
		[EVENT_BUGBOT] = true,
		[EVENT_CONFLICTS] = true,
		[EVENT_APPROVED] = true,
	};

	return table[e];
}

static bool has_gone(const char *known, const struct occasion *o)
{
	AUTO(str_release) char *all = str_dup(o->items);

	items_join(&all, o->strangers);
	return items_news(known, all);
}

static bool is_used_up(const struct reaction *r, const struct episode *e)
{
	return r->retries >= 0 && e->attempts >= r->retries;
}

/* What the action says; told instead where nobody would read the message, or nothing is automatic. */
static void act(struct decision *d, const struct reaction *r, const struct episode *e,
	const struct occasion *o, const struct moment *m)
{
	bool news = items_news(o->items, e->dealt), untold = items_news(o->items, e->told);

	if (!r->automatic || r->action == REACT_NOTIFY) {
		d->notify = untold;
		d->why_notify = r->automatic ? "its action is notify" : "left to you (auto: false)";
	} else if (r->action == REACT_MERGE) {
		d->merge = news;
		d->why_act = "approved and green";
	} else if (!m->reachable) {
		d->notify = untold && news;
		d->why_notify = "the agent is not running";
	} else if (!is_used_up(r, e)) {
		d->send = news;
		d->why_act = e->attempts ? "there is more of it, or it came again" : "it is new";
	}
}

static void escalate(struct decision *d, const struct reaction *r, const struct episode *e,
	const struct occasion *o, const struct moment *m)
{
	bool sends = r->automatic && r->action == REACT_SEND;
	bool again = sends && items_news(o->items, e->dealt) && m->reachable;

	if (e->escalated)
		return;
	if (again && r->escalate_count >= 0 && e->attempts >= r->escalate_count)
		d->why_escalate = "so many messages did not help";
	else if (again && is_used_up(r, e))
		d->why_escalate = "no further message is allowed";
	else if (r->escalate_ms && e->began && m->now - e->began >= r->escalate_ms)
		d->why_escalate = "it has lasted too long";
	d->escalate = d->why_escalate != NULL;
}

int64_t notice_pause_ms(int tries)
{
	static const int minutes[] = { 1, 5, 15, PAUSE_MAX_MIN };

	return tries >= 1 && tries <= (int)COUNT_OF(minutes) ? minutes[tries - 1] * INT64_C(60000)
							     : 0;
}

/* After a clock that was set back nobody waits. */
static bool is_paused(const struct episode *e, int64_t now)
{
	return e->again > now && e->again - now <= PAUSE_MAX_MIN * INT64_C(60000);
}

static void hush(struct decision *d)
{
	d->notify = d->notify_strangers = d->escalate = d->tell_trouble = false;
}

static struct decision decide(const struct reaction *r, const struct episode *e,
	const struct occasion *o, enum reaction_event event, const struct moment *m)
{
	struct decision d = { .tell_trouble = !str_empty(e->trouble) };

	if (o->holds == TRI_NO)
		d.end = e->began != 0;
	if (o->holds != TRI_YES)
		return d;
	d.begin = !e->began || e->began - m->now >= CLOCK_SET_MS;
	d.tidy = recurs(event) && (has_gone(e->dealt, o) || has_gone(e->told, o));
	d.notify_strangers = items_news(o->strangers, e->told);
	if (o->not_before > m->now)
		return d;
	if (o->settling && (!e->began || m->now - e->began < SETTLING_MS))
		return d;
	act(&d, r, e, o, m);
	escalate(&d, r, e, o, m);
	return d;
}

struct decision reaction_of(const struct reaction *r, const struct episode *e,
	const struct occasion *o, enum reaction_event event, const struct moment *m)
{
	struct decision d = decide(r, e, o, event, m);

	if (is_paused(e, m->now))
		hush(&d);
	return d;
}

bool decision_is_any(const struct decision *d)
{
	return d->begin || d->end || d->tidy || d->send || d->merge || d->notify ||
		d->notify_strangers || d->escalate || d->tell_trouble;
}

void decision_apply(struct episode *e, const struct decision *d, const struct occasion *o,
	enum reaction_event event, int64_t now)
{
	if (d->begin)
		e->began = now;
	if (d->tidy) {
		items_keep(&e->dealt, o->items, o->strangers);
		items_keep(&e->told, o->items, o->strangers);
	}
	if (!d->end)
		return;
	e->began = e->again = 0;
	e->attempts = e->tries = 0;
	e->escalated = false;
	if (recurs(event)) {
		str_release(&e->dealt);
		str_release(&e->told);
	}
}
