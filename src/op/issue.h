/*
 * Issues of a project, whatever tracker keeps them: the one that the config names, else that of its forge,
 * else the one that says that the project is its own (`local` where there is no remote, `github` where
 * origin is there).
 */
#pragma once

#include "op/list.h"
#include "slot/tracker.h"

enum { ISSUE_TITLE_MAX = 1024, ISSUE_BODY_MAX = 1 << 20 };

/* Does the project's tracker, where it is one of the forge's kind, stand beside another forge than its own? */
bool issue_is_elsewhere(const struct project *p);

/* For a spawn: the issue where the tracker has it. What it does not have is an ad-hoc task, with
 * i->id NULL; a number that it lacks, and an issue that is closed, are warnings. *tracker NULL: ad hoc. */
MUST_USE struct err *issue_for_spawn(struct issue *i, const struct tracker **tracker,
	const struct world *w, const struct project *p, const char *issue);

/* What a session is about: its issue's title, by the tracker now, else as it was at the spawn; an ad-hoc
 * task's words. NULL: neither. Caller frees. */
char *issue_title(const struct session *s, const struct world *w, const struct project *p);

/* The issue that a session is about, as its tracker has it now. i->id NULL: an ad-hoc task, or its tracker
 * could not be asked. */
void issue_of_session(
	struct issue *i, const struct world *w, const struct project *p, const char *session);

/* out[n] for v->list.v[n], by each session's record: asked are only issues that its tracker had when
 * it was spawned, so an ad-hoc task is never closed. */
void issue_states(struct issue_state *out, const struct views *v, const struct world *w);

/* The verbs. id: "42" or "#42". Not there: ERR_MISSING; no tracker: ERR_CONFIG. */
MUST_USE struct err *op_issue_list(
	struct issues *out, const struct world *w, const struct project *p, bool closed);
MUST_USE struct err *op_issue_view(
	struct issue *out, const struct world *w, const struct project *p, const char *id);
MUST_USE struct err *op_issue_create(struct issue *out, const struct world *w,
	const struct project *p, const char *title, const char *body, size_t body_n);
MUST_USE struct err *op_issue_comment(struct issue *out, const struct world *w,
	const struct project *p, const char *id, const struct buf *text);
MUST_USE struct err *op_issue_close(struct issue *out, bool *before, const struct world *w,
	const struct project *p, const char *id, const char *reason);
/* For `ao doctor`, of a tracker with a login of its own. */
MUST_USE struct err *op_issue_examine(
	struct strv *said, const struct world *w, const struct project *p);
