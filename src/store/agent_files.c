#include "store/agent_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/valid.h"
#include "base/yaml.h"
#include "model/agent_read.h"
#include "store/config_file.h"

enum { HOOK_WORD_MAX = 64 << 10 };

char *agent_user_dir(const char *name)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");

	/* a relative one is to be ignored (XDG Base Directory Specification) */
	if (!str_empty(xdg) && xdg[0] == '/')
		return str_format("%s/agent-orchestrator/%s", xdg, name);
	return str_format("%s/.config/agent-orchestrator/%s", path_home(), name);
}

/* The folder `share/ao` (installed) or `share` (build tree), found from our own executable; AO_SHARE
 * names another. NULL: nowhere. */
static char *share_dir(void)
{
	static const char *const places[] = { "../share/ao", "../share", "../../share",
		"../../../share", "../../../../share" };
	const char *named = getenv("AO_SHARE");

	if (!str_empty(named))
		return path_absolute(named, NULL);
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		AUTO(str_release) char *dir = path_absolute(places[i], path_self_dir());
		AUTO(str_release) char *agents = path_join(dir, "agents");
		if (path_is_dir(agents))
			return str_dup(dir);
	}
	return NULL;
}

/* The two folders of agent files, in rising precedence. */
static void folders(struct strv *dirs)
{
	AUTO(str_release) char *share = share_dir();

	if (share)
		strv_take(dirs, path_join(share, "agents"));
	strv_take(dirs, agent_user_dir("agents"));
}

static void add_names_of(struct strv *names, const char *dir)
{
	AUTO(strv_release) struct strv files = { 0 };
	struct err *e = file_list(&files, dir);

	if (e) {
		err_drop(e, "a folder that cannot be read holds no agents");
		return;
	}
	STRV_EACH(f, &files) {
		AUTO(str_release)
		char *name = str_ends(*f, ".yaml") ? str_ndup(*f, strlen(*f) - 5) : NULL;
		if (name && valid_id(name) && !strv_has(names, name))
			strv_add(names, name);
	}
}

void agent_names(struct strv *names)
{
	agent_all_names(names, NULL);
}

void agent_all_names(struct strv *names, const struct config *c)
{
	AUTO(strv_release) struct strv dirs = { 0 };

	folders(&dirs);
	STRV_EACH(d, &dirs)
		add_names_of(names, *d);
	for (size_t i = 0; c && i < c->agents.n; i++)
		if (!strv_has(names, c->agents.v[i].name))
			strv_add(names, c->agents.v[i].name);
	strv_sort(names, 0);
}

static const struct agent *in_config(const struct config *c, const char *name)
{
	for (size_t i = 0; c && i < c->agents.n; i++)
		if (str_equal(c->agents.v[i].name, name))
			return &c->agents.v[i];
	return NULL;
}

void agent_sources(struct strv *files, const struct config *c, const char *name)
{
	AUTO(strv_release) struct strv dirs = { 0 };

	folders(&dirs);
	STRV_EACH(d, &dirs) {
		AUTO(str_release) char *file = str_format("%s/%s.yaml", *d, name);
		if (path_exists(file))
			strv_add(files, file);
	}
	if (in_config(c, name))
		strv_add(files, c->file);
}

static struct err *unknown(const struct config *c, const char *name)
{
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(buf_release) struct buf list = { 0 };

	agent_all_names(&names, c);
	STRV_EACH(n, &names)
		buf_addf(&list, "%s%s", list.n ? ", " : "", *n);
	return fail(ERR_MISSING, "no agent '%s' (known: %s)", name, list.n ? list.s : "none");
}

static struct err *read_layers(struct agent *a, const struct strv *dirs, bool *found)
{
	STRV_EACH(d, dirs) {
		AUTO(str_release) char *file = str_format("%s/%s.yaml", *d, a->name);
		AUTO(str_release) char *real = path_real(file);
		AUTO(buf_release) struct buf text = { 0 };
		bool here;
		TRY(file_read_if(&text, &here, real, YAML_MAX));
		if (!here)
			continue;
		*found = true;
		TRY(agent_read(a, file, buf_text(&text), text.n, &config_world));
	}
	return NULL;
}

/* A folder hooks/NAME beside the agents' files; the user's before ours. */
static struct err *find_hooks(struct agent *a, const struct strv *dirs)
{
	if (str_empty(a->hooks) || str_equal(a->hooks, "none"))
		return NULL;
	for (size_t i = dirs->n; i-- > 0 && valid_id(a->hooks);) {
		AUTO(str_release) char *dir = str_format("%s/hooks/%s", dirs->v[i], a->hooks);
		if (!path_is_dir(dir))
			continue;
		a->hooks_dir = path_real(dir);
		return NULL;
	}
	return fail(ERR_CONFIG, "%s: agent '%s' has hooks '%s', but there is no folder hooks/%s",
		a->file, a->name, a->hooks, a->hooks);
}

/* A word "{hooks<FILE}" is what that file of the folder holds. */
static struct err *fill_hooks(struct strv *words, const char *dir)
{
	for (size_t i = 0; dir && i < words->n; i++) {
		const char *word = words->v[i];
		AUTO(str_release) char *name = NULL;
		AUTO(str_release) char *path = NULL;
		AUTO(buf_release) struct buf text = { 0 };
		if (!str_starts(word, "{hooks<") || !str_ends(word, "}"))
			continue;
		name = str_ndup(word + strlen("{hooks<"), strlen(word) - strlen("{hooks<}"));
		path = path_join(dir, name);
		TRY(file_read(&text, path, HOOK_WORD_MAX));
		buf_trim(&text);
		free(words->v[i]);
		words->v[i] = buf_detach(&text);
	}
	return NULL;
}

struct err *agent_load(struct agent *out, const struct config *c, const char *name)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(strv_release) struct strv dirs = { 0 };
	const struct agent *over = in_config(c, name);
	bool found = over != NULL;

	if (!valid_id(name))
		return unknown(c, name);
	folders(&dirs);
	str_set(&a.name, name);
	TRY(read_layers(&a, &dirs, &found));
	if (!found)
		return unknown(c, name);
	if (over)
		agent_overlay(&a, over);
	TRY(agent_complete(&a));
	TRY(find_hooks(&a, &dirs));
	TRY(fill_hooks(&a.command, a.hooks_dir));
	TRY(fill_hooks(&a.resume, a.hooks_dir));
	*out = a;
	a = (struct agent){ 0 };
	return NULL;
}
