#include "op/announce.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "op/notify.h"
#include "rule/items.h"
#include "store/events.h"

enum {
	LOCK_WAIT_MS = 60000, /* a poll that delivers a message holds it for so long */
};

static const char *const kinds[] = {
	[ANNOUNCE_EVENT] = "notify",
	[ANNOUNCE_STRANGERS] = "notify-strangers",
	[ANNOUNCE_ESCALATION] = "escalate",
	[ANNOUNCE_TROUBLE] = "notify-trouble",
	[ANNOUNCE_REFUSAL] = "notify-refusal",
};

/* NULL: of a project. */
static const char *session_of(const char *id)
{
	return id[0] == '.' ? NULL : id;
}

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
			.session = session_of(a->id),
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
	failed = events_append(&a->world->store, session_of(a->id), "reaction", 0, event);
	if (failed)
		sink_say(a->world->sink, SINK_WARNING, "not in the event log: %s", failed->text);
	err_drop(failed, "told as a warning");
}

/* ---- what is noted ------------------------------------------------------------------------------ */

static void telling_release(struct telling *t)
{
	occasion_release(&t->occasion);
	episode_end(&t->before);
	str_release(&t->id);
	str_release(&t->uid);
	str_release(&t->title);
	str_release(&t->text);
	str_release(&t->why);
	str_release(&t->url);
}

static void teller_release(struct teller *t)
{
	lock_release(&t->lock);
	str_release(&t->id);
}

void tellings_release(struct tellings *t)
{
	for (size_t i = 0; i < t->list.n; i++)
		telling_release(&t->list.v[i]);
	for (size_t i = 0; i < t->tellers.n; i++)
		teller_release(&t->tellers.v[i]);
	free(t->list.v);
	free(t->tellers.v);
	*t = (struct tellings){ 0 };
}

/* May this pass tell of it? *may is false where another one does. */
static struct err *take_telling(bool *may, const struct announcer *a)
{
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(str_release) char *path = store_path(&a->world->store, a->id, "telling.lock");
	struct err *e;

	*may = true;
	for (size_t i = 0; i < a->tellings->tellers.n; i++)
		if (str_equal(a->tellings->tellers.v[i].id, a->id))
			return NULL;
	e = lock_take(&lock, path, 0);
	if (e && e->class == ERR_TIMEOUT) {
		err_drop(e, "it is told, or left, by who is at it");
		*may = false;
		return NULL;
	}
	TRY(e);
	*vec_push(&a->tellings->tellers) = (struct teller){ str_dup(a->id), lock };
	lock = (struct lock){ 0 };
	return NULL;
}

bool is_announced(const struct announcer *a, enum reaction_event e, enum announcement kind)
{
	for (size_t i = 0; i < a->tellings->list.n; i++) {
		const struct telling *t = &a->tellings->list.v[i];
		if (t->event == e && t->kind == kind && str_equal(t->id, a->id))
			return true;
	}
	return false;
}

struct err *announce(const struct announcer *a, const struct announced *n)
{
	const struct pull *p = a->view ? &a->view->facts.pull : NULL;
	const char *uid = a->view ? a->view->session.uid : NULL;
	bool may;

	TRY(take_telling(&may, a));
	if (!may || is_announced(a, n->event, n->kind))
		return NULL;
	*vec_push(&a->tellings->list) = (struct telling){ .project = a->project,
		.kind = n->kind,
		.event = n->event,
		.priority = n->priority,
		.occasion = { .items = str_dup(n->occasion->items),
			.strangers = str_dup(n->occasion->strangers) },
		.id = str_dup(a->id),
		.uid = str_dup(uid ? uid : a->id),
		.title = str_dup(n->title),
		.text = str_dup(n->text),
		.why = str_dup(n->why),
		.url = p && str_starts(p->url, "http") ? str_dup(p->url) : NULL };
	return NULL;
}

/* ---- the claim ---------------------------------------------------------------------------------- */

/* What tells this notice from others of its kind and occasion. Trouble outlives the occasion that its message was
 * for, so that is told by the message. */
static int64_t turn_of(const struct telling *t, const struct episode *e, int outbox)
{
	return t->kind == ANNOUNCE_ESCALATION ? e->began
		: t->kind == ANNOUNCE_TROUBLE ? outbox
					      : e->attempts;
}

