/* Tracker: issues on GitHub. What goes into a prompt is the issue and the comments of those who may speak
 * to an agent; links to attachments stay text, nothing is fetched. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/github.h"
#include "plugin/trackers.h"

enum { DIGITS_MAX = 9, STATES_AT_ONCE = 100 };

static bool is_number(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	return n && n <= DIGITS_MAX && id[0] != '0' && strspn(id, "0123456789") == n;
}

/* "42", or the URL of an issue. */
static bool is_id(const char *id)
{
	return is_number(id) || github_number(id, "issues");
}

static enum tri serves(const struct tracked *t)
{
	return github_serves(t->path) ? TRI_YES : TRI_NO;
}

static struct err *open_tracker(struct github *g, const struct tracked *t)
{
	return github_of(g, t->config, t->repo, t->path, NULL);
}

/* Its number; 0: it is of another repository. */
static int number_of(const struct github *g, const char *id)
{
	AUTO(str_release)
	char *start = str_format("https://%s/%s/%s/issues/", g->host, g->owner, g->name);

	if (is_number(id))
		return atoi(id);
	return strncasecmp(id, start, strlen(start)) == 0 ? github_number(id, "issues") : 0;
}

static json_t *names(const struct github *g)
{
	return json_pack("{s:s, s:s}", "owner", g->owner, "name", g->name);
}

static char *some(const json_t *o, const char *key)
{
	const char *s = github_text(o, key);

	return *s ? str_dup(s) : NULL;
}

static void read_issue(struct issue *out, const json_t *o)
{
	bool closed = str_equal(github_text(o, "state"), "CLOSED");

	out->id = str_format("%lld", (long long)json_integer_value(json_object_get(o, "number")));
	out->title = some(o, "title");
	out->state = str_dup(closed ? "closed" : "open");
	out->author = github_author(o);
	out->created_at = some(o, "createdAt");
	out->closed_at = closed ? some(o, "closedAt") : NULL;
	out->reason = closed ? some(o, "stateReason") : NULL;
	out->place = some(o, "url");
}

/* ---- one issue ------------------------------------------------------------------------------- */

static void add_comments(struct buf *body, const json_t *comments, const struct strv *trust)
{
	size_t others = 0;

	for (size_t i = 0; i < json_array_size(comments); i++) {
		const json_t *c = json_array_get(comments, i);
		AUTO(str_release) char *by = github_author(c);

		if (!github_trusted(c, trust)) {
			others++;
			continue;
		}
		buf_addf(body, "\n\nComment by %s:\n%s", by, github_text(c, "body"));
	}
	if (others)
		buf_addf(body, "\n\n(%zu comment%s of others not shown)", others,
			others == 1 ? " is" : "s are");
}

void github_read_issue(struct issue *out, const json_t *issue, const struct strv *trust)
{
	read_issue(out, issue);
	buf_adds(&out->body, github_text(issue, "body"));
	add_comments(
		&out->body, json_object_get(json_object_get(issue, "comments"), "nodes"), trust);
}

static struct err *get(json_t **issue, struct github *g, const struct tracked *t, int number)
{
	json_t *data = NULL, *variables = names(g);
	struct err *e;

	*issue = NULL;
	json_object_set_new(variables, "number", json_integer(number));
	e = github_ask(&data, g, t->data_dir, GITHUB_ISSUES, "Issue", variables);
	if (e && e->class == ERR_MISSING) {
		err_drop(e, "there is no such issue");
		return NULL;
	}
	TRY(e);
	*issue = json_incref(json_object_get(json_object_get(data, "repository"), "issue"));
	json_decref(data);
	return NULL;
}

static struct err *fetch(
	struct issue *out, bool *found, const struct tracked *t, const char *id, struct sink *sink)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *issue = NULL;
	int number;

	(void)sink;
	*found = false;
	if (!is_id(id))
		return NULL;
	TRY(open_tracker(&g, t));
	number = number_of(&g, id);
	if (!number)
		return NULL;
	TRY(get(&issue, &g, t, number));
	*found = json_is_object(issue);
	if (*found)
		github_read_issue(out, issue, t->trust);
	json_decref(issue);
	return NULL;
}

/* ---- many ------------------------------------------------------------------------------------ */

static struct err *list(struct issues *out, const struct tracked *t, bool closed, struct sink *sink)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *data = NULL, *nodes, *variables;

	TRY(open_tracker(&g, t));
	variables = names(&g);
	if (!closed)
		json_object_set_new(variables, "states", json_pack("[s]", "OPEN"));
	TRY(github_ask(&data, &g, t->data_dir, GITHUB_ISSUES, "Issues", variables));
	nodes = json_object_get(
		json_object_get(json_object_get(data, "repository"), "issues"), "nodes");
	for (size_t i = 0; i < json_array_size(nodes); i++)
		read_issue(vec_push(&out->list), json_array_get(nodes, i));
	if (json_array_size(nodes) == 100)
		sink_say(sink, SINK_NOTE, "the newest 100 are shown");
	json_decref(data);
	return NULL;
}

