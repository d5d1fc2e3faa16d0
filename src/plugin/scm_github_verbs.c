/* The verbs of `ao pr` on GitHub. What is asked for first decides, and GitHub decides again: a merge names
 * the commit that was looked at. */
#include <string.h>

#include "base/clock.h"
#include "plugin/scm_github.h"

static const char *node_text(const struct held *h, const char *key)
{
	return github_text(json_object_get(h->entry, "node"), key);
}

/* ---- looking --------------------------------------------------------------------------------- */

struct err *github_open_forge(struct github *g, const struct forge *f)
{
	TRY(github_open(g, f->project, f->repo, f->pr));
	return github_login(g);
}

/* What it is and what is in it, in two questions at once. */
static struct err *ask_both(struct http_answer answers[2], const struct held *h,
	const struct forge *f, const struct github_part *part)
{
	AUTO(str_release) char *first = github_query(GITHUB_SESSIONS, part, 1);
	AUTO(str_release) char *second = github_query(GITHUB_DETAILS, part, 1);
	struct http_request requests[2] = { github_request(&h->g, first, GITHUB_VERB_MS),
		github_request(&h->g, second, GITHUB_VERB_MS) };

	return http_ask(answers, requests, 2, f->data_dir);
}

struct err *github_answered(json_t **root, const struct http_answer *a, const struct github *g)
{
	struct err *e = http_failed(a, g->host);

	if (e)
		return e;
	*root = http_json(a);
	if (json_is_object(json_object_get(*root, "data")))
		return NULL;
	return fail(ERR_FAILED, "%s: %s", g->host,
		github_error(*root) ? github_error(*root) : "an answer that is no JSON");
}

static struct err *take_both(struct held *h, const struct forge *f, const struct github_part *part,
	json_t *first, json_t *second)
{
	json_t *data = json_object_get(first, "data");
	json_t *node = github_part_of(data, part, 0);
	json_t *details = github_part_of(json_object_get(second, "data"), part, 0);
	AUTO(str_release)
	char *key = str_format("%s/%s#%d", h->g.owner, h->g.name, part->number);

	if (!json_is_object(node) || !json_is_object(details))
		return fail(ERR_MISSING, "%s/%s has no pull request #%d", h->g.owner, h->g.name,
			part->number);
	json_decref(h->entry);
	h->entry = json_incref(seen_make(&h->seen, "pulls", key));
	json_object_set(h->seen.root, "quota", json_object_get(data, "rateLimit"));
	seen_pull(h->entry, node, github_place_of(data, part), clock_wall());
	TRY(github_fetch_pages(GITHUB_PULL_LISTS, &node, part, 1, f->data_dir));
	TRY(github_fetch_pages(GITHUB_DETAIL_LISTS, &details, part, 1, f->data_dir));
	github_tell_cut(f->sink, GITHUB_DETAIL_LISTS, details, part->number);
	github_take_details(h->entry, details);
	TRY(github_fetch_logs(&details, &h->g, 1, f->data_dir));
	github_read_pull(&h->pull, node, json_object_get(h->entry, "place"));
	github_read_details(&h->pull, details, json_object_get(h->entry, "numbers"), f->project);
	seen_save(&h->seen);
	return NULL;
}

static struct err *look(struct held *h, const struct forge *f, int number)
{
	struct github_part part = { .g = &h->g, .number = number };
	struct http_answer answers[2] = { 0 };
	json_t *first = NULL, *second = NULL;
	struct err *e;

	TRY(ask_both(answers, h, f, &part));
	e = github_answered(&first, &answers[0], &h->g);
	if (!e)
		e = github_answered(&second, &answers[1], &h->g);
	if (!e)
		e = take_both(h, f, &part, first, second);
	json_decref(first);
	json_decref(second);
	http_answers_release(answers, 2);
	return e;
}

static const struct held_ways ways;

struct err *github_view(struct pull *out, const struct forge *f, int number)
{
	return held_view(out, f, number, &ways);
}

