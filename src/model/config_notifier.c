#include <string.h>

#include "model/config_check.h"

static const char *const none[] = { NULL }, *const command[] = { "command", NULL };

/* The plugins of ours. */
static const struct ours {
	const char *name;
	bool alone;                  /* needs no entry of its own */
	const char *const *settings; /* what its entry may say; NULL: not there yet, so anything */
} plugins[] = {
	{ "desktop", true, none },
	{ "command", false, command },
	{ "slack", false, NULL },
	{ "discord", false, NULL },
	{ "webhook", false, NULL },
	{ "ntfy", false, NULL },
};

static const struct ours *of_name(const char *plugin)
{
	for (size_t i = 0; i < COUNT_OF(plugins); i++)
		if (str_equal(plugins[i].name, plugin))
			return &plugins[i];
	return NULL;
}

bool notifier_ours(const char *plugin)
{
	return of_name(plugin) != NULL;
}

/* A host that the file names; one that stands in the user's own environment is the user's choice. */
static bool names_host(const struct yaml *e)
{
	return e->kind == YAML_TEXT && strstr(e->text, "://");
}

/* Does the value choose what is started, or what the user's own program on PATH is told? */
static bool needs_trust(const struct notifier_config *n, const struct yaml *e)
{
	bool outside = !notifier_ours(n->plugin) && !str_equal(e->name, "plugin");

	return str_equal(n->plugin, "command") || outside || names_host(e);
}

/* How many keys it has that are none of its plugin's. */
static size_t check_settings(struct schema_reader *r, const struct yaml *y,
	const char *const *settings, const char *path)
{
	AUTO(strv_release) struct strv known = { 0 };
	size_t unknown = 0;

	strv_add(&known, "plugin");
	strv_add_all(&known, (char *const *)settings);
	for (size_t i = 0; i < y->n; i++) {
		if (strv_has(&known, y->v[i].name) || y->v[i].again)
			continue;
		schema_unknown(r, &y->v[i], known.v, path);
		unknown++;
	}
	return unknown;
}

static bool lacks_command(const struct notifier_config *n, const struct yaml *y)
{
	const struct yaml *e = yaml_get(y, "command");
	bool a_list = !e || yaml_is_null(e) || e->kind == YAML_LIST;

	return a_list && str_equal(n->plugin, "command") && (!n->command.n || !*n->command.v[0]);
}

void notifier_done(struct schema_reader *r, const struct yaml *y, void *notifier, const char *path)
{
	struct notifier_config *n = notifier;
	const struct ours *ours = of_name(n->plugin);
	AUTO(str_release) char *what = NULL;
	const char *where = "command";

	if (!yaml_get(y, "plugin")) {
		what = str_format("%s needs 'plugin'", path);
		where = "plugin";
	} else if (ours && ours->settings && check_settings(r, y, ours->settings, path)) {
		return; /* the one it lacks may be the one misspelt */
	} else if (lacks_command(n, y)) {
		what = str_format(
			"%s needs 'command', a list: the program and its arguments", path);
	}
	if (what)
		check_at_key(r, y, where, what);
	for (size_t i = 0; i < y->n; i++)
		if (needs_trust(n, &y->v[i]))
			check_sensitive(r, path, y->v[i].name);
	schema_program_path(r, &n->command);
}

/* A notifier is an entry of `notifiers`, or a plugin that needs no settings. */
static void check_notifiers(
	struct schema_reader *r, const struct config *c, const struct yaml *list, const char *path)
{
	AUTO(strv_release) struct strv known = { 0 };

	for (size_t i = 0; i < c->notifier_list.n; i++)
		strv_add(&known, c->notifier_list.v[i].name);
	for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
		const struct yaml *e = &list->v[i];
		const char *meant;
		if (e->kind != YAML_TEXT || config_notifier(c, e->text) || strstr(e->text, "${"))
			continue;
		if (notifier_ours(e->text) && !of_name(e->text)->alone) {
			schema_wrong(r, e->line, e->column,
				"%s: '%s' needs settings: define it under 'notifiers'", path,
				e->text);
			continue;
		}
		if (!r->world->names(r->world->with, "notifier", e->text, &known) ||
			strv_has(&known, e->text))
			continue;
		meant = text_suggest(e->text, known.v);
		schema_wrong(r, e->line, e->column, "%s: no notifier '%s'%s%s%s", path, e->text,
			meant ? " (did you mean '" : " (define it under 'notifiers')",
			meant ? meant : "", meant ? "'?)" : "");
	}
}

void check_all_notifiers(struct schema_reader *r, const struct config *c, const struct yaml *root)
{
	const struct yaml *routing = yaml_get(root, "notificationRouting"),
			  *projects = yaml_get(root, "projects");

	check_notifiers(
		r, c, yaml_get(yaml_get(root, "defaults"), "notifiers"), "defaults.notifiers");
	for (size_t i = 0; routing && routing->kind == YAML_MAP && i < routing->n; i++) {
		AUTO(str_release)
		char *path = str_format("notificationRouting.%s", routing->v[i].name);
		check_notifiers(r, c, &routing->v[i], path);
	}
	for (size_t i = 0; projects && projects->kind == YAML_MAP && i < projects->n; i++) {
		AUTO(str_release)
		char *path = str_format("projects.%s.notifiers", projects->v[i].name);
		check_notifiers(r, c, yaml_get(&projects->v[i], "notifiers"), path);
	}
}
