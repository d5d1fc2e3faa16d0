/*
 * One question in GraphQL for all merge requests of all projects of a server, and what of its answer may be
 * believed. GitLab charges a query by its fields, not by what comes back (docs/forges.md has the sources): a list
 * by numbers costs the same for one and for fifty, one by branches up to twice that, and each project again.
 */
#include "plugin/scm_gitlab.h"

#include <string.h>

#include "plugin/document.h"

DOCUMENT(gitlab_sessions, "gitlab/sessions.graphql")

enum {
	LIMIT = 240, /* of 250 for who has a token: prices differ by a field or two between versions */
	MERGE = 53,   /* fragment Merge */
	LIST = 3,     /* the list, its order, and `nodes` */
	PROJECT = 5,  /* with fragment Place */
	OF_BRANCH = 3 /* merge requests that are asked for of each branch, the newest */
};

size_t gitlab_branches_each(void)
{
	return GITLAB_PAGE / OF_BRANCH;
}

int gitlab_price_limit(void)
{
	return LIMIT;
}

static size_t first_of(const struct gitlab_list *l)
{
	return l->branches ? l->n * OF_BRANCH : l->n;
}

/* A hundredth more for each that a list may have, but where it is by numbers. */
int gitlab_price(const struct gitlab_list *lists, size_t n)
{
	int price = 0;

	for (size_t i = 0; i < n; i++) {
		int more = lists[i].branches ? (int)first_of(&lists[i]) : 0;

		price += (MERGE + LIST) * (100 + more) / 100;
		if (!i || lists[i].place != lists[i - 1].place)
			price += PROJECT;
	}
	return price;
}

/* ---- the question ---------------------------------------------------------------------------- */

static bool is_lacking(const char *line, size_t n, const json_t *lacks)
{
	for (size_t i = 0; i < json_array_size(lacks); i++) {
		const char *field = json_string_value(json_array_get(lacks, i));
		size_t length = field ? strlen(field) : 0;

		if (length && length < n && memcmp(line + n - length, field, length) == 0 &&
			line[n - length - 1] == ' ')
			return true;
	}
	return false;
}

static void add_fragments(struct buf *b, const json_t *lacks)
{
	const char *at = strstr(document_gitlab_sessions, "\nfragment ");

	while (at && *at) {
		size_t n = strcspn(at + 1, "\n") + 1;

		if (!is_lacking(at, n, lacks))
			buf_add(b, at, n);
		at += n;
	}
}

static void set(json_t *variables, const char *name, size_t i, json_t *value)
{
	AUTO(str_release) char *key = str_format("%s%zu", name, i);

	json_object_set_new(variables, key, value);
}

/* Paths, numbers and branches are variables, never text of the query. */
static void add_list(struct buf *body, json_t *variables, const struct gitlab_list *l, size_t k)
{
	json_t *of = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(of,
			l->branches ? json_string(l->items[i]->branch)
				    : json_sprintf("%d", l->items[i]->number));
	set(variables, "of", k, of);
	buf_addf(body, "    l%zu: mergeRequests(%s: $of%zu, first: %zu%s) { nodes { ...Merge } }\n",
		k, l->branches ? "sourceBranches" : "iids", k, first_of(l),
		l->branches ? ", sort: CREATED_DESC" : "");
}

char *gitlab_query(const struct gitlab_list *lists, size_t n, const json_t *lacks)
{
	AUTO(buf_release) struct buf head = { 0 };
	AUTO(buf_release) struct buf body = { 0 };
	AUTO(buf_release) struct buf query = { 0 };
	json_t *variables = json_object();

	for (size_t k = 0; k < n; k++) {
		size_t place = lists[k].place;

		if (!k || place != lists[k - 1].place) {
			buf_addf(&head, "%s$path%zu: ID!", k ? ", " : "", place);
			buf_addf(&body, "%s  r%zu: project(fullPath: $path%zu) {\n    ...Place\n",
				k ? "  }\n" : "", place, place);
			set(variables, "path", place, json_string(lists[k].path));
		}
		buf_addf(&head, ", $of%zu: [String!]!", k);
		add_list(&body, variables, &lists[k], k);
	}
	buf_addf(&query, "query Sessions(%s) {\n%s  }\n}\n", buf_text(&head), buf_text(&body));
	add_fragments(&query, lacks);
	return github_body(buf_text(&query), NULL, variables);
}

/* ---- the answer ------------------------------------------------------------------------------ */

json_t *gitlab_project_of(const json_t *data, const struct gitlab_list *l)
{
	AUTO(str_release) char *key = str_format("r%zu", l->place);

	return json_object_get(data, key);
}

json_t *gitlab_nodes_of(const json_t *data, const struct gitlab_list *l, size_t k)
{
	AUTO(str_release) char *key = str_format("l%zu", k);

	return json_object_get(json_object_get(gitlab_project_of(data, l), key), "nodes");
}

bool gitlab_drop_wrong(json_t *data, const json_t *errors)
{
	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *path = json_object_get(json_array_get(errors, i), "path");
		json_t *at = data, *nodes;

		for (size_t k = 0; k < 3; k++) /* "r0", "l0", "nodes" */
			at = json_object_get(at, json_string_value(json_array_get(path, k)));
		nodes = at;
		if (json_is_array(nodes) && json_is_integer(json_array_get(path, 3)))
			json_array_set_new(nodes,
				(size_t)json_integer_value(json_array_get(path, 3)), json_null());
	}
	return json_array_size(errors) != 0;
}

const char *gitlab_lacking(const json_t *errors)
{
	static const char *const may[] = { "approvalsLeft" };

	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *said = json_object_get(json_array_get(errors, i), "extensions");

		for (size_t k = 0; k < COUNT_OF(may); k++)
			if (str_equal(github_text(said, "code"), "undefinedField") &&
				str_equal(github_text(said, "fieldName"), may[k]))
				return may[k];
	}
	return NULL;
}
