/* What the files of scm `github` share: questions that are put together, details, and the verbs. */
#pragma once

#include "plugin/github.h"

enum { GITHUB_VERB_MS = 15000 };

/* ---- scm_github_query.c ---------------------------------------------------------------------- */

/* A thing to ask: a pull request by number, those of a branch, or (neither) the newest of all. */
struct github_part {
	size_t place; /* of its repository; those of one follow one another */
	const struct github *g;
	int number;
	const char *branch;
	json_t *threads; /* of GITHUB_DETAILS: only these, by their ids; NULL: the newest hundred */
};

/* The body of a request for these, with the fragment of GITHUB_SESSIONS or GITHUB_DETAILS: part i is
 * answered as data.r<place>.p<i>, the newest of all as data.r<place>.all; `threads` of part i as data.t<i>. */
char *github_query(enum github_document d, const struct github_part *parts, size_t n);
json_t *github_part_of(const json_t *data, const struct github_part *p, size_t i);
json_t *github_threads_of(const json_t *data, size_t i);
/* The answer's repository. */
json_t *github_place_of(const json_t *data, const struct github_part *p);

/* ---- scm_github_pages.c ----------------------------------------------------------------------- */

enum github_lists {
	GITHUB_PULL_LISTS,   /* those of fragment Pull */
	GITHUB_DETAIL_LISTS, /* those of fragment Details, and its threads */
};

/* Into pulls[i], of parts[i], what their first page lacks: up to four more of each list. What cannot be had is as if
 * there were no more. */
MUST_USE struct err *github_fetch_pages(enum github_lists of, json_t **pulls,
	const struct github_part *parts, size_t n, const char *data_dir);
/* A first page of threads, and the older ones as they were before: nobody asks for more while a person waits. */
void github_keep_older(json_t *node, const json_t *before);
/* A note for each list of which not all is there. */
void github_tell_cut(struct sink *sink, enum github_lists of, json_t *pull, int number);

/* ---- scm_github_details.c -------------------------------------------------------------------- */

/* What is kept of it, as long as it holds; NULL: nothing. */
json_t *github_details_of(const json_t *entry);
/* Has the entry changed since they were asked for? */
bool github_details_due(const json_t *entry);
/* Into entries[i], of parts[i]: details and, of failed jobs, the end of the log. All on one host. */
MUST_USE struct err *github_fetch_details(
	json_t **entries, struct github_part *parts, size_t n, const char *data_dir);
/* From an answer that is there already. */
void github_take_details(json_t *entry, json_t *details);
MUST_USE struct err *github_fetch_logs(
	json_t **details, const struct github *g, size_t n, const char *data_dir);

/* ---- scm_github.c: one refresh() ------------------------------------------------------------- */

/* One thing to ask: a pull request by number, or those of a branch. */
struct item {
	size_t place; /* index into asking.places */
	int number;   /* 0: by branch */
	const char *branch;
	char *key; /* of what was seen */
	bool answered;
};

struct wanted {
	struct github g;
	size_t host; /* the first place with the same API: it has token and what was seen */
	struct seen seen;
	bool silent; /* no token, or no answer */
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
int asking_number(struct asking *a, size_t ref);                  /* 0: unknown */
MUST_USE struct err *asking_refresh(struct pull *out, const struct pull_ref *refs, size_t n,
	const struct look *look, const struct way *way);

/* ---- scm_github_round.c ---------------------------------------------------------------------- */

MUST_USE struct err *asking_ask(struct asking *a);
MUST_USE struct err *asking_details(struct asking *a);
/* Said once of a host, which is not asked again in this round. Takes e. */
void asking_note(struct asking *a, struct wanted *host, struct err *e);
/* Of open ones of a host whose checks or threads changed: entries of what was seen, and their parts. Both
 * have room for a->n. */
size_t asking_due(json_t **entries, struct github_part *parts, struct asking *a, size_t host);

/* ---- scm_github_verbs.c ---------------------------------------------------------------------- */

struct held { /* one pull request in hand */
	struct github g;
	struct seen seen;
	json_t *entry; /* of seen, held: saving may put a newer one in its place */
	struct pull pull;
};

void held_release(struct held *h);
MUST_USE struct err *held_is_open(const struct held *h);
MUST_USE struct err *held_same_head(const struct held *h, const char *head);
MUST_USE struct err *held_refuse(const struct held *h, const char *why);
MUST_USE struct err *held_may_merge(const struct held *h);
MUST_USE struct err *github_open_forge(
	struct github *g, const struct forge *f); /* with its token */
/* *root: the whole answer, of which `data` is an object. */
MUST_USE struct err *github_answered(
	json_t **root, const struct http_answer *a, const struct github *g);
MUST_USE struct err *github_list(struct pulls *out, const struct forge *f);
MUST_USE struct err *github_view(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *github_check(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *github_create(/* scm_github_create.c */
	struct pull *out, bool *made, const struct forge *f, const struct pull_draft *d);
/* For any forge: the branch to origin by git; the subject of its last commit. */
MUST_USE struct err *github_push(const struct forge *f, const char *branch);
MUST_USE struct err *github_subject(char **subject, const struct forge *f, const char *branch);
MUST_USE struct err *github_review(
	struct pull *out, const struct forge *f, int number, const struct remark_wish *w);
MUST_USE struct err *github_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head);
MUST_USE struct err *github_close(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *github_examine(struct strv *said, const struct forge *f);
