#include "plugin/asking.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/path.h"
#include "plugin/scm_github.h"
#include "plugin/worktree.h"

enum {
	DOWN_MS =
		15000, /* a host that did not answer is left alone for so long, then twice as long, */
	DOWN_TIMES = 4, /* at most sixteen times */
};

enum { QUICK_AGE_MS = 30000, ALL_AGE_MS = 10000 /* a poll asks several times in one pass */ };

/* ---- who is asked for what ------------------------------------------------------------------- */

static void asking_release(struct asking *a)
{
	for (size_t i = 0; i < a->places.n; i++) {
		github_release(&a->places.v[i].g);
		seen_release(&a->places.v[i].seen);
		str_release(&a->places.v[i].bell);
	}
	for (size_t i = 0; i < a->items.n; i++)
		free(a->items.v[i].key);
	free(a->places.v);
	free(a->items.v);
	free(a->place_of);
}

static bool same_api(const struct github *a, const struct github *b)
{
	return str_equal(a->graphql, b->graphql) && str_equal(a->socket, b->socket);
}

static bool same_repository(const struct github *a, const struct github *b)
{
	return same_api(a, b) && strcasecmp(a->owner, b->owner) == 0 &&
		strcasecmp(a->name, b->name) == 0 && str_equal(a->head_owner, b->head_owner);
}

static size_t add_place(struct asking *a, struct github *g)
{
	struct wanted *w;
	size_t at = a->places.n;

	for (size_t i = 0; i < at; i++) {
		if (same_repository(&a->places.v[i].g, g)) {
			github_release(g);
			return i;
		}
	}
	w = vec_push(&a->places);
	w->g = *g;
	w->host = at;
	for (size_t i = 0; i < at && w->host == at; i++)
		if (same_api(&a->places.v[i].g, &w->g))
			w->host = i;
	if (w->host == at)
		seen_open(&w->seen, &w->g, a->look->data_dir);
	return at;
}

struct wanted *asking_host(struct asking *a, size_t place)
{
	return &a->places.v[a->places.v[place].host];
}

/* Refs of one project mostly follow one another, so its files are read once. */
static void find_places(struct asking *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct pull_ref *r = &a->refs[i], *last = i ? r - 1 : NULL;
		struct github g = { 0 };
		struct err *e;

		a->place_of[i] = SIZE_MAX;
		if (last && str_empty(r->pr) && str_empty(last->pr) &&
			r->project == last->project && str_equal(r->repo, last->repo)) {
			a->place_of[i] = a->place_of[i - 1];
			continue;
		}
		e = a->way->open(&g, r->project, r->repo, r->pr);
		if (!e)
			a->place_of[i] = add_place(a, &g);
		else
			github_release(&g);
		err_drop(e, "of that one nothing is known");
	}
}

/* ---- what was seen --------------------------------------------------------------------------- */

char *asking_key(const struct github *g, int number, const char *branch)
{
	return number ? str_format("%s/%s#%d", g->owner, g->name, number)
		      : str_format("%s/%s:%s", g->owner, g->name, branch ? branch : "");
}

json_t *asking_entry(struct asking *a, size_t place, int number)
{
	AUTO(str_release) char *key = asking_key(&a->places.v[place].g, number, NULL);

	return seen_find(&asking_host(a, place)->seen, "pulls", key);
}

/* The number that the branch of a ref stood for when it was seen last; 0: none. */
static int branch_number(struct asking *a, const struct pull_ref *r, size_t place, int64_t *at)
{
	const struct github *g = &a->places.v[place].g;
	AUTO(str_release) char *key = asking_key(g, 0, r->branch);
	json_t *entry = seen_find(&asking_host(a, place)->seen, "branches", key);
	json_t *numbers = json_object_get(entry, "numbers"), *nodes = json_array(), *best;
	int number;

	*at = json_integer_value(json_object_get(entry, "at"));
	for (size_t i = 0; i < json_array_size(numbers); i++)
		json_array_append(nodes,
			json_object_get(
				asking_entry(a, place,
					(int)json_integer_value(json_array_get(numbers, i))),
				"node"));
	best = github_choose(nodes, g->head_owner, r->since);
	number = (int)json_integer_value(json_object_get(best, "number"));
	json_decref(nodes);
	return number;
}