/* Some that are gone are null beside the others: `data` counts, whatever errors stand beside it. */
static struct err *ask_states(
	json_t **data, struct github *g, const struct tracked *t, char *const *ids, size_t n)
{
	AUTO(buf_release) struct buf head = { 0 };
	AUTO(buf_release) struct buf fields = { 0 };
	AUTO(str_release) char *query = NULL;
	AUTO(str_release) char *body = NULL;
	json_t *variables = names(g), *root;
	struct http_request r;
	struct http_answer a = { 0 };
	struct err *e;

	for (size_t i = 0; i < n; i++) {
		AUTO(str_release) char *key = str_format("number%zu", i);
		int number = is_id(ids[i]) ? number_of(g, ids[i]) : 0;

		if (!number)
			continue;
		buf_addf(&head, ", $%s: Int!", key);
		buf_addf(&fields, "    i%zu: issue(number: $%s) { state closedAt }\n", i, key);
		json_object_set_new(variables, key, json_integer(number));
	}
	query = str_format("query States($owner: String!, $name: String!%s) {\n"
			   "  repository(owner: $owner, name: $name) {\n%s  }\n}\n",
		buf_text(&head), fields.n ? fields.s : "    id\n");
	body = github_body(query, NULL, variables);
	TRY(github_login(g));
	r = github_request(g, body, 0);
	TRY(http_ask(&a, &r, 1, t->data_dir));
	e = http_failed(&a, g->host);
	root = e ? NULL : http_json(&a);
	*data = json_incref(json_object_get(root, "data"));
	json_decref(root);
	http_answers_release(&a, 1);
	return e;
}

static void take_state(struct issue_state *out, const json_t *o)
{
	const char *state = github_text(o, "state");

	out->closed = str_equal(state, "CLOSED") ? TRI_YES
		: str_equal(state, "OPEN")       ? TRI_NO
						 : TRI_UNKNOWN;
	out->closed_at = github_time(o, "closedAt");
}

static void states(struct issue_state *out, const struct tracked *t, char *const *ids, size_t n)
{
	AUTO(github_release) struct github g = { 0 };
	struct err *e = open_tracker(&g, t);

	memset(out, 0, n * sizeof(*out));
	for (size_t at = 0; !e && at < n; at += STATES_AT_ONCE) {
		size_t most = n - at < STATES_AT_ONCE ? n - at : STATES_AT_ONCE;
		json_t *data = NULL;

		e = ask_states(&data, &g, t, ids + at, most);
		for (size_t i = 0; !e && i < most; i++) {
			AUTO(str_release) char *key = str_format("i%zu", i);

			take_state(&out[at + i],
				json_object_get(json_object_get(data, "repository"), key));
		}
		json_decref(data);
	}
	err_drop(e, "unknown then");
}

/* ---- changing -------------------------------------------------------------------------------- */

static struct err *change(struct issue *out, struct github *g, const struct tracked *t,
	const char *operation, const char *field, json_t *input)
{
	json_t *data = NULL, *issue;

	TRY(github_ask(&data, g, t->data_dir, GITHUB_ISSUES, operation,
		json_pack("{s:o}", "input", input)));
	issue = json_object_get(json_object_get(data, field), "issue");
	if (json_is_object(issue))
		read_issue(out, issue);
	json_decref(data);
	return out->id ? NULL : fail(ERR_FAILED, "%s names no issue", g->host);
}

static struct err *create(struct issue *out, const struct tracked *t, const struct new_issue *n)
{
	AUTO(github_release) struct github g = { 0 };
	AUTO(str_release) char *body = n->body ? str_ndup(n->body, n->body_n) : str_dup("");
	json_t *data = NULL, *input;
	const char *id;

	TRY(open_tracker(&g, t));
	TRY(github_ask(&data, &g, t->data_dir, GITHUB_ISSUES, "Repository", names(&g)));
	id = github_text(json_object_get(data, "repository"), "id");
	input = json_pack("{s:s, s:s, s:s}", "repositoryId", id, "title", n->title, "body", body);
	json_decref(data);
	if (!input)
		return fail(ERR_USAGE, "title and text must be UTF-8");
	return change(out, &g, t, "CreateIssue", "createIssue", input);
}

static struct err *say(struct github *g, const struct tracked *t, const char *id, const char *text)
{
	json_t *variables = json_pack("{s:{s:s, s:s}}", "input", "subjectId", id, "body", text);
	json_t *data = NULL;
	struct err *e = variables
		? github_ask(&data, g, t->data_dir, GITHUB_ISSUES, "Comment", variables)
		: fail(ERR_USAGE, "a comment must be UTF-8");

	json_decref(data);
	return e;
}

static struct err *find(json_t **issue, struct github *g, const struct tracked *t, const char *id)
{
	int number;

	TRY(open_tracker(g, t));
	number = is_id(id) ? number_of(g, id) : 0;
	if (number)
		TRY(get(issue, g, t, number));
	if (json_is_object(*issue))
		return NULL;
	json_decref(*issue);
	*issue = NULL;
	return tracker_missing(id);
}

static struct err *comment(
	struct issue *out, const struct tracked *t, const char *id, const struct new_comment *c)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *issue = NULL;
	struct err *e;

	TRY(find(&issue, &g, t, id));
	e = say(&g, t, github_text(issue, "id"), c->text);
	if (!e)
		read_issue(out, issue);
	json_decref(issue);
	return e;
}

/* GitHub knows two reasons; why it was is said in a comment. */
static struct err *close_issue(struct issue *out, bool *before, const struct tracked *t,
	const char *id, const char *reason, int64_t now_ms)
{
	AUTO(github_release) struct github g = { 0 };
	json_t *issue = NULL;
	struct err *e = NULL;

	(void)now_ms;
	TRY(find(&issue, &g, t, id));
	*before = str_equal(github_text(issue, "state"), "CLOSED");
	if (*before)
		read_issue(out, issue);
	else if (!str_empty(reason))
		e = say(&g, t, github_text(issue, "id"), reason);
	if (!*before && !e)
		e = change(out, &g, t, "CloseIssue", "closeIssue",
			json_pack("{s:s, s:s}", "issueId", github_text(issue, "id"), "stateReason",
				"COMPLETED"));
	json_decref(issue);
	return e;
}

const struct tracker tracker_github = {
	.plugin = { SLOT_TRACKER, "github", "issues on GitHub" },
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
