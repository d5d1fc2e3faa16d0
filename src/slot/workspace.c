#include "slot/workspace.h"

/* Named, not included: a doorway knows that its plugins exist, not what is in them. */
#define WORKSPACE(name) extern const struct workspace workspace_##name;
#include "slot/workspaces.def"
#undef WORKSPACE

static const struct workspace *const workspaces[] = {
#define WORKSPACE(name) &workspace_##name,
#include "slot/workspaces.def"
#undef WORKSPACE
};

struct err *workspace_find(const struct workspace **out, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(workspaces); i++) {
		if (str_equal(workspaces[i]->plugin.name, name)) {
			*out = workspaces[i];
			return NULL;
		}
	}
	return fail(ERR_CONFIG, "no workspace plugin '%s'", name ? name : "");
}

void start_point_release(struct start_point *o)
{
	str_release(&o->default_branch);
	str_release(&o->commit);
	str_release(&o->shown);
}

void saved_release(struct saved *s)
{
	str_release(&s->ref);
	strv_release(&s->nested);
	s->files = s->commits = 0;
}
