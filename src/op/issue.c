#include "op/issue.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/term.h"
#include "op/prompt.h"

/* A tracker that is on the project's forge is reached as the forge is. */
static struct tracked tracked_of(const struct world *w, const struct project *p)
{
	bool own = p->tracker.host || p->tracker.api_url || p->tracker.socket ||
		(p->tracker.plugin && !str_equal(p->tracker.plugin, p->scm.plugin));

	return (struct tracked){ .path = p->path,
		.repo = p->repo,
		.config = own ? &p->tracker : &p->scm,
		.trust = &p->trust,
		.data_dir = w ? w->store.data_dir : NULL };
}

/* Whom an untrusted configuration names is not asked, with a token least of all. */
static struct err *may_ask(const struct world *w, const struct project *p)
{
	static const char *const keys[] = { "tracker.host", "tracker.apiUrl", "tracker.socket",
		"scm.host", "scm.apiUrl", "scm.socket" };

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		AUTO(str_release) char *value = str_format("projects.%s.%s", p->id, keys[i]);
		TRY(config_need_trust(&w->config, value));
	}
	return NULL;
}

/* ---- which tracker --------------------------------------------------------------------------- */

/* NULL: none that can be asked. May run git. */
static const struct tracker *tracker_of(const struct project *p)
{
	const char *named = p->tracker.plugin ? p->tracker.plugin : p->scm.plugin;
	struct tracked t = tracked_of(NULL, p);

	return named ? tracker_named(named) : tracker_serving(&t);
}

static bool differs(const char *tracker, const char *scm)
{
	return tracker && !str_equal(tracker, scm);
}

bool issue_is_elsewhere(const struct project *p)
{
	return differs(p->tracker.host, p->scm.host) ||
		differs(p->tracker.api_url, p->scm.api_url) ||
		differs(p->tracker.socket, p->scm.socket);
}

static struct err *need_tracker(
	const struct tracker **out, const struct world *w, const struct project *p)
{
	TRY(may_ask(w, p));
	*out = tracker_of(p);
	if (*out)
		return NULL;
	if (p->tracker.plugin)
		return fail(ERR_CONFIG,
			"%s: ao cannot ask the tracker '%s'; 'tracker: {plugin: local}' keeps "
			"issues in the repository",
			p->id, p->tracker.plugin);
	return fail(ERR_CONFIG,
		"%s has a remote and no tracker in the configuration; 'tracker: {plugin: local}' "
		"keeps issues in the repository",
		p->id);
}

/* ---- spawn ----------------------------------------------------------------------------------- */

/* Where the config says nothing about a tracker and the repository keeps no issue, a number is about
 * some tracker that we know nothing of: no reason for a warning. */
static struct err *warn_missing(const struct tracker *tracker, const struct project *p,
	const struct tracked *t, const char *id, struct sink *sink)
{
	AUTO(issues_release) struct issues all = { 0 };
	bool said = p->tracker.plugin || p->scm.plugin;

	if (!tracker->is_id(id))
		return NULL;
	if (!said)
		TRY(tracker->list(&all, t, true, NULL));
	if (said || all.list.n)
		sink_say(sink, SINK_WARNING,
			"the tracker of %s has no issue #%s: taken as a task of its own", p->id,
			id);
	return NULL;
}

/* Nobody said that this tracker is to be asked: that it cannot be is no reason to do nothing. */
static struct err *forgive(struct err *e, const struct project *p, struct sink *sink)
{
	if (p->tracker.plugin || p->scm.plugin || e->class == ERR_INTERRUPTED)
		return e;
	sink_say(sink, SINK_WARNING, "%s; taken as a task of its own", e->text);
	err_drop(e, "told as a warning");
	return NULL;
}

