/* What the files of scm `github` share: questions that are put together, details, and the verbs. */
#pragma once

#include "plugin/asking.h"
#include "plugin/held.h"

enum { GITHUB_VERB_MS = 15000 };

/* ---- scm_github_query.c ---------------------------------------------------------------------- */

/* A thing to ask: a pull request by number, those of a branch, or (neither) the newest of all. */
struct github_part {
	size_t place; /* of its repository; those of one follow one another */
	const struct github *g;
	int number;
	const char *branch;
	bool brief;      /* of the branch only which there are: number, state, whose */
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

/* ---- scm_github_round.c ---------------------------------------------------------------------- */

MUST_USE struct err *github_round(struct asking *a);
bool github_round_login(struct asking *a, size_t place); /* of its host; false: a note says why */
MUST_USE struct err *github_round_details(struct asking *a);

/* ---- scm_github_bell.c ------------------------------------------------------------------------ */

/* Items of which nothing new can be said are answered. */
MUST_USE struct err *github_listen(struct asking *a);
/* After the others were. */
void github_remember_bells(struct asking *a);

/* ---- scm_github_verbs.c ---------------------------------------------------------------------- */

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
/* base: of the same repository, and the branch must have what it has not; NULL: of another. */
MUST_USE struct err *github_push(const struct forge *f, const char *branch, const char *base);
MUST_USE struct err *github_subject(char **subject, const struct forge *f, const char *branch);
MUST_USE struct err *github_review(
	struct pull *out, const struct forge *f, int number, const struct remark_wish *w);
MUST_USE struct err *github_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head);
MUST_USE struct err *github_close(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *github_examine(struct strv *said, const struct forge *f);
