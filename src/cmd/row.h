/* One session as a row: what `session ls` and `status` show of a view, as text and as JSON. */
#pragma once

#include "cmd/face.h"
#include "op/list.h"

/* The sessions of one project, in the order of the config; those of projects that are no longer
 * in it come last. */
struct group {
	const char *id, *name;
	bool configured;
	VEC(const struct view *) rows;
	const struct view *orchestrator; /* is none of the rows; NULL: there is none */
};

struct groups {
	VEC(struct group) list;
	/* how many of each; of projects the configured ones */
	size_t sessions, projects, orchestrators;
};

/* project NULL: all. Points into c and v. */
void groups_fill(
	struct groups *g, const struct config *c, const char *project, const struct views *v);
void groups_release(struct groups *g);

const char *row_branch(const struct view *v);
const char *row_pr(const struct view *v); /* its URL or handle; NULL: none */
int row_pr_number(const struct view *v);  /* 0: none */
char *row_age(const struct view *v);      /* "2m"; "-" when nothing was ever seen */
enum ink status_ink(enum status s);
enum ink activity_ink(enum activity a);
const char *tri_word(enum tri t, const char *yes, const char *no);

/* The keys of `session ls --json`; with `full` those of `status --json`. attach may be NULL. */
json_t *row_json(const struct view *v, const char *attach, bool full);
