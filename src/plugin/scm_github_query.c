#include "plugin/scm_github.h"

#define NEWEST "orderBy: {field: CREATED_AT, direction: DESC}"

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

/* Names and branches are variables, never text of the query. */
static void add_part(struct buf *head, struct buf *body, json_t *variables,
	const struct github_part *p, size_t i, const char *fragment)
{
	if (p->number) {
		buf_addf(head, ", $number%zu: Int!", i);
		buf_addf(body, "    p%zu: pullRequest(number: $number%zu) { ...%s }\n", i, i,
			fragment);
		set(variables, "number", i, json_integer(p->number));
	} else if (p->branch) {
		buf_addf(head, ", $branch%zu: String!", i);
		buf_addf(body,
			"    p%zu: pullRequests(headRefName: $branch%zu, first: 3, " NEWEST
			") { nodes { ...%s } }\n",
			i, i, fragment);
		set(variables, "branch", i, json_string(p->branch));
	} else {
		buf_addf(body, "    all: pullRequests(first: 50, " NEWEST ") { nodes { ...%s } }\n",
			fragment);
	}
}

char *github_query(enum github_document d, const struct github_part *parts, size_t n)
{
	bool sessions = d == GITHUB_SESSIONS;
	const char *name = sessions ? "Sessions" : "Details";
	AUTO(buf_release) struct buf head = { 0 };
	AUTO(buf_release) struct buf body = { 0 };
	AUTO(str_release) char *query = NULL;
	json_t *variables = json_object();

	for (size_t i = 0; i < n; i++) {
		if (!i || parts[i].place != parts[i - 1].place) {
			add_place(&head, &body, variables, &parts[i]);
			buf_adds(&body, sessions ? "    ...Place\n" : "");
		}
		add_part(&head, &body, variables, &parts[i], i, sessions ? "Pull" : "Details");
	}
	query = str_format("query %s(%s) {\n%s%s  }\n}\n%s", name, buf_text(&head),
		sessions ? "  rateLimit { limit remaining resetAt }\n" : "", buf_text(&body),
		github_fragments(d));
	return github_body(query, NULL, variables);
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
