/* What the files of scm `gitlab` share: merge requests asked for, and the verbs. */
#pragma once

#include "plugin/gitlab.h"
#include "plugin/scm_github.h"

/* ---- scm_gitlab_round.c ---------------------------------------------------------------------- */

/* One merge request to ask for. */
struct gitlab_mr {
	const struct github *g;
	json_t *place; /* of gitlab_places() */
	int number;
	json_t *node;       /* out, the caller's; NULL: see failed */
	struct err *failed; /* out, the caller's */
};

/* What is known of a project, asked for once an hour: { head, headPath, members, defaultBranchRef }. Where it
 * cannot be asked for, what was seen last; NULL: nothing. Borrowed from s. */
MUST_USE struct err *gitlab_place(
	json_t **out, struct seen *s, const struct github *g, int timeout_ms, const char *data_dir);
/* All that a node tells, of all of them at the same time. */
MUST_USE struct err *gitlab_fetch(
	struct gitlab_mr *mrs, size_t n, int timeout_ms, const char *data_dir);
/* Jobs, and the ends of the logs of those that failed, into details of entries[i]. */
MUST_USE struct err *gitlab_fetch_details(
	json_t **entries, const struct github *const *places, size_t n, const char *data_dir);
MUST_USE struct err *gitlab_ask(struct asking *a);
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
