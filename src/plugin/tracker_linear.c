/* Tracker: issues on Linear, whose ids are INT-7. It serves no project by itself: `tracker: {plugin: linear}`
 * names it. The key goes to api.linear.app alone. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plugin/document.h"
#include "plugin/github.h"
#include "plugin/trackers.h"

DOCUMENT(linear_issues, "linear/issues.graphql")

#define API "https://api.linear.app"
#define WHO "Linear"

enum { KEY_MAX = 10, DIGITS_MAX = 9, STATES_AT_ONCE = 100, UUID = 36, TIMEOUT_MS = 15000 };

/* ---- ids ------------------------------------------------------------------------------------- */

/* The bytes of "INT-7" at its start; 0: there is none. */
static size_t id_length(const char *s)
{
	size_t key = isupper((unsigned char)s[0])
		? strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
		: 0;
	size_t digits;

	if (!key || key > KEY_MAX || s[key] != '-' || s[key + 1] == '0')
		return 0;
	digits = strspn(s + key + 1, "0123456789");
	return digits && digits <= DIGITS_MAX ? key + 1 + digits : 0;
}

/* "INT-7", also out of the URL of an issue; NULL: neither. */
static char *id_of(const char *text)
{
	const char *at = text && str_starts(text, "https://linear.app/") ? strstr(text, "/issue/")
									 : NULL;
	const char *id = at ? at + 7 : text;
	size_t n = id ? id_length(id) : 0;

	return n && (at ? !id[n] || strchr("/?#", id[n]) : !id[n]) ? str_ndup(id, n) : NULL;
}

static bool is_id(const char *text)
{
	AUTO(str_release) char *id = id_of(text);

	return id != NULL;
}

static enum tri serves(const struct tracked *t)
{
	(void)t;
	return TRI_NO;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Another host would be sent the key. */
static struct err *address(char **url, const struct slot_config *c)
{
	const char *api = c->api_url ? c->api_url : API;

	if (!str_starts(api, API) && !forge_is_loopback(api))
		return fail(ERR_CONFIG, "apiUrl %s is not " API, api);
	if (str_starts(api, API) && api[strlen(API)] && api[strlen(API)] != '/')
		return fail(ERR_CONFIG, "apiUrl %s is not " API, api);
	*url = str_format("%s%s", api, str_ends(api, "/graphql") ? "" : "/graphql");
	return NULL;
}

static struct err *understand(json_t **data, const struct http_answer *a)
{
	json_t *root = http_json(a);
	struct err *e = NULL;

	if (github_error(root) && (http_good(a) || a->outcome == HTTP_REFUSED))
		e = fail(ERR_FAILED, WHO ": %s", github_error(root));
	else if (!http_good(a))
		e = http_failed(a, WHO);
	else if (!json_is_object(json_object_get(root, "data")))
		e = fail(ERR_FAILED, WHO ": an answer that is no JSON");
	else
		*data = json_incref(json_object_get(root, "data"));
	json_decref(root);
	return e;
}

/* Takes variables. */
static struct err *ask(
	json_t **data, const struct tracked *t, const char *operation, json_t *variables)
{
	AUTO(str_release) char *body = NULL;
	AUTO(str_release) char *url = NULL;
	const char *key = getenv("LINEAR_API_KEY");
	struct http_answer a = { 0 };
	struct http_request r;
	struct err *e = address(&url, t->config);

	if (!e && !variables)
		e = fail(ERR_USAGE, "title and text must be UTF-8");
	if (!e && str_empty(key))
		e = fail(ERR_FAILED, "no login for Linear: set LINEAR_API_KEY");
	if (e) {
		json_decref(variables);
		return e;
	}
	body = github_body(document_linear_issues, operation, variables);
	r = (struct http_request){ .url = url,
		.method = "POST",
		.token = key,
		.socket = t->config->socket,
		.body = body,
		.timeout_ms = TIMEOUT_MS };
	e = http_ask(&a, &r, 1, t->data_dir);
	if (!e)
		e = understand(data, &a);
	http_answers_release(&a, 1);
	return e;
}

static const json_t *nodes_of(const json_t *o, const char *key)
{
	return json_object_get(json_object_get(o, key), "nodes");
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_closed(const json_t *o)
{
	static const char *const ends[] = { "completed", "canceled", "duplicate" };
	const char *type = github_text(json_object_get(o, "state"), "type");

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_equal(type, ends[i]))
			return true;
	return false;
}

static const char *closed_at(const json_t *o)
{
	const char *done = github_text(o, "completedAt");

	return *done ? done : github_text(o, "canceledAt");
}

static char *some(const char *text)
{
	return *text ? str_dup(text) : NULL;
}

static void read_issue(struct issue *out, const json_t *o)
{
	bool closed = is_closed(o);
	const char *branch = github_text(o, "branchName");

	out->id = str_dup(github_text(o, "identifier"));
	out->title = some(github_text(o, "title"));
	out->state = str_dup(closed ? "closed" : "open");
	out->author = some(github_text(json_object_get(o, "creator"), "name"));
	out->created_at = some(github_text(o, "createdAt"));
	out->closed_at = closed ? some(closed_at(o)) : NULL;
	out->reason = closed ? some(github_text(json_object_get(o, "state"), "name")) : NULL;
	out->place = some(github_text(o, "url"));
	if (*branch)
		kv_set(&out->lines, "branchName", branch);
}

/* The newest comes first. Whoever has a user there is of the workspace; others came in through some
 * integration, from anywhere. */
static void add_text(struct issue *out, const json_t *o)
{
	const json_t *comments = nodes_of(o, "comments");
	size_t others = 0;

	buf_adds(&out->body, github_text(o, "description"));
	for (size_t i = json_array_size(comments); i-- > 0;) {
		const json_t *c = json_array_get(comments, i);
		const char *by = github_text(json_object_get(c, "user"), "name");

		if (*by)
			buf_addf(&out->body, "\n\nComment by %s:\n%s", by, github_text(c, "body"));
		else
			others++;
	}
	if (others)
		buf_addf(&out->body, "\n\n(%zu comment%s of others not shown)", others,
			others == 1 ? " is" : "s are");
}

void linear_read_issue(struct issue *out, const json_t *issue)
{
	read_issue(out, issue);
	add_text(out, issue);
}

/* ---- one issue ------------------------------------------------------------------------------- */

static json_t *filter_of(const char *id)
{
	const char *dash = strchr(id, '-');
	AUTO(str_release) char *key = str_ndup(id, (size_t)(dash - id));

	return json_pack(
		"{s:{s:{s:s}}, s:{s:i}}", "team", "key", "eq", key, "number", "eq", atoi(dash + 1));
}

/* *issue NULL: there is no such one. */
static struct err *get(json_t **issue, const struct tracked *t, const char *text)
{
	AUTO(str_release) char *id = id_of(text);
	json_t *data = NULL;

