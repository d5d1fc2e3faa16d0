#include "op/attach.h"

#include "op/hold.h"

struct err *op_attach(struct strv *argv, const struct world *w, const char *id, bool fresh)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(run_info_release) struct run_info run = { 0 };

	TRY(hold_read(&h, w, id));
	run_read(&run, h.folder);
	if (run.alive == TRI_NO || str_empty(h.s.runtime_handle))
		return hold_not_running(&h);
	if (h.runtime->attach(argv, h.s.runtime_handle, id, fresh))
		return NULL;
	return fail(ERR_REFUSED,
		"%s is in another tmux than this one: leave this (Ctrl-b d), or: ao open %s "
		"--new-window",
		id, id);
}

char *op_attach_line(const struct world *w, const struct session *s)
{
	const struct runtime *rt;
	struct err *e = runtime_find(&rt, str_empty(s->runtime) ? "tmux" : s->runtime);

	if (e || str_empty(s->runtime_handle)) {
		err_drop(e, "no line, then");
		return NULL;
	}
	return rt->attach_line(w->config.tmux_socket, s->id);
}
