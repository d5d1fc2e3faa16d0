#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "cmd/face.h"
#include "op/attach.h"

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(strv_release) struct strv argv = { 0 };
	const char *id;

	TRY(args_session(&id, a));
	TRY(op_attach(&argv, w, id, false));
	if (!isatty(STDIN_FILENO) && str_empty(getenv("TMUX")))
		return fail(
			ERR_FAILED, "attaching needs a terminal; in one: ao session attach %s", id);
	fflush(f->out);
	return child_exec(argv.v, NULL);
}

const struct command cmd_session_attach = {
	.name = "session attach",
	.words = "[session]",
	.max = 1,
	.summary =
		"look at a session's terminal (Ctrl-b d, without tmux Ctrl-], leaves it running)",
	.example = "ao session attach fe-1",
	.needs = NEEDS_CONFIG,
	.for_people = true,
	.run = run,
};
