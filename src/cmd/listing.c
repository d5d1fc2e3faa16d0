#include "cmd/listing.h"

#include "op/attach.h"

struct err *list_for(
	struct views *v, const struct face *f, const struct world *w, struct list_options *o)
{
	const struct project *p;

	if (f->project)
		TRY(world_project(&p, w, f->project));
	o->project = f->project;
	return op_list(v, w, o);
}

struct err *list_one(struct views *v, const struct world *w, const char *id)
{
	struct list_options o = { .session = id, .all = true, .look = true, .ask = ASK_QUICK };

	TRY(op_list(v, w, &o));
	if (v->list.n == 0)
		return fail(ERR_MISSING, "no session '%s': 'ao session ls -a' lists them", id);
	return NULL;
}

json_t *views_json(const struct views *v, const struct world *w, bool full)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->list.n; i++) {
		AUTO(str_release) char *attach = op_attach_line(w, &v->list.v[i].session);

		json_array_append_new(list, row_json(&v->list.v[i], attach, full));
	}
	return list;
}
