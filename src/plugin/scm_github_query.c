#include "plugin/scm_github.h"

#include <string.h>

#define NEWEST "orderBy: {field: CREATED_AT, direction: DESC}"
#define BRIEF "number state headRepositoryOwner { login }"

static void set(json_t *variables, const char *name, size_t i, json_t *value)
{
	AUTO(str_release) char *key = str_format("%s%zu", name, i);

	json_object_set_new(variables, key, value);
}

static void add_place(
	struct buf *head, struct buf *body, json_t *variables, const struct github_part *p)
{
	size_t n = p->place;

	buf_addf(head, "%s$owner%zu: String!, $name%zu: String!", head->n ? ", " : "", n, n);
	buf_addf(body, "%s  r%zu: repository(owner: $owner%zu, name: $name%zu) {\n",
		body->n ? "  }\n" : "", n, n, n);
	set(variables, "owner", n, json_string(p->g->owner));
	set(variables, "name", n, json_string(p->g->name));
}

/* Threads cost by their number where one names them, and as a hundred where one does not. */
static void add_details(struct buf *head, struct buf *body, struct buf *threads, json_t *variables,
	const struct github_part *p, size_t i)
{
	buf_addf(head, ", $number%zu: Int!", i);
	set(variables, "number", i, json_integer(p->number));
	if (!p->threads) {
		buf_addf(body,
			"    p%zu: pullRequest(number: $number%zu) { ...Details reviewThreads(last: 100) "
			"{ totalCount pageInfo { hasPreviousPage startCursor } nodes { ...Thread } } }\n",
			i, i);
		return;
	}
	buf_addf(head, ", $threads%zu: [ID!]!", i);
	buf_addf(threads, "  t%zu: nodes(ids: $threads%zu) { ...Thread }\n", i, i);
	buf_addf(body, "    p%zu: pullRequest(number: $number%zu) { ...Details }\n", i, i);
	set(variables, "threads", i, json_deep_copy(p->threads));
}

/* Names and branches are variables, never text of the query. */
static void add_part(struct buf *head, struct buf *body, json_t *variables,
	const struct github_part *p, size_t i)
{
	if (p->number) {
		buf_addf(head, ", $number%zu: Int!", i);
		buf_addf(body, "    p%zu: pullRequest(number: $number%zu) { ...Pull }\n", i, i);
		set(variables, "number", i, json_integer(p->number));
	} else if (p->branch) {
		buf_addf(head, ", $branch%zu: String!", i);
		buf_addf(body,
			"    p%zu: pullRequests(headRefName: $branch%zu, first: 3, " NEWEST
			") { nodes { %s } }\n",
			i, i, p->brief ? BRIEF : "...Pull");
		set(variables, "branch", i, json_string(p->branch));
	} else {
		buf_adds(body,
			"    all: pullRequests(first: 50, " NEWEST ") { nodes { ...Pull } }\n");
	}
}

/* A fragment that is not used is an error. */
static void add_fragments(
	struct buf *query, enum github_document d, const struct github_part *parts, size_t n)
{
	const char *all = github_fragments(d), *pull = strstr(all, "\nfragment Pull ");
	bool brief = d == GITHUB_SESSIONS;

	for (size_t i = 0; i < n; i++)
		brief = brief && parts[i].brief;
	buf_add(query, all, brief && pull ? (size_t)(pull - all) : strlen(all));
}

char *github_query(enum github_document d, const struct github_part *parts, size_t n)
{
	bool sessions = d == GITHUB_SESSIONS;
	const char *name = sessions ? "Sessions" : parts[0].threads ? "Changes" : "Details";
	AUTO(buf_release) struct buf head = { 0 };
	AUTO(buf_release) struct buf body = { 0 };
	AUTO(buf_release) struct buf first = { 0 };
	AUTO(buf_release) struct buf query = { 0 };
	json_t *variables = json_object();

	for (size_t i = 0; i < n; i++) {
		if (!i || parts[i].place != parts[i - 1].place) {
			add_place(&head, &body, variables, &parts[i]);
			buf_adds(&body, sessions ? "    ...Place\n" : "");
		}
		if (sessions)
			add_part(&head, &body, variables, &parts[i], i);
		else
			add_details(&head, &body, &first, variables, &parts[i], i);
	}
	if (sessions)
		buf_adds(&first, "  rateLimit { limit remaining resetAt }\n");
	buf_addf(&query, "query %s(%s) {\n%s%s  }\n}\n", name, buf_text(&head), buf_text(&first),
		buf_text(&body));
	add_fragments(&query, d, parts, n);
	return github_body(buf_text(&query), NULL, variables);
}

json_t *github_place_of(const json_t *data, const struct github_part *p)
{
	AUTO(str_release) char *key = str_format("r%zu", p->place);

	return json_object_get(data, key);
}

json_t *github_part_of(const json_t *data, const struct github_part *p, size_t i)
{
	AUTO(str_release) char *key = str_format("p%zu", i);

	return json_object_get(github_place_of(data, p), p->number || p->branch ? key : "all");
}

json_t *github_threads_of(const json_t *data, size_t i)
{
	AUTO(str_release) char *key = str_format("t%zu", i);

	return json_object_get(data, key);
}
