#include "rule/status_of.h"

#include "base/mem.h"

static bool pull_open(const struct facts *f)
{
	return f->pull.state == PULL_OPEN;
}

static bool is_killed(const struct facts *f, enum activity a)
{
	(void)a;
	return f->recorded == STATUS_KILLED;
}

static bool is_queued(const struct facts *f, enum activity a)
{
	(void)a;
	return f->recorded == STATUS_QUEUED;
}

static bool is_merged(const struct facts *f, enum activity a)
{
	(void)a;
	return f->recorded == STATUS_MERGED ||
		(f->pull.state == PULL_MERGED && f->pull.merged_into_default);
}

/* A spawn that failed or was interrupted and was settled: nothing of it runs. */
static bool is_failed_spawn(const struct facts *f, enum activity a)
{
	(void)a;
	return f->recorded == STATUS_ERRORED && f->runtime == TRI_NO && !f->has_workspace;
}

/* Of one that is gone the signs of life may be gone as well (a screen, say). What it was recorded as
 * tells then, and where it left a word of its end, that rules. */
static bool is_never_up(const struct facts *f, enum activity a)
{
	bool was_up = f->recorded != STATUS_SPAWNING && f->recorded != STATUS_ERRORED;

	if (a == ACTIVITY_EXITED && (f->has_exit || was_up))
		return false;
	return !f->half_done && f->started_at && !f->sign_of_life &&
		f->now - f->started_at > UP_WITHIN_MS && !f->reboot;
}

static bool is_gone_badly(const struct facts *f, enum activity a)
{
	bool badly = f->has_exit && (f->exit_code != 0 || f->exit_signal != 0);

	return a == ACTIVITY_EXITED && badly && !pull_open(f) && !f->reboot && !f->undeleted;
}

static bool is_limited(const struct facts *f, enum activity a)
{
	return f->limited_until && (a == ACTIVITY_BLOCKED || a == ACTIVITY_WAITING_INPUT);
}

static bool is_blocked(const struct facts *f, enum activity a)
{
	(void)f;
	return a == ACTIVITY_BLOCKED;
}

static bool is_waiting(const struct facts *f, enum activity a)
{
	(void)f;
	return a == ACTIVITY_WAITING_INPUT;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Not when it is ready: Esc ends a turn, and no hook tells. Output counts, if only of a long build. */
static bool is_stuck(const struct facts *f, enum activity a)
{
	int64_t last = later(f->output_at, later(f->activity_at, f->turn_open_at));

	if (a == ACTIVITY_EXITED || a == ACTIVITY_READY || a == ACTIVITY_IDLE)
		return false;
	return f->turn_open_at && f->stuck_after > 0 && f->now - last > f->stuck_after;
}

/* A record of an older layout, one by hand, or one made anew from its worktree: no start of it is known, and
 * nobody is at it. */
static bool is_heard_of_only(const struct facts *f, enum activity a)
{
	return a == ACTIVITY_UNKNOWN && f->runtime == TRI_NO && !f->started_at && !f->half_done &&
		f->recorded != STATUS_SPAWNING;
}

static bool is_spawning(const struct facts *f, enum activity a)
{
	return a != ACTIVITY_EXITED && !f->sign_of_life && !is_heard_of_only(f, a);
}

static bool is_ci_failed(const struct facts *f, enum activity a)
{
	(void)a;
	return pull_open(f) && f->pull.ci == CI_FAILURE;
}

static bool is_changes(const struct facts *f, enum activity a)
{
	(void)a;
	return pull_open(f) && f->pull.review == REVIEW_CHANGES;
}

static bool is_active(const struct facts *f, enum activity a)
{
	(void)f;
	return a == ACTIVITY_ACTIVE;
}

static bool is_mergeable(const struct facts *f, enum activity a)
{
	(void)a;
	return pull_open(f) && f->pull.review == REVIEW_APPROVED && f->pull.ci == CI_SUCCESS &&
		!f->pull.conflict;
}

static bool is_approved(const struct facts *f, enum activity a)
{
	(void)a;
	return pull_open(f) && f->pull.review == REVIEW_APPROVED;
}

static bool is_review_pending(const struct facts *f, enum activity a)
{
	(void)a;
	return pull_open(f) && f->pull.review == REVIEW_PENDING;
}

static bool is_pr_open(const struct facts *f, enum activity a)
{
	(void)a;
	return pull_open(f);
}

static const struct {
	bool (*holds)(const struct facts *, enum activity);
	enum status status;
	const char *why;
} rows[] = {
	{ is_killed, STATUS_KILLED, "it was killed" },
	{ is_queued, STATUS_QUEUED, "it was not started yet" },
	{ is_merged, STATUS_MERGED, "its pull request was merged into the default branch" },
	{ is_failed_spawn, STATUS_ERRORED, "it could not be started" },
	{ is_never_up, STATUS_ERRORED, "no sign of life within 60 s of its start" },
	{ is_gone_badly, STATUS_ERRORED, "the agent ended with an error or by a signal" },
	{ is_limited, STATUS_NEEDS_INPUT, "rate limited" },
	{ is_blocked, STATUS_ERRORED, "the agent reports an error" },
	{ is_waiting, STATUS_NEEDS_INPUT, "the agent asks a question" },
	{ is_stuck, STATUS_STUCK, "a turn is open and nothing was heard for too long" },
	{ is_spawning, STATUS_SPAWNING, "no sign of life yet" },
	{ is_ci_failed, STATUS_CI_FAILED, "a check failed" },
	{ is_changes, STATUS_CHANGES_REQUESTED, "a reviewer requested changes" },
	{ is_active, STATUS_WORKING, "the agent is working" },
	{ is_mergeable, STATUS_MERGEABLE, "approved, green, no conflict" },
	{ is_approved, STATUS_APPROVED, "approved" },
	{ is_review_pending, STATUS_REVIEW_PENDING, "a review was asked for" },
	{ is_pr_open, STATUS_PR_OPEN, "a pull request is open" },
};

struct judgement status_of(const struct facts *f, enum activity activity)
{
	/* What cannot be asked is not news: the last known status stays. */
	if (f->runtime == TRI_UNKNOWN && !is_killed(f, activity) && !is_queued(f, activity))
		return (struct judgement){ f->recorded,
			"the runtime could not be asked; as last recorded" };
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].holds(f, activity))
			return (struct judgement){ rows[i].status, rows[i].why };
	if (is_heard_of_only(f, activity))
		return (struct judgement){ f->recorded,
			"nothing tells that it ever ran; as last recorded" };
	return (struct judgement){ STATUS_IDLE, "nothing is going on" };
}
