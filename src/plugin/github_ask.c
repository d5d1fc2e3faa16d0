#include "plugin/github.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/document.h"

DOCUMENT(sessions, "sessions.graphql")
DOCUMENT(details, "details.graphql")
DOCUMENT(verbs, "verbs.graphql")
DOCUMENT(issues, "issues.graphql")
DOCUMENT(states, "states.graphql")

enum { TIMEOUT_MS = 15000 };

const char *github_document(enum github_document d)
{
	const char *const documents[] = { document_sessions, document_details, document_verbs,
		document_issues, document_states };

	return documents[d];
}

const char *github_fragments(enum github_document d)
{
	const char *at = strstr(github_document(d), "\nfragment ");

	return at ? at : "";
}

char *github_body(const char *query, const char *operation, json_t *variables)
{
	json_t *o = json_pack("{s:s, s:o}", "query", query, "variables", variables);
	char *text;

	if (operation)
		json_object_set_new(o, "operationName", json_string(operation));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

struct http_request github_request(const struct github *g, const char *body, int timeout_ms)
{
	return (struct http_request){ .url = g->graphql,
		.method = "POST",
		.token = g->token,
		.accept = "application/vnd.github+json",
		.socket = g->socket,
		.body = body,
		.timeout_ms = timeout_ms };
}

const char *github_error(const json_t *answer)
{
	const json_t *first = json_array_get(json_object_get(answer, "errors"), 0);
	const char *said = json_string_value(json_object_get(first, "message"));

	return !first ? NULL : said ? said : "an error without words";
}

static struct err *refused(const json_t *answer, const struct github *g)
{
	const json_t *first = json_array_get(json_object_get(answer, "errors"), 0);
	const char *type = json_string_value(json_object_get(first, "type"));

	return fail(str_equal(type, "NOT_FOUND") ? ERR_MISSING : ERR_FAILED, "%s: %s", g->host,
		github_error(answer));
}

struct err *github_ask(json_t **data, struct github *g, const char *data_dir,
	enum github_document d, const char *operation, json_t *variables)
{
	AUTO(str_release)
	char *body = github_body(github_document(d), operation, variables);
	struct http_request r;
	struct http_answer a = { 0 };
	struct err *e = NULL;
	json_t *answer;

	TRY(github_login(g));
	r = github_request(g, body, TIMEOUT_MS);
	TRY(http_ask(&a, &r, 1, data_dir));
	answer = http_json(&a);
	if (!http_good(&a))
		e = http_failed(&a, g->host);
	else if (!answer)
		e = fail(ERR_FAILED, "%s: an answer that is no JSON", g->host);
	else if (github_error(answer))
		e = refused(answer, g);
	else
		*data = json_incref(json_object_get(answer, "data"));
	json_decref(answer);
	http_answers_release(&a, 1);
	return e;
}