	*issue = NULL;
	if (!id)
		return NULL;
	TRY(ask(&data, t, "Issue", json_pack("{s:o}", "filter", filter_of(id))));
	*issue = json_incref(json_array_get(nodes_of(data, "issues"), 0));
	json_decref(data);
	return NULL;
}

static struct err *fetch(
	struct issue *out, bool *found, const struct tracked *t, const char *id, struct sink *sink)
{
	json_t *issue;

	(void)sink;
	TRY(get(&issue, t, id));
	*found = json_is_object(issue);
	if (*found)
		linear_read_issue(out, issue);
	json_decref(issue);
	return NULL;
}

/* ---- many ------------------------------------------------------------------------------------ */

/* `teamId:` is a team's id, or its key. NULL: none is named. */
static json_t *team_filter(const struct tracked *t)
{
	const char *team = t->config->team_id;

	return str_empty(team)
		? NULL
		: json_pack("{s:{s:s}}", strlen(team) == UUID ? "id" : "key", "eq", team);
}

static struct err *list(struct issues *out, const struct tracked *t, bool closed, struct sink *sink)
{
	json_t *data = NULL, *filter = json_object(), *team = team_filter(t);
	const json_t *nodes;

	if (team)
		json_object_set_new(filter, "team", team);
	if (!closed)
		json_object_set_new(filter, "state",
			json_pack("{s:{s:[s, s, s]}}", "type", "nin", "completed", "canceled",
				"duplicate"));
	TRY(ask(&data, t, "Issues", json_pack("{s:o}", "filter", filter)));
	nodes = nodes_of(data, "issues");
	for (size_t i = 0; i < json_array_size(nodes); i++)
		read_issue(vec_push(&out->list), json_array_get(nodes, i));
	if (json_array_size(nodes) == 100)
		sink_say(sink, SINK_NOTE, "the newest 100 are shown");
	json_decref(data);
	return NULL;
}

static void take_states(struct issue_state *out, char *const *ids, size_t n, const json_t *nodes)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(str_release) char *id = id_of(ids[i]);

		for (size_t k = 0; id && k < json_array_size(nodes); k++) {
			const json_t *o = json_array_get(nodes, k);

			if (!str_equal(github_text(o, "identifier"), id))
				continue;
			out[i].closed = is_closed(o) ? TRI_YES : TRI_NO;
			clock_parse(&out[i].closed_at, closed_at(o));
		}
	}
}

static void states(struct issue_state *out, const struct tracked *t, char *const *ids, size_t n)
{
	struct err *e = NULL;

	memset(out, 0, n * sizeof(*out));
	for (size_t at = 0; !e && at < n; at += STATES_AT_ONCE) {
		size_t most = n - at < STATES_AT_ONCE ? n - at : STATES_AT_ONCE;
		json_t *any = json_array(), *data = NULL;

		for (size_t i = at; i < at + most; i++) {
			AUTO(str_release) char *id = id_of(ids[i]);
			if (id)
				json_array_append_new(any, filter_of(id));
		}
		if (!json_array_size(any)) {
			json_decref(any);
			continue;
		}
		e = ask(&data, t, "States", json_pack("{s:{s:o}}", "filter", "or", any));
		take_states(out + at, ids + at, most, nodes_of(data, "issues"));
		json_decref(data);
	}
	err_drop(e, "unknown then");
}

