#include "serve/acting.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "serve/daemon.h"

enum {
	NAMED_MAX = 50,
	RETRY_MS = 5000,
	RETRY_MAX_MS = 300000,
	TRIES_MAX = 6,
	FORGE_FACTOR_MAX = 16,
	SOON_MS = 10000
};

/* ---- a poll -------------------------------------------------------------------------------------- */

static void take_places(struct space *s, struct ward *w, const json_t *places)
{
	struct watch *watch = &s->daemon->watch;
	size_t i;
	json_t *place;

	strv_release(&w->places);
	watch_drop(watch, WATCH_PLACE, w);
	json_array_foreach(places, i, place)
	{
		const char *folder = json_string_value(place);
		if (!folder || strv_has(&w->places, folder))
			continue;
		strv_add(&w->places, folder);
		watch_add(watch, folder, WATCH_PLACE, w);
	}
}

/* The places are part of what is compared: with other ones it is compared anew. */
static void take_hint(struct space *s, struct ward *w, const json_t *hint)
{
	AUTO(str_release) char *before = json_dumps(json_object_get(hint, "places"), JSON_COMPACT);

	w->forge_ms = (int)json_integer_value(json_object_get(hint, "forgeMs"));
	w->unread = json_is_true(json_object_get(hint, "unread"));
	w->check = json_is_true(json_object_get(hint, "check"));
	w->held = json_is_true(json_object_get(hint, "busy"));
	w->waits = json_is_true(json_object_get(hint, "waits"));
	w->cramped = json_is_true(json_object_get(hint, "room"));
	if (!w->check)
		w->check_at = w->check_pause_ms = 0;
	if (str_equal(before, w->places_told))
		return;
	str_set(&w->places_told, before);
	take_places(s, w, json_object_get(hint, "places"));
}

static void tell(struct space *s, const json_t *line)
{
	const char *of = json_string_value(json_object_get(line, "session"));
	const char *event = json_string_value(json_object_get(line, "event"));
	const char *text = json_string_value(json_object_get(line, "text"));

	if (!of)
		of = json_string_value(json_object_get(line, "project"));
	log_say(&s->daemon->log, "%s/%s  %s%s%s", s->name, of ? of : "", event ? event : "",
		event ? ": " : "", text ? text : "");
}

static void fail_again(struct space *s, int code, int64_t now)
{
	int64_t wait = (int64_t)RETRY_MS << s->failures;

	if (!s->failures)
		log_say(&s->daemon->log, "%s: a poll failed (exit %d)", s->name, code);
	if (++s->failures >= TRIES_MAX) {
		log_say(&s->daemon->log,
			"%s: that goes on; the next poll is when something happens", s->name);
		s->failures = TRIES_MAX - 1;
		return;
	}
	s->not_before = now + (wait > RETRY_MAX_MS ? RETRY_MAX_MS : wait);
	s->whole = true;
}

static bool was_polled(const struct space *s, const struct ward *w)
{
	return s->all || strv_has(&s->polling, w->id);
}

/* Only by a poll that asked. */
static void slow_forge(struct space *s)
{
	bool unread = false;

	if (!s->fresh)
		return;
	for (size_t i = 0; i < s->wards.n; i++)
		unread |= s->wards.v[i]->unread && s->wards.v[i]->forge_ms &&
			was_polled(s, s->wards.v[i]);
	s->forge_factor = !unread ? 1 : s->forge_factor * 2;
	if (s->forge_factor > FORGE_FACTOR_MAX)
		s->forge_factor = FORGE_FACTOR_MAX;
}

static void poll_over(struct space *s, int code)
{
	int64_t now = clock_wall();

	slow_forge(s);
	for (size_t i = 0; i < s->wards.n; i++) {
		struct ward *w = s->wards.v[i];
		if (!was_polled(s, w))
			continue;
		ward_look(w, &s->store, &s->config);
		ward_end(w, now, s->fresh ? s->forge_factor : 0);
	}
	strv_release(&s->polling);
	s->all = false;
	log_bound(&s->daemon->log);
	if (!code)
		s->failures = 0;
	else if (!s->daemon->stopping)
		fail_again(s, code, now);
	daemon_wake(s->daemon);
}

static void poll_end(struct job *j, int code)
{
	struct space *s = j->owner;

	s->daemon->acting--;
	poll_over(s, code);
}

static void teller_line(struct job *j, const char *text, size_t n)
{
	struct space *s = ((struct teller *)j->owner)->space;
	json_t *line = json_loadb(text, n, 0, NULL);
	const char *id = json_string_value(json_object_get(line, "session"));
	struct ward *w = id ? space_ward(s, id) : NULL;

	tell(s, line);
	if (w && str_equal(json_string_value(json_object_get(line, "what")), "not-told"))
		ward_rest(w, &s->store, &s->config, clock_wall());
	json_decref(line);
}

static void teller_end(struct job *j, int code)
{
	struct teller *t = j->owner;
	struct daemon *d = t->space->daemon;

	(void)code; /* its lines have told */
	t->space = NULL;
	d->acting--;
	daemon_wake(d);
}

/* It has done all but tell people, one of whom may be slow to hear: the next poll need not wait for that. */
static void let_go(struct job *j, bool failed)
{
	struct space *s = j->owner;
	struct teller *t = s->daemon->tellers;

	while (t < s->daemon->tellers + TELLERS_MAX && t->job)
		t++;
	if (t == s->daemon->tellers + TELLERS_MAX)
		return;
	t->space = s;
	j->owner = t;
	j->line = teller_line;
	j->end = teller_end;
	job_move(j, &t->job);
	poll_over(s, failed);
}

