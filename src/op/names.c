#include "op/names.h"

#include "op/notify.h"
#include "store/agent_files.h"
#include "store/config_file.h"
#include "store/store.h"

static void session_names(struct strv *out, const struct config *c, bool live)
{
	AUTO(store_release) struct store st = { 0 };
	struct err *e = store_open(&st, c, NULL, false);

	if (!e)
		e = store_ids(out, &st, live);
	err_drop(e, "nothing is completed, then");
}

void op_names(struct strv *out, enum names which, const char *config)
{
	AUTO(config_release) struct config c = { 0 };
	struct err *e = config_peek(&c, config);

	if (which == NAMES_AGENTS)
		agent_all_names(out, &c);
	else if (!e && which == NAMES_NOTIFIERS)
		op_notifiers(out, &c);
	else if (!e && which != NAMES_PROJECTS)
		session_names(out, &c, which == NAMES_LIVE);
	for (size_t i = 0; which == NAMES_PROJECTS && i < c.projects.n; i++)
		strv_add(out, c.projects.v[i].id);
	err_drop(e, "nothing is completed, then");
}