static bool is_closed(struct asking *a, size_t place, int number)
{
	json_t *entry = asking_entry(a, place, number);

	return str_equal(github_text(json_object_get(entry, "node"), "state"), "CLOSED");
}

/* One that was closed may have a successor on the same branch. */
int asking_number(struct asking *a, size_t ref)
{
	const struct pull_ref *r = &a->refs[ref];
	int number = a->way->number(r->pr), newer;
	int64_t at;

	if (str_empty(r->branch) || (number && !is_closed(a, a->place_of[ref], number)))
		return number;
	newer = branch_number(a, r, a->place_of[ref], &at);
	return newer ? newer : number;
}

static bool is_fresh(const struct asking *a, int64_t at)
{
	int64_t age = a->now - at;

	return age >= 0 && age <= (a->look->ask == ASK_QUICK ? QUICK_AGE_MS : ALL_AGE_MS);
}

void asking_add(struct asking *a, size_t place, int number, const char *branch)
{
	char *key = asking_key(&a->places.v[place].g, number, branch);
	struct item *i;

	for (size_t k = 0; k < a->items.n; k++) {
		if (a->items.v[k].place == place && str_equal(a->items.v[k].key, key)) {
			free(key);
			return;
		}
	}
	i = vec_push(&a->items);
	*i = (struct item){ .place = place, .number = number, .branch = branch, .key = key };
}

/* What is merged stays so, and is never asked for again. One that is open is asked for by its number:
 * that costs a third of asking by branch. */
static void add_due(struct asking *a, size_t ref)
{
	const struct pull_ref *r = &a->refs[ref];
	size_t place = a->place_of[ref];
	int number = asking_number(a, ref);
	json_t *entry = number ? asking_entry(a, place, number) : NULL;
	const char *state = github_text(json_object_get(entry, "node"), "state");
	bool by_branch = str_empty(r->pr) ? !str_equal(state, "OPEN") : str_equal(state, "CLOSED");
	int64_t branch_at = 0;

	if (by_branch && !str_empty(r->branch) && !str_equal(state, "MERGED")) {
		branch_number(a, r, place, &branch_at);
		if (!is_fresh(a, branch_at))
			asking_add(a, place, 0, r->branch);
	} else if (number && !str_equal(state, "MERGED") &&
		!is_fresh(a, json_integer_value(json_object_get(entry, "at")))) {
		asking_add(a, place, number, NULL);
	}
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

/* For every process of every namespace: it is kept with what was seen. */
static void set_down(const struct asking *a, struct wanted *host)
{
	json_int_t times = json_integer_value(json_object_get(host->seen.root, "downs"));

	if (json_integer_value(json_object_get(host->seen.root, "until")) > a->now)
		return; /* a limit, whose end is known */
	times = times < 0 || times > DOWN_TIMES ? DOWN_TIMES : times;
	json_object_set_new(
		host->seen.root, "down", json_integer(a->now + ((int64_t)DOWN_MS << times)));
	json_object_set_new(
		host->seen.root, "downs", json_integer(times < DOWN_TIMES ? times + 1 : times));
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
	if (e && host->g.token && !host->silent)
		set_down(a, host);
	if (e)
		host->silent = true;
	err_drop(e, "told as a note");
}

/* Of those who wait, a poll waits longest: whoever looks asks all the same, and may find that it is up again. */
static void leave_alone(struct asking *a)
{
	for (size_t i = 0; i < a->places.n; i++) {
		struct wanted *w = &a->places.v[i];
		int64_t until = json_integer_value(json_object_get(w->seen.root, "down"));

		if (w->host == i && a->look->ask == ASK_ALL && until > a->now &&
			until - a->now <= (int64_t)DOWN_MS << DOWN_TIMES)
			w->silent = true;
	}
}

static void is_up(struct asking *a)
{
	for (size_t i = 0; i < a->items.n; i++) {
		struct wanted *host = asking_host(a, a->items.v[i].place);

		if (host->silent)
			continue;
		json_object_del(host->seen.root, "down");
		json_object_del(host->seen.root, "downs");
	}
}

bool asking_any_left(const struct asking *a)
{
	for (size_t i = 0; i < a->items.n; i++) {
		const struct wanted *w = &a->places.v[a->items.v[i].place];

		if (!a->items.v[i].answered && !a->places.v[w->host].silent)
			return true;
	}
	return false;
}

void asking_places(struct strv *folders, const struct pull_ref *ref, const struct pull *p,
	const char *data_dir)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *news = path_join(data_dir, "cache/forge/news");
	struct err *e = ref->repo && p->branch ? repo_find(NULL, &common, ref->repo) : NULL;

	strv_add(folders, news);
	if (!e && common) {
		AUTO(str_release)
		char *branch = str_format("%s/refs/remotes/origin/%s", common, p->branch);
		AUTO(str_release) char *folder = path_dir(branch);

		strv_add(folders, folder);
	}
	err_drop(e, "a push is not seen, then");
}

