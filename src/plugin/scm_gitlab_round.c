/* All that is due on all hosts: branches first, where there are any to be found by, then each merge request
 * by four questions at once, whose unchanged answers are told apart by their ETag. */
#include "plugin/scm_gitlab.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	QUICK_MS = 2000,
	PLACE_AGE_MS = 3600000,
	NUMBER_MAX = 1 << 30,
	LOGS_EACH = 5, /* of one merge request; more tell an agent nothing new */
};

/* ---- projects -------------------------------------------------------------------------------- */

static void take_place(json_t *root, const struct github *g, struct gitlab_questions *q)
{
	const json_t *project = q->list.v[0].json, *head = q->list.v[1].json;
	AUTO(str_release) char *path = gitlab_path(g);
	AUTO(str_release) char *key = str_format("%s %s", path, g->head_owner);
	json_t *place, *all = json_object_get(root, "places");

	if (!json_is_object(project))
		return;
	place = json_pack("{s:I, s:s, s:{s:s}, s:o, s:I}", "head",
		json_integer_value(json_object_get(head, "id")), "headPath", g->head_owner,
		"defaultBranchRef", "name", github_text(project, "default_branch"), "members",
		gitlab_members(q->list.v[2].json), "at", (json_int_t)clock_wall());
	if (!json_is_object(all)) {
		json_object_set_new(root, "places", json_object());
		all = json_object_get(root, "places");
	}
	json_object_set_new(all, key, place);
}

struct err *gitlab_place(
	json_t **out, struct seen *s, const struct github *g, int timeout_ms, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	AUTO(str_release) char *path = gitlab_path(g);
	AUTO(str_release) char *key = str_format("%s %s", path, g->head_owner);
	int64_t age;

	*out = seen_find(s, "places", key);
	age = clock_wall() - json_integer_value(json_object_get(*out, "at"));
	if (*out && age >= 0 && age < PLACE_AGE_MS)
		return NULL;
	gitlab_add(&q, g, path, "%s", "");
	gitlab_add(&q, g, g->head_owner, "%s", "");
	gitlab_add(&q, g, path, "/members/all")->all = true;
	TRY(gitlab_run(&q, timeout_ms, data_dir));
	take_place(s->root, g, &q);
	*out = seen_find(s, "places", key);
	return NULL;
}

/* The members stay with the place. */
void gitlab_keep(json_t *entry, json_t *node, const json_t *place, int64_t now)
{
	json_t *where = json_object();

	json_object_set(where, "defaultBranchRef", json_object_get(place, "defaultBranchRef"));
	seen_pull(entry, node, where, now);
	json_decref(where);
}

/* ---- merge requests -------------------------------------------------------------------------- */

enum { ASKED = 4 }; /* questions for each */

static struct err *take_failure(struct gitlab_question *q)
{
	struct err *e = q->failed;

	q->failed = NULL;
	return e;
}

/* A free server knows no approvals, an old one no reviewers: without them it is a merge request still. That
 * it does not answer now is another thing: what was said before would be lost. */
static void take_mr(struct gitlab_mr *mr, struct gitlab_question *q)
{
	for (size_t i = 0; i < ASKED && !mr->failed; i++)
		if (i == 0 || !q[i].missing)
			mr->failed = take_failure(&q[i]);
	if (!mr->failed && json_integer_value(json_object_get(q[0].json, "iid")) != mr->number)
		mr->failed = fail(
			ERR_FAILED, "%s: an answer that is no merge request", mr->g->host);
	if (!mr->failed)
		mr->node = gitlab_node(q[0].json, q[1].json, q[2].json, q[3].json, mr->place);
}

struct err *gitlab_fetch(struct gitlab_mr *mrs, size_t n, int timeout_ms, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };

	for (size_t i = 0; i < n; i++) {
		AUTO(str_release) char *path = gitlab_path(mrs[i].g);
		const int at = mrs[i].number;

		gitlab_add(&q, mrs[i].g, path, "/merge_requests/%d", at);
		gitlab_add(&q, mrs[i].g, path, "/merge_requests/%d/approvals", at);
		gitlab_add(&q, mrs[i].g, path, "/merge_requests/%d/reviewers", at)->all = true;
		gitlab_add(&q, mrs[i].g, path, "/merge_requests/%d/discussions", at)->all = true;
	}
	TRY(gitlab_run(&q, timeout_ms, data_dir));
	for (size_t i = 0; i < n; i++)
		take_mr(&mrs[i], &q.list.v[i * ASKED]);
	return NULL;
}

/* ---- jobs and logs --------------------------------------------------------------------------- */

static const json_t *rollup_of(const json_t *entry)
{
	const json_t *commits = json_object_get(
		json_object_get(json_object_get(entry, "node"), "commits"), "nodes");

	return json_object_get(
		json_object_get(json_array_get(commits, 0), "commit"), "statusCheckRollup");
}

/* The project of a fork's pipeline is the fork; it is told by its number. */
static char *project_of(const json_t *entry, const struct github *g)
{
	json_int_t id = json_integer_value(json_object_get(rollup_of(entry), "project"));

	return id > 0 ? str_format("%lld", (long long)id) : gitlab_path(g);
}

