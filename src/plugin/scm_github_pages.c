/* What one page of an answer does not hold. More than a hundred threads, reviews or checks are rare, so each list has a
 * question of its own a page; and there is an end to it, which is told. */
#include "plugin/scm_github.h"

#include <stdlib.h>

enum { PAGES_MAX = 4, AT_ONCE = 20 };

/* The way from a pull request to a list of it; a number is a place in an array. */
static const struct list {
	enum github_lists of;
	const char *operation, *said;
	const char *way[6];
	bool back; /* the newest page came first */
} lists[] = {
	{ GITHUB_PULL_LISTS, "ThreadStates", "review threads", { "reviewThreads" }, true },
	{ GITHUB_DETAIL_LISTS, "Threads", "review threads", { "reviewThreads" }, true },
	{ GITHUB_DETAIL_LISTS, "Reviews", "reviews", { "reviews" }, true },
	{ GITHUB_DETAIL_LISTS, "Contexts", "checks",
		{ "commits", "nodes", "0", "commit", "statusCheckRollup", "contexts" }, false },
};

static json_t *connection_of(json_t *pull, const struct list *l)
{
	for (size_t i = 0; i < COUNT_OF(l->way) && l->way[i]; i++)
		pull = *l->way[i] == '0' ? json_array_get(pull, 0)
					 : json_object_get(pull, l->way[i]);
	return pull;
}

/* Where the next page begins; NULL: there is none. */
static const char *cursor_of(const json_t *connection, const struct list *l)
{
	const json_t *page = json_object_get(connection, "pageInfo");

	return json_is_true(json_object_get(page, l->back ? "hasPreviousPage" : "hasNextPage"))
		? json_string_value(json_object_get(page, l->back ? "startCursor" : "endCursor"))
		: NULL;
}

struct more {
	json_t *connection;
	const struct github_part *part;
	const struct list *list;
	char *body;
};

struct round {
	struct more all[AT_ONCE];
	size_t n;
};

static void round_release(struct round *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->all[i].body);
}

static void add_more(
	struct round *r, json_t *pull, const struct github_part *p, const struct list *l)
{
	json_t *connection = connection_of(pull, l);
	const char *cursor = cursor_of(connection, l);

	if (!cursor || r->n == COUNT_OF(r->all))
		return;
	r->all[r->n++] = (struct more){ connection, p, l,
		github_body(github_document(GITHUB_DETAILS), l->operation,
			json_pack("{s:s, s:s, s:i, s:s}", "owner", p->g->owner, "name", p->g->name,
				"number", p->number, "cursor", cursor)) };
}

/* Older ones go before what is there. */
static void join(struct more *m, const struct http_answer *a)
{
	json_t *root = http_good(a) ? http_json(a) : NULL;
	json_t *repository = json_object_get(json_object_get(root, "data"), "repository");
	json_t *page = connection_of(json_object_get(repository, "pullRequest"), m->list);
	json_t *nodes = json_object_get(page, "nodes");
	json_t *have = json_object_get(m->connection, "nodes");

	if (json_is_array(nodes) && json_is_array(have)) {
		if (m->list->back)
			for (size_t i = json_array_size(nodes); i-- > 0;)
				json_array_insert(have, 0, json_array_get(nodes, i));
		else
			json_array_extend(have, nodes);
		json_object_set(m->connection, "pageInfo", json_object_get(page, "pageInfo"));
	}
	json_decref(root);
}

static struct err *ask(struct round *r, const char *data_dir)
{
	struct http_request requests[AT_ONCE];
	struct http_answer answers[AT_ONCE] = { 0 };
	struct err *e;

	for (size_t i = 0; i < r->n; i++)
		requests[i] = github_request(r->all[i].part->g, r->all[i].body, GITHUB_VERB_MS);
	e = http_ask(answers, requests, r->n, data_dir);
	for (size_t i = 0; i < r->n && !e; i++)
		join(&r->all[i], &answers[i]);
	http_answers_release(answers, r->n);
	return e;
}

struct err *github_fetch_pages(enum github_lists of, json_t **pulls,
	const struct github_part *parts, size_t n, const char *data_dir)
{
	for (int page = 0; page < PAGES_MAX; page++) {
		AUTO(round_release) struct round r = { 0 };

		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < COUNT_OF(lists); k++)
				if (lists[k].of == of)
					add_more(&r, pulls[i], &parts[i], &lists[k]);
		if (!r.n)
			return NULL;
		TRY(ask(&r, data_dir));
	}
	return NULL;
}

static bool has(const json_t *nodes, const char *id)
{
	for (size_t i = 0; i < json_array_size(nodes); i++)
		if (str_equal(github_text(json_array_get(nodes, i), "id"), id))
			return true;
	return false;
}

void github_keep_older(json_t *node, const json_t *before)
{
	json_t *threads = json_object_get(node, "reviewThreads");
	json_t *nodes = json_object_get(threads, "nodes");
	const json_t *old = json_object_get(json_object_get(before, "reviewThreads"), "nodes");

	if (!cursor_of(threads, &lists[0]) || !json_is_array(nodes))
		return;
	for (size_t i = json_array_size(old); i-- > 0;)
		if (!has(nodes, github_text(json_array_get(old, i), "id")))
			json_array_insert(nodes, 0, json_array_get(old, i));
}

void github_tell_cut(struct sink *sink, enum github_lists of, json_t *pull, int number)
{
	for (size_t k = 0; k < COUNT_OF(lists); k++) {
		json_t *connection = lists[k].of == of ? connection_of(pull, &lists[k]) : NULL;
		json_int_t all = json_integer_value(json_object_get(connection, "totalCount"));
		size_t have = json_array_size(json_object_get(connection, "nodes"));

		if (all > 0 && (size_t)all > have && have)
			sink_say(sink, SINK_NOTE, "#%d has %lld %s: %s %zu are looked at", number,
				(long long)all, lists[k].said,
				lists[k].back ? "the newest" : "the first", have);
	}
}
