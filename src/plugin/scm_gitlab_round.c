/* All that is due on all hosts, in as few requests as GitLab takes; one by one where it knows no better. */
#include "plugin/scm_gitlab.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

enum {
	AT_ONCE = 50, /* by number in one list: beyond, GitLab may end it for taking too long */
	AT_LEAST = 5,
	QUICK_MS = 2000,
	ROUNDS = 4,
	APART_MS = 86400000, /* a server is not made newer more often than that */
};

int gitlab_patience(const struct asking *a)
{
	int64_t left = a->now + QUICK_MS - clock_wall();

	return a->look->ask != ASK_QUICK ? GITLAB_MS : left > 0 && left <= QUICK_MS ? (int)left : 1;
}

bool gitlab_may_ask(struct asking *a, size_t place)
{
	struct wanted *host = asking_host(a, place);

	if (!host->silent)
		asking_note(a, host, gitlab_login(&a->places.v[place].g));
	return !host->silent;
}

/* Kept with what was seen: `apart`, until when a server is asked one by one; `lacks`, fields that it does not
 * know; `alone`, two lists are too dear for it; `most`, how many are asked for in one list. */
static bool host_is_apart(struct asking *a, const struct wanted *host)
{
	int64_t left = json_integer_value(json_object_get(host->seen.root, "apart")) - a->now;

	return (left > 0 && left <= APART_MS) || !str_ends(host->g.graphql, "/api/graphql");
}

bool gitlab_is_apart(struct asking *a, const struct item *item)
{
	return item->apart || host_is_apart(a, asking_host(a, item->place));
}

static size_t most_of(const struct wanted *host)
{
	json_int_t most = json_integer_value(json_object_get(host->seen.root, "most"));

	return most >= AT_LEAST && most <= AT_ONCE ? (size_t)most : AT_ONCE;
}

static void set_most(struct wanted *host, size_t most)
{
	most = most < AT_LEAST ? AT_LEAST : most > AT_ONCE ? AT_ONCE : most;
	json_object_set_new(host->seen.root, "most", json_integer((json_int_t)most));
}

/* ---- the question ---------------------------------------------------------------------------- */

/* What is asked in one query. */
struct lot {
	size_t host;
	VEC(struct gitlab_list) lists;
	char *body;
	bool lacking; /* without what the server was known not to know */
};

struct lots {
	VEC(struct lot) all;
};

static void lots_release(struct lots *lots)
{
	for (size_t i = 0; i < lots->all.n; i++) {
		for (size_t k = 0; k < lots->all.v[i].lists.n; k++) {
			free(lots->all.v[i].lists.v[k].path);
			free(lots->all.v[i].lists.v[k].items);
		}
		free(lots->all.v[i].lists.v);
		str_release(&lots->all.v[i].body);
	}
	free(lots->all.v);
	*lots = (struct lots){ 0 };
}

/* Where it is by now, where that is known; the caller's. */
static char *path_of(struct asking *a, size_t place)
{
	const struct github *g = &a->places.v[place].g;
	const char *now = github_text(gitlab_place_seen(&asking_host(a, place)->seen, g), "path");

	return *now ? str_dup(now) : gitlab_path(g);
}

/* To the last lot, or to a new one where that would be too dear. */
static void add_list(struct lots *lots, struct gitlab_list *l, const struct asking *a)
{
	size_t host = a->places.v[l->place].host;
	struct lot *last = lots->all.n ? &lots->all.v[lots->all.n - 1] : NULL;
	bool alone = json_is_true(json_object_get(a->places.v[host].seen.root, "alone"));

	if (last && last->host == host && !alone) {
		*vec_push(&last->lists) = *l;
		if (gitlab_price(last->lists.v, last->lists.n) <= gitlab_price_limit())
			return;
		last->lists.n--;
	}
	last = vec_push(&lots->all);
	last->host = host;
	*vec_push(&last->lists) = *l;
}

/* Of one project, by number or by branch. */
static void add_lists(struct lots *lots, struct asking *a, size_t place, bool branches)
{
	size_t most = branches ? gitlab_branches_each() : most_of(asking_host(a, place));
	struct gitlab_list l = { 0 };

	for (size_t i = 0; i < a->items.n; i++) {
		struct item *item = &a->items.v[i];

		if (item->place != place || item->answered || gitlab_is_apart(a, item) ||
			!item->number != branches)
			continue;
		if (!l.n)
			l = (struct gitlab_list){ .place = place,
				.path = path_of(a, place),
				.branches = branches,
				.items = mem_alloc(most * sizeof(struct item *)) };
		l.items[l.n++] = item;
		if (l.n < most)
			continue;
		add_list(lots, &l, a);
		l = (struct gitlab_list){ 0 };
	}
	if (l.n)
		add_list(lots, &l, a);
}

