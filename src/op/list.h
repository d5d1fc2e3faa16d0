/*
 * What is going on: every session with its facts, judged. Reads only: no record is changed. What no file
 * tells is asked in bulk: each runtime once, agents that have an interface once or twice by kind, the
 * forges as far as `ask` says.
 */
#pragma once

#include "model/facts.h"
#include "op/sense.h"
#include "op/world.h"
#include "rule/activity_of.h"
#include "rule/status_of.h"
#include "slot/scm.h"

struct view {
	struct session session;
	const struct project *project; /* NULL: no longer in the config */
	struct facts facts;
	struct verdict activity;
	struct judgement status;
	char *branch_now;    /* what its HEAD says; else the record's */
	char *summary;       /* one line of outside text; "" none */
	struct told told;    /* by its transcript, while it is alive */
	char *runtime_title; /* the terminal's title; outside text, NULL: not asked */
	char *screen;        /* NULL: not asked */
	bool listed;         /* queued, or holds a worktree or a runtime (contract, session ls) */
	int64_t last_at;     /* last activity of the agent, ms since 1970 */
};

struct views {
	VEC(struct view) list; /* by project in the config's order, then by number */
};

struct list_options {
	const char *project;         /* only this one; NULL: all */
	const char *session;         /* only this one; NULL: all */
	const struct strv *sessions; /* only these, where they would be listed; NULL: all */
	bool all;                    /* also those that hold nothing any more */
	enum ask ask;                /* how much of the forges */
	bool look;                   /* ask the terminal even where files tell (--why) */
};

MUST_USE struct err *op_list(
	struct views *out, const struct world *w, const struct list_options *o);
void views_release(struct views *v);
/* A short word for why a judgement holds: the deciding fact in plain words. Caller frees. */
char *view_why(const struct view *v);
