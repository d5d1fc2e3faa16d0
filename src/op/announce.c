#include "op/announce.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "op/notify.h"
#include "rule/items.h"
#include "store/events.h"

enum { TRIES_MAX = 3 };

static const char *const kinds[] = {
	[ANNOUNCE_EVENT] = "notify",
	[ANNOUNCE_STRANGERS] = "notify-strangers",
	[ANNOUNCE_ESCALATION] = "escalate",
	[ANNOUNCE_TROUBLE] = "notify-trouble",
	[ANNOUNCE_REFUSAL] = "notify-refusal",
};

void announcer_tell(
	const struct announcer *a, enum reaction_event e, const char *what, const char *format, ...)
{
	AUTO(str_release) char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vformat(format, ap);
	va_end(ap);
	*a->acted = true;
	a->ear->hear(a->ear,
		&(struct poll_line){ .project = a->project ? a->project->id : NULL,
			.session = a->view ? a->view->session.id : NULL,
			.event = e < EVENT_COUNT ? reaction_word(e) : NULL,
			.what = what,
			.text = text });
}

void announcer_log(const struct announcer *a, enum reaction_event e, const char *decision,
	const char *reason, json_t *more)
{
	json_t *event = json_pack("{s:s?, s:s, s:s, s:s?}", "project",
		a->project ? a->project->id : NULL, "event", reaction_word(e), "decision", decision,
		"reason", reason);
	struct err *failed;

	if (more)
		json_object_update(event, more);
	json_decref(more);
	failed = events_append(
		&a->world->store, a->view ? a->view->session.id : NULL, "reaction", 0, event);
	if (failed)
		sink_say(a->world->sink, SINK_WARNING, "not in the event log: %s", failed->text);
	err_drop(failed, "told as a warning");
}

/* The same for the same occasion, so that a receiver may drop doubles. */
static char *notice_id(
	const struct announcer *a, const struct announced *n, const struct episode *e)
{
	AUTO(str_release)
	char *what = str_format("%s/%s/%lld", n->occasion->items ? n->occasion->items : "",
		n->occasion->strangers ? n->occasion->strangers : "",
		n->kind == ANNOUNCE_ESCALATION ? (long long)e->began : (long long)e->attempts);

	return str_format("%s/%s/%s/%016llx",
		a->view && a->view->session.uid ? a->view->session.uid : a->id,
		reaction_word(n->event), kinds[n->kind],
		(unsigned long long)hash_fnv(what, strlen(what)));
}

static void told(struct episode *e, const struct occasion *o, const char *items)
{
	items_keep(&e->told, o->items, o->strangers);
	items_join(&e->told, items);
}

/* What will not be said again. */
static void claim(struct episode *e, const struct announced *n)
{
	const struct occasion *o = n->occasion;

	switch (n->kind) {
	case ANNOUNCE_STRANGERS:
		told(e, o, o->strangers);
		break;
	case ANNOUNCE_ESCALATION:
		e->escalated = true;
		break;
	case ANNOUNCE_TROUBLE:
		str_release(&e->trouble);
		break;
	case ANNOUNCE_REFUSAL:
		str_set(&e->dealt, o->items);
		told(e, o, o->items);
		break;
	default:
		told(e, o, o->items);
	}
}

static void unclaim(struct episode *e, struct episode *before)
{
	struct episode after = *e;

	*e = *before;
	*before = after;
	e->tries++;
	str_release(&e->notifying);
}

static struct episode copy_of(const struct episode *e)
{
	struct episode copy = *e;

	copy.dealt = str_dup(e->dealt);
	copy.told = str_dup(e->told);
	copy.trouble = str_dup(e->trouble);
	copy.notifying = str_dup(e->notifying);
	return copy;
}

static void say_failed(const struct announcer *a, const struct notified *r)
{
	STRV_EACH(line, &r->failed)
		sink_say(a->world->sink, SINK_WARNING, "not told: %s", *line);
}

enum outcome { OUTCOME_TOLD, OUTCOME_LOST, OUTCOME_NOBODY /* is configured */ };

static struct err *send_out(
	enum outcome *outcome, const struct announcer *a, const struct announced *n, const char *id)
{
	AUTO(notified_release) struct notified result = { 0 };
	const struct pull *p = a->view ? &a->view->facts.pull : NULL;
	struct notice notice = {
		.id = id,
		.priority = n->priority,
		.event = reaction_word(n->event),
		.project = a->project ? a->project->id : NULL,
		.session = a->view ? a->view->session.id : NULL,
		.title = n->title,
		.text = n->text,
		.url = p && str_starts(p->url, "http") ? p->url : NULL,
		.at = clock_wall(),
	};

	TRY(op_notify(&result, a->world, a->project, &notice));
	say_failed(a, &result);
	*outcome = result.told || result.held ? OUTCOME_TOLD
		: result.failed.n             ? OUTCOME_LOST
					      : OUTCOME_NOBODY;
	return NULL;
}

struct err *announce(const struct announcer *a, const struct announced *n)
{
	static const char *const says[] = {
		[OUTCOME_TOLD] = "told",
		[OUTCOME_LOST] = "nobody could be told",
		[OUTCOME_NOBODY] = "there is nobody to tell",
	};
	struct episode *e = &a->episodes->of[n->event];
	AUTO(episode_end) struct episode before = copy_of(e);
	AUTO(str_release) char *id = notice_id(a, n, e);
	enum outcome outcome = OUTCOME_TOLD;

	if (a->again && e->tries)
		return NULL;
	claim(e, n);
	str_set(&e->notifying, id);
	TRY(episodes_save(&a->world->store, a->id, a->episodes));
	TRY(send_out(&outcome, a, n, id));
	if (outcome == OUTCOME_LOST && e->tries + 1 < TRIES_MAX) {
		unclaim(e, &before);
	} else {
		str_release(&e->notifying);
		e->tries = 0;
	}
	TRY(episodes_save(&a->world->store, a->id, a->episodes));
	announcer_log(a, n->event, kinds[n->kind], n->why,
		json_pack("{s:s, s:s, s:b}", "priority", priority_word(n->priority), "title",
			n->title, "told", outcome == OUTCOME_TOLD));
	announcer_tell(a, n->event, outcome == OUTCOME_TOLD ? "told" : "not-told", "%s (%s): %s",
		says[outcome], priority_word(n->priority), n->why);
	return NULL;
}

bool announce_unsure(const struct announcer *a)
{
	bool any = false;

	for (int i = 0; i < EVENT_COUNT; i++) {
		struct episode *e = &a->episodes->of[i];
		if (!e->notifying)
			continue;
		any = true;
		announcer_log(a, (enum reaction_event)i, "unsure",
			"a poll died while it told of it",
			json_pack("{s:s}", "notice", e->notifying));
		announcer_tell(a, (enum reaction_event)i, "unsure",
			"a poll died while it told of it; whether anybody heard is not known");
		str_release(&e->notifying);
	}
	return any;
}