/* ---- out ------------------------------------------------------------------------------------- */

static void fill(struct pull *out, struct asking *a, size_t ref)
{
	const struct pull_ref *r = &a->refs[ref];
	size_t place = a->place_of[ref];
	int number = place == SIZE_MAX ? 0 : asking_number(a, ref);
	int64_t at;
	json_t *entry, *details;

	entry = number ? asking_entry(a, place, number) : NULL;
	if (!entry)
		return;
	github_read_pull(out, json_object_get(entry, "node"), json_object_get(entry, "place"));
	if (a->look->ask == ASK_QUICK)
		github_tell_cut(
			a->look->sink, GITHUB_PULL_LISTS, json_object_get(entry, "node"), number);
	at = json_integer_value(json_object_get(entry, "at"));
	if (out->state && out->state != PULL_MERGED && a->now - at > 1000)
		out->seen_at = at;
	details = github_details_of(entry);
	if (out->state && details)
		github_read_details(out, details, json_object_get(entry, "numbers"), r->project);
}

static void tell_quota(struct asking *a)
{
	for (size_t i = 0; i < a->places.n; i++) {
		const struct wanted *w = &a->places.v[i];
		json_t *quota = json_object_get(w->seen.root, "quota");
		json_int_t limit = json_integer_value(json_object_get(quota, "limit"));
		json_int_t left = json_integer_value(json_object_get(quota, "remaining"));
		int64_t in = github_time(quota, "resetAt") - a->now;
		AUTO(str_release) char *age = clock_age(in);

		if (w->host == i && limit > 0 && left >= 0 && left * 5 < limit && in > 0)
			sink_say(a->look->sink, SINK_NOTE,
				"%s: %lld of %lld requests are left for the next %s", w->g.host,
				(long long)left, (long long)limit, age);
	}
}

struct err *asking_refresh(struct pull *out, const struct pull_ref *refs, size_t n,
	const struct look *look, const struct way *way)
{
	AUTO(asking_release)
	struct asking a = { .way = way, .look = look, .refs = refs, .n = n, .now = clock_wall() };

	a.place_of = mem_alloc((n + 1) * sizeof(*a.place_of));
	find_places(&a);
	for (size_t i = 0; i < n && look->ask != ASK_KNOWN; i++)
		if (a.place_of[i] != SIZE_MAX)
			add_due(&a, i);
	leave_alone(&a);
	a.asked = asking_any_left(&a);
	if (a.asked)
		TRY(way->ask(&a));
	if (a.asked)
		is_up(&a);
	if (look->ask == ASK_ALL)
		TRY(way->details(&a));
	for (size_t i = 0; i < a.places.n && a.asked; i++)
		if (a.places.v[i].host == i)
			seen_save(&a.places.v[i].seen);
	for (size_t i = 0; i < n; i++)
		fill(&out[i], &a, i);
	if (look->ask != ASK_KNOWN)
		tell_quota(&a);
	return NULL;
}
