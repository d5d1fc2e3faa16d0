#include "op/agents.h"

#include <string.h>

#include "store/agent_files.h"
#include "store/config_file.h"

void op_agents_config(struct config *c, const char *named, struct sink *sink)
{
	AUTO(str_release) char *path = NULL;
	struct err *e = config_find(&path, named);

	if (e && str_empty(named)) {
		err_drop(e, "agents are known without a configuration");
		return;
	}
	if (!e)
		e = config_load(c, named);
	if (e) {
		e->text[strcspn(e->text, "\n")] = '\0';
		sink_say(sink, SINK_WARNING, "without the configuration: %s", e->text);
		err_free(e);
	}
}

static const struct config *known(const struct config *c)
{
	return c->file ? c : NULL;
}

void op_agents_names(struct strv *names, const struct config *c)
{
	agent_all_names(names, known(c));
}

struct err *op_agents_load(struct agent *a, const struct config *c, const char *name)
{
	return agent_load(a, known(c), name);
}

void op_agents_files(struct strv *files, const struct config *c, const char *name)
{
	agent_sources(files, known(c), name);
}

const char *op_agents_root(const struct config *c, const char *project)
{
	const struct project *p = NULL;

	if (c->file)
		err_drop(config_current_project(&p, c, project), "no project, no main checkout");
	return p ? p->path : NULL;
}

void op_screen_test(
	struct screen_reading *out, const struct agent *a, const char *title, const char *screen)
{
	out->activity = screen_activity(a, title, screen, &out->rule);
	out->box = screen_box(a, screen, &out->typed);
	out->chip = screen_has_chip(a, screen);
}

void screen_reading_release(struct screen_reading *r)
{
	str_release(&r->rule);
	buf_release(&r->typed);
}
