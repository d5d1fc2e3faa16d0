/* Jobs, the ends of logs and the texts of discussions: by REST, and only of what changed. */
#include "plugin/scm_gitlab.h"

#include <stdlib.h>

enum { LOGS_EACH = 5 /* of one merge request; more tell an agent nothing new */ };

static const json_t *node_of(const struct gitlab_wish *w)
{
	return json_object_get(w->entry, "node");
}

static char *project_of(const struct gitlab_wish *w)
{
	const char *project = github_text(node_of(w), "pipelineProject");

	return *project ? str_dup(project) : gitlab_path(w->g);
}

static long long pipeline_of(const struct gitlab_wish *w)
{
	const json_t *commits = json_object_get(json_object_get(node_of(w), "commits"), "nodes");
	const json_t *rollup = json_object_get(
		json_object_get(json_array_get(commits, 0), "commit"), "statusCheckRollup");

	return (long long)json_integer_value(json_object_get(rollup, "pipeline"));
}

/* ---- logs ------------------------------------------------------------------------------------ */

static void ask_logs(
	struct gitlab_questions *logs, json_t *runs, const struct gitlab_wish *w, json_t *jobs)
{
	AUTO(str_release) char *project = project_of(w);
	size_t before = logs->list.n;

	for (size_t i = 0; i < json_array_size(jobs); i++) {
		json_t *job = json_array_get(jobs, i);
		json_int_t id = json_integer_value(json_object_get(job, "id"));

		if (!str_equal(github_text(job, "status"), "failed") || id <= 0 ||
			json_is_true(json_object_get(job, "allow_failure")) ||
			logs->list.n - before >= LOGS_EACH)
			continue;
		gitlab_add(logs, w->g, project, "/jobs/%lld/trace", (long long)id)->text = true;
		json_array_append(runs, job);
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

enum { JOBS, DISCUSSIONS, EACH };

/* A log that is not there leaves the check with what it says of itself. */
static struct err *fetch_logs(struct gitlab_questions *asked, const struct gitlab_wish *wishes,
	size_t n, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions logs = { 0 };
	json_t *runs = json_array();
	struct err *e;

	for (size_t i = 0; i < n; i++)
		ask_logs(&logs, runs, &wishes[i], asked->list.v[i * EACH + JOBS].json);
	e = gitlab_run(&logs, GITLAB_MS, data_dir);
	for (size_t i = 0; i < logs.list.n && !e; i++) {
		AUTO(str_release) char *tail = forge_tail(&logs.list.v[i].said);

		if (!logs.list.v[i].failed && *tail)
			json_object_set_new(json_array_get(runs, i), "log", json_string(tail));
	}
	json_decref(runs);
	return e;
}

static void ask(struct gitlab_questions *q, const struct gitlab_wish *w)
{
	AUTO(str_release) char *project = project_of(w);
	AUTO(str_release) char *path = gitlab_path(w->g);
	long long id = pipeline_of(w);
	struct gitlab_question *one = gitlab_add(q, w->g, project, "/pipelines/%lld/jobs", id);

	one->all = id > 0;
	one->unasked = id <= 0;
	one = gitlab_add(q, w->g, path, "/merge_requests/%d/discussions", w->number);
	one->all = !w->discussions;
	one->unasked = w->discussions;
}

static struct err *take(const struct gitlab_wish *w, struct gitlab_question *q)
{
	json_t *details;

	for (size_t i = 0; i < EACH; i++) {
		struct err *e = q[i].missing ? NULL : q[i].failed;

		if (e)
			q[i].failed = NULL;
		TRY(e);
	}
	details = gitlab_details(node_of(w), q[JOBS].json,
		w->discussions ? w->discussions : q[DISCUSSIONS].json, w->place);
	github_take_details(w->entry, details);
	json_decref(details);
	return NULL;
}

struct err *gitlab_fetch_details(const struct gitlab_wish *wishes, size_t n, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };

	for (size_t i = 0; i < n; i++)
		ask(&q, &wishes[i]);
	TRY(gitlab_run(&q, GITLAB_MS, data_dir));
	TRY(fetch_logs(&q, wishes, n, data_dir));
	for (size_t i = 0; i < n; i++)
		TRY(take(&wishes[i], &q.list.v[i * EACH]));
	return NULL;
}

/* ---- of a round ------------------------------------------------------------------------------ */

static struct err *ask_host(
	struct asking *a, size_t host, json_t **entries, const struct github_part *parts, size_t n)
{
	struct gitlab_wish *wishes = mem_alloc(n * sizeof(*wishes));
	struct err *e = NULL;

	for (size_t i = 0; i < n && !e; i++) {
		wishes[i] = (struct gitlab_wish){
			.entry = entries[i], .g = parts[i].g, .number = parts[i].number
		};
		/* who may write */
		e = gitlab_place(&wishes[i].place, &a->places.v[host].seen, parts[i].g, GITLAB_MS,
			a->look->data_dir);
	}
	a->asked = true;
	if (!e)
		e = gitlab_fetch_details(wishes, n, a->look->data_dir);
	free(wishes);
	return e;
}

struct err *gitlab_ask_details(struct asking *a)
{
	json_t **entries = mem_alloc((a->n + 1) * sizeof(json_t *));
	struct github_part *parts = mem_alloc((a->n + 1) * sizeof(*parts));
	struct err *e = NULL;

	for (size_t host = 0; host < a->places.n && !e; host++) {
		size_t n = a->places.v[host].host == host ? asking_due(entries, parts, a, host) : 0;

		if (!n || !gitlab_may_ask(a, host))
			continue;
		e = ask_host(a, host, entries, parts, n);
		if (e && e->class != ERR_INTERRUPTED) {
			asking_note(a, &a->places.v[host], e);
			e = NULL;
		}
	}
	free(entries);
	free(parts);
	return e;
}
