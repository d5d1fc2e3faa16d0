#include "plugin/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { KNOWN_TRIES = 8, KNOWN_WAIT_MS = 500 };

void held_release(struct held *h)
{
	json_decref(h->entry);
	h->entry = NULL;
	github_release(&h->g);
	seen_release(&h->seen);
	pull_release(&h->pull);
}

const json_t *held_node(const struct held *h)
{
	return json_object_get(h->entry, "node");
}

void held_give(struct pull *out, struct held *h)
{
	*out = h->pull;
	h->pull = (struct pull){ 0 };
}

/* ---- looking --------------------------------------------------------------------------------- */

struct err *held_open(struct held *h, const struct forge *f, const struct held_ways *ways)
{
	TRY(ways->open(&h->g, f));
	seen_open(&h->seen, &h->g, f->data_dir);
	return NULL;
}

struct err *held_take(
	struct held *h, const struct forge *f, int number, const struct held_ways *ways)
{
	TRY(held_open(h, f, ways));
	return ways->look(h, f, number);
}

struct err *held_view(
	struct pull *out, const struct forge *f, int number, const struct held_ways *ways)
{
	AUTO(held_release) struct held h = { 0 };

	TRY(held_take(&h, f, number, ways));
	held_give(out, &h);
	return NULL;
}

struct err *held_again(struct pull *out, struct held *h, const struct forge *f, int number,
	const struct held_ways *ways)
{
	TRY(ways->look(h, f, number));
	held_give(out, h);
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	return ((const struct pull *)a)->number - ((const struct pull *)b)->number;
}

void held_sort(struct pulls *pulls)
{
	if (pulls->list.n)
		qsort(pulls->list.v, pulls->list.n, sizeof(*pulls->list.v), by_number);
}

/* ---- review ---------------------------------------------------------------------------------- */

static struct err *same_head(const struct held *h, const char *head)
{
	if (!head || (strlen(head) >= 7 && str_starts(h->pull.head, head)))
		return NULL;
	return fail(ERR_REFUSED, "the head of #%d is %.10s by now, not %s", h->pull.number,
		h->pull.head ? h->pull.head : "", head);
}

static struct err *is_open(const struct held *h)
{
	return h->pull.state == PULL_OPEN
		? NULL
		: fail(ERR_FAILED, "#%d is %s", h->pull.number, pull_state_word(h->pull.state));
}

struct err *held_thread(
	const char **id, const struct held *h, const struct remark_wish *w, bool in_file)
{
	int number = w->resolve ? w->resolve : w->reopen;
	const json_t *numbers = json_object_get(h->entry, "numbers");
	const struct remark *found = NULL;

	*id = json_string_value(json_array_get(numbers, (size_t)(number - 1)));
	for (size_t i = 0; i < h->pull.remarks.n; i++)
		if (h->pull.remarks.v[i].number == number)
			found = &h->pull.remarks.v[i];
	if (!found || !*id || found->kind != REMARK_COMMENT || (in_file && !found->file))
		return fail(ERR_USAGE, "#%d has no thread %d: ao pr view %d", h->pull.number,
			number, h->pull.number);
	return NULL;
}

struct err *held_review(struct pull *out, const struct forge *f, int number,
	const struct remark_wish *w, const struct held_ways *ways)
{
	AUTO(held_release) struct held h = { 0 };

	TRY(held_take(&h, f, number, ways));
	TRY(is_open(&h));
	TRY(same_head(&h, w->head));
	TRY(ways->review(&h, f, w));
	return held_again(out, &h, f, number, ways);
}

/* ---- merge and close ------------------------------------------------------------------------- */

/* For a while after a push the forge does not know. */
static struct err *wait_until_known(
	struct held *h, const struct forge *f, int number, const struct held_ways *ways)
{
	for (int i = 0; i < KNOWN_TRIES && h->pull.untested && h->pull.state == PULL_OPEN; i++) {
		TRY(clock_sleep(KNOWN_WAIT_MS << (i < 3 ? i : 3)));
		TRY(ways->look(h, f, number));
	}
	return h->pull.untested
		? fail(ERR_TIMEOUT, "%s does not say yet whether #%d can be merged: try again",
			  h->g.host, number)
		: NULL;
}

struct err *held_refuse(const struct held *h, const char *why)
{
	return fail(ERR_REFUSED, "#%d is not merged: %s", h->pull.number, why);
}

struct err *held_may_merge(const struct held *h)
{
	const struct pull *p = &h->pull;
	const char *state = github_text(held_node(h), "mergeStateStatus");

	if (json_is_true(json_object_get(held_node(h), "isDraft")))
		return held_refuse(h, "it is a draft");
	if (p->conflict)
		return held_refuse(h, "it is in conflict with its base");
	if (p->ci == CI_FAILURE)
		return held_refuse(h, "a check failed: ao pr checks");
	if (p->ci == CI_PENDING)
		return held_refuse(h, "its checks are not done");
	if (p->review == REVIEW_CHANGES)
		return held_refuse(h, "changes were requested: ao pr view");
	if (p->review == REVIEW_PENDING)
		return held_refuse(h, "a review is wanted and not there");
	if (str_equal(state, "BEHIND"))
		return held_refuse(h, "its base has moved on, and must be merged into it first");
	if (str_equal(state, "BLOCKED"))
		return held_refuse(h, "a rule of its base branch is not met");
	return NULL;
}

/* Whoever refuses has not merged. Where no answer came, what is there now tells. */
static struct err *try_merge(struct held *h, const struct forge *f, enum merge_method method,
	const struct held_ways *ways)
{
	int number = h->pull.number;
	struct err *e = ways->merge(h, f, method), *again;

	if (!e || e->class == ERR_REFUSED || e->class == ERR_INTERRUPTED)
		return wrap(e, "#%d is not merged", number);
	again = ways->look(h, f, number);
	if (again) {
		err_drop(again, "nor does this one tell");
		return wrap(e, "#%d may be merged or not", number);
	}
	if (h->pull.state != PULL_MERGED)
		return wrap(e, "#%d is not merged", number);
	err_drop(e, "it is merged all the same");
	return NULL;
}

struct err *held_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head, const struct held_ways *ways)
{
	AUTO(held_release) struct held h = { 0 };

	TRY(held_take(&h, f, number, ways));
	TRY(is_open(&h));
	TRY(same_head(&h, head));
	TRY(wait_until_known(&h, f, number, ways));
	TRY(same_head(&h, head));
	TRY(ways->may_merge(&h, f, method));
	TRY(try_merge(&h, f, method, ways));
	TRY(ways->look(&h, f, number));
	if (h.pull.state != PULL_MERGED)
		return fail(ERR_UNCONFIRMED,
			"#%d: %s took the wish to merge, and has not merged yet", number, h.g.host);
	held_give(out, &h);
	return NULL;
}

struct err *held_close(
	struct pull *out, const struct forge *f, int number, const struct held_ways *ways)
{
	AUTO(held_release) struct held h = { 0 };

	TRY(held_take(&h, f, number, ways));
	if (h.pull.state == PULL_MERGED)
		return fail(ERR_FAILED, "#%d is merged already", number);
	if (h.pull.state == PULL_OPEN) {
		TRY(ways->close(&h, f));
		TRY(ways->look(&h, f, number));
	}
	held_give(out, &h);
	return NULL;
}