struct err *issue_for_spawn(struct issue *i, const struct tracker **tracker, const struct world *w,
	const struct project *p, const char *issue)
{
	AUTO(str_release) char *id = issue_id(issue);
	struct tracked t = tracked_of(w, p);
	const struct tracker *asked;
	struct sink *sink = w->sink;
	struct err *e;
	bool found;

	*tracker = NULL;
	if (!id)
		return NULL;
	asked = tracker_of(p);
	if (!asked)
		return NULL;
	if (asked->is_id(id))
		TRY(may_ask(w, p));
	e = wrap(asked->fetch(i, &found, &t, id, sink), "issue #%s", id);
	if (e)
		return asked->elsewhere ? forgive(e, p, sink) : e;
	if (!found)
		return warn_missing(asked, p, &t, id, sink);
	*tracker = asked;
	if (issue_closed(i))
		sink_say(sink, SINK_WARNING, "issue #%s is closed", id);
	return NULL;
}

char *issue_title(const struct session *s, const struct world *w, const struct project *p)
{
	const struct tracker *tracker = tracker_named(s->tracker);
	AUTO(issue_release) struct issue i = { 0 };
	struct tracked t = tracked_of(w, p);
	struct sink *sink = w->sink;
	bool found = false;
	struct err *e;

	if (str_empty(s->tracker)) /* an issue of words is its own title */
		return s->issue && strchr(s->issue, ' ') ? str_dup(s->issue) : NULL;
	e = may_ask(w, p);
	if (!e && tracker)
		e = tracker->fetch(&i, &found, &t, s->issue, sink);
	if (e)
		sink_say(
			sink, SINK_NOTE, "issue #%s could not be asked for: %s", s->issue, e->text);
	err_drop(e, "told, and the title of the spawn is as good");
	return str_dup(found && !str_empty(i.title) ? i.title : s->title);
}

void issue_of_session(
	struct issue *i, const struct world *w, const struct project *p, const char *session)
{
	AUTO(session_release) struct session s = { 0 };
	struct tracked t = tracked_of(w, p);
	struct err *e = store_load(&s, &w->store, session);
	const struct tracker *tracker = str_empty(s.tracker) ? NULL : tracker_named(s.tracker);
	bool found;

	if (!e && tracker)
		e = may_ask(w, p);
	if (!e && tracker)
		e = tracker->fetch(i, &found, &t, s.issue, w->sink);
	err_drop(e, "nothing is said of it then");
}

/* ---- cleanup --------------------------------------------------------------------------------- */

/* All sessions of one tracker and one repository, from the first on, are one question. */
static void ask_together(struct issue_state *out, bool *asked, const struct views *v,
	const struct world *w, size_t first)
{
	const struct session *s = &v->list.v[first].session;
	const struct project *p = v->list.v[first].project;
	const struct tracker *tracker = tracker_named(s->tracker);
	struct tracked t = p ? tracked_of(w, p) : (struct tracked){ 0 };
	struct err *e = p ? may_ask(w, p) : NULL;
	AUTO(strv_release) struct strv ids = { 0 };
	struct issue_state *states;
	size_t k = 0;

	for (size_t i = first; i < v->list.n; i++) {
		const struct session *o = &v->list.v[i].session;
		bool same = str_equal(o->tracker, s->tracker) && str_equal(o->repo, s->repo);

		asked[i] = asked[i] || same;
		if (same)
			strv_add(&ids, o->issue ? o->issue : "");
	}
	t.path = s->repo;
	if (e || !tracker || !s->repo) {
		err_drop(e, "unknown then, which is no reason for anything");
		return;
	}
	states = mem_alloc(ids.n * sizeof(*states));
	tracker->states(states, &t, ids.v, ids.n);
	for (size_t i = first; i < v->list.n; i++) {
		const struct session *o = &v->list.v[i].session;

		if (str_equal(o->tracker, s->tracker) && str_equal(o->repo, s->repo))
			out[i] = states[k++];
	}
	free(states);
}

void issue_states(struct issue_state *out, const struct views *v, const struct world *w)
{
	bool *asked = mem_alloc(v->list.n + 1);

	for (size_t i = 0; i < v->list.n; i++)
		if (!asked[i] && !str_empty(v->list.v[i].session.tracker))
			ask_together(out, asked, v, w, i);
	free(asked);
}

