/* All that is due on all hosts, in as few requests as GitHub takes well; smaller ones where they took it
 * too long. */
#include "plugin/scm_github.h"

#include <stdlib.h>
#include <strings.h>

enum {
	AT_ONCE = 50,     /* in one query: beyond, GitHub may end it for taking too long */
	FOR_A_POINT = 29, /* five lists each, a point for a hundred, rounded */
	LISTS = 5,        /* but one where a branch is only asked which it has */
	AT_LEAST = 5,
	QUICK_MS = 2000,
	ROUNDS = 4,
};

/* ---- the question ---------------------------------------------------------------------------- */

struct query {
	size_t host;
	struct item **items;
	struct github_part *parts;
	size_t n, size; /* things, and how many whole ones cost as much */
	char *body;
};

static void query_release(struct query *q)
{
	free(q->items);
	free(q->parts);
	str_release(&q->body);
}

static size_t most_of(const struct wanted *host)
{
	json_int_t most = json_integer_value(json_object_get(host->seen.root, "most"));

	return most >= AT_LEAST && most <= AT_ONCE ? (size_t)most : AT_ONCE;
}

/* Halved where a query took too long, and slowly more again where one did not. */
static void set_most(struct wanted *host, size_t most)
{
	most = most < AT_LEAST ? AT_LEAST : most > AT_ONCE ? AT_ONCE : most;
	json_object_set_new(host->seen.root, "most", json_integer((json_int_t)most));
}

/* A poll asks what is due more often than anything is found by its branch: so it asks first which there are. */
static bool is_brief(const struct asking *a, const struct item *item)
{
	return a->look->ask == ASK_ALL && item->branch;
}

static void add_part(struct query *q, struct asking *a, struct item *item)
{
	q->items[q->n] = item;
	q->parts[q->n++] = (struct github_part){ .place = item->place,
		.g = &a->places.v[item->place].g,
		.number = item->number,
		.branch = item->branch,
		.brief = is_brief(a, item) };
}

