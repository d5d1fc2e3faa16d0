/*
 * What the files of scm `gitlab` and tracker `gitlab` share: where a project lives, whose token is for
 * there, and asking its REST API (v4). GitLab's manual of that API is the source of all names.
 *
 * A place is a struct github: owner is the whole group ("acme/platform"), head_owner the project of
 * origin ("acme/platform/app"), rest and graphql the API. What is kept and read are nodes in the words of
 * fragment Pull, made by gitlab_read.c, so that cache and reader are one for both forges.
 */
#pragma once

#include "plugin/github.h"

enum { GITLAB_MS = 15000 };

/* ---- gitlab_place.c -------------------------------------------------------------------------- */

/* pr: a URL, which says it all; else `repo:`, else origin. The token is there where one was issued for
 * that host. No process. */
MUST_USE struct err *gitlab_of(struct github *g, const struct slot_config *c, const char *named,
	const char *path, const char *pr);
MUST_USE struct err *gitlab_open(
	struct github *g, const struct project *p, const char *repo, const char *pr);
MUST_USE struct err *gitlab_login(const struct github *g);
/* "https://gitlab.com/group/sub/app/-/merge_requests/42"; 0: another URL. what: "merge_requests" or "issues". */
int gitlab_number(const char *url, const char *what);
bool gitlab_serves(const char *repo);      /* is origin on gitlab.com? */
char *gitlab_path(const struct github *g); /* "group/sub/app" */

/* ---- gitlab_ask.c ---------------------------------------------------------------------------- */

struct gitlab_question {
	const struct github *g;
	char *url;
	char *body;         /* NULL: none */
	const char *method; /* NULL: GET */
	bool all;           /* a list: all its pages, at most ten */
	bool text;          /* the answer is no JSON, and its end is enough */
	bool unasked;       /* it only keeps a place */
	/* out */
	json_t *json;    /* NULL: failed, or text */
	struct buf said; /* of text */
	struct err *failed;
	bool missing; /* it is not there, or not shown */
	int64_t remaining, limit;
};

struct gitlab_questions {
	VEC(struct gitlab_question) list;
};

/* About a project, by its path or number; NULL: about the host. The url goes on as format says. Where it
 * is added stays true, the pointer does not. */
struct gitlab_question *gitlab_add(struct gitlab_questions *q, const struct github *g,
	const char *project, const char *format, ...) PRINTF(4, 5);
/* All at the same time, by one child where no list has a second page. An error is of this machine alone. */
MUST_USE struct err *gitlab_run(struct gitlab_questions *q, int timeout_ms, const char *data_dir);
void gitlab_questions_release(struct gitlab_questions *q);
/* One, and its answer: *json is the caller's (NULL: not wanted). Takes body. ERR_REFUSED: in GitLab's words. */
MUST_USE struct err *gitlab_do(json_t **json, const struct github *g, const char *data_dir,
	const char *method, json_t *body, const char *format, ...) PRINTF(6, 7);
char *gitlab_encode(const char *s); /* as a part of a url */

/* ---- gitlab_read.c: pure, whatever is in the answers ------------------------------------------ */

/* A merge request, from a list or alone, in the words of fragment Pull; what was not asked for is NULL.
 * place: { head, headPath }: which project the branches of ours are in. The caller's. */
json_t *gitlab_node(const json_t *mr, const json_t *approvals, const json_t *reviewers,
	const json_t *discussions, const json_t *place);
/* What a node says of threads: how many there are, how many open, and of how many words, as a new one changes
 * what is in them. */
json_t *gitlab_counts(json_int_t all, json_int_t open, json_int_t notes);
/* gitlab_graph.c: a node of fragment Merge of share/graphql/gitlab. head_path: the project that the branches of ours are in. */
json_t *gitlab_graph_node(const json_t *merge, const char *head_path);
/* In the words of fragment Details: a node's own, with these jobs as checks, whose `log` is the end of
 * it, and with these threads. place: { members }, who may write. The caller's. */
json_t *gitlab_details(
	const json_t *node, const json_t *jobs, const json_t *discussions, const json_t *place);
/* The logins of members who may write. The caller's. */
json_t *gitlab_members(const json_t *members);