static void make_lots(struct lots *lots, struct asking *a)
{
	for (size_t host = 0; host < a->places.n; host++) {
		for (size_t place = host; place < a->places.n; place++) {
			if (a->places.v[place].host != host || !gitlab_may_ask(a, place))
				continue;
			add_lists(lots, a, place, false);
			add_lists(lots, a, place, true);
		}
	}
	for (size_t i = 0; i < lots->all.n; i++) {
		struct lot *lot = &lots->all.v[i];
		const json_t *lacks = json_object_get(a->places.v[lot->host].seen.root, "lacks");

		lot->body = gitlab_query(lot->lists.v, lot->lists.n, lacks);
		lot->lacking = json_array_size(lacks);
	}
}

/* ---- the answer ------------------------------------------------------------------------------ */

void gitlab_take_node(struct asking *a, size_t place, json_t *node, const json_t *where)
{
	AUTO(str_release)
	char *key = asking_key(&a->places.v[place].g,
		(int)json_integer_value(json_object_get(node, "number")), NULL);

	gitlab_keep(seen_make(&asking_host(a, place)->seen, "pulls", key), node, where, a->now);
}

void gitlab_take_branch(struct asking *a, struct item *item, json_t *numbers)
{
	json_t *entry = seen_make(&asking_host(a, item->place)->seen, "branches", item->key);

	json_object_set_new(entry, "numbers", numbers);
	json_object_set_new(entry, "at", json_integer(a->now));
	item->answered = true;
}

/* Of origin itself where that is the project that is asked, by whatever name it has now. */
static const char *head_path(struct asking *a, size_t place, const json_t *project)
{
	const struct github *g = &a->places.v[place].g;
	AUTO(str_release) char *path = gitlab_path(g);
	const char *now = github_text(project, "fullPath");

	return *now && strcasecmp(path, g->head_owner) == 0 ? now : g->head_owner;
}

static void take_list(
	struct asking *a, const struct gitlab_list *l, const json_t *project, const json_t *nodes)
{
	json_t *where = json_pack("{s:{s:s}}", "defaultBranchRef", "name",
		github_text(json_object_get(project, "repository"), "rootRef"));
	json_t **numbers = mem_alloc((l->n + 1) * sizeof(json_t *));

	for (size_t k = 0; k < l->n; k++)
		numbers[k] = json_array();
	for (size_t i = 0; i < json_array_size(nodes); i++) {
		json_t *node = gitlab_graph_node(
			json_array_get(nodes, i), head_path(a, l->place, project));
		json_t *number = json_object_get(node, "number");

		/* choosing compares it with what is in hand */
		if (*github_text(json_object_get(node, "headRepositoryOwner"), "login"))
			json_object_set_new(node, "headRepositoryOwner",
				json_pack("{s:s}", "login", a->places.v[l->place].g.head_owner));
		if (json_integer_value(number) > 0)
			gitlab_take_node(a, l->place, node, where);
		for (size_t k = 0; k < l->n && l->branches; k++)
			if (json_integer_value(number) > 0 &&
				str_equal(l->items[k]->branch, github_text(node, "headRefName")))
				json_array_append(numbers[k], number);
		json_decref(node);
	}
	for (size_t k = 0; k < l->n; k++) {
		if (l->branches)
			gitlab_take_branch(a, l->items[k], numbers[k]);
		else
			json_decref(numbers[k]);
		l->items[k]->answered = true;
	}
	free(numbers);
	json_decref(where);
}

/* A project that is not there may be elsewhere by now. */
static void take_lists(struct asking *a, const struct lot *lot, json_t *data, const json_t *errors)
{
	bool wrong = gitlab_drop_wrong(data, errors);

	for (size_t k = 0; k < lot->lists.n; k++) {
		const struct gitlab_list *l = &lot->lists.v[k];
		const json_t *project = gitlab_project_of(data, l);
		const json_t *nodes = gitlab_nodes_of(data, l, k);

		if (json_is_array(nodes))
			take_list(a, l, project, nodes);
		for (size_t i = 0; i < l->n; i++)
			l->items[i]->apart = !json_is_object(project) && !wrong;
	}
}

