#include "rule/cleanup_reason.h"

static const struct cleanup_verdict keep;

struct cleanup_verdict cleanup_reason(const struct cleanup_facts *c)
{
	const struct facts *f = c->facts;
	bool holds = f->has_workspace || f->runtime == TRI_YES;

	if (!holds || f->half_done || f->recorded == STATUS_QUEUED)
		return keep;
	if (f->pull.state == PULL_MERGED && f->pull.merged_into_default)
		return (struct cleanup_verdict){ .kill = true,
			.why = "its pull request was merged" };
	if (c->issue_closed)
		return (struct cleanup_verdict){ .kill = true, .why = "its issue is closed" };
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
