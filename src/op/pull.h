/*
 * Pull requests: the verbs of `ao pr`, and what of them a list shows. A session's record names its
 * pull request; the forge (slot/scm.h) holds all the rest.
 */
#pragma once

#include "op/list.h"
#include "slot/scm.h"

/* One pull request in a verb's hands. */
struct pull_target {
	const struct project *project;
	const struct scm *scm;
	int number;
	char *repo;
	char *pr, *session; /* as in the record, and whose; NULL: not found by a session */
};

/* By a session's id, or "#3" or "3" of the project (flag as for world_project). */
MUST_USE struct err *pull_find(
	struct pull_target *out, const struct world *w, const char *word, const char *project);
void pull_target_release(struct pull_target *t);

struct pull_draft_options {
	const char *title, *body, *base; /* may be NULL */
};

/* All of one project. */
MUST_USE struct err *op_pull_list(
	struct pulls *out, const struct world *w, const struct project *p);
/* Of the session's branch; *made false: there is an open one. *out is the target for what follows. */
MUST_USE struct err *op_pull_create(struct pull *pull, struct pull_target *out, bool *made,
	const struct world *w, const char *id, const struct pull_draft_options *o);
MUST_USE struct err *op_pull_view(
	struct pull *out, const struct world *w, const struct pull_target *t);
/* Runs what is due; no_wait: unless another does so already. Trust is asked for first (ERR_CONFIG). */
MUST_USE struct err *op_pull_check(
	struct pull *out, const struct world *w, const struct pull_target *t, bool no_wait);
/* What is red, too. */
MUST_USE struct err *op_pull_check_again(
	struct pull *out, const struct world *w, const struct pull_target *t);
MUST_USE struct err *op_pull_review(struct pull *out, const struct world *w,
	const struct pull_target *t, const struct remark_wish *wish);
/* Starts who waited for it. */
MUST_USE struct err *op_pull_merge(struct pull *out, const struct world *w,
	const struct pull_target *t, enum merge_method method, const char *head);
MUST_USE struct err *op_pull_close(
	struct pull *out, const struct world *w, const struct pull_target *t);

/* For doctor: whether the project's forge lets us in. One without a forge has nothing to say. */
MUST_USE struct err *op_pull_examine(
	struct strv *said, const struct world *w, const struct project *p);

/* Fill in the pull requests of all views, each forge asked once. */
MUST_USE struct err *pulls_look(struct views *v, const struct world *w, enum ask ask);
/* Folders in which a file changes when one of these pull requests does; when this one does. */
void pulls_places(struct strv *folders, const struct world *w, const struct views *v);
void pull_places(struct strv *folders, const struct world *w, const struct view *v);
/* The session's, by its forge; unknown, or none: zero. */
void pull_ask(
	struct pull *out, const struct world *w, const struct session *s, const struct project *p);
/* Into the default branch; unknown is no. */
bool pull_is_merged(const struct world *w, const struct session *s, const struct project *p);