/* It said no to the question itself. True: another one is worth a try. */
static bool take_refusal(struct asking *a, const struct lot *lot, const json_t *root)
{
	struct wanted *host = &a->places.v[lot->host];
	const json_t *errors = json_object_get(root, "errors");
	const json_t *said = json_object_get(json_array_get(errors, 0), "extensions");
	const char *field = gitlab_lacking(errors);

	if (field && !lot->lacking) {
		json_object_set_new(host->seen.root, "lacks", json_pack("[s]", field));
		return true;
	}
	if (root && !*github_text(said, "code") && lot->lists.n > 1) {
		json_object_set_new(host->seen.root, "alone", json_true());
		return true;
	}
	if (host_is_apart(a, host))
		return false;
	json_object_del(host->seen.root, "lacks"); /* it may be newer one day */
	json_object_set_new(host->seen.root, "apart", json_integer(a->now + APART_MS));
	sink_say(a->look->sink, SINK_NOTE,
		"%s does not take one question for all (%s): for a day each merge request is "
		"asked for by itself",
		host->g.host, root ? github_error(root) : "it has no GraphQL");
	return false;
}

/* It did not answer. True: it may where less is asked. */
static bool take_silence(struct asking *a, const struct lot *lot, const struct http_answer *answer)
{
	struct wanted *host = &a->places.v[lot->host];
	bool slow = answer->outcome == HTTP_SERVER || answer->outcome == HTTP_TIMEOUT;
	size_t n = lot->lists.v[0].n;

	if (slow && n / 2 < most_of(host))
		set_most(host, n / 2);
	if (slow && a->look->ask == ASK_ALL && n > AT_LEAST && !lot->lists.v[0].branches)
		return true;
	asking_note(a, host,
		http_good(answer) ? fail(ERR_FAILED, "%s: an answer that is no JSON", host->g.host)
				  : http_failed(answer, host->g.host));
	return false;
}

/* True: asked otherwise, it may answer. */
static bool take_answer(struct asking *a, const struct lot *lot, const struct http_answer *answer)
{
	struct wanted *host = &a->places.v[lot->host];
	json_t *root = http_good(answer) ? http_json(answer) : NULL;
	json_t *data = json_object_get(root, "data");
	size_t most = most_of(host);
	bool again = false;

	if (json_is_object(data)) {
		take_lists(a, lot, data, json_object_get(root, "errors"));
		if (github_error(root))
			sink_say(a->look->sink, SINK_NOTE, "%s: %s", host->g.host,
				github_error(root));
		else if (lot->lists.v[0].n == most)
			set_most(host, most + AT_LEAST);
	} else if (root ? github_error(root) != NULL : answer->outcome == HTTP_NOT_FOUND) {
		again = take_refusal(a, lot, root);
	} else {
		again = take_silence(a, lot, answer);
	}
	json_decref(root);
	return again;
}

/* ---- one refresh() --------------------------------------------------------------------------- */

static struct http_request request_of(const struct github *g, const char *body, int timeout_ms)
{
	return (struct http_request){ .url = g->graphql,
		.method = "POST",
		.token = g->token,
		.socket = g->socket,
		.body = body,
		.timeout_ms = timeout_ms };
}

static struct err *ask_once(struct asking *a, bool *again)
{
	AUTO(lots_release) struct lots lots = { 0 };
	struct http_request *requests;
	struct http_answer *answers;
	size_t n;
	struct err *e;

	*again = false;
	make_lots(&lots, a);
	n = lots.all.n;
	if (!n)
		return NULL;
	requests = mem_alloc(n * sizeof(*requests));
	answers = mem_alloc(n * sizeof(*answers));
	for (size_t i = 0; i < n; i++)
		requests[i] = request_of(
			&a->places.v[lots.all.v[i].host].g, lots.all.v[i].body, gitlab_patience(a));
	e = http_ask(answers, requests, n, a->look->data_dir);
	for (size_t i = 0; i < n && !e; i++)
		*again |= take_answer(a, &lots.all.v[i], &answers[i]);
	http_answers_release(answers, n);
	free(requests);
	free(answers);
	return e;
}

struct err *gitlab_ask(struct asking *a)
{
	struct err *e = NULL;
	bool again = true;

	for (int round = 0; round < ROUNDS && again && !e; round++)
		e = ask_once(a, &again);
	if (!e)
		e = gitlab_ask_apart(a);
	if (!e || e->class == ERR_INTERRUPTED)
		return e;
	sink_say(a->look->sink, SINK_NOTE, "%s", e->text);
	err_drop(e, "told as a note; what was seen is as good as before");
	return NULL;
}
