/*
 * One refresh() of a forge elsewhere, for GitHub and GitLab alike: which repositories on which hosts, what of it is due,
 * what was seen of it (github_seen.c), and what is made of that. How a host is asked is the forge's (struct way).
 */
#pragma once

#include "plugin/github.h"

struct github_part;

/* One thing to ask: a pull request by number, or those of a branch. */
struct item {
	size_t place; /* index into asking.places */
	int number;   /* 0: by branch */
	const char *branch;
	char *key; /* of what was seen */
	bool answered;
	bool apart; /* it is not in the one question for all */
};

struct wanted {
	struct github g;
	size_t host; /* the first place with the same API: it has token and what was seen */
	struct seen seen;
	bool silent; /* no token, or no answer */
	char *bell;  /* what its doorbell said; NULL: not asked */
	bool still;  /* and that was nothing new */
};

struct asking;

/* Where the forges that are asked together differ. */
struct way {
	MUST_USE struct err *(*open)(
		struct github *g, const struct project *p, const char *repo, const char *pr);
	int (*number)(const char *pr); /* of a URL */
	/* A host that does not answer is a note; errors are the user's stop alone. */
	MUST_USE struct err *(*ask)(struct asking *a);
	MUST_USE struct err *(*details)(struct asking *a);
};

struct asking {
	const struct way *way;
	const struct look *look;
	const struct pull_ref *refs;
	size_t n;
	size_t *place_of; /* of each ref; SIZE_MAX: none */
	VEC(struct wanted) places;
	VEC(struct item) items;
	int64_t now;
	bool asked; /* so there is something to keep */
};

struct wanted *asking_host(struct asking *a, size_t place); /* of the place's API */
char *asking_key(const struct github *g, int number, const char *branch);
json_t *asking_entry(struct asking *a, size_t place, int number); /* what was seen; NULL: nothing */
/* One more to ask for, where it is not there yet; items of before may move. */
void asking_add(struct asking *a, size_t place, int number, const char *branch);
int asking_number(struct asking *a, size_t ref); /* 0: unknown */
MUST_USE struct err *asking_refresh(struct pull *out, const struct pull_ref *refs, size_t n,
	const struct look *look, const struct way *way);
/* For struct scm: a push from here, and what any process saw anew of the forge. */
void asking_places(struct strv *folders, const struct pull_ref *ref, const struct pull *p,
	const char *data_dir);
bool asking_any_left(
	const struct asking *a); /* is there something to ask of somebody who answers? */
/* Said once of a host, which is not asked again in this round. Takes e. */
void asking_note(struct asking *a, struct wanted *host, struct err *e);
/* Of open ones of a host whose checks or threads changed: entries of what was seen, and their parts. Both
 * have room for a->n. */
size_t asking_due(json_t **entries, struct github_part *parts, struct asking *a, size_t host);
