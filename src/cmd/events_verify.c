#include "cmd/face.h"
#include "op/history.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	struct events_report r = { 0 };

	(void)a;
	TRY(op_events_verify(&r, w));
	if (f->json)
		face_json(f,
			json_pack("{s:i, s:i, s:i, s:i, s:b}", "lines", (int)r.lines, "gaps",
				(int)r.gaps, "doubles", (int)r.doubles, "broken", (int)r.broken,
				"torn", r.torn));
	else
		face_print(f, "%ld lines, %ld gaps, %ld doubles, %ld broken%s\n", r.lines, r.gaps,
			r.doubles, r.broken,
			r.torn ? ", the last one torn (the next writer mends it)" : "");
	if (r.gaps || r.doubles || r.broken)
		return fail(ERR_FAILED, "the event log is not whole");
	return NULL;
}

const struct command cmd_events_verify = {
	.name = "events verify",
	.summary = "find gaps, doubles and broken lines in the log",
	.example = "ao events verify",
	.needs = NEEDS_CONFIG,
	.run = run,
};
