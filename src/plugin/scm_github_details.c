/* Names of checks, steps, ends of logs and texts of threads: asked for only where something changed, and
 * kept with what was seen. Steps and logs are asked for by REST: in GraphQL the steps of a hundred checks cost a
 * hundred times as much as their names. */
#include "plugin/scm_github.h"

#include <stdlib.h>
#include <string.h>

enum {
	AT_ONCE = 29,       /* with a thread or two each, some two points */
	THREADS_EACH = 100, /* GitHub takes no more ids at once */
	LOGS_EACH = 5,      /* of one pull request; more tell an agent nothing new */
	LOGS_MAX = 40,
	LOG_BYTES = 64 << 10, /* of its end, of which less is kept */
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
			str_format("%s/repos/%s/actions/jobs/%lld", g->rest, name,
				(long long)json_integer_value(
					json_object_get(run, "databaseId"))) };
	}
}

static void keep_tail(json_t *run, const struct buf *log)
{
	AUTO(str_release) char *tail = forge_tail(log);

	json_object_set_new(run, "log", json_string(tail));
}

/* In the words of GraphQL. */
static void keep_steps(json_t *run, const struct http_answer *a)
{
	json_t *job = http_good(a) ? http_json(a) : NULL, *nodes = json_array();
	const json_t *steps = json_object_get(job, "steps");

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		bool failed = str_equal(github_text(step, "conclusion"), "failure");

		json_array_append_new(nodes,
			json_pack("{s:s, s:s}", "name", github_text(step, "name"), "conclusion",
				failed ? "FAILURE" : ""));
	}
	json_object_set_new(run, "steps", json_pack("{s:o}", "nodes", nodes));
	json_decref(job);
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
		const struct http_answer *log = &first[2 * i];

		keep_steps(jobs->list.v[i].run, &first[2 * i + 1]);
		if (http_good(log))
			keep_tail(jobs->list.v[i].run, &log->body);
		else if (log->location) {
			requests[n] = (struct http_request){ .url = log->location,
				.socket = g->socket,
				.max_bytes = LOG_BYTES,
				.tail = true,
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
	AUTO(strv_release) struct strv urls = { 0 };
	struct http_request *requests;
	struct http_answer *answers;
	struct err *e;

	for (size_t i = 0; i < n; i++)
		add_jobs(&jobs, details[i], g);
	for (size_t i = 0; i < jobs.list.n; i++) {
		strv_addf(&urls, "%s/logs", jobs.list.v[i].url);
		strv_add(&urls, jobs.list.v[i].url);
	}
	requests = mem_alloc((urls.n + 1) * sizeof(*requests));
	answers = mem_alloc((urls.n + 1) * sizeof(*answers));
	for (size_t i = 0; i < urls.n; i++)
		requests[i] = (struct http_request){ .url = urls.v[i],
			.token = g->token,
			.socket = g->socket,
			.max_bytes = i % 2 ? 0 : LOG_BYTES,
			.tail = i % 2 == 0,
			.timeout_ms = GITHUB_VERB_MS };
	e = http_ask(answers, requests, urls.n, data_dir);
	if (!e)
		e = follow(&jobs, g, answers, data_dir);
	http_answers_release(answers, urls.n);
	free(requests);
	free(answers);
	return e;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static json_t *threads_of(const json_t *entry)
{
	return json_object_get(
		json_object_get(json_object_get(entry, "node"), "reviewThreads"), "nodes");
}

/* Those that are open, the newest where they are too many: what is settled is told to nobody. The caller's. */
static json_t *open_threads(const json_t *entry)
{
	const json_t *nodes = threads_of(entry);
	json_t *ids = json_array();

	for (size_t i = json_array_size(nodes); i-- > 0;) {
		const json_t *o = json_array_get(nodes, i);

		if (json_is_false(json_object_get(o, "isResolved")) && *github_text(o, "id") &&
			json_array_size(ids) < THREADS_EACH)
			json_array_insert(ids, 0, json_object_get(o, "id"));
	}
	return ids;
}

/* As if all had been asked for. */
static void add_threads(json_t *details, const json_t *entry, json_t *threads)
{
	const json_t *nodes = threads_of(entry);
	json_int_t open = 0;

	for (size_t i = 0; i < json_array_size(nodes); i++)
		open += json_is_false(json_object_get(json_array_get(nodes, i), "isResolved"));
	json_object_set_new(details, "reviewThreads",
		json_pack("{s:I, s:O}", "totalCount", open, "nodes",
			threads ? threads : json_null()));
}

static struct err *take(json_t **entries, const struct github_part *parts, size_t n,
	const struct http_answer *answer, const char *data_dir)
{
	json_t *root = http_good(answer) ? http_json(answer) : NULL;
	json_t *data = json_object_get(root, "data");
	json_t **details = mem_alloc((n + 1) * sizeof(json_t *));
	struct github_part *of = mem_alloc((n + 1) * sizeof(*of));
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
		add_threads(one, entries[i], github_threads_of(data, i));
		github_take_details(entries[i], one);
		of[found] = parts[i];
		details[found++] = one;
	}
	if (!e)
		e = github_fetch_pages(GITHUB_DETAIL_LISTS, details, of, found, data_dir);
	if (!e)
		e = github_fetch_logs(details, parts[0].g, found, data_dir);
	free(details);
	free(of);
	json_decref(root);
	return e;
}

static struct err *fetch_some(
	json_t **entries, struct github_part *parts, size_t n, const char *data_dir)
{
	AUTO(str_release) char *body = NULL;
	struct http_answer answer = { 0 };
	struct http_request r;
	struct err *e;

	for (size_t i = 0; i < n; i++)
		parts[i].threads = open_threads(entries[i]);
	body = github_query(GITHUB_DETAILS, parts, n);
	for (size_t i = 0; i < n; i++) {
		json_decref(parts[i].threads);
		parts[i].threads = NULL;
	}
	r = github_request(parts[0].g, body, GITHUB_VERB_MS);
	e = http_ask(&answer, &r, 1, data_dir);
	if (!e)
		e = take(entries, parts, n, &answer, data_dir);
	http_answers_release(&answer, 1);
	return e;
}

struct err *github_fetch_details(
	json_t **entries, struct github_part *parts, size_t n, const char *data_dir)
{
	struct err *e = NULL;

	for (size_t at = 0; at < n && !e; at += AT_ONCE) {
		size_t most = n - at < AT_ONCE ? n - at : AT_ONCE;

		e = fetch_some(entries + at, parts + at, most, data_dir);
	}
	return e;
}
