/*
 * One pull request in hand: what the verbs of `ao pr` on any forge elsewhere do alike. What is looked at first
 * decides, the forge decides again, and what a verb changed is looked at again.
 *
 * A struct held owns all that is in it. Errors are in the words of whoever refuses: ERR_REFUSED for what would be
 * wrong now, ERR_FAILED for what cannot be, ERR_UNCONFIRMED for a merge that was taken and is not seen yet.
 */
#pragma once

#include "plugin/github.h"

struct held {
	struct github g;
	struct seen seen;
	json_t *entry; /* of seen, held: saving may put a newer one in its place */
	struct pull pull;
};

/* Where forges differ. */
struct held_ways {
	MUST_USE struct err *(*open)(struct github *g, const struct forge *f); /* with its token */
	/* Into entry and pull, all that is to be known of it. */
	MUST_USE struct err *(*look)(struct held *h, const struct forge *f, int number);
	MUST_USE struct err *(*review)(
		struct held *h, const struct forge *f, const struct remark_wish *w);
	/* What the forge would refuse, in words of ours. */
	MUST_USE struct err *(*may_merge)(
		const struct held *h, const struct forge *f, enum merge_method method);
	MUST_USE struct err *(*merge)(
		struct held *h, const struct forge *f, enum merge_method method);
	MUST_USE struct err *(*close)(struct held *h, const struct forge *f);
};

void held_release(struct held *h);
MUST_USE struct err *held_open(struct held *h, const struct forge *f, const struct held_ways *ways);
MUST_USE struct err *held_take(
	struct held *h, const struct forge *f, int number, const struct held_ways *ways);
MUST_USE struct err *held_view(
	struct pull *out, const struct forge *f, int number, const struct held_ways *ways);
/* What was changed, as it is now. */
MUST_USE struct err *held_again(struct pull *out, struct held *h, const struct forge *f, int number,
	const struct held_ways *ways);
MUST_USE struct err *held_review(struct pull *out, const struct forge *f, int number,
	const struct remark_wish *w, const struct held_ways *ways);
MUST_USE struct err *held_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head, const struct held_ways *ways);
MUST_USE struct err *held_close(
	struct pull *out, const struct forge *f, int number, const struct held_ways *ways);

const json_t *held_node(const struct held *h);
void held_give(struct pull *out, struct held *h);
MUST_USE struct err *held_refuse(const struct held *h, const char *why);
MUST_USE struct err *held_may_merge(const struct held *h); /* what no forge takes */
/* The forge's id of the thread that a wish resolves or reopens; borrowed. in_file: no others are threads there. */
MUST_USE struct err *held_thread(
	const char **id, const struct held *h, const struct remark_wish *w, bool in_file);
void held_sort(struct pulls *pulls); /* by number */
