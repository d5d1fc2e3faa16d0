/* Names of checks, steps, ends of logs and texts of threads: asked for only where something changed, and
 * kept with what was seen. */
#include "plugin/scm_github.h"

#include <stdlib.h>
#include <string.h>

#include "base/term.h"

enum {
	AT_ONCE = 20,
	LOGS_EACH = 5, /* of one pull request; more tell an agent nothing new */
	LOGS_MAX = 40,
	LOG_MAX = 8 << 20,
	TAIL_MAX = 8 << 10,
	STAMP = 29, /* "2026-11-22T07:17:56.1234567Z " in front of each line */
};

/* ---- what is kept ---------------------------------------------------------------------------- */

bool github_details_due(const json_t *entry)
{
	const json_t *node = json_object_get(entry, "node");

	return github_needs_details(node) && !github_details_of(entry);
}

json_t *github_details_of(const json_t *entry)
{
	AUTO(str_release) char *mark = github_mark(json_object_get(entry, "node"));

	return str_equal(mark, github_text(entry, "mark")) ? json_object_get(entry, "details")
							   : NULL;
}

void github_take_details(json_t *entry, json_t *details)
{
	AUTO(str_release) char *mark = github_mark(json_object_get(entry, "node"));

	json_object_set(entry, "details", details);
	json_object_set_new(entry, "mark", json_string(mark));
	if (!json_is_array(json_object_get(entry, "numbers")))
		json_object_set_new(entry, "numbers", json_array());
}

/* ---- logs ------------------------------------------------------------------------------------ */

struct job {
	json_t *run;
	char *url;
};

struct jobs {
	VEC(struct job) list;
};

static void jobs_release(struct jobs *j)
{
	for (size_t i = 0; i < j->list.n; i++)
		free(j->list.v[i].url);
	free(j->list.v);
}

static bool has_log(const json_t *run)
{
	const char *conclusion = github_text(run, "conclusion");

	return strstr(github_text(run, "detailsUrl"), "/actions/runs/") &&
		json_integer_value(json_object_get(run, "databaseId")) > 0 &&
		(str_equal(conclusion, "FAILURE") || str_equal(conclusion, "TIMED_OUT"));
}

static void add_jobs(struct jobs *jobs, const json_t *details, const struct github *g)
{
	const json_t *commit = json_array_get(
		json_object_get(json_object_get(details, "commits"), "nodes"), 0);
	const json_t *runs = json_object_get(
		json_object_get(
			json_object_get(json_object_get(commit, "commit"), "statusCheckRollup"),
			"contexts"),
		"nodes");
	const char *name = github_text(json_object_get(details, "repository"), "nameWithOwner");
	int n = 0;

	for (size_t i = 0; i < json_array_size(runs); i++) {
		json_t *run = json_array_get(runs, i);

		if (!has_log(run) || n++ >= LOGS_EACH || jobs->list.n >= LOGS_MAX)
			continue;
		*vec_push(&jobs->list) = (struct job){ run,
			str_format("%s/repos/%s/actions/jobs/%lld/logs", g->rest, name,
				(long long)json_integer_value(
					json_object_get(run, "databaseId"))) };
	}
}

/* Its last lines, without the time that each begins with. */
static void keep_tail(json_t *run, const struct buf *log)
{
	const char *at = buf_text(log) + (log->n > TAIL_MAX ? log->n - TAIL_MAX : 0);
	const char *end = buf_text(log) + log->n;
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(buf_release) struct buf safe = { 0 };

	if (log->n > TAIL_MAX && memchr(at, '\n', (size_t)(end - at)))
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline + 1 : end) - at);
		bool stamped = n > STAMP && at[10] == 'T' && at[STAMP - 2] == 'Z';

		buf_add(&b, at + (stamped ? STAMP : 0), n - (stamped ? STAMP : 0));
		at += n;
	}
	term_safe(&safe, buf_text(&b), b.n, TERM_TEXT);
	json_object_set_new(run, "log", json_string(buf_text(&safe)));
}