/* The same for the same occasion, so that a receiver may drop doubles. */
static char *notice_id(const struct telling *t, const struct episode *e, int outbox)
{
	AUTO(str_release)
	char *what = str_format("%s/%s/%lld", t->occasion.items ? t->occasion.items : "",
		t->occasion.strangers ? t->occasion.strangers : "",
		(long long)turn_of(t, e, outbox));

	return str_format("%s/%s/%s/%016llx", t->uid, reaction_word(t->event), kinds[t->kind],
		(unsigned long long)hash_fnv(what, strlen(what)));
}

static void told(struct episode *e, const struct occasion *o, const char *items)
{
	items_keep(&e->told, o->items, o->strangers);
	items_join(&e->told, items);
}

/* What will not be said again. */
static void claim(struct episode *e, const struct telling *t)
{
	const struct occasion *o = &t->occasion;

	switch (t->kind) {
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

/* Another pass may have changed the episode meanwhile: only what the claim put there goes. */
static void unclaim(struct episode *e, const struct telling *t)
{
	const struct occasion *o = &t->occasion;
	const char *items = t->kind == ANNOUNCE_STRANGERS ? o->strangers : o->items;

	e->tries++;
	switch (t->kind) {
	case ANNOUNCE_ESCALATION:
		e->escalated = false;
		break;
	case ANNOUNCE_TROUBLE:
		if (!e->trouble)
			str_set(&e->trouble, t->before.trouble);
		break;
	case ANNOUNCE_REFUSAL:
		items_drop(&e->dealt, items, t->before.dealt);
		items_drop(&e->told, items, t->before.told);
		break;
	default:
		items_drop(&e->told, items, t->before.told);
	}
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

static struct err *claim_one(struct telling *t, const struct store *st)
{
	AUTO(episodes_release) struct episodes episodes = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };
	struct episode *e = &episodes.of[t->event];
	AUTO(str_release) char *id = NULL;

	TRY(episodes_lock(&lock, st, t->id, LOCK_WAIT_MS));
	TRY(episodes_read(&episodes, st, t->id));
	t->before = copy_of(e);
	id = notice_id(t, e, episodes.outbox);
	claim(e, t);
	str_set(&e->notifying, id);
	TRY(episodes_save(st, t->id, &episodes));
	str_set(&t->before.notifying, id);
	return NULL;
}

static struct err *go_on(struct err *e, const struct telling *t, const struct world *w)
{
	if (!e || e->class == ERR_INTERRUPTED)
		return e;
	sink_say(w->sink, SINK_WARNING, "%s: %s: %s", t->id, reaction_word(t->event), e->text);
	err_drop(e, "told as a warning; the others go on");
	return NULL;
}

static bool has_more(const struct tellings *t, size_t from, const char *id)
{
	for (size_t i = from; i < t->list.n; i++)
		if (str_equal(t->list.v[i].id, id))
			return true;
	return false;
}

/* What cannot be claimed is not told; the next pass comes to it again. */
struct err *tellings_claim(struct tellings *t, const struct world *w)
{
	size_t kept = 0, n = t->list.n;
	struct err *stopped = NULL;

	for (size_t i = 0; i < n; i++) {
		struct telling *one = &t->list.v[i];
		struct err *e = stopped ? stopped : claim_one(one, &w->store);

		if (!e) {
			struct telling claimed = *one;
			t->list.v[kept++] = claimed;
			continue;
		}
		if (!stopped)
			stopped = go_on(e, one, w);
		telling_release(one);
	}
	t->list.n = kept;
	for (size_t i = 0; i < t->tellers.n; i++)
		if (!has_more(t, 0, t->tellers.v[i].id))
			lock_release(&t->tellers.v[i].lock);
	return stopped;
}

/* ---- telling ------------------------------------------------------------------------------------ */

enum outcome { OUTCOME_TOLD, OUTCOME_LOST, OUTCOME_NOBODY /* is configured */ };

static enum outcome outcome_of(const struct notified *r)
{
	return r->told || r->held ? OUTCOME_TOLD : r->failed.n ? OUTCOME_LOST : OUTCOME_NOBODY;
}

static void say(struct announcer *a, const struct telling *t, enum outcome outcome)
{
	static const char *const says[] = {
		[OUTCOME_TOLD] = "told",
		[OUTCOME_LOST] = "nobody could be told",
		[OUTCOME_NOBODY] = "there is nobody to tell",
	};

	announcer_log(a, t->event, kinds[t->kind], t->why,
		json_pack("{s:s, s:s, s:b}", "priority", priority_word(t->priority), "title",
			t->title, "told", outcome == OUTCOME_TOLD));
	announcer_tell(a, t->event, outcome == OUTCOME_TOLD ? "told" : "not-told", "%s (%s): %s",
		says[outcome], priority_word(t->priority), t->why);
}

/* The last of a session lets go of telling.lock before it is saved: by that file others see that they may
 * tell again. */
static void let_go(struct tellings *all, size_t at)
{
	const char *id = all->list.v[at].id;

	for (size_t i = 0; i < all->tellers.n && !has_more(all, at + 1, id); i++)
		if (str_equal(all->tellers.v[i].id, id))
			lock_release(&all->tellers.v[i].lock);
}

static struct err *settle(struct tellings *all, size_t at, const struct notified *result,
	const struct world *w, struct poll_ear *ear)
{
	const struct telling *t = &all->list.v[at];
	AUTO(episodes_release) struct episodes episodes = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };
	struct episode *e = &episodes.of[t->event];
	enum outcome outcome = outcome_of(result);
	int64_t pause;
	bool acted;
	struct announcer a = {
		.world = w, .id = t->id, .project = t->project, .ear = ear, .acted = &acted
	};

	STRV_EACH(line, &result->failed)
		sink_say(w->sink, SINK_WARNING, "not told: %s", *line);
	TRY(episodes_lock(&lock, &w->store, t->id, LOCK_WAIT_MS));
	TRY(episodes_read(&episodes, &w->store, t->id));
	pause = outcome == OUTCOME_LOST ? notice_pause_ms(e->tries + 1) : 0;
	if (pause)
		unclaim(e, t);
	else
		e->tries = 0;
	/* a merge is tried again at the next poll: what it was refused for may have gone */
	e->again = pause && t->kind != ANNOUNCE_REFUSAL ? clock_wall() + pause : 0;
	str_release(&e->notifying);
	let_go(all, at);
	TRY(episodes_save(&w->store, t->id, &episodes));
	say(&a, t, outcome);
	return NULL;
}

static void notice_of(struct notice *n, const struct telling *t)
{
	*n = (struct notice){
		.id = t->before.notifying,
		.priority = t->priority,
		.event = reaction_word(t->event),
		.project = t->project ? t->project->id : NULL,
		.session = session_of(t->id),
		.title = t->title,
		.text = t->text,
		.url = t->url,
		.at = clock_wall(),
	};
}

struct err *tellings_tell(struct tellings *t, const struct world *w, struct poll_ear *ear)
{
	size_t n = t->list.n;
	struct notice *notices = mem_alloc((n + 1) * sizeof(*notices));
	struct sending *sendings = mem_alloc((n + 1) * sizeof(*sendings));
	struct err *stopped;

	for (size_t i = 0; i < n; i++) {
		notice_of(&notices[i], &t->list.v[i]);
		sendings[i] = (struct sending){ .project = t->list.v[i].project,
			.notice = &notices[i] };
	}
	stopped = op_notify(w, sendings, n);
	for (size_t i = 0; i < n; i++) {
		struct err *e = sendings[i].broken_off
			? NULL
			: go_on(settle(t, i, &sendings[i].result, w, ear), &t->list.v[i], w);
		err_drop(stopped ? e : NULL, "it is the same stop");
		stopped = stopped ? stopped : e;
		sending_release(&sendings[i]);
	}
	free(notices);
	free(sendings);
	return stopped;
}

/* ---- what a crash left -------------------------------------------------------------------------- */

static bool any_claim(const struct episodes *e)
{
	for (int i = 0; i < EVENT_COUNT; i++)
		if (e->of[i].notifying)
			return true;
	return false;
}

static bool is_left(const struct announcer *a)
{
	bool may = false;
	struct err *e = any_claim(a->episodes) ? take_telling(&may, a) : NULL;

	err_drop(e, "whoever can lock it finds it again");
	return !e && may;
}

bool announce_unsure(const struct announcer *a)
{
	bool any = is_left(a);

	for (int i = 0; i < EVENT_COUNT && any; i++) {
		struct episode *e = &a->episodes->of[i];
		if (!e->notifying)
			continue;
		announcer_log(a, (enum reaction_event)i, "unsure",
			"a poll died while it told of it",
			json_pack("{s:s}", "notice", e->notifying));
		announcer_tell(a, (enum reaction_event)i, "unsure",
			"a poll died while it told of it; whether anybody heard is not known");
		str_release(&e->notifying);
	}
	return any;
}