/* They run there; here they are only looked at. */
struct err *github_check(struct pull *out, const struct forge *f, int number)
{
	if (f->red)
		return fail(ERR_FAILED,
			"the checks run on GitHub: `gh run rerun --failed` runs them again");
	return github_view(out, f, number);
}

struct err *github_list(struct pulls *out, const struct forge *f)
{
	AUTO(held_release) struct held h = { 0 };
	struct github_part part = { .g = &h.g };
	AUTO(str_release) char *body = NULL;
	struct http_answer answer = { 0 };
	struct http_request r;
	json_t *root = NULL, *nodes, *data;
	struct err *e;

	TRY(github_open_forge(&h.g, f));
	body = github_query(GITHUB_SESSIONS, &part, 1);
	r = github_request(&h.g, body, GITHUB_VERB_MS);
	TRY(http_ask(&answer, &r, 1, f->data_dir));
	e = github_answered(&root, &answer, &h.g);
	data = json_object_get(root, "data");
	nodes = json_object_get(github_part_of(data, &part, 0), "nodes");
	for (size_t i = 0; i < json_array_size(nodes); i++)
		github_read_pull(vec_push(&out->list), json_array_get(nodes, i),
			github_place_of(data, &part));
	held_sort(out);
	json_decref(root);
	http_answers_release(&answer, 1);
	return e;
}

/* ---- review ---------------------------------------------------------------------------------- */

static struct err *verb(struct held *h, const struct forge *f, const char *operation, json_t *input)
{
	json_t *data = NULL;
	struct err *e = github_ask(&data, &h->g, f->data_dir, GITHUB_VERBS, operation,
		json_pack("{s:o}", "input", input));

	json_decref(data);
	return e;
}

static struct err *settle_thread(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	const char *id;

	TRY(held_thread(&id, h, w, true));
	return verb(h, f, w->resolve ? "Resolve" : "Reopen", json_pack("{s:s}", "threadId", id));
}

/* "ann", or the team "org/slug". */
static struct err *ask_for_review(struct held *h, const struct forge *f, const char *who)
{
	const char *slash = strchr(who, '/');
	AUTO(str_release) char *login = str_ndup(who, slash ? (size_t)(slash - who) : strlen(who));
	json_t *data = NULL, *found;
	const char *id;
	struct err *e;

	TRY(github_ask(&data, &h->g, f->data_dir, GITHUB_VERBS, slash ? "Team" : "User",
		slash ? json_pack("{s:s, s:s}", "login", login, "slug", slash + 1)
		      : json_pack("{s:s}", "login", login)));
	found = json_object_get(data, slash ? "organization" : "user");
	id = github_text(slash ? json_object_get(found, "team") : found, "id");
	e = *id ? verb(h, f, "Ask",
			  json_pack("{s:s, s:[s], s:b}", "pullRequestId", node_text(h, "id"),
				  slash ? "teamIds" : "userIds", id, "union", 1))
		: fail(ERR_MISSING, "%s knows no %s %s", h->g.host, slash ? "team" : "user", who);
	json_decref(data);
	return e;
}

static struct err *say(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	static const char *const events[] = { "COMMENT", NULL, "APPROVE", "REQUEST_CHANGES" };
	json_t *input = json_pack("{s:s, s:s, s:s}", "pullRequestId", node_text(h, "id"), "event",
		events[w->kind], "commitOID", h->pull.head ? h->pull.head : "");

	if (w->file)
		json_object_set_new(input, "threads",
			json_pack("[{s:s, s:i, s:s}]", "path", w->file, "line",
				w->line > 0 ? w->line : 1, "body", w->text ? w->text : ""));
	else if (w->text)
		json_object_set_new(input, "body", json_string(w->text));
	return verb(h, f, "Review", input);
}

static struct err *review(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	return w->resolve || w->reopen  ? settle_thread(h, f, w)
		: w->kind == REMARK_ASK ? ask_for_review(h, f, w->to)
					: say(h, f, w);
}