static void ask_logs(struct gitlab_questions *logs, json_t *runs, const json_t *entry,
	const struct github *g, json_t *jobs)
{
	AUTO(str_release) char *project = project_of(entry, g);
	size_t before = logs->list.n;

	for (size_t i = 0; i < json_array_size(jobs); i++) {
		json_t *job = json_array_get(jobs, i);
		json_int_t id = json_integer_value(json_object_get(job, "id"));

		if (!str_equal(github_text(job, "status"), "failed") || id <= 0 ||
			json_is_true(json_object_get(job, "allow_failure")) ||
			logs->list.n - before >= LOGS_EACH)
			continue;
		gitlab_add(logs, g, project, "/jobs/%lld/trace", (long long)id)->text = true;
		json_array_append(runs, job);
	}
}

/* A log that is not there leaves the check with what it says of itself. */
static struct err *fetch_logs(struct gitlab_questions *jobs, json_t **entries,
	const struct github *const *places, size_t n, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions logs = { 0 };
	json_t *runs = json_array();
	struct err *e;

	for (size_t i = 0; i < n; i++)
		ask_logs(&logs, runs, entries[i], places[i], jobs->list.v[i].json);
	e = gitlab_run(&logs, GITLAB_MS, data_dir);
	for (size_t i = 0; i < logs.list.n && !e; i++) {
		AUTO(str_release) char *tail = forge_tail(&logs.list.v[i].said);

		if (!logs.list.v[i].failed && *tail)
			json_object_set_new(json_array_get(runs, i), "log", json_string(tail));
	}
	json_decref(runs);
	return e;
}

struct err *gitlab_fetch_details(
	json_t **entries, const struct github *const *places, size_t n, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };

	for (size_t i = 0; i < n; i++) {
		AUTO(str_release) char *project = project_of(entries[i], places[i]);
		long long id = (long long)json_integer_value(
			json_object_get(rollup_of(entries[i]), "pipeline"));
		struct gitlab_question *one = gitlab_add(
			&q, places[i], project, "/pipelines/%lld/jobs", id);

		one->all = id > 0;
		one->unasked = id <= 0;
	}
	TRY(gitlab_run(&q, GITLAB_MS, data_dir));
	TRY(fetch_logs(&q, entries, places, n, data_dir));
	for (size_t i = 0; i < n; i++) {
		struct err *e = q.list.v[i].missing ? NULL : take_failure(&q.list.v[i]);
		json_t *details;

		TRY(e);
		details = gitlab_details(json_object_get(entries[i], "node"), q.list.v[i].json);
		github_take_details(entries[i], details);
		json_decref(details);
	}
	return NULL;
}

/* ---- one refresh() --------------------------------------------------------------------------- */

/* Of all that is asked one after the other. */
static int patience(const struct asking *a)
{
	int64_t left = a->now + QUICK_MS - clock_wall();

	return a->look->ask != ASK_QUICK ? GITLAB_MS : left > 0 && left <= QUICK_MS ? (int)left : 1;
}

static bool may_ask(struct asking *a, size_t place)
{
	struct wanted *host = asking_host(a, place);

	if (!host->silent)
		asking_note(a, host, gitlab_login(&a->places.v[place].g));
	return !host->silent;
}

static void take_node(struct asking *a, size_t place, json_t *node, const json_t *where)
{
	AUTO(str_release)
	char *key = asking_key(&a->places.v[place].g,
		(int)json_integer_value(json_object_get(node, "number")), NULL);

	gitlab_keep(seen_make(&asking_host(a, place)->seen, "pulls", key), node, where, a->now);
}

static json_t *place_of(struct asking *a, size_t place)
{
	const struct github *g = &a->places.v[place].g;
	AUTO(str_release) char *path = gitlab_path(g);
	AUTO(str_release) char *key = str_format("%s %s", path, g->head_owner);

	return seen_find(&asking_host(a, place)->seen, "places", key);
}

/* Of a branch's list: what is not open is told whole; of what is open only that it is there. */
static void take_branch(struct asking *a, struct item *item, const json_t *list)
{
	json_t *entry = seen_make(&asking_host(a, item->place)->seen, "branches", item->key);
	json_t *numbers = json_array(), *place = place_of(a, item->place);

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *node = gitlab_node(json_array_get(list, i), NULL, NULL, NULL, place);
		json_t *number = json_object_get(node, "number");
		json_int_t iid = json_integer_value(number);

		if (iid > 0 && iid < NUMBER_MAX) {
			json_array_append(numbers, number);
			if (!str_equal(github_text(node, "state"), "OPEN"))
				take_node(a, item->place, node, place);
		}
		json_decref(node);
	}
	json_object_set_new(entry, "numbers", numbers);
	json_object_set_new(entry, "at", json_integer(a->now));
	item->answered = true;
}

static struct err *ask_places(struct asking *a)
{
	for (size_t i = 0; i < a->items.n; i++) {
		size_t place = a->items.v[i].place;
		json_t *ignored;

		if (may_ask(a, place))
			TRY(gitlab_place(&ignored, &asking_host(a, place)->seen,
				&a->places.v[place].g, patience(a), a->look->data_dir));
	}
	return NULL;
}

