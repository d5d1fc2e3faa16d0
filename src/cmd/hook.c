#include "base/clock.h"
#include "cmd/face.h"
#include "op/hook.h"

static const struct option options[] = {
	{ "time", 0, "TIME", "when it happened: ISO 8601, UTC (2026-11-22T07:17:56.123Z)" },
	{ 0 },
};

/* A time that cannot be read is no reason to lose the event: it counts as now. */
static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	int64_t at = 0;

	(void)f;
	(void)w;
	if (!clock_parse(&at, args_value(a, "time")))
		at = 0;
	op_hook(args_word(a, 0), at);
	return NULL;
}

const struct command cmd_hook = {
	.name = "hook",
	.words = "<start|prompt|tool|waiting|error|stop|exit>",
	.min = 1,
	.max = 1,
	.summary = "report for a session; agents call it, it never fails its caller",
	.example = "echo 'fix the tests' | ao hook prompt",
	.options = options,
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