struct err *github_review(
	struct pull *out, const struct forge *f, int number, const struct remark_wish *w)
{
	return held_review(out, f, number, w, &ways);
}

/* ---- merge and close ------------------------------------------------------------------------- */

static struct err *may_merge(const struct held *h, const struct forge *f, enum merge_method method)
{
	(void)f;
	(void)method;
	return held_may_merge(h);
}

/* Only what GitHub says itself is a refusal. */
static struct err *merge(struct held *h, const struct forge *f, enum merge_method method)
{
	static const char *const methods[] = { "SQUASH", "MERGE", "REBASE" };
	json_t *variables = json_pack("{s:{s:s, s:s, s:s}}", "input", "pullRequestId",
		node_text(h, "id"), "expectedHeadOid", h->pull.head ? h->pull.head : "",
		"mergeMethod", methods[method]);
	AUTO(str_release)
	char *body = github_body(github_document(GITHUB_VERBS), "MergePull", variables);
	struct http_request r = github_request(&h->g, body, GITHUB_VERB_MS);
	struct http_answer answer = { 0 };
	json_t *root = NULL;
	struct err *e;

	TRY(http_ask(&answer, &r, 1, f->data_dir));
	e = github_answered(&root, &answer, &h->g);
	if (github_error(root)) {
		err_free(e);
		e = fail(ERR_REFUSED, "%s: %s", h->g.host, github_error(root));
	}
	json_decref(root);
	http_answers_release(&answer, 1);
	return e;
}

struct err *github_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head)
{
	return held_merge(out, f, number, method, head, &ways);
}

static struct err *close_pull(struct held *h, const struct forge *f)
{
	return verb(h, f, "ClosePull", json_pack("{s:s}", "pullRequestId", node_text(h, "id")));
}

struct err *github_close(struct pull *out, const struct forge *f, int number)
{
	return held_close(out, f, number, &ways);
}

static const struct held_ways ways = { github_open_forge, look, review, may_merge, merge,
	close_pull };

/* ---- for doctor ------------------------------------------------------------------------------ */

/* Only a classic token names its scopes: "gist, repo". */
static bool has_scope(const char *scopes, const char *name)
{
	for (const char *at = scopes; *at; at += strspn(at, ", ")) {
		size_t n = strcspn(at, ", ");

		if (n == strlen(name) && strncmp(at, name, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static struct err *check_scopes(const struct http_answer *a, const struct github *g)
{
	if (!a->scopes || has_scope(a->scopes, "repo") || has_scope(a->scopes, "public_repo"))
		return NULL;
	return fail(ERR_FAILED, "the token for %s lacks the scope 'repo': gh auth refresh -s repo",
		g->host);
}

static void tell(struct strv *said, const json_t *root, const struct github *g)
{
	json_t *data = json_object_get(root, "data");
	json_t *quota = json_object_get(data, "rateLimit");

	strv_addf(said, "%s: logged in as %s, %lld of %lld requests left this hour", g->host,
		github_text(json_object_get(data, "viewer"), "login"),
		(long long)json_integer_value(json_object_get(quota, "remaining")),
		(long long)json_integer_value(json_object_get(quota, "limit")));
}

struct err *github_examine(struct strv *said, const struct forge *f)
{
	AUTO(held_release) struct held h = { 0 };
	AUTO(str_release)
	char *body = github_body(github_document(GITHUB_VERBS), "Login", json_object());
	struct http_answer answer = { 0 };
	struct http_request r;
	json_t *root = NULL;
	struct err *e;

	TRY(github_open_forge(&h.g, f));
	r = github_request(&h.g, body, GITHUB_VERB_MS);
	TRY(http_ask(&answer, &r, 1, f->data_dir));
	e = github_answered(&root, &answer, &h.g);
	if (!e)
		tell(said, root, &h.g);
	if (!e)
		e = check_scopes(&answer, &h.g);
	json_decref(root);
	http_answers_release(&answer, 1);
	return e;
}