/* ---- the verbs ------------------------------------------------------------------------------- */

struct err *op_issue_list(
	struct issues *out, const struct world *w, const struct project *p, bool closed)
{
	struct tracked t = tracked_of(w, p);
	const struct tracker *tracker;

	TRY(need_tracker(&tracker, w, p));
	return tracker->list(out, &t, closed, w->sink);
}

struct err *op_issue_view(
	struct issue *out, const struct world *w, const struct project *p, const char *id)
{
	AUTO(str_release) char *plain = issue_id(id);
	struct tracked t = tracked_of(w, p);
	const struct tracker *tracker;
	bool found;

	TRY(need_tracker(&tracker, w, p));
	TRY(tracker->fetch(out, &found, &t, plain, w->sink));
	if (!found)
		return tracker_missing(id);
	return NULL;
}

struct err *op_issue_create(struct issue *out, const struct world *w, const struct project *p,
	const char *title, const char *body, size_t body_n)
{
	AUTO(str_release) char *line = term_line(title);
	AUTO(buf_release) struct buf clean = { 0 };
	struct tracked t = tracked_of(w, p);
	const struct tracker *tracker;

	buf_adds(&clean, line + strspn(line, " "));
	buf_trim(&clean);
	if (!clean.n)
		return fail(ERR_USAGE, "the title is empty");
	if (clean.n > ISSUE_TITLE_MAX)
		return fail(ERR_USAGE,
			"the title is longer than %d bytes: --body takes what is long",
			ISSUE_TITLE_MAX);
	if (body_n && memchr(body, '\0', body_n))
		return fail(ERR_USAGE, "the text holds a NUL byte");
	if (body_n > ISSUE_BODY_MAX)
		return fail(ERR_USAGE, "the text is larger than %d MiB", ISSUE_BODY_MAX >> 20);
	TRY(need_tracker(&tracker, w, p));
	return tracker->create(out, &t,
		&(struct new_issue){
			.title = clean.s,
			.body = body,
			.body_n = body_n,
			.author = world_actor(),
			.now_ms = clock_wall(),
		});
}

struct err *op_issue_comment(struct issue *out, const struct world *w, const struct project *p,
	const char *id, const struct buf *text)
{
	AUTO(str_release) char *plain = issue_id(id);
	AUTO(buf_release) struct buf clean = { 0 };
	struct tracked t = tracked_of(w, p);
	const struct tracker *tracker;

	buf_add(&clean, text->s, text->n);
	buf_trim(&clean);
	if (!clean.n)
		return fail(ERR_USAGE, "the comment is empty");
	if (memchr(clean.s, '\0', clean.n))
		return fail(ERR_USAGE, "the comment holds a NUL byte");
	if (clean.n > ISSUE_BODY_MAX)
		return fail(ERR_USAGE, "the comment is larger than %d MiB", ISSUE_BODY_MAX >> 20);
	TRY(need_tracker(&tracker, w, p));
	return tracker->comment(out, &t, plain,
		&(struct new_comment){
			.text = clean.s, .author = world_actor(), .now_ms = clock_wall() });
}

struct err *op_issue_close(struct issue *out, bool *before, const struct world *w,
	const struct project *p, const char *id, const char *reason)
{
	AUTO(str_release) char *plain = issue_id(id);
	AUTO(str_release) char *line = reason ? term_line(reason) : NULL;
	struct tracked t = tracked_of(w, p);
	const struct tracker *tracker;

	TRY(need_tracker(&tracker, w, p));
	return tracker->close(out, before, &t, plain, str_empty(line) ? NULL : line, clock_wall());
}

struct err *op_issue_examine(struct strv *said, const struct world *w, const struct project *p)
{
	const struct tracker *tracker = tracker_of(p);
	struct tracked t = tracked_of(w, p);

	if (!tracker || !tracker->examine)
		return NULL;
	TRY(may_ask(w, p));
	return tracker->examine(said, &t);
}
