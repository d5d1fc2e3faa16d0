#include "slot/workspace.h"

/* Named, not included: a doorway knows that its plugins exist, not what is in them. */
#define WORKSPACE(name) extern const struct workspace workspace_##name;
#include "slot/workspaces.def"
WORKSPACE(main)
#undef WORKSPACE

static const struct workspace *const workspaces[] = {
#define WORKSPACE(name) &workspace_##name,
#include "slot/workspaces.def"
#undef WORKSPACE
};

struct err *workspace_find(const struct workspace **out, const char *name)
{
	AUTO(buf_release) struct buf known = { 0 };

	/* none that a configuration may choose */
	if (str_equal(name, workspace_main.plugin.name)) {
		*out = &workspace_main;
		return NULL;
	}
	for (size_t i = 0; i < COUNT_OF(workspaces); i++) {
		if (str_equal(workspaces[i]->plugin.name, name)) {
			*out = workspaces[i];
			return NULL;
		}
		buf_addf(&known, "%s%s", i ? ", " : "", workspaces[i]->plugin.name);
	}
	return fail(ERR_CONFIG, "workspace: there is no \"%s\"; choose one of: %s",
		name ? name : "", buf_text(&known));
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
	str_release(&s->note);
	s->files = s->commits = 0;
}