/* GitHub keeps logs elsewhere and answers with a signed address, for which no token is wanted. */
static struct err *follow(struct jobs *jobs, const struct github *g,
	const struct http_answer *first, const char *data_dir)
{
	struct http_request *requests = mem_alloc((jobs->list.n + 1) * sizeof(*requests));
	struct http_answer *answers = mem_alloc((jobs->list.n + 1) * sizeof(*answers));
	size_t *whose = mem_alloc((jobs->list.n + 1) * sizeof(*whose));
	size_t n = 0;
	struct err *e;

	for (size_t i = 0; i < jobs->list.n; i++) {
		if (http_good(&first[i]))
			keep_tail(jobs->list.v[i].run, &first[i].body);
		else if (first[i].location) {
			requests[n] = (struct http_request){ .url = first[i].location,
				.socket = g->socket,
				.max_bytes = LOG_MAX,
				.timeout_ms = GITHUB_VERB_MS };
			whose[n++] = i;
		}
	}
	e = http_ask(answers, requests, n, data_dir);
	for (size_t i = 0; i < n && !e; i++)
		if (http_good(&answers[i]))
			keep_tail(jobs->list.v[whose[i]].run, &answers[i].body);
	http_answers_release(answers, n);
	free(requests);
	free(answers);
	free(whose);
	return e;
}

struct err *github_fetch_logs(
	json_t **details, const struct github *g, size_t n, const char *data_dir)
{
	AUTO(jobs_release) struct jobs jobs = { 0 };
	struct http_request *requests;
	struct http_answer *answers;
	struct err *e;

	for (size_t i = 0; i < n; i++)
		add_jobs(&jobs, details[i], g);
	requests = mem_alloc((jobs.list.n + 1) * sizeof(*requests));
	answers = mem_alloc((jobs.list.n + 1) * sizeof(*answers));
	for (size_t i = 0; i < jobs.list.n; i++)
		requests[i] = (struct http_request){ .url = jobs.list.v[i].url,
			.token = g->token,
			.socket = g->socket,
			.max_bytes = LOG_MAX,
			.timeout_ms = GITHUB_VERB_MS };
	e = http_ask(answers, requests, jobs.list.n, data_dir);
	if (!e)
		e = follow(&jobs, g, answers, data_dir);
	http_answers_release(answers, jobs.list.n);
	free(requests);
	free(answers);
	return e;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct err *take(json_t **entries, const struct github_part *parts, size_t n,
	const struct http_answer *answer, const char *data_dir)
{
	json_t *root = http_good(answer) ? http_json(answer) : NULL;
	json_t *data = json_object_get(root, "data");
	json_t **details = mem_alloc((n + 1) * sizeof(json_t *));
	struct err *e = NULL;
	size_t found = 0;

	if (!http_good(answer))
		e = http_failed(answer, parts[0].g->host);
	else if (!json_is_object(data))
		e = fail(ERR_FAILED, "%s: %s", parts[0].g->host,
			github_error(root) ? github_error(root) : "an answer that is no JSON");
	for (size_t i = 0; i < n && !e; i++) {
		json_t *one = github_part_of(data, &parts[i], i);

		if (!json_is_object(one))
			continue;
		github_take_details(entries[i], one);
		details[found++] = one;
	}
	if (!e)
		e = github_fetch_logs(details, parts[0].g, found, data_dir);
	free(details);
	json_decref(root);
	return e;
}

struct err *github_fetch_details(
	json_t **entries, const struct github_part *parts, size_t n, const char *data_dir)
{
	for (size_t at = 0; at < n; at += AT_ONCE) {
		size_t most = n - at < AT_ONCE ? n - at : AT_ONCE;
		AUTO(str_release) char *body = github_query(GITHUB_DETAILS, parts + at, most);
		struct http_request r = github_request(parts[at].g, body, GITHUB_VERB_MS);
		struct http_answer answer = { 0 };
		struct err *e = http_ask(&answer, &r, 1, data_dir);

		if (!e)
			e = take(entries + at, parts + at, most, &answer, data_dir);
		http_answers_release(&answer, 1);
		TRY(e);
	}
	return NULL;
}
