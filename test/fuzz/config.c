/* Any bytes as a configuration and as an agent's file: refused or taken, never an accident; and what
 * was refused says where. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "model/agent_read.h"
#include "model/config_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char *env(void *with, const char *name)
{
	(void)with;
	return name[0] == 'A' ? "value" : NULL;
}

static bool is_dir(void *with, const char *path)
{
	(void)with;
	return path[0] == '/';
}

static char *absolute(void *with, const char *path, const char *dir)
{
	(void)with;
	return path_absolute(path, dir);
}

static bool names(void *with, const char *slot, const char *value, struct strv *out)
{
	(void)with;
	(void)value;
	strv_add_all(out, ARGV("tmux", "worktree", "claude-code", "desktop", "slack", "command"));
	return !str_equal(slot, "workspace");
}

static void check_error(struct err *e)
{
	if (e && (e->class != ERR_CONFIG || !str_starts(e->text, "/w/f.yaml:")))
		abort();
	err_free(e);
}

static void check_config(const struct config *c)
{
	for (size_t i = 0; i < c->projects.n; i++)
		if (!c->projects.v[i].path || !c->projects.v[i].prefix || !c->projects.v[i].agent)
			abort();
	if (!c->projects.n || !c->name || !c->data_dir || !c->port || c->trusted)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct config_world world = {
		.env = env, .is_dir = is_dir, .absolute = absolute, .names = names
	};
	AUTO(config_release) struct config c = { 0 };
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(agent_release) struct agent over = { 0 };
	struct err *e = config_read(&c, "/w/f.yaml", NULL, (const char *)bytes, n, &world);

	if (!e)
		check_config(&c);
	check_error(e);
	check_error(agent_read(&a, "/w/f.yaml", (const char *)bytes, n, &world));
	check_error(agent_read(&over, "/w/f.yaml", (const char *)bytes, n, &world));
	agent_overlay(&a, &over);
	return 0;
}
