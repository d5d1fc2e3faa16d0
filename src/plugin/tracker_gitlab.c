/* Tracker: issues on GitLab. What goes into a prompt is the issue and the comments of members and of those
 * whom `trust:` names; links to attachments stay text, nothing is fetched. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/gitlab.h"
#include "plugin/trackers.h"

enum { DIGITS_MAX = 9, STATES_AT_ONCE = 100 };

static bool is_number(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	return n && n <= DIGITS_MAX && id[0] != '0' && strspn(id, "0123456789") == n;
}

/* "42", or the URL of an issue; GitLab calls them work items as well. */
static int of_url(const char *id)
{
	int n = gitlab_number(id, "issues");

	return n ? n : gitlab_number(id, "work_items");
}

static bool is_id(const char *id)
{
	return is_number(id) || of_url(id);
}

static enum tri serves(const struct tracked *t)
{
	return gitlab_serves(t->path) ? TRI_YES : TRI_NO;
}

static struct err *open_tracker(struct github *g, const struct tracked *t)
{
	TRY(gitlab_of(g, t->config, t->repo, t->path, NULL));
	return gitlab_login(g);
}

/* Its number; 0: it is of another project. */
static int number_of(const struct github *g, const struct tracked *t, const char *id)
{
	struct github of = { 0 };
	struct err *e;
	bool same;

	if (is_number(id))
		return atoi(id);
	e = of_url(id) ? gitlab_of(&of, t->config, NULL, t->path, id) : NULL;
	same = !e && of.owner && strcasecmp(of.owner, g->owner) == 0 &&
		strcasecmp(of.name, g->name) == 0;
	err_drop(e, "it is elsewhere");
	github_release(&of);
	return same ? of_url(id) : 0;
}

static char *some(const json_t *o, const char *key)
{
	const char *s = github_text(o, key);

	return *s ? str_dup(s) : NULL;
}

static void read_issue(struct issue *out, const json_t *o)
{
	bool closed = str_equal(github_text(o, "state"), "closed");

	out->id = str_format("%lld", (long long)json_integer_value(json_object_get(o, "iid")));
	out->title = some(o, "title");
	out->state = str_dup(closed ? "closed" : "open");
	out->author = some(json_object_get(o, "author"), "username");
	out->created_at = some(o, "created_at");
	out->closed_at = closed ? some(o, "closed_at") : NULL;
	out->place = some(o, "web_url");
}

/* ---- one issue ------------------------------------------------------------------------------- */

static bool is_member(const json_t *members, const char *login)
{
	for (size_t i = 0; i < json_array_size(members); i++)
		if (str_equal(json_string_value(json_array_get(members, i)), login))
			return true;
	return false;
}

static void add_comments(
	struct buf *body, const json_t *notes, const json_t *members, const struct strv *trust)
{
	size_t others = 0;

	for (size_t i = 0; i < json_array_size(notes); i++) {
		const json_t *note = json_array_get(notes, i);
		const char *by = github_text(json_object_get(note, "author"), "username");

		if (json_is_true(json_object_get(note, "system")))
			continue;
		if (!*by || !(is_member(members, by) || (trust && strv_has(trust, by)))) {
			others++;
			continue;
		}
		buf_addf(body, "\n\nComment by %s:\n%s", by, github_text(note, "body"));
	}
	if (others)
		buf_addf(body, "\n\n(%zu comment%s of others not shown)", others,
			others == 1 ? " is" : "s are");
}

void gitlab_read_issue(struct issue *out, const json_t *issue, const json_t *notes,
	const json_t *members, const struct strv *trust)
{
	read_issue(out, issue);
	buf_adds(&out->body, github_text(issue, "description"));
	add_comments(&out->body, notes, members, trust);
}

/* The issue, what was said of it and who may speak, at the same time. */
static struct err *ask_all(
	struct gitlab_questions *q, const struct github *g, const struct tracked *t, int number)
{
	AUTO(str_release) char *path = gitlab_path(g);
	struct err *e;

	gitlab_add(q, g, path, "/issues/%d", number);
	gitlab_add(q, g, path, "/issues/%d/notes?sort=asc&order_by=created_at", number)->all = true;
	gitlab_add(q, g, path, "/members/all")->all = true;
	TRY(gitlab_run(q, GITLAB_MS, t->data_dir));
	for (size_t i = 0; i < 2; i++) {
		if (!q->list.v[i].failed || q->list.v[i].missing)
			continue;
		e = q->list.v[i].failed;
		q->list.v[i].failed = NULL;
		return e;
	}
	return NULL;
}

static struct err *fetch(
	struct issue *out, bool *found, const struct tracked *t, const char *id, struct sink *sink)
{
	AUTO(github_release) struct github g = { 0 };
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	json_t *members;
	int number;

	(void)sink;
	*found = false;
	if (!is_id(id))
		return NULL;
	TRY(open_tracker(&g, t));
	number = number_of(&g, t, id);
	if (!number)
		return NULL;
	TRY(ask_all(&q, &g, t, number));
	*found = json_is_object(q.list.v[0].json);
	if (!*found)
		return NULL;
	members = gitlab_members(q.list.v[2].json);
	gitlab_read_issue(out, q.list.v[0].json, q.list.v[1].json, members, t->trust);
	json_decref(members);
	return NULL;
}

/* ---- many ------------------------------------------------------------------------------------ */