static void poll_line(struct job *j, const char *text, size_t n)
{
	struct space *s = j->owner;
	json_t *line = json_loadb(text, n, 0, NULL);
	const char *id = json_string_value(json_object_get(line, "session"));
	struct ward *w = id ? space_ward(s, id) : NULL;

	if (json_object_get(line, "telling"))
		let_go(j, json_is_true(json_object_get(line, "failed")));
	else if (!json_object_get(line, "places"))
		tell(s, line);
	else if (w)
		take_hint(s, w, line);
	json_decref(line);
}

static void begin(struct strv *argv, const struct space *s)
{
	strv_add(argv, s->daemon->ao);
	strv_add(argv, "--config");
	strv_add(argv, s->config.file);
}

static bool is_forge_due(const struct space *s, int64_t now)
{
	for (size_t i = 0; i < s->wards.n; i++)
		if (s->wards.v[i]->forge_at && s->wards.v[i]->forge_at <= now)
			return true;
	return false;
}

/* Whose turn it is; a queued one's start depends on all, so then it is everybody's. Where a forge is asked,
 * it is asked for all whose turn comes soon: that is one request. */
static void choose(struct space *s, int64_t now)
{
	bool asking = is_forge_due(s, now);

	for (size_t i = 0; i < s->wards.n; i++) {
		const struct ward *w = s->wards.v[i];
		bool soon = asking && w->forge_at && w->forge_at <= now + SOON_MS;
		if (!w->wanted && !soon)
			continue;
		strv_add(&s->polling, w->id);
		s->whole |= w->now.queued || s->polling.n > NAMED_MAX;
	}
	s->all = s->whole;
	s->whole = false;
	if (s->all)
		strv_release(&s->polling);
}

static void begin_all(struct space *s)
{
	for (size_t i = 0; i < s->wards.n; i++)
		if (was_polled(s, s->wards.v[i]))
			ward_begin(s->wards.v[i]);
}

void act_poll(struct space *s, int64_t now)
{
	AUTO(strv_release) struct strv argv = { 0 };
	struct err *e;

	if (s->poll || s->not_before > now)
		return;
	choose(s, now);
	if (!s->all && !s->polling.n)
		return;
	s->fresh = s->all || is_forge_due(s, now);
	begin_all(s);
	begin(&argv, s);
	strv_add(&argv, "poll");
	strv_addf(&argv, "--hints=%s", s->fresh ? "all" : "quick");
	STRV_EACH(id, &s->polling)
		strv_addf(&argv, "--session=%s", *id);
	s->not_before = 0;
	e = job_start(&s->poll, &s->daemon->loop, argv.v,
		&(struct job){ .owner = s, .line = poll_line, .end = poll_end });
	if (e) {
		log_say(&s->daemon->log, "%s", e->text);
		err_drop(e, "said; it is tried again");
		strv_release(&s->polling);
		fail_again(s, 127, now);
		return;
	}
	s->daemon->acting++;
	s->daemon->polls++;
}

/* ---- checks -------------------------------------------------------------------------------------- */

/* Red is no failure. What came of it lies in files, and the next poll sees it. */
static void check_end(struct job *j, int code)
{
	struct check *c = j->owner;
	struct space *s = c->space;
	struct ward *w = space_ward(s, c->session);

	if (code > 1 && !s->daemon->stopping)
		log_say(&s->daemon->log, "%s/%s  its checks could not be run (exit %d)", s->name,
			c->session, code);
	if (w) {
		w->checking = false;
		w->dirty = true;
		w->forget = true;
	}
	str_release(&c->session);
	c->space = NULL;
	s->daemon->acting--;
	daemon_wake(s->daemon);
}

static struct check *free_place(struct daemon *d)
{
	for (size_t i = 0; i < CHECKS_MAX; i++)
		if (!d->checks[i].job)
			return &d->checks[i];
	return NULL;
}

static void start_check(struct space *s, struct ward *w, struct check *c, int64_t now)
{
	AUTO(strv_release) struct strv argv = { 0 };
	struct err *e;

	begin(&argv, s);
	strv_add(&argv, "--quiet");
	strv_add(&argv, "pr");
	strv_add(&argv, "checks");
	strv_add(&argv, w->id);
	w->check = false;
	w->check_pause_ms = w->check_pause_ms ? w->check_pause_ms * 2 : CHECK_PAUSE_MS;
	if (w->check_pause_ms > PAUSE_MAX_MS)
		w->check_pause_ms = PAUSE_MAX_MS;
	w->check_at = now + w->check_pause_ms;
	c->space = s;
	c->session = str_dup(w->id);
	e = job_start(
		&c->job, &s->daemon->loop, argv.v, &(struct job){ .owner = c, .end = check_end });
	if (e) {
		log_say(&s->daemon->log, "%s", e->text);
		err_drop(e, "said; the next poll finds it due");
		str_release(&c->session);
		return;
	}
	w->checking = true;
	s->daemon->acting++;
}

void act_checks(struct space *s, int64_t now)
{
	for (size_t i = 0; i < s->wards.n; i++) {
		struct ward *w = s->wards.v[i];
		struct check *c = w->check && !w->checking && w->check_at <= now
			? free_place(s->daemon)
			: NULL;
		if (c)
			start_check(s, w, c, now);
	}
}
