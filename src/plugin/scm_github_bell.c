/*
 * The doorbell of a repository: the pull request that changed last, by REST with the ETag of the last answer, which costs
 * nothing while it is the same. A poll asks it instead of the whole question, where all that it wants to know of a
 * repository has been as it is for a while.
 *
 * A push, a review, a remark, a label, a merge ring. A check that is run again, a thread that is resolved and a base that
 * moves do not; so silence is believed for a while only. What was heard is kept beside what was answered then, not taken from the
 * status 304: another process may have heard the ring first, and died of it.
 */
#include "plugin/scm_github.h"

#include <stdlib.h>

#include "base/hash.h"

enum {
	STILL_MS = 5 * 60000,   /* nothing has changed for so long */
	OPEN_MS = 5 * 60000,    /* an open one is asked for so often in any case */
	BRANCH_MS = 60 * 60000, /* where none is open there is nothing to miss */
	MAX = 4 << 20,
};

/* ---- what may be left to the bell -------------------------------------------------------------- */

static bool is_still(const json_t *entry, int64_t now)
{
	int64_t since = json_integer_value(json_object_get(entry, "since"));

	return since && now - since >= STILL_MS;
}

static bool pull_is_still(struct asking *a, size_t place, int number)
{
	json_t *entry = asking_entry(a, place, number);
	AUTO(pull_release) struct pull p = { 0 };

	github_read_pull(&p, json_object_get(entry, "node"), NULL);
	if (p.state != PULL_OPEN)
		return p.state != PULL_NONE;
	return is_still(entry, a->now) && !p.untested && p.ci != CI_PENDING && p.ci != CI_UNKNOWN;
}

/* *open: there is one that is open. */
static bool item_is_still(struct asking *a, const struct item *i, bool *open)
{
	json_t *entry, *numbers;

	if (i->number) {
		*open = true;
		return pull_is_still(a, i->place, i->number);
	}
	entry = seen_find(&asking_host(a, i->place)->seen, "branches", i->key);
	numbers = json_object_get(entry, "numbers");
	for (size_t k = 0; k < json_array_size(numbers); k++)
		if (!pull_is_still(
			    a, i->place, (int)json_integer_value(json_array_get(numbers, k))))
			return false;
	return is_still(entry, a->now);
}

static bool place_is_still(struct asking *a, size_t place, bool *open)
{
	bool any = false;

	for (size_t i = 0; i < a->items.n; i++) {
		if (a->items.v[i].place != place)
			continue;
		if (!item_is_still(a, &a->items.v[i], open))
			return false;
		any = true;
	}
	return any;
}

/* ---- listening --------------------------------------------------------------------------------- */

static char *key_of(const struct github *g)
{
	return str_format("%s/%s", g->owner, g->name);
}

static bool is_silent(struct asking *a, size_t place, bool open)
{
	const struct wanted *w = &a->places.v[place];
	AUTO(str_release) char *key = key_of(&w->g);
	const json_t *bell = seen_find(&asking_host(a, place)->seen, "bells", key);
	int64_t age = a->now - json_integer_value(json_object_get(bell, "at"));

	return w->bell && str_equal(w->bell, github_text(bell, "sum")) && age >= 0 &&
		age < (open ? OPEN_MS : BRANCH_MS);
}

static void hear(struct asking *a, size_t place, const struct http_answer *answer, bool open)
{
	struct wanted *w = &a->places.v[place];

	if (!http_good(answer))
		return;
	w->bell = str_format(
		"%016llx", (unsigned long long)hash_fnv(buf_text(&answer->body), answer->body.n));
	w->still = is_silent(a, place, open);
	for (size_t i = 0; i < a->items.n && w->still; i++)
		if (a->items.v[i].place == place)
			a->items.v[i].answered = true;
}

/* Where the questions themselves are refused for a while, nothing is asked. */
static bool may_ring(struct asking *a, size_t place)
{
	struct wanted *host = asking_host(a, place);
	int64_t until = json_integer_value(json_object_get(host->seen.root, "until"));

	return until <= a->now && github_round_login(a, place);
}

struct err *github_listen(struct asking *a)
{
	size_t n = 0, *places = mem_alloc((a->places.n + 1) * sizeof(*places));
	bool *open = mem_alloc((a->places.n + 1) * sizeof(*open));
	struct http_request *requests = mem_alloc((a->places.n + 1) * sizeof(*requests));
	struct http_answer *answers = mem_alloc((a->places.n + 1) * sizeof(*answers));
	AUTO(strv_release) struct strv urls = { 0 };
	struct err *e;

	for (size_t i = 0; i < a->places.n; i++) {
		open[n] = false;
		if (!place_is_still(a, i, &open[n]) || !may_ring(a, i))
			continue;
		strv_addf(&urls,
			"%s/repos/%s/%s/pulls?state=all&sort=updated&direction=desc&per_page=1",
			a->places.v[i].g.rest, a->places.v[i].g.owner, a->places.v[i].g.name);
		places[n++] = i;
	}
	for (size_t k = 0; k < n; k++)
		requests[k] = (struct http_request){ .url = urls.v[k],
			.token = a->places.v[places[k]].g.token,
			.accept = "application/vnd.github+json",
			.socket = a->places.v[places[k]].g.socket,
			.timeout_ms = GITHUB_VERB_MS,
			.max_bytes = MAX,
			.cached = true };
	e = http_ask(answers, requests, n, a->look->data_dir);
	for (size_t k = 0; k < n && !e; k++)
		hear(a, places[k], &answers[k], open[k]);
	http_answers_release(answers, n);
	free(places);
	free(open);
	free(requests);
	free(answers);
	return e;
}

/* What was heard before all was answered: whatever changed meanwhile rings next time. */
void github_remember_bells(struct asking *a)
{
	for (size_t place = 0; place < a->places.n; place++) {
		const struct wanted *w = &a->places.v[place];
		AUTO(str_release) char *key = key_of(&w->g);
		bool whole = w->bell && !w->still;
		json_t *bell;

		for (size_t i = 0; i < a->items.n; i++)
			whole = whole && (a->items.v[i].place != place || a->items.v[i].answered);
		if (!whole)
			continue;
		bell = seen_make(&asking_host(a, place)->seen, "bells", key);
		json_object_set_new(bell, "sum", json_string(w->bell));
		json_object_set_new(bell, "at", json_integer(a->now));
	}
}