static struct err *list(struct issues *out, const struct tracked *t, bool closed, struct sink *sink)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *all = NULL;

	TRY(open_tracker(&g, t));
	TRY(gitlab_do(&all, &g, t->data_dir, NULL, NULL, "/issues?state=%s&per_page=100",
		closed ? "all" : "opened"));
	for (size_t i = 0; i < json_array_size(all); i++)
		read_issue(vec_push(&out->list), json_array_get(all, i));
	if (json_array_size(all) == 100)
		sink_say(sink, SINK_NOTE, "the newest 100 are shown");
	json_decref(all);
	return NULL;
}

static void take_states(struct issue_state *out, const int *numbers, size_t n, const json_t *all)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; numbers[i] && k < json_array_size(all); k++) {
			const json_t *o = json_array_get(all, k);
			const char *state = github_text(o, "state");

			if (json_integer_value(json_object_get(o, "iid")) != numbers[i])
				continue;
			out[i].closed = str_equal(state, "closed") ? TRI_YES
				: str_equal(state, "opened")       ? TRI_NO
								   : TRI_UNKNOWN;
			out[i].closed_at = github_time(o, "closed_at");
		}
	}
}

static struct err *ask_states(struct issue_state *out, const struct github *g,
	const struct tracked *t, char *const *ids, size_t n)
{
	AUTO(buf_release) struct buf iids = { 0 };
	int numbers[STATES_AT_ONCE];
	json_t *all = NULL;

	for (size_t i = 0; i < n; i++) {
		numbers[i] = is_id(ids[i]) ? number_of(g, t, ids[i]) : 0;
		if (numbers[i])
			buf_addf(&iids, "&iids[]=%d", numbers[i]);
	}
	if (!iids.n)
		return NULL;
	TRY(gitlab_do(
		&all, g, t->data_dir, NULL, NULL, "/issues?state=all&per_page=100%s", iids.s));
	take_states(out, numbers, n, all);
	json_decref(all);
	return NULL;
}

static void states(struct issue_state *out, const struct tracked *t, char *const *ids, size_t n)
{
	AUTO(github_release) struct github g = { 0 };
	struct err *e = open_tracker(&g, t);

	memset(out, 0, n * sizeof(*out));
	for (size_t at = 0; !e && at < n; at += STATES_AT_ONCE)
		e = ask_states(out + at, &g, t, ids + at,
			n - at < STATES_AT_ONCE ? n - at : STATES_AT_ONCE);
	err_drop(e, "unknown then");
}

/* ---- changing -------------------------------------------------------------------------------- */

static struct err *create(struct issue *out, const struct tracked *t, const struct new_issue *n)
{
	AUTO(github_release) struct github g = { 0 };
	AUTO(str_release) char *body = n->body ? str_ndup(n->body, n->body_n) : str_dup("");
	json_t *input, *made = NULL;

	TRY(open_tracker(&g, t));
	input = json_pack("{s:s, s:s}", "title", n->title, "description", body);
	if (!input)
		return fail(ERR_USAGE, "title and text must be UTF-8");
	TRY(gitlab_do(&made, &g, t->data_dir, "POST", input, "/issues"));
	read_issue(out, made);
	json_decref(made);
	return NULL;
}

static struct err *say(
	const struct github *g, const struct tracked *t, int number, const char *text)
{
	json_t *body = json_pack("{s:s}", "body", text);

	if (!body)
		return fail(ERR_USAGE, "a comment must be UTF-8");
	return gitlab_do(NULL, g, t->data_dir, "POST", body, "/issues/%d/notes", number);
}

/* *issue: the caller's. */
static struct err *find(
	json_t **issue, int *number, struct github *g, const struct tracked *t, const char *id)
{
	struct err *e;

	TRY(open_tracker(g, t));
	*number = is_id(id) ? number_of(g, t, id) : 0;
	if (!*number)
		return tracker_missing(id);
	e = gitlab_do(issue, g, t->data_dir, NULL, NULL, "/issues/%d", *number);
	if (!e || e->class != ERR_MISSING)
		return e;
	err_drop(e, "told in our words");
	return tracker_missing(id);
}

static struct err *comment(
	struct issue *out, const struct tracked *t, const char *id, const struct new_comment *c)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *issue = NULL;
	struct err *e;
	int number;

	TRY(find(&issue, &number, &g, t, id));
	e = say(&g, t, number, c->text);
	if (!e)
		read_issue(out, issue);
	json_decref(issue);
	return e;
}

static struct err *finish(struct issue *out, const struct github *g, const struct tracked *t,
	int number, const char *reason)
{
	json_t *closed = NULL;

	if (!str_empty(reason))
		TRY(say(g, t, number, reason));
	TRY(gitlab_do(&closed, g, t->data_dir, "PUT", json_pack("{s:s}", "state_event", "close"),
		"/issues/%d", number));
	read_issue(out, closed);
	json_decref(closed);
	return NULL;
}

/* Why it was is said in a comment: GitLab keeps no reason. */
static struct err *close_issue(struct issue *out, bool *before, const struct tracked *t,
	const char *id, const char *reason, int64_t now_ms)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *issue = NULL;
	struct err *e = NULL;
	int number;

	(void)now_ms;
	TRY(find(&issue, &number, &g, t, id));
	*before = str_equal(github_text(issue, "state"), "closed");
	if (*before)
		read_issue(out, issue);
	else
		e = finish(out, &g, t, number, reason);
	json_decref(issue);
	return e;
}

const struct tracker tracker_gitlab = {
	.plugin = { SLOT_TRACKER, "gitlab", "issues on GitLab" },
	.elsewhere = true,
	.serves = serves,
	.is_id = is_id,
	.fetch = fetch,
	.states = states,
	.list = list,
	.create = create,
	.comment = comment,
	.close = close_issue,
};