/* open: for each item the list of its branch's open ones; the caller's. */
static struct err *ask_branches(struct asking *a, json_t *lists)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };

	for (size_t i = 0; i < a->items.n; i++) {
		struct item *item = &a->items.v[i];
		const struct github *g = &a->places.v[item->place].g;
		AUTO(str_release) char *path = gitlab_path(g);
		AUTO(str_release) char *branch = item->branch ? gitlab_encode(item->branch) : NULL;
		struct gitlab_question *one = gitlab_add(&q, g, path,
			"/merge_requests?state=all&per_page=20&source_branch=%s",
			branch ? branch : "");

		one->unasked = !branch || !may_ask(a, item->place);
	}
	TRY(gitlab_run(&q, patience(a), a->look->data_dir));
	for (size_t i = 0; i < a->items.n; i++) {
		struct gitlab_question *one = &q.list.v[i];

		if (one->failed && !one->missing)
			asking_note(a, asking_host(a, a->items.v[i].place), take_failure(one));
		if (json_is_array(one->json))
			take_branch(a, &a->items.v[i], one->json);
		json_array_append(lists, one->json ? one->json : json_null());
	}
	return NULL;
}

static void add_mr(struct gitlab_mr *mrs, size_t *whose, size_t *n, struct asking *a, size_t place,
	json_int_t number)
{
	for (size_t i = 0; i < *n; i++)
		if (whose[i] == place && mrs[i].number == number)
			return;
	whose[*n] = place;
	mrs[(*n)++] = (struct gitlab_mr){
		.g = &a->places.v[place].g, .place = place_of(a, place), .number = (int)number
	};
}

/* Those of a number, and the open ones that a branch has: all of them, as which is ours is chosen later. */
static size_t collect(struct gitlab_mr **mrs, size_t **whose, struct asking *a, const json_t *lists)
{
	size_t room = a->items.n + 1, n = 0;

	for (size_t i = 0; i < a->items.n; i++)
		room += json_array_size(json_array_get(lists, i));
	*mrs = mem_alloc(room * sizeof(**mrs));
	*whose = mem_alloc(room * sizeof(**whose));
	for (size_t i = 0; i < a->items.n; i++) {
		const struct item *item = &a->items.v[i];
		const json_t *list = json_array_get(lists, i);

		if (!may_ask(a, item->place))
			continue;
		if (item->number)
			add_mr(*mrs, *whose, &n, a, item->place, item->number);
		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *o = json_array_get(list, k);

			if (str_equal(github_text(o, "state"), "opened"))
				add_mr(*mrs, *whose, &n, a, item->place,
					json_integer_value(json_object_get(o, "iid")));
		}
	}
	return n;
}

static struct err *ask_numbers(struct asking *a, const json_t *lists)
{
	struct gitlab_mr *mrs;
	size_t *whose, n = collect(&mrs, &whose, a, lists);
	struct err *e = gitlab_fetch(mrs, n, patience(a), a->look->data_dir);

	for (size_t i = 0; i < n; i++) {
		struct wanted *host = asking_host(a, whose[i]);

		if (mrs[i].node)
			take_node(a, whose[i], mrs[i].node, mrs[i].place);
		else if (mrs[i].failed && mrs[i].failed->class != ERR_MISSING)
			asking_note(a, host, mrs[i].failed);
		else
			err_drop(mrs[i].failed, "it is gone, and what was seen of it stays");
		json_decref(mrs[i].node);
	}
	free(mrs);
	free(whose);
	return e;
}

static struct err *as_note(struct asking *a, struct err *e)
{
	if (!e || e->class == ERR_INTERRUPTED)
		return e;
	sink_say(a->look->sink, SINK_NOTE, "%s", e->text);
	err_drop(e, "told as a note; what was seen is as good as before");
	return NULL;
}

struct err *gitlab_ask(struct asking *a)
{
	json_t *lists = json_array();
	struct err *e = ask_places(a);

	if (!e)
		e = ask_branches(a, lists);
	if (!e)
		e = ask_numbers(a, lists);
	json_decref(lists);
	return as_note(a, e);
}

struct err *gitlab_ask_details(struct asking *a)
{
	json_t **entries = mem_alloc((a->n + 1) * sizeof(json_t *));
	struct github_part *parts = mem_alloc((a->n + 1) * sizeof(*parts));
	const struct github **places = mem_alloc((a->n + 1) * sizeof(*places));
	struct err *e = NULL;

	for (size_t host = 0; host < a->places.n && !e; host++) {
		size_t n = a->places.v[host].host == host ? asking_due(entries, parts, a, host) : 0;

		if (!n || !may_ask(a, host))
			continue;
		for (size_t i = 0; i < n; i++)
			places[i] = parts[i].g;
		a->asked = true;
		e = gitlab_fetch_details(entries, places, n, a->look->data_dir);
		if (e && e->class != ERR_INTERRUPTED) {
			asking_note(a, &a->places.v[host], e);
			e = NULL;
		}
	}
	free(entries);
	free(parts);
	free(places);
	return e;
}
