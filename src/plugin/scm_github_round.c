/* All that is due on all hosts, in as few requests as GitHub takes well; smaller ones where they took it
 * too long. */
#include "plugin/scm_github.h"

#include <stdlib.h>

#include "base/clock.h"

enum {
	AT_ONCE = 50,     /* in one query: beyond, GitHub may end it for taking too long */
	FOR_A_POINT = 29, /* five lists each, a point for a hundred, rounded */
	AT_LEAST = 5,
	QUICK_MS = 2000,
	ROUNDS = 4,
};

/* ---- the question ---------------------------------------------------------------------------- */

struct query {
	size_t host;
	struct item **items;
	struct github_part *parts;
	size_t n;
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

/* The next unanswered items of one host, those of a repository together. */
static bool make_query(struct query *q, struct asking *a, bool *taken, size_t host)
{
	size_t most = most_of(&a->places.v[host]);

	/* nobody waits for a poll, so it takes what is cheapest; who looks gets one answer */
	if (a->look->ask == ASK_ALL && most > FOR_A_POINT)
		most = FOR_A_POINT;
	q->host = host;
	q->items = mem_alloc(most * sizeof(struct item *));
	q->parts = mem_alloc(most * sizeof(*q->parts));
	for (size_t place = 0; place < a->places.n; place++) {
		for (size_t i = 0; i < a->items.n && q->n < most; i++) {
			struct item *item = &a->items.v[i];

			if (taken[i] || item->answered || item->place != place ||
				a->places.v[place].host != host)
				continue;
			taken[i] = true;
			q->items[q->n] = item;
			q->parts[q->n++] = (struct github_part){ .place = place,
				.g = &a->places.v[place].g,
				.number = item->number,
				.branch = item->branch };
		}
	}
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

static void take_branch(
	struct asking *a, const struct item *item, json_t *nodes, json_t *repository)
{
	json_t *entry = seen_make(&asking_host(a, item->place)->seen, "branches", item->key);
	json_t *numbers = json_array();

	for (size_t i = 0; i < json_array_size(nodes); i++) {
		json_t *node = json_array_get(nodes, i);

		take_node(a, item->place, node, repository);
		json_array_append(numbers, json_object_get(node, "number"));
	}
	json_object_set_new(entry, "numbers", numbers);
	json_object_set_new(entry, "at", json_integer(a->now));
}

/* A pull request or repository that is gone is null, beside the others: that is an answer, too. */
static void take_items(struct asking *a, struct query *q, const json_t *data)
{
	for (size_t i = 0; i < q->n; i++) {
		json_t *repository = github_place_of(data, &q->parts[i]);
		json_t *found = github_part_of(data, &q->parts[i], i);

		q->items[i]->answered = true;
		if (q->items[i]->branch)
			take_branch(a, q->items[i], json_object_get(found, "nodes"), repository);
		else if (json_is_object(found))
			take_node(a, q->items[i]->place, found, repository);
	}
}

/* The oldest of what is shown instead; 0: nothing is. */
static int64_t oldest_of(struct asking *a, const struct wanted *host)
{
	int64_t oldest = 0;

	for (size_t i = 0; i < a->n; i++) {
		size_t place = a->place_of[i];
		bool here = place != SIZE_MAX && asking_host(a, place) == host;
		int number = here ? asking_number(a, i) : 0;
		json_t *entry = number ? asking_entry(a, place, number) : NULL;
		int64_t at = json_integer_value(json_object_get(entry, "at"));
		const char *state = github_text(json_object_get(entry, "node"), "state");

		if (at && !str_equal(state, "MERGED") && (!oldest || at < oldest))
			oldest = at;
	}
	return oldest;
}

void asking_note(struct asking *a, struct wanted *host, struct err *e)
{
	if (e && !host->silent) {
		int64_t oldest = oldest_of(a, host);
		AUTO(str_release) char *age = oldest ? clock_age(a->now - oldest) : NULL;

		sink_say(a->look->sink, SINK_NOTE,
			"%s; pull requests are shown as they were last seen%s%s%s", e->text,
			age ? ", " : "", age ? age : "", age ? " ago" : "");
	}
	if (e)
		host->silent = true;
	err_drop(e, "told as a note");
}

/* True: the query took GitHub too long, and smaller ones are worth a try. */
static bool take_answer(struct asking *a, struct query *q, const struct http_answer *answer)
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
		take_items(a, q, data);
	}
	if (slow && q->n / 2 < most)
		set_most(host, q->n / 2);
	else if (json_is_object(data) && q->n == most)
		set_most(host, most + AT_LEAST);
	if (slow && a->look->ask == ASK_ALL && q->n > AT_LEAST) {
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

static bool may_ask(struct asking *a, size_t host)
{
	struct wanted *w = &a->places.v[host];

	if (!w->silent && !w->g.token)
		asking_note(a, w, github_login(&w->g));
	return !w->silent;
}

static struct err *ask_once(struct asking *a, bool *again)
{
	bool *taken = mem_alloc(a->items.n + 1);
	struct query *queries = mem_alloc((a->items.n + 1) * sizeof(*queries));
	struct http_request *requests = mem_alloc((a->items.n + 1) * sizeof(*requests));
	struct http_answer *answers = mem_alloc((a->items.n + 1) * sizeof(*answers));
	size_t n = 0;
	struct err *e = NULL;

	for (size_t i = 0; i < a->items.n; i++) {
		size_t host = a->places.v[a->items.v[i].place].host;

		if (taken[i] || a->items.v[i].answered || !may_ask(a, host))
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
		*again |= take_answer(a, &queries[i], &answers[i]);
	http_answers_release(answers, n);
	for (size_t i = 0; i < n; i++)
		query_release(&queries[i]);
	free(taken);
	free(queries);
	free(requests);
	free(answers);
	return e;
}

struct err *asking_ask(struct asking *a)
{
	bool again = true;
	struct err *e = NULL;

	for (int round = 0; round < ROUNDS && again && !e; round++)
		e = ask_once(a, &again);
	if (e && e->class != ERR_INTERRUPTED) {
		sink_say(a->look->sink, SINK_NOTE, "%s", e->text);
		err_drop(e, "told as a note; what was seen is as good as before");
		e = NULL;
	}
	return e;
}

/* Of open ones whose checks or threads changed. Parts of one repository stand together. */
size_t asking_due(json_t **entries, struct github_part *parts, struct asking *a, size_t host)
{
	size_t n = 0;

	for (size_t place = 0; place < a->places.n; place++) {
		for (size_t i = 0; i < a->n && a->places.v[place].host == host; i++) {
			int number = a->place_of[i] == place ? asking_number(a, i) : 0;
			json_t *entry = number ? asking_entry(a, place, number) : NULL;
			bool twice = false;

			for (size_t k = 0; k < n; k++)
				twice |= entries[k] == entry;
			if (!entry || twice || !github_details_due(entry))
				continue;
			parts[n] = (struct github_part){
				.place = place, .g = &a->places.v[place].g, .number = number
			};
			entries[n++] = entry;
		}
	}
	return n;
}

/* Another repository of a host has the same login. */
static void login_of(struct asking *a, size_t place)
{
	struct wanted *host = asking_host(a, place);

	if (host != &a->places.v[place])
		str_set(&a->places.v[place].g.token, host->g.token);
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
		login_of(a, place);
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

struct err *asking_details(struct asking *a)
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
		if (!n || !may_ask(a, host))
			continue;
		for (size_t i = 0; i < n; i++)
			login_of(a, parts[i].place);
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
