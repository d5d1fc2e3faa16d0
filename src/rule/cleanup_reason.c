#include "rule/cleanup_reason.h"

static const struct cleanup_verdict keep;

/* Who spawns on a closed issue, or brings a session back afterwards, means it. */
static bool issue_done(const struct cleanup_facts *c)
{
	int64_t wanted_at = c->brought_back_at > c->facts->created_at ? c->brought_back_at
								      : c->facts->created_at;

	return c->issue_closed && !(c->issue_closed_at && c->issue_closed_at < wanted_at);
}

struct cleanup_verdict cleanup_reason(const struct cleanup_facts *c)
{
	const struct facts *f = c->facts;
	bool holds = f->has_workspace || f->runtime == TRI_YES;

	if (c->orchestrator || !holds || f->half_done || f->recorded == STATUS_QUEUED)
		return keep;
	if (f->pull.state == PULL_MERGED && f->pull.merged_into_default)
		return (struct cleanup_verdict){ .kill = true,
			.why = "its pull request was merged" };
	if (issue_done(c))
		return (struct cleanup_verdict){
			.kill = true, .issue = true, .why = "its issue is closed"
		};
	if (f->runtime != TRI_NO || f->recorded == STATUS_KILLED)
		return keep;
	if (f->reboot)
		return (struct cleanup_verdict){ .skip = true,
			.why = "the machine restarted: ao session restore --all" };
	/* a record's times are whole seconds: within the same one, nobody knows which came first */
	if (!c->died_at || (c->brought_back_at && c->died_at < c->brought_back_at + 1000))
		return keep;
	return (struct cleanup_verdict){
		.kill = true, .dead_only = true, .why = "its runtime is no longer alive"
	};
}
