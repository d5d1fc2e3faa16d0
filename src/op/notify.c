#include "op/notify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/random.h"
#include "base/stop.h"
#include "base/term.h"
#include "slot/notifier.h"
#include "store/events.h"
#include "store/rate.h"

enum { TITLE_MAX = 1000 }; /* bytes, in an event */

void notified_release(struct notified *n)
{
	strv_release(&n->failed);
	*n = (struct notified){ 0 };
}

void notifier_states_release(struct notifier_states *s)
{
	for (size_t i = 0; i < s->list.n; i++) {
		free(s->list.v[i].name);
		free(s->list.v[i].why);
	}
	free(s->list.v);
	*s = (struct notifier_states){ 0 };
}

/* Takes e. */
static void add_state(struct notifier_states *out, const char *name, struct err *e)
{
	struct notifier_state *s = vec_push(&out->list);

	s->name = str_dup(name);
	s->why = e ? term_line(e->text) : NULL;
	err_drop(e, "it is the notifier's state");
}

void sending_release(struct sending *s)
{
	notified_release(&s->result);
	strv_release(&s->names);
	str_release(&s->flood);
	notifier_states_release(&s->states);
}

/* ---- who ------------------------------------------------------------------------------------- */

static void add_once(struct strv *names, const struct strv *more)
{
	STRV_EACH(name, more)
		if (!strv_has(names, *name))
			strv_add(names, *name);
}

void op_notifiers(struct strv *names, const struct config *c)
{
	for (size_t i = 0; i < c->notifier_list.n; i++)
		strv_add(names, c->notifier_list.v[i].name);
	for (size_t i = 0; i < c->routing.n; i++)
		add_once(names, &c->routing.v[i].notifiers);
	if (c->routing.n > PRIORITY_INFO) /* each priority has a route: the rest is never asked */
		return;
	add_once(names, &c->notifiers);
	for (size_t i = 0; i < c->projects.n; i++)
		add_once(names, &c->projects.v[i].notifiers);
}

static const struct strv *route(
	const struct config *c, const struct project *p, enum priority priority)
{
	for (size_t i = 0; i < c->routing.n; i++)
		if (str_equal(c->routing.v[i].priority, priority_word(priority)))
			return &c->routing.v[i].notifiers;
	return p ? &p->notifiers : &c->notifiers;
}

/* ---- one of them ----------------------------------------------------------------------------- */

/* The entry of that name; a plugin that needs no settings has none, and *alone becomes it. The texts
 * stay the config's and the caller's. */
static const struct notifier_config *entry(
	struct notifier_config *alone, const struct config *c, const char *name)
{
	const struct notifier_config *e = config_notifier(c, name);

	/* only read: nobody frees them through it */
	*alone = (struct notifier_config){ .name = (char *)(uintptr_t)name,
		.plugin = (char *)(uintptr_t)name };
	return e ? e : alone;
}

static struct err *need_trust(const struct config *c, const char *name)
{
	AUTO(str_release) char *prefix = str_format("notifiers.%s.", name);

	STRV_EACH(value, &c->sensitive)
		if (str_starts(*value, prefix))
			TRY(config_need_trust(c, *value));
	return NULL;
}

/* What was probably meant by a name that is no entry and no plugin. */
static struct err *suggest(struct err *e, const struct config *c, const char *name)
{
	AUTO(strv_release) struct strv known = { 0 };
	const char *meant;
	struct err *better;

	for (size_t i = 0; i < c->notifier_list.n; i++)
		strv_add(&known, c->notifier_list.v[i].name);
	notifier_names(&known);
	meant = text_suggest(name, known.v);
	if (!meant || str_equal(meant, name))
		return e;
	better = fail(e->class, "%s (did you mean '%s'?)", e->text, meant);
	err_drop(e, "said in more words");
	return better;
}

static struct err *find(
	const struct notifier **plugin, const struct config *c, const struct notifier_config *entry)
{
	struct err *e = notifier_find(plugin, entry->plugin);

	if (e)
		return suggest(e, c, entry->plugin);
	return entry->unset ? fail(ERR_CONFIG, "%s", entry->unset) : NULL;
}

/* n NULL: only ask whether it could. */
static struct err *tell_one(const struct config *c, const char *name, const struct notice *n)
{
	struct notifier_config alone;
	struct notifier_call call = {
		.config = entry(&alone, c, name), .dir = c->dir, .data_dir = c->data_dir
	};
	const struct notifier *plugin;

	TRY(find(&plugin, c, call.config));
	TRY(need_trust(c, name));
	return n ? plugin->tell(&call, n) : plugin->usable(&call);
}

