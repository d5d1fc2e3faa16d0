/* What the files of scm `gitlab` share: merge requests asked for, and the verbs. */
#pragma once

#include "plugin/gitlab.h"
#include "plugin/scm_github.h"

enum { GITLAB_PAGE = 100 /* no list is longer than that in one question */ };

/* ---- scm_gitlab_query.c: one question for many, pure ------------------------------------------- */

/* Merge requests of one project, by their numbers or by their branches. */
struct gitlab_list {
	size_t place; /* of its project; those of one follow one another */
	char *path;
	bool branches;
	struct item **items;
	size_t n;
};

/* How many branches one list is asked for. */
size_t gitlab_branches_each(void);
/* What GitLab charges for a query with these. */
int gitlab_price(const struct gitlab_list *lists, size_t n);
/* As many as may be in one query. */
int gitlab_price_limit(void);
/* The body of a request: list k is answered as data.r<place>.l<k>. lacks: fields that GitLab does not know. */
char *gitlab_query(const struct gitlab_list *lists, size_t n, const json_t *lacks);
json_t *gitlab_project_of(const json_t *data, const struct gitlab_list *l);
json_t *gitlab_nodes_of(const json_t *data, const struct gitlab_list *l, size_t k);
/* Takes out of data what an error of the answer stands in: half a merge request would be read wrong. Has
 * there been any? */
bool gitlab_drop_wrong(json_t *data, const json_t *errors);
/* One that this server may do without; NULL: the question is not for this server. */
const char *gitlab_lacking(const json_t *errors);

/* ---- scm_gitlab_rest.c ------------------------------------------------------------------------ */

/* One merge request to ask for. */
struct gitlab_mr {
	const struct github *g;
	json_t *place; /* of gitlab_place() */
	int number;
	json_t *node, *discussions; /* out, the caller's; NULL: see failed */
	struct err *failed;         /* out, the caller's */
};

/* What is known of a project, asked for once an hour: { path, head, headPath, members, defaultBranchRef }. Where
 * it cannot be asked for, what was seen last; NULL: nothing. Borrowed from s. */
MUST_USE struct err *gitlab_place(
	json_t **out, struct seen *s, const struct github *g, int timeout_ms, const char *data_dir);
json_t *gitlab_place_seen(const struct seen *s, const struct github *g);
/* What a node says, into its entry, with the default branch of its place. */
void gitlab_keep(json_t *entry, json_t *node, const json_t *place, int64_t now);
/* All that a node tells, of all of them at the same time. */
MUST_USE struct err *gitlab_fetch(
	struct gitlab_mr *mrs, size_t n, int timeout_ms, const char *data_dir);
/* Each by itself: those that `apart` names, and all on hosts that know no better. */
MUST_USE struct err *gitlab_ask_apart(struct asking *a);

/* ---- scm_gitlab_round.c ----------------------------------------------------------------------- */

int gitlab_patience(const struct asking *a); /* of all that is asked one after the other */
bool gitlab_may_ask(struct asking *a, size_t place);
bool gitlab_is_apart(struct asking *a, const struct item *item);
void gitlab_take_node(struct asking *a, size_t place, json_t *node, const json_t *where);
/* What a branch has: numbers, an array. Takes it. */
void gitlab_take_branch(struct asking *a, struct item *item, json_t *numbers);
MUST_USE struct err *gitlab_ask(struct asking *a);

/* ---- scm_gitlab_details.c --------------------------------------------------------------------- */

/* One whose details are wanted. */
struct gitlab_wish {
	json_t *entry, *place;
	const struct github *g;
	int number;
	const json_t *discussions; /* NULL: asked for */
};

/* Discussions, jobs, and the ends of the logs of those that failed, into the entries. */
MUST_USE struct err *gitlab_fetch_details(
	const struct gitlab_wish *wishes, size_t n, const char *data_dir);
MUST_USE struct err *gitlab_ask_details(struct asking *a);

/* ---- scm_gitlab_verbs.c ---------------------------------------------------------------------- */

MUST_USE struct err *gitlab_list(struct pulls *out, const struct forge *f);
MUST_USE struct err *gitlab_view(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *gitlab_check(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *gitlab_create(
	struct pull *out, bool *made, const struct forge *f, const struct pull_draft *d);
MUST_USE struct err *gitlab_review(
	struct pull *out, const struct forge *f, int number, const struct remark_wish *w);
MUST_USE struct err *gitlab_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head);
MUST_USE struct err *gitlab_close(struct pull *out, const struct forge *f, int number);
MUST_USE struct err *gitlab_examine(struct strv *said, const struct forge *f);
