#include <ctype.h>
#include <string.h>

#include "model/config_check.h"

static const char *check_topic(const char *value)
{
	size_t n = strspn(
		value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n && n <= 64 && !value[n] ? NULL : "a topic ([A-Za-z0-9_-]{1,64})";
}

enum {
	NEEDED = 1,   /* it, or its file */
	SECRET = 2,   /* never shown, and NAMEFile may name the file that holds it */
	HARMLESS = 4, /* needs no trust where it is one variable of the user's own environment */
	FREE = 8,     /* needs none at all */
};

/* What an entry may say, and which of it. */
struct setting {
	const char *name;
	const char *(*check)(const char *);
	int flags;
};

static const struct setting none[] = { { 0 } };
static const struct setting command[] = { { "command", NULL, 0 }, { 0 } };
static const struct setting slack[] = { { "webhookUrl", check_url, NEEDED | SECRET | HARMLESS },
	{ "channel", NULL, FREE }, { 0 } };
static const struct setting discord[] = { { "webhookUrl", check_url, NEEDED | SECRET | HARMLESS },
	{ 0 } };
static const struct setting webhook[] = { { "url", check_url, NEEDED | SECRET | HARMLESS },
	{ "secret", NULL, SECRET | HARMLESS }, { 0 } };
static const struct setting ntfy[] = { { "topic", check_topic, NEEDED | SECRET | HARMLESS },
	{ "url", check_url, HARMLESS }, { "token", NULL, SECRET }, { 0 } };

/* The plugins of ours; others are programs on PATH. */
static const struct ours {
	const char *name;
	const struct setting *settings;
} plugins[] = {
	{ "desktop", none },
	{ "command", command },
	{ "slack", slack },
	{ "discord", discord },
	{ "webhook", webhook },
	{ "ntfy", ntfy },
};

static const struct ours *of_name(const char *plugin)
{
	for (size_t i = 0; i < COUNT_OF(plugins); i++)
		if (str_equal(plugins[i].name, plugin))
			return &plugins[i];
	return NULL;
}

/* Does the plugin need no settings, and so no entry of its own? */
static bool needs_none(const char *plugin)
{
	const struct ours *ours = of_name(plugin);

	return !ours || ours->settings == none;
}

/* The row of a key, be it NAME or NAMEFile; NULL: it has none. */
static const struct setting *row_of(const struct ours *ours, const char *key, bool *file)
{
	for (const struct setting *s = ours ? ours->settings : none; s->name; s++) {
		size_t n = strlen(s->name);

		*file = (s->flags & SECRET) && strncmp(key, s->name, n) == 0 &&
			str_equal(key + n, "File");
		if (*file || str_equal(key, s->name))
			return s;
	}
	return NULL;
}

/* ---- trust, and what is shown ---------------------------------------------------------------- */

/* "${NAME}" and nothing else: what stands in the user's own environment is the user's choice. */
static bool is_variable(const char *text)
{
	size_t n = strlen(text);

	if (n < 4 || !str_starts(text, "${") || text[n - 1] != '}')
		return false;
	for (size_t i = 2; i < n - 1; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/* Does the value choose what is started, who is told, or what the user's own program is told? */
static bool needs_trust(const struct ours *ours, const struct yaml *e)
{
	bool file;
	const struct setting *s = row_of(ours, e->name, &file);

	if (str_equal(e->name, "plugin") || (s && (s->flags & FREE)))
		return false;
	return !s || file || !(s->flags & HARMLESS) || e->kind != YAML_TEXT ||
		!is_variable(e->text);
}

/* What came by a variable may be a secret too, whoever's setting it is. */
static bool is_hidden(const struct ours *ours, const struct yaml *e)
{
	bool file;
	const struct setting *s = row_of(ours, e->name, &file);

	return (s && !file && (s->flags & SECRET)) || strstr(e->text, "${");
}

/* The first variable that is not set: the notifier fails by it, not the whole file, since cron and the
 * daemon know of fewer variables than the user's shell. */
static void find_unset(
	struct notifier_config *n, const struct schema_reader *r, const struct yaml *e)
{
	AUTO(str_release) char *text = NULL;
	AUTO(str_release) char *unset = NULL;

	if (n->unset || text_expand(&text, &unset, e->text, r->world))
		return;
	n->unset = str_format("%s: %s is not set in the environment", e->name, unset);
}

static void look_at_settings(struct notifier_config *n, const struct schema_reader *r,
	const struct yaml *y, const struct ours *ours)
{
	for (size_t i = 0; i < y->n; i++) {
		const struct yaml *e = &y->v[i];

		if (e->kind != YAML_TEXT || str_equal(e->name, "plugin") || e->again)
			continue;
		find_unset(n, r, e);
		if (is_hidden(ours, e))
			strv_add(&n->hidden, e->name);
	}
}

/* ---- what is wrong --------------------------------------------------------------------------- */

/* How many keys it has that are none of its plugin's. */
static size_t check_keys(
	struct schema_reader *r, const struct yaml *y, const struct ours *ours, const char *path)
{
	AUTO(strv_release) struct strv known = { 0 };
	size_t unknown = 0;
	bool file;

	strv_add(&known, "plugin");
	for (const struct setting *s = ours->settings; s->name; s++) {
		strv_add(&known, s->name);
		if (s->flags & SECRET)
			strv_addf(&known, "%sFile", s->name);
	}
	for (size_t i = 0; i < y->n; i++) {
		const char *key = y->v[i].name;
		if (str_equal(key, "plugin") || row_of(ours, key, &file) || y->v[i].again)
			continue;
		schema_unknown(r, &y->v[i], known.v, path);
		unknown++;
	}
	return unknown;
}

/* One that comes by a variable is judged when it is used: the file itself is not wrong. */
static void check_value(
	struct schema_reader *r, const struct yaml *y, const struct setting *s, const char *path)
{
	AUTO(str_release) char *by_file = str_format("%sFile", s->name);
	const struct yaml *e = yaml_get(y, s->name);
	bool either = e || ((s->flags & SECRET) && yaml_get(y, by_file));
	AUTO(str_release) char *what = NULL;
	const char *must = NULL;

	if (e && e->kind == YAML_TEXT && s->check && !strstr(e->text, "${"))
		must = s->check(e->text);
	if (must)
		schema_wrong(r, e->line, e->column, "%s.%s must be %s", path, s->name, must);
	if (either || !(s->flags & NEEDED))
		return;
	what = str_format("%s needs '%s'", path, s->name);
	check_at_key(r, y, s->name, what);
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
	} else if (ours && check_keys(r, y, ours, path)) {
		return; /* the one it lacks may be the one misspelt */
	} else if (lacks_command(n, y)) {
		what = str_format(
			"%s needs 'command', a list: the program and its arguments", path);
	}
	if (what)
		check_at_key(r, y, where, what);
	for (const struct setting *s = ours ? ours->settings : none; s->name; s++)
		check_value(r, y, s, path);
	for (size_t i = 0; i < y->n; i++)
		if (needs_trust(ours, &y->v[i]))
			check_sensitive(r, path, y->v[i].name);
	look_at_settings(n, r, y, ours);
	schema_program_path(r, &n->command);
}

/* One of ours that needs settings must be an entry of `notifiers`; any other name may be a program that is
 * on the PATH of somebody else. */
static void check_names(
	struct schema_reader *r, const struct config *c, const struct yaml *list, const char *path)
{
	for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
		const struct yaml *e = &list->v[i];
		if (e->kind == YAML_TEXT && !config_notifier(c, e->text) && !needs_none(e->text))
			schema_wrong(r, e->line, e->column,
				"%s: '%s' needs settings: define it under 'notifiers'", path,
				e->text);
	}
}

void check_all_notifiers(struct schema_reader *r, const struct config *c, const struct yaml *root)
{
	const struct yaml *routing = yaml_get(root, "notificationRouting"),
			  *projects = yaml_get(root, "projects");

	check_names(r, c, yaml_get(yaml_get(root, "defaults"), "notifiers"), "defaults.notifiers");
	for (size_t i = 0; routing && routing->kind == YAML_MAP && i < routing->n; i++) {
		AUTO(str_release)
		char *path = str_format("notificationRouting.%s", routing->v[i].name);
		check_names(r, c, &routing->v[i], path);
	}
	for (size_t i = 0; projects && projects->kind == YAML_MAP && i < projects->n; i++) {
		AUTO(str_release)
		char *path = str_format("projects.%s.notifiers", projects->v[i].name);
		check_names(r, c, yaml_get(&projects->v[i], "notifiers"), path);
	}
}