/* ---- changing -------------------------------------------------------------------------------- */

static struct err *change(struct issue *out, const struct tracked *t, const char *operation,
	const char *field, json_t *variables)
{
	json_t *data = NULL, *issue;

	TRY(ask(&data, t, operation, variables));
	issue = json_object_get(json_object_get(data, field), "issue");
	if (json_is_object(issue))
		read_issue(out, issue);
	json_decref(data);
	return out->id ? NULL : fail(ERR_FAILED, WHO " names no issue");
}

/* The one that is named, else the only one. */
static struct err *find_team(char **id, const struct tracked *t)
{
	json_t *filter = team_filter(t), *data = NULL;
	const json_t *nodes;
	size_t n;

	TRY(ask(&data, t, "Teams", json_pack("{s:o}", "filter", filter ? filter : json_object())));
	nodes = nodes_of(data, "teams");
	n = json_array_size(nodes);
	if (n == 1)
		*id = str_dup(github_text(json_array_get(nodes, 0), "id"));
	json_decref(data);
	if (n == 1)
		return NULL;
	return n ? fail(ERR_CONFIG, "of which team of Linear? tracker: {teamId: INT} says so")
		 : fail(ERR_CONFIG, "Linear shows no team %s",
			   t->config->team_id ? t->config->team_id : "at all");
}

static struct err *create(struct issue *out, const struct tracked *t, const struct new_issue *n)
{
	AUTO(str_release) char *body = n->body ? str_ndup(n->body, n->body_n) : str_dup("");
	AUTO(str_release) char *team = NULL;

	TRY(find_team(&team, t));
	return change(out, t, "CreateIssue", "issueCreate",
		json_pack("{s:{s:s, s:s, s:s}}", "input", "teamId", team, "title", n->title,
			"description", body));
}

/* The first of the team's states that mean done. */
static const char *done_state(const json_t *issue)
{
	const json_t *nodes = nodes_of(json_object_get(issue, "team"), "states");
	const json_t *best = NULL;

	for (size_t i = 0; i < json_array_size(nodes); i++) {
		const json_t *o = json_array_get(nodes, i);
		double at = json_number_value(json_object_get(o, "position"));

		if (!best || at < json_number_value(json_object_get(best, "position")))
			best = o;
	}
	return github_text(best, "id");
}

static struct err *say(const struct tracked *t, const json_t *issue, const char *text)
{
	json_t *data = NULL;
	struct err *e = ask(&data, t, "Comment",
		json_pack("{s:{s:s, s:s}}", "input", "issueId", github_text(issue, "id"), "body",
			text));

	json_decref(data);
	return e;
}

static struct err *find(json_t **issue, const struct tracked *t, const char *id)
{
	TRY(get(issue, t, id));
	if (json_is_object(*issue))
		return NULL;
	json_decref(*issue);
	*issue = NULL;
	return tracker_missing(id);
}

static struct err *comment(
	struct issue *out, const struct tracked *t, const char *id, const struct new_comment *c)
{
	json_t *issue;
	struct err *e;

	TRY(find(&issue, t, id));
	e = say(t, issue, c->text);
	if (!e)
		read_issue(out, issue);
	json_decref(issue);
	return e;
}

static struct err *finish(
	struct issue *out, const struct tracked *t, const json_t *issue, const char *reason)
{
	const char *id = github_text(issue, "id"), *state = done_state(issue);

	if (!*state)
		return fail(ERR_FAILED, "its team has no state of the type 'completed'");
	if (!str_empty(reason))
		TRY(say(t, issue, reason));
	return change(out, t, "UpdateIssue", "issueUpdate",
		json_pack("{s:s, s:{s:s}}", "id", id, "input", "stateId", state));
}

static struct err *close_issue(struct issue *out, bool *before, const struct tracked *t,
	const char *id, const char *reason, int64_t now_ms)
{
	json_t *issue;
	struct err *e = NULL;

	(void)now_ms;
	TRY(find(&issue, t, id));
	*before = is_closed(issue);
	if (*before)
		read_issue(out, issue);
	else
		e = finish(out, t, issue, reason);
	json_decref(issue);
	return e;
}

static struct err *examine(struct strv *said, const struct tracked *t)
{
	json_t *data = NULL;

	TRY(ask(&data, t, "Viewer", json_object()));
	strv_addf(said, WHO ": logged in as %s",
		github_text(json_object_get(data, "viewer"), "name"));
	json_decref(data);
	return NULL;
}

static char *branch(const struct issue *i)
{
	return str_dup(kv_get(&i->lines, "branchName"));
}

const struct tracker tracker_linear = {
	.plugin = { SLOT_TRACKER, "linear", "issues on Linear" },
	.elsewhere = true,
	.serves = serves,
	.is_id = is_id,
	.fetch = fetch,
	.states = states,
	.list = list,
	.create = create,
	.comment = comment,
	.close = close_issue,
	.branch = branch,
	.examine = examine,
};
