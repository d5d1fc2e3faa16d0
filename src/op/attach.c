#include "op/attach.h"

#include "op/hold.h"

struct err *op_attach(struct strv *argv, const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(run_info_release) struct run_info run = { 0 };

	TRY(hold_read(&h, w, id));
	run_read(&run, h.folder);
	if (run.alive == TRI_NO || str_empty(h.s.runtime_handle))
		return fail(ERR_FAILED, "%s is not running; start it again with: ao session restore %s",
			id, id);
	h.runtime->attach(argv, h.s.runtime_handle, id);
	return NULL;
}