bool op_notifier_asked(const struct config *c, const char *name)
{
	bool asked = config_notifier(c, name) || origins_line(&c->origins, "defaults.notifiers");

	for (size_t i = 0; i < c->routing.n; i++)
		asked = asked || strv_has(&c->routing.v[i].notifiers, name);
	for (size_t i = 0; i < c->projects.n; i++) {
		AUTO(str_release)
		char *key = str_format("projects.%s.notifiers", c->projects.v[i].id);

		asked = asked ||
			(origins_line(&c->origins, key) &&
				strv_has(&c->projects.v[i].notifiers, name));
	}
	return asked;
}

/* One that is there by default only, on a machine that has no such medium: a server has no desktop. */
static bool is_off(const struct config *c, const char *name)
{
	struct err *e = op_notifier_asked(c, name) ? NULL : tell_one(c, name, NULL);
	bool off = e && e->class == ERR_FAILED;

	err_drop(e, "doctor says it");
	return off;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void routed(
	struct strv *names, const struct config *c, const struct project *p, enum priority priority)
{
	STRV_EACH(name, route(c, p, priority))
		if (!is_off(c, *name))
			strv_add(names, *name);
}

/* One notice to one notifier. */
struct post {
	struct sending *of;
	struct err *e;
};

/* All that one notifier is to be told, in this order: services take little at a time. */
struct round {
	const struct config *config;
	const char *name;
	VEC(struct post) posts;
	pthread_t thread;
	bool apart;
};

struct rounds {
	VEC(struct round) list;
};

static void rounds_release(struct rounds *r)
{
	for (size_t i = 0; i < r->list.n; i++)
		free(r->list.v[i].posts.v);
	free(r->list.v);
}

static struct round *round_of(struct rounds *r, const struct config *c, const char *name)
{
	for (size_t i = 0; i < r->list.n; i++)
		if (str_equal(r->list.v[i].name, name))
			return &r->list.v[i];
	*vec_push(&r->list) = (struct round){ .config = c, .name = name };
	return &r->list.v[r->list.n - 1];
}

static struct err *post(const struct round *r, const struct post *p, bool hung)
{
	struct notice n = *p->of->notice;

	if (stop_requested())
		return stop_err();
	if (hung)
		return fail(ERR_TIMEOUT, "it was not asked again, as it had just hung");
	if (p->of->flood)
		n.text = p->of->flood;
	return tell_one(r->config, r->name, &n);
}

static void *go_round(void *arg)
{
	struct round *r = arg;
	bool hung = false;

	for (size_t i = 0; i < r->posts.n; i++) {
		struct post *p = &r->posts.v[i];
		p->e = post(r, p, hung);
		hung |= p->e && p->e->class == ERR_TIMEOUT;
	}
	return NULL;
}

/* Each notifier in a thread of its own, as it may hang until its time is over. */
static void go_rounds(struct rounds *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		struct round *one = &r->list.v[i];
		one->apart = i + 1 < r->list.n &&
			pthread_create(&one->thread, NULL, go_round, one) == 0;
		if (!one->apart)
			go_round(one);
	}
	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.v[i].apart)
			pthread_join(r->list.v[i].thread, NULL);
}

static struct err *take_answers(const struct round *r)
{
	struct err *stopped = NULL;

	for (size_t i = 0; i < r->posts.n; i++) {
		struct post *p = &r->posts.v[i];
		if (!p->e || p->e->class != ERR_INTERRUPTED) {
			add_state(&p->of->states, r->name, p->e);
			continue;
		}
		p->of->broken_off = true;
		err_drop(stopped, "one of them is enough");
		stopped = p->e;
	}
	return stopped;
}

static struct err *tell_all(struct sending *v, size_t n, const struct config *c)
{
	AUTO(rounds_release) struct rounds r = { 0 };
	struct err *stopped = NULL;

	path_self_dir(); /* found once, for all threads */
	for (size_t i = 0; i < n; i++)
		STRV_EACH(name, &v[i].names)
			vec_push(&round_of(&r, c, *name)->posts)->of = &v[i];
	go_rounds(&r);
	for (size_t i = 0; i < r.list.n; i++) {
		struct err *e = take_answers(&r.list.v[i]);
		err_drop(e ? stopped : NULL, "one of them is enough");
		stopped = e ? e : stopped;
	}
	return stopped;
}

static json_t *lines(const struct strv *list)
{
	json_t *a = json_array();

	STRV_EACH(s, list)
		json_array_append_new(a, json_string(*s));
	return a;
}

