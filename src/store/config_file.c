#include "store/config_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/yaml.h"
#include "model/config_read.h"
#include "store/agent_files.h"
#include "store/checkout.h"
#include "store/trust.h"

/* by: the variable that named it; NULL: a word of the command line. */
static struct err *named_file(char **path, const char *name, const char *by)
{
	AUTO(str_release) char *full = path_absolute(name, NULL);

	if (!path_exists(full))
		return by ? fail(ERR_CONFIG, "%s: no such file (named by %s)", name, by)
			  : fail(ERR_CONFIG, "%s: no such file", name);
	str_set(path, full);
	return NULL;
}

static bool try_file(char **path, const char *dir, const char *name)
{
	AUTO(str_release) char *full = path_join(dir, name);

	if (!path_exists(full))
		return false;
	str_set(path, full);
	return true;
}

static bool walk_up(char **path, const char *from)
{
	AUTO(str_release) char *dir = str_dup(from);

	for (;;) {
		AUTO(str_release) char *up = NULL;
		if (try_file(path, dir, "agent-orchestrator.yaml") ||
			try_file(path, dir, "agent-orchestrator.yml"))
			return true;
		if (str_equal(dir, "/"))
			return false;
		up = path_dir(dir);
		str_set(&dir, up);
	}
}

struct err *config_find(char **path, const char *named)
{
	const char *by_env = getenv("AO_CONFIG_PATH");
	AUTO(str_release) char *here = checkout_main(".");
	AUTO(str_release) char *user = agent_user_dir("config.yaml");

	if (!str_empty(named))
		return named_file(path, named, NULL);
	if (!str_empty(by_env))
		return named_file(path, by_env, "AO_CONFIG_PATH");
	if (walk_up(path, here) || try_file(path, path_home(), ".agent-orchestrator.yaml"))
		return NULL;
	if (path_exists(user)) {
		str_set(path, user);
		return NULL;
	}
	return fail(ERR_CONFIG,
		"no agent-orchestrator.yaml here or in a folder above: make one with ao init");
}

static const char *world_env(void *with, const char *name)
{
	(void)with;
	return getenv(name);
}

static bool world_is_dir(void *with, const char *path)
{
	(void)with;
	return path_is_dir(path);
}

static char *world_absolute_path(void *with, const char *path, const char *dir)
{
	(void)with;
	return path_absolute(path, dir);
}

static bool world_names(void *with, const char *slot, const char *value, struct strv *names)
{
	static const struct {
		const char *slot, *names[7];
	} built_in[] = {
		{ "runtime", { "tmux", "process" } },
		{ "workspace", { "worktree", "clone" } },
	};
	AUTO(str_release) char *program = str_format("ao-%s-%s", slot, value);
	AUTO(str_release) char *outside = strchr(value, '/') ? NULL : path_program(program);

	(void)with;
	for (size_t i = 0; i < COUNT_OF(built_in); i++)
		if (str_equal(slot, built_in[i].slot))
			strv_add_all(names, (char *const *)built_in[i].names);
	if (str_equal(slot, "agent"))
		agent_names(names);
	if (!names->n)
		return false;
	if (outside)
		strv_add(names, value);
	return true;
}

const struct config_world config_world = { .env = world_env,
	.is_dir = world_is_dir,
	.absolute = world_absolute_path,
	.names = world_names };

/* The file as the user would name it: relative where it lies here. */
static char *shown_name(const char *file)
{
	char here[PATH_MAX];

	if (getcwd(here, sizeof(here)) && path_within(file, here) &&
		strlen(file) > strlen(here) + 1 && !str_equal(here, "/"))
		return str_dup(file + strlen(here) + 1);
	return str_dup(file);
}

static struct err *read_file(struct config *c, struct buf *text, const char *named)
{
	AUTO(str_release) char *found = NULL;
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *shown = NULL;
	struct err *e;

	TRY(config_find(&found, named));
	file = path_real(found);
	shown = shown_name(file);
	/* one byte more than the parser takes, so that the parser says what is wrong with it */
	e = file_read(text, file, 64 << 20);
	if (e) {
		e->class = ERR_CONFIG;
		return e;
	}
	return config_read(c, file, shown, buf_text(text), text->n, &config_world);
}

struct err *config_load(struct config *out, const char *named)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(buf_release) struct buf text = { 0 };

	TRY(read_file(&c, &text, named));
	c.trusted = !c.sensitive.n || trust_pinned(c.file, &text) || trust_by_nature(c.file);
	TRY(config_need_trust(&c, "dataDir"));
	*out = c;
	c = (struct config){ 0 };
	return NULL;
}

struct err *config_peek(struct config *out, const char *named)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(buf_release) struct buf text = { 0 };

	TRY(read_file(&c, &text, named));
	*out = c;
	c = (struct config){ 0 };
	return NULL;
}

struct err *config_trust(struct config *seen, const char *named)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(buf_release) struct buf text = { 0 };

	TRY(read_file(&c, &text, named));
	TRY(trust_pin(c.file, &text));
	c.trusted = true;
	*seen = c;
	c = (struct config){ 0 };
	return NULL;
}

static struct err *no_such_project(const struct config *c, const char *id, const char *by)
{
	AUTO(strv_release) struct strv ids = { 0 };
	AUTO(buf_release) struct buf list = { 0 };
	const char *meant;

	for (size_t i = 0; i < c->projects.n; i++) {
		strv_add(&ids, c->projects.v[i].id);
		buf_addf(&list, "%s%s", i ? ", " : "", c->projects.v[i].id);
	}
	if (!c->projects.n)
		return fail(ERR_CONFIG, "%s: it has no projects", c->file);
	if (!id)
		return fail(ERR_USAGE, "which project? Name one with -p: %s", list.s);
	meant = text_suggest(id, ids.v);
	if (meant)
		return fail(ERR_MISSING, "no project '%s'%s (did you mean '%s'?)", id, by, meant);
	return fail(ERR_MISSING, "no project '%s'%s (there are: %s)", id, by, list.s);
}

static const struct project *deepest(const struct config *c, const char *dir)
{
	const struct project *found = NULL;
	size_t depth = 0;

	for (size_t i = 0; i < c->projects.n; i++) {
		const struct project *p = &c->projects.v[i];
		AUTO(str_release) char *real = path_real(p->path);
		if (path_within(dir, real) && strlen(real) >= depth &&
			(!found || strlen(real) > depth)) {
			found = p;
			depth = strlen(real);
		}
	}
	return found;
}

struct err *config_current_project(
	const struct project **out, const struct config *c, const char *flag)
{
	const char *by_env = getenv("AO_PROJECT_ID");
	const char *id = !str_empty(flag) ? flag : !str_empty(by_env) ? by_env : NULL;
	AUTO(str_release) char *here = NULL;
	const struct project *p;

	if (id) {
		p = config_project(c, id);
		if (!p)
			return no_such_project(
				c, id, str_empty(flag) ? " (from AO_PROJECT_ID)" : "");
		*out = p;
		return NULL;
	}
	here = checkout_main(".");
	p = deepest(c, here);
	if (!p && c->projects.n == 1)
		p = &c->projects.v[0];
	if (!p)
		return no_such_project(c, NULL, "");
	*out = p;
	return NULL;
}