/* The next unanswered items of one host, those of a repository together. */
static bool make_query(struct query *q, struct asking *a, bool *taken, size_t host)
{
	size_t most = most_of(&a->places.v[host]), lists = 0;

	/* nobody waits for a poll, so it takes what is cheapest; who looks gets one answer */
	if (a->look->ask == ASK_ALL && most > FOR_A_POINT)
		most = FOR_A_POINT;
	q->host = host;
	q->items = mem_alloc(most * LISTS * sizeof(struct item *));
	q->parts = mem_alloc(most * LISTS * sizeof(*q->parts));
	for (size_t place = 0; place < a->places.n; place++) {
		for (size_t i = 0; i < a->items.n; i++) {
			struct item *item = &a->items.v[i];
			size_t more = is_brief(a, item) ? 1 : LISTS;

			if (taken[i] || item->answered || item->place != place ||
				a->places.v[place].host != host || lists + more > most * LISTS)
				continue;
			taken[i] = true;
			lists += more;
			add_part(q, a, item);
		}
	}
	q->size = (lists + LISTS - 1) / LISTS;
	q->body = github_query(GITHUB_SESSIONS, q->parts, q->n);
	return q->n != 0;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void take_node(struct asking *a, size_t place, json_t *node, json_t *repository)
{
	struct wanted *host = asking_host(a, place);
	int number = (int)json_integer_value(json_object_get(node, "number"));
	AUTO(str_release) char *key = asking_key(&a->places.v[place].g, number, NULL);
	json_t *entry, *where;

	if (number <= 0)
		return;
	entry = seen_make(&host->seen, "pulls", key);
	where = json_object();
	if (a->look->ask == ASK_QUICK)
		github_keep_older(node, json_object_get(entry, "node"));
	json_object_set(where, "defaultBranchRef", json_object_get(repository, "defaultBranchRef"));
	seen_pull(entry, node, where, a->now);
	json_decref(where);
}

static bool is_ours(struct asking *a, size_t place, const json_t *node)
{
	const char *owner = github_text(json_object_get(node, "headRepositoryOwner"), "login");

	return strcasecmp(owner, a->places.v[place].g.head_owner) == 0;
}

/* What strangers have under the same name says nothing of it. */
static void keep_branch(struct asking *a, const struct item *item, const json_t *nodes)
{
	json_t *entry = seen_make(&asking_host(a, item->place)->seen, "branches", item->key);
	json_t *numbers = json_array();

	for (size_t i = 0; i < json_array_size(nodes); i++)
		if (is_ours(a, item->place, json_array_get(nodes, i)))
			json_array_append(
				numbers, json_object_get(json_array_get(nodes, i), "number"));
	if (!json_equal(json_object_get(entry, "numbers"), numbers) ||
		!json_object_get(entry, "since"))
		json_object_set_new(entry, "since", json_integer(a->now));
	json_object_set_new(entry, "numbers", numbers);
	json_object_set_new(entry, "at", json_integer(a->now));
}

/* One of ours that is open, or not as it was seen last, is asked for in the next round. */
static void take_brief(struct asking *a, size_t place, const json_t *node, json_t *wanted)
{
	int number = (int)json_integer_value(json_object_get(node, "number"));
	json_t *entry = number > 0 ? asking_entry(a, place, number) : NULL;
	const char *state = github_text(json_object_get(entry, "node"), "state");

	if (number <= 0 || !is_ours(a, place, node))
		return;
	if (entry && !str_equal(state, "OPEN") && str_equal(state, github_text(node, "state")))
		json_object_set_new(entry, "at", json_integer(a->now));
	else
		json_array_append_new(wanted, json_pack("[I, i]", (json_int_t)place, number));
}

/* A pull request or repository that is gone is null, beside the others: that is an answer, too. */
static void take_items(struct asking *a, struct query *q, const json_t *data, json_t *wanted)
{
	for (size_t i = 0; i < q->n; i++) {
		json_t *repository = github_place_of(data, &q->parts[i]);
		json_t *found = github_part_of(data, &q->parts[i], i);
		json_t *nodes = json_object_get(found, "nodes");
		struct item *item = q->items[i];

		item->answered = true;
		if (item->branch)
			keep_branch(a, item, nodes);
		else if (json_is_object(found))
			take_node(a, item->place, found, repository);
		for (size_t k = 0; k < json_array_size(nodes) && item->branch; k++) {
			if (q->parts[i].brief)
				take_brief(a, item->place, json_array_get(nodes, k), wanted);
			else
				take_node(a, item->place, json_array_get(nodes, k), repository);
		}
	}
}

/* True: the query took GitHub too long, and smaller ones are worth a try. */
static bool take_answer(
	struct asking *a, struct query *q, const struct http_answer *answer, json_t *wanted)
{
	struct wanted *host = &a->places.v[q->host];
	json_t *root = http_good(answer) ? http_json(answer) : NULL;
	json_t *data = json_object_get(root, "data");
	bool slow = !json_is_object(data) &&
		(answer->outcome == HTTP_SERVER || answer->outcome == HTTP_TIMEOUT || root) &&
		answer->outcome != HTTP_RATE_LIMITED;
	size_t most = most_of(host);

	if (json_is_object(data)) {
		json_object_set(host->seen.root, "quota", json_object_get(data, "rateLimit"));
		take_items(a, q, data, wanted);
	}
	if (answer->outcome == HTTP_RATE_LIMITED)
		json_object_set_new(host->seen.root, "until", json_integer(answer->until));
	if (slow && q->size / 2 < most)
		set_most(host, q->size / 2);
	else if (json_is_object(data) && q->size == most)
		set_most(host, most + AT_LEAST);
	if (slow && a->look->ask == ASK_ALL && q->size > AT_LEAST) {
		json_decref(root);
		return true;
	}
	if (!http_good(answer))
		asking_note(a, host, http_failed(answer, host->g.host));
	else if (!json_is_object(data))
		asking_note(a, host,
			fail(ERR_FAILED, "%s: %s", host->g.host,
				root && github_error(root) ? github_error(root)
							   : "an answer that is no JSON"));
	json_decref(root);
	return false;
}

/* ---- one round ------------------------------------------------------------------------------- */

bool github_round_login(struct asking *a, size_t place)
{
	struct wanted *host = asking_host(a, place);

	if (!host->silent && !host->g.token)
		asking_note(a, host, github_login(&host->g));
	if (host != &a->places.v[place]) /* another repository there */
		str_set(&a->places.v[place].g.token, host->g.token);
	return !host->silent;
}

/* Of branches, what they were found to have. True: there is any. */
static bool want(struct asking *a, const json_t *wanted)
{
	for (size_t i = 0; i < json_array_size(wanted); i++) {
		const json_t *one = json_array_get(wanted, i);

		asking_add(a, (size_t)json_integer_value(json_array_get(one, 0)),
			(int)json_integer_value(json_array_get(one, 1)), NULL);
	}
	return json_array_size(wanted) != 0;
}

static struct err *ask_once(struct asking *a, bool *again)
{
	json_t *wanted = json_array();
	bool *taken = mem_alloc(a->items.n + 1);
	struct query *queries = mem_alloc((a->items.n + 1) * sizeof(*queries));
	struct http_request *requests = mem_alloc((a->items.n + 1) * sizeof(*requests));
	struct http_answer *answers = mem_alloc((a->items.n + 1) * sizeof(*answers));
	size_t n = 0;
	struct err *e = NULL;

	for (size_t i = 0; i < a->items.n; i++) {
		size_t host = a->places.v[a->items.v[i].place].host;

		if (taken[i] || a->items.v[i].answered || !github_round_login(a, host))
			continue;
		if (make_query(&queries[n], a, taken, host)) {
			requests[n] = github_request(&a->places.v[host].g, queries[n].body,
				a->look->ask == ASK_QUICK ? QUICK_MS : GITHUB_VERB_MS);
			n++;
		}
	}
	e = http_ask(answers, requests, n, a->look->data_dir);
	*again = false;
	for (size_t i = 0; i < n && !e; i++)
		*again |= take_answer(a, &queries[i], &answers[i], wanted);
	*again |= want(a, wanted);
	json_decref(wanted);
	http_answers_release(answers, n);
	for (size_t i = 0; i < n; i++)
		query_release(&queries[i]);
	free(taken);
	free(queries);
	free(requests);
	free(answers);
	return e;
}

/* Who looks waits for one question; a poll may find out first that there is nothing to ask. */
struct err *github_round(struct asking *a)
{
	bool again = true;
	struct err *e = a->look->ask == ASK_ALL ? github_listen(a) : NULL;

	a->asked = asking_any_left(a);
	for (int round = 0; round < ROUNDS && again && a->asked && !e; round++)
		e = ask_once(a, &again);
	github_remember_bells(a);
	if (e && e->class != ERR_INTERRUPTED) {
		sink_say(a->look->sink, SINK_NOTE, "%s", e->text);
		err_drop(e, "told as a note; what was seen is as good as before");
		e = NULL;
	}
	return e;
}

/* Of those that were just seen. */
static struct err *fetch_pages(struct asking *a, size_t host)
{
	json_t **nodes = mem_alloc((a->n + 1) * sizeof(json_t *));
	struct github_part *parts = mem_alloc((a->n + 1) * sizeof(*parts));
	size_t n = 0;
	struct err *e;

	for (size_t i = 0; i < a->n; i++) {
		size_t place = a->place_of[i];
		bool here = place != SIZE_MAX && a->places.v[place].host == host;
		int number = here ? asking_number(a, i) : 0;
		json_t *entry = number ? asking_entry(a, place, number) : NULL;

		json_t *node = json_object_get(entry, "node");
		bool twice = false;

		for (size_t k = 0; k < n; k++)
			twice |= nodes[k] == node;
		if (!node || twice || json_integer_value(json_object_get(entry, "at")) != a->now)
			continue;
		if (!github_round_login(a, place))
			continue;
		parts[n] = (struct github_part){
			.place = place, .g = &a->places.v[place].g, .number = number
		};
		nodes[n++] = node;
	}
	e = github_fetch_pages(GITHUB_PULL_LISTS, nodes, parts, n, a->look->data_dir);
	free(nodes);
	free(parts);
	return e;
}

struct err *github_round_details(struct asking *a)
{
	json_t **entries = mem_alloc((a->n + 1) * sizeof(json_t *));
	struct github_part *parts = mem_alloc((a->n + 1) * sizeof(*parts));
	struct err *e = NULL;

	for (size_t host = 0; host < a->places.n && !e; host++) {
		size_t n = 0;

		if (a->places.v[host].host != host)
			continue;
		e = fetch_pages(a, host);
		if (!e)
			n = asking_due(entries, parts, a, host);
		for (size_t i = 0; i < n; i++)
			(void)github_round_login(a, parts[i].place);
		if (!n || a->places.v[host].silent)
			continue;
		a->asked = true;
		e = github_fetch_details(entries, parts, n, a->look->data_dir);
		if (e && e->class != ERR_INTERRUPTED) {
			asking_note(a, &a->places.v[host], e);
			e = NULL;
		}
	}
	free(entries);
	free(parts);
	return e;
}