/* That it cannot be written down undoes nothing. */
static void log_notice(const struct world *w, const struct notice *n, const struct strv *told,
	const struct strv *failed, bool held)
{
	AUTO(buf_release) struct buf title = { 0 };
	struct err *e;

	term_safe(&title, n->title, strlen(n->title), TERM_LINE);
	term_cut(&title, TITLE_MAX);
	e = events_append(&w->store, n->session, "notify", 0,
		json_pack("{s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:b}", "id", n->id, "event",
			n->event, "priority", priority_word(n->priority), "project", n->project,
			"title", json_string(buf_text(&title)), "told", lines(told), "failed",
			lines(failed), "held", held));
	if (e)
		sink_say(w->sink, SINK_WARNING, "%s", e->text);
	err_drop(e, "the notice itself is out");
}

static void account(const struct world *w, struct sending *s)
{
	AUTO(strv_release) struct strv told = { 0 };
	struct notified *r = &s->result;

	for (size_t i = 0; i < s->states.list.n; i++) {
		const struct notifier_state *one = &s->states.list.v[i];

		if (one->why)
			strv_addf(&r->failed, "%s: %s", one->name, one->why);
		else
			strv_add(&told, one->name);
	}
	r->told = (int)told.n;
	log_notice(w, s->notice, &told, &r->failed, r->held);
}

/* What is to be known of a flood, behind the notice's own text. NULL: there is none. */
static char *flood_text(const struct notice *n, const struct rate *r)
{
	AUTO(str_release) char *more = NULL;

	if (r->last)
		more = str_dup("More of them in this minute are only in the log: ao events");
	else if (r->before)
		more = str_format("%d more before it are only in the log: ao events", r->before);
	return more ? str_format("%s%s%s", n->text ? n->text : "", n->text ? "\n" : "", more)
		    : NULL;
}

static void take_rate(struct rate *r, const struct world *w, const struct notice *n)
{
	AUTO(str_release)
	char *key = str_format("%s.%s", n->project ? n->project : "", priority_word(n->priority));

	err_drop(
		rate_take(r, &w->store, key, clock_wall()), "one too many is better than one lost");
}

/* Whom it is for; nobody where there were too many in this minute. */
static void address(struct sending *s, const struct world *w)
{
	struct rate rate = { 0 };

	routed(&s->names, &w->config, s->project, s->notice->priority);
	if (s->names.n)
		take_rate(&rate, w, s->notice);
	s->flood = flood_text(s->notice, &rate);
	s->result.held = rate.held;
	if (rate.held)
		strv_release(&s->names);
}

struct err *op_notify(const struct world *w, struct sending *v, size_t n)
{
	struct err *e;

	for (size_t i = 0; i < n; i++)
		address(&v[i], w);
	e = tell_all(v, n, &w->config);
	for (size_t i = 0; i < n; i++)
		account(w, &v[i]);
	return e;
}

/* ---- looking --------------------------------------------------------------------------------- */

void op_notifiers_usable(struct notifier_states *out, const struct world *w)
{
	AUTO(strv_release) struct strv names = { 0 };

	op_notifiers(&names, &w->config);
	STRV_EACH(name, &names)
		add_state(out, *name, tell_one(&w->config, *name, NULL));
}

void op_notifiers_missing(struct notifier_states *out, const struct config *c)
{
	AUTO(strv_release) struct strv names = { 0 };

	op_notifiers(&names, c);
	STRV_EACH(name, &names) {
		struct notifier_config alone;
		const struct notifier *plugin;
		struct err *e = find(&plugin, c, entry(&alone, c, *name));

		if (e)
			add_state(out, *name, e);
	}
}

static struct err *no_such(const struct strv *known, const char *name)
{
	AUTO(buf_release) struct buf list = { 0 };
	const char *meant = text_suggest(name, known->v);

	if (meant)
		return fail(ERR_MISSING, "no notifier '%s' (did you mean '%s'?)", name, meant);
	STRV_EACH(s, known)
		buf_addf(&list, "%s%s", list.n ? ", " : "", *s);
	return fail(ERR_MISSING, "no notifier '%s' (there are: %s)", name, buf_text(&list));
}

struct err *op_notify_test(
	struct notifier_states *out, const struct world *w, const struct strv *names)
{
	AUTO(strv_release) struct strv known = { 0 };
	AUTO(str_release) char *id = random_hex(8);
	struct notice n = { .id = id,
		.priority = PRIORITY_INFO,
		.event = "test",
		.title = "ao: a test notice",
		.text = "Notices of ao arrive here.",
		.at = clock_wall() };
	AUTO(sending_release) struct sending s = { .notice = &n };
	struct err *e;

	op_notifiers(&known, &w->config);
	STRV_EACH(name, names)
		if (!strv_has(&known, *name))
			return no_such(&known, *name);
	strv_add_all(&s.names, names->n ? names->v : known.v);
	e = tell_all(&s, 1, &w->config);
	account(w, &s);
	*out = s.states;
	s.states = (struct notifier_states){ 0 };
	return e;
}
