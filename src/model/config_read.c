#include "model/config_read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/config_check.h"

enum { ROOM_MIB = 512 }; /* limits.freeMemory and freeDisk */

static bool prefix_taken(const struct config *c, const char *prefix)
{
	for (size_t i = 0; i < c->projects.n; i++)
		if (str_equal(c->projects.v[i].prefix, prefix))
			return true;
	return false;
}

/* Something free for p: from its id, else the prefix with a number. */
static char *free_prefix(const struct config *c, const struct project *p)
{
	char *prefix = config_derived_prefix(p->id);

	for (int i = 2; !prefix || prefix_taken(c, prefix); i++) {
		free(prefix);
		prefix = str_format("%.40s%d", p->prefix, i);
	}
	return prefix;
}

static void check_prefixes(
	struct schema_reader *r, const struct config *c, const struct yaml *projects)
{
	for (size_t i = 1; i < c->projects.n; i++) {
		const struct project *p = &c->projects.v[i], *q = c->projects.v;
		const struct yaml *y = yaml_get(projects, p->id),
				  *key = yaml_get(y, "sessionPrefix");
		while (q < p && !str_equal(q->prefix, p->prefix))
			q++;
		if (q == p || !p->prefix || !y)
			continue;
		AUTO(str_release) char *other = free_prefix(c, p);
		schema_wrong(r, key ? key->line : y->name_line, key ? key->column : y->name_column,
			"projects.%s has the session prefix '%s' of projects.%s (set, say, "
			"sessionPrefix: %s)",
			p->id, p->prefix, q->id, other);
	}
}

static char *namespace_of(const char *dir)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (const char *p = strrchr(dir, '/') ? strrchr(dir, '/') + 1 : dir; *p && b.n < 64; p++)
		buf_addc(&b,
			isascii((unsigned char)*p) &&
					(isalnum((unsigned char)*p) || *p == '_' ||
						(*p == '-' && b.n))
				? *p
				: b.n ? '-'
				      : '_');
	return b.n ? buf_detach(&b) : str_dup("ao");
}

static void standard(char **slot, const char *value)
{
	if (!*slot)
		str_set(slot, value);
}

static void fill_path(char **slot, const char *value, const struct config_world *world)
{
	if (!*slot)
		*slot = world_absolute(world, value, NULL);
}

static void reaction_defaults(struct project *p, const struct config *c)
{
	const struct schema *s = schema_key(&config_schema, "reactions")->inside;
	const struct key *k = schema_key(&project_schema, "reactions");

	for (size_t i = 0; i < c->reactions.list.n; i++) {
		struct reaction_config own = { 0 },
				       *e = k->entry(p, c->reactions.list.v[i].event, 0);
		struct reaction_config said = *e;
		own.event = e->event;
		schema_overlay(s, &own, &c->reactions.list.v[i]);
		schema_overlay(s, &own, &said);
		free(said.action);
		free(said.message);
		free(said.priority);
		free(said.escalate_after);
		*e = own;
	}
}

static void project_defaults(struct project *p, const struct config *c)
{
	standard(&p->name, p->id);
	standard(&p->runtime, c->runtime);
	standard(&p->agent, c->agent);
	standard(&p->workspace, c->workspace);
	if (c->terminal)
		standard(&p->terminal, c->terminal);
	if (!p->notifiers.v)
		strv_add_all(&p->notifiers, c->notifiers.v);
	reaction_defaults(p, c);
}

static void defaults(struct config *c, const struct config_world *world)
{
	if (!c->name)
		c->name = namespace_of(c->dir);
	fill_path(&c->data_dir, "~/.agent-orchestrator", world);
	fill_path(&c->worktree_dir, "~/.worktrees", world);
	standard(&c->tmux_socket, "default");
	standard(&c->runtime, "tmux");
	standard(&c->agent, "claude-code");
	standard(&c->workspace, "worktree");
	if (!c->notifiers.v)
		strv_add(&c->notifiers, "desktop");
	c->port = c->port ? c->port : 3000;
	c->max_sessions = c->max_sessions ? c->max_sessions : 20;
	c->free_memory = c->has_free_memory ? c->free_memory : ROOM_MIB;
	c->free_disk = c->has_free_disk ? c->free_disk : ROOM_MIB;
	c->trash_days = c->trash_days ? c->trash_days : 30;
	for (size_t i = 0; i < c->projects.n; i++)
		project_defaults(&c->projects.v[i], c);
	for (size_t i = 0; i < c->agents.n; i++) {
		str_set(&c->agents.v[i].file, c->file);
		c->agents.v[i].from_config = true;
	}
}

/* The world, with the file's own agents among those known: `projects` may stand before `agents`. */
struct with_agents {
	const struct config_world *world;
	const struct yaml *agents;
};

static const char *env_through(void *with, const char *name)
{
	const struct with_agents *w = with;

	return w->world->env ? w->world->env(w->world->with, name) : NULL;
}

static bool is_dir_through(void *with, const char *path)
{
	const struct with_agents *w = with;

	return !w->world->is_dir || w->world->is_dir(w->world->with, path);
}

static char *absolute_through(void *with, const char *path, const char *dir)
{
	const struct with_agents *w = with;

	return world_absolute(w->world, path, dir);
}

static bool names_through(void *with, const char *slot, const char *value, struct strv *names)
{
	const struct with_agents *w = with;

	if (!w->world->names || !w->world->names(w->world->with, slot, value, names))
		return false;
	for (size_t i = 0; str_equal(slot, "agent") && w->agents && i < w->agents->n; i++)
		if (w->agents->v[i].name)
			strv_add(names, w->agents->v[i].name);
	return true;
}

struct err *config_read(struct config *out, const char *file, const char *shown, const char *text,
	size_t n, const struct config_world *world)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(yaml_release) struct yaml root = { 0 };
	AUTO(strv_release) struct strv errors = { 0 };
	AUTO(str_release) char *dir = folder_of(file);
	struct with_agents through = { .world = world };
	const struct config_world inner = { &through, env_through, is_dir_through, absolute_through,
		names_through };
	struct schema_reader r = { .world = &inner,
		.file = shown ? shown : file,
		.dir = dir,
		.errors = &errors,
		.sensitive = &c.sensitive,
		.origins = &c.origins };

	str_set(&c.file, file);
	str_set(&c.dir, dir);
	if (yaml_parse(&root, &errors, r.file, text, n)) {
		through.agents = yaml_get(&root, "agents");
		schema_read(&r, &config_schema, &root, &c, "");
		check_prefixes(&r, &c, yaml_get(&root, "projects"));
		check_all_notifiers(&r, &c, &root);
		if (!c.projects.n && !errors.n)
			schema_wrong(&r, 1, 1,
				"no project: add one under 'projects', or run ao init in a "
				"repository");
	}
	TRY(schema_errors(&errors));
	defaults(&c, world);
	*out = c;
	c = (struct config){ 0 };
	return NULL;
}
