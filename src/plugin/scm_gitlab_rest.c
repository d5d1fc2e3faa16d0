/* Merge requests one by one, by REST: what a verb looks at, all of a server that is older than the one question
 * for all, and projects that are elsewhere by now, which REST finds by their old names. */
#include "plugin/scm_gitlab.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { PLACE_AGE_MS = 3600000, NUMBER_MAX = 1 << 30 };

/* ---- projects -------------------------------------------------------------------------------- */

static void take_place(json_t *root, const struct github *g, struct gitlab_questions *q)
{
	const json_t *project = q->list.v[0].json, *head = q->list.v[1].json;
	AUTO(str_release) char *path = gitlab_path(g);
	AUTO(str_release) char *key = str_format("%s %s", path, g->head_owner);
	json_t *place, *all = json_object_get(root, "places");

	if (!json_is_object(project))
		return;
	place = json_pack("{s:s, s:I, s:s, s:{s:s}, s:o, s:I}", "path",
		github_text(project, "path_with_namespace"), "head",
		json_integer_value(json_object_get(head, "id")), "headPath", g->head_owner,
		"defaultBranchRef", "name", github_text(project, "default_branch"), "members",
		gitlab_members(q->list.v[2].json), "at", (json_int_t)clock_wall());
	if (!json_is_object(all)) {
		json_object_set_new(root, "places", json_object());
		all = json_object_get(root, "places");
	}
	json_object_set_new(all, key, place);
}

json_t *gitlab_place_seen(const struct seen *s, const struct github *g)
{
	AUTO(str_release) char *path = gitlab_path(g);
	AUTO(str_release) char *key = str_format("%s %s", path, g->head_owner);

	return seen_find(s, "places", key);
}

struct err *gitlab_place(
	json_t **out, struct seen *s, const struct github *g, int timeout_ms, const char *data_dir)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	AUTO(str_release) char *path = gitlab_path(g);
	int64_t age;

	*out = gitlab_place_seen(s, g);
	age = clock_wall() - json_integer_value(json_object_get(*out, "at"));
	if (*out && age >= 0 && age < PLACE_AGE_MS)
		return NULL;
	gitlab_add(&q, g, path, "%s", "");
	gitlab_add(&q, g, g->head_owner, "%s", "");
	gitlab_add(&q, g, path, "/members/all")->all = true;
	TRY(gitlab_run(&q, timeout_ms, data_dir));
	take_place(s->root, g, &q);
	*out = gitlab_place_seen(s, g);
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
	if (mr->failed)
		return;
	mr->node = gitlab_node(q[0].json, q[1].json, q[2].json, q[3].json, mr->place);
	mr->discussions = q[3].json ? json_incref(q[3].json) : json_array();
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

/* ---- one refresh() --------------------------------------------------------------------------- */

static json_t *place_of(struct asking *a, size_t place)
{
	return gitlab_place_seen(&asking_host(a, place)->seen, &a->places.v[place].g);
}

/* Of a branch's list: what is not open is told whole; of what is open only that it is there. */
static void take_list(struct asking *a, struct item *item, const json_t *list)
{
	json_t *numbers = json_array(), *place = place_of(a, item->place);

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *node = gitlab_node(json_array_get(list, i), NULL, NULL, NULL, place);
		json_t *number = json_object_get(node, "number");
		json_int_t iid = json_integer_value(number);

		if (iid > 0 && iid < NUMBER_MAX) {
			json_array_append(numbers, number);
			if (!str_equal(github_text(node, "state"), "OPEN"))
				gitlab_take_node(a, item->place, node, place);
		}
		json_decref(node);
	}
	gitlab_take_branch(a, item, numbers);
}

static bool is_wanted(struct asking *a, size_t i)
{
	const struct item *item = &a->items.v[i];

	return !item->answered && gitlab_is_apart(a, item) && gitlab_may_ask(a, item->place);
}

static struct err *ask_places(struct asking *a)
{
	for (size_t i = 0; i < a->items.n; i++) {
		size_t place = a->items.v[i].place;
		json_t *ignored;

		if (is_wanted(a, i))
			TRY(gitlab_place(&ignored, &asking_host(a, place)->seen,
				&a->places.v[place].g, gitlab_patience(a), a->look->data_dir));
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

		one->unasked = !branch || !is_wanted(a, i);
	}
	TRY(gitlab_run(&q, gitlab_patience(a), a->look->data_dir));
	for (size_t i = 0; i < a->items.n; i++) {
		struct gitlab_question *one = &q.list.v[i];

		if (one->failed && !one->missing)
			asking_note(a, asking_host(a, a->items.v[i].place), take_failure(one));
		if (json_is_array(one->json))
			take_list(a, &a->items.v[i], one->json);
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

		if (item->branch ? !gitlab_may_ask(a, item->place) : !is_wanted(a, i))
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
	struct err *e = gitlab_fetch(mrs, n, gitlab_patience(a), a->look->data_dir);

	for (size_t i = 0; i < n; i++) {
		struct wanted *host = asking_host(a, whose[i]);

		if (mrs[i].node)
			gitlab_take_node(a, whose[i], mrs[i].node, mrs[i].place);
		else if (mrs[i].failed && mrs[i].failed->class != ERR_MISSING)
			asking_note(a, host, mrs[i].failed);
		else
			err_drop(mrs[i].failed, "it is gone, and what was seen of it stays");
		json_decref(mrs[i].node);
		json_decref(mrs[i].discussions);
	}
	free(mrs);
	free(whose);
	return e;
}

struct err *gitlab_ask_apart(struct asking *a)
{
	json_t *lists;
	struct err *e;
	bool any = false;

	for (size_t i = 0; i < a->items.n && !any; i++)
		any = is_wanted(a, i);
	if (!any)
		return NULL;
	TRY(ask_places(a));
	lists = json_array();
	e = ask_branches(a, lists);
	if (!e)
		e = ask_numbers(a, lists);
	json_decref(lists);
	return e;
}
