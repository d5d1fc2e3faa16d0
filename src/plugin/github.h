/*
 * What the files of scm `github` and tracker `github` share: where a repository lives, whose token is
 * for there, questions in GraphQL, and what answers mean. docs/forges.md says what was decided.
 *
 * Every text of an answer is from outside. GitHub's documentation of the GraphQL API is the source of all
 * names; the documents themselves lie in share/graphql.
 */
#pragma once

#include <jansson.h>

#include "plugin/http.h"
#include "slot/scm.h"
#include "slot/tracker.h"

/* ---- github_place.c -------------------------------------------------------------------------- */

/* A repository on a host. */
struct github {
	char *host, *owner, *name;
	char *head_owner; /* whose branches are ours: the owner of `origin` */
	char *rest, *graphql;
	char *token; /* NULL: not looked for yet, or none */
	const char *socket;
	bool named; /* its host, by the configuration */
};

/* pr: a URL, which says it all; else `repo:` of the project, else origin. No process. */
MUST_USE struct err *github_open(
	struct github *g, const struct project *p, const char *repo, const char *pr);
MUST_USE struct err *github_of(struct github *g, const struct slot_config *c, const char *named,
	const char *path, const char *pr);
void github_release(struct github *g);
/* From the environment, else what gh keeps; only one that was issued for that host. ERR_FAILED: there is none. */
MUST_USE struct err *github_login(struct github *g);
/* "https://github.com/org/app/pull/42"; 0: another URL. what: "pull", "issues". */
int github_number(const char *url, const char *what);
/* Is origin of the repository on github.com? */
bool github_serves(const char *repo);
char *forge_origin(const char *repo); /* its url; NULL: none */
/* https://[user@]host[:port]/path, ssh://[user@]host[:port]/path, user@host:path (git-clone(1), "GIT URLS"):
 * *host, with its port where that is of http, is the caller's; given is where the / or : before path stands in url.
 * NULL: none of these. */
const char *forge_address(char **host, const char *url);
bool forge_is_loopback(const char *url);

/* ---- github_ask.c ---------------------------------------------------------------------------- */

enum github_document {
	GITHUB_SESSIONS,
	GITHUB_DETAILS,
	GITHUB_VERBS,
	GITHUB_ISSUES,
	GITHUB_STATES
};

const char *github_document(enum github_document d);
/* From its first fragment on: what a question that is put together ends in. */
const char *github_fragments(enum github_document d);
/* The body of a request. Takes variables. operation: NULL, there is one only. */
char *github_body(const char *query, const char *operation, json_t *variables);
struct http_request github_request(const struct github *g, const char *body, int timeout_ms);
/* One question, one answer: *data is the caller's. An answer with errors is an error in their words. */
MUST_USE struct err *github_ask(json_t **data, struct github *g, const char *data_dir,
	enum github_document d, const char *operation, json_t *variables);
/* The first error of an answer; NULL: none. */
const char *github_error(const json_t *answer);

/* ---- github_read.c: pure, whatever is in the answer ------------------------------------------- */

/* A node of fragment Pull, in the repository of fragment Place (NULL: unknown). */
void github_read_pull(struct pull *out, const json_t *node, const json_t *place);
/* Adds checks and remarks of fragment Details. numbers: an array of ids; what is at its n-th place has
 * the number n + 1, new ones are added. */
void github_read_details(
	struct pull *out, const json_t *details, json_t *numbers, const struct project *project);
/* What changes where details do. */
char *github_mark(const json_t *node);
/* Would details tell anything that the node does not? */
bool github_needs_details(const json_t *node);
/* Of the nodes of a branch the one that is ours: the newest open one, else the newest that is not older
 * than `since`. NULL: none. */
json_t *github_choose(const json_t *nodes, const char *head_owner, int64_t since);
/* The last lines of a job's log, as they stood in the end, without the time in front of each; the caller's. */
char *forge_tail(const struct buf *log);
/* May one who said this speak to an agent? */
bool github_trusted(const json_t *said, const struct strv *trust);
const char *github_text(const json_t *o, const char *key); /* "" where there is none */
int64_t github_time(const json_t *o, const char *key);
char *github_author(const json_t *said); /* a bot's name ends in [bot]; a deleted one is "ghost" */

/* ---- github_seen.c: what was seen last, kept in dataDir/cache/forge ---------------------------- */

struct seen {
	char *path;
	json_t *root; /* { "pulls": { "org/app#42": entry }, "branches": …, "bells": …, "quota": …, "most": 50 } */
};

void seen_open(struct seen *s, const struct github *g, const char *data_dir);
/* An entry of `pulls` or `branches`; NULL: none. */
json_t *seen_find(const struct seen *s, const char *kind, const char *key);
/* The same, made where there is none. */
json_t *seen_make(struct seen *s, const char *kind, const char *key);
/* What the node says, keeping what it does not know for now. */
void seen_pull(json_t *entry, json_t *node, json_t *place, int64_t now);
/* With what other processes wrote meanwhile. No error: it is a cache. */
void seen_save(struct seen *s);
void seen_release(struct seen *s);
