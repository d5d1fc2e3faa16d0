#include "slot/notifier.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"

#define NOTIFIER(name) extern const struct notifier notifier_##name;
#include "slot/notifiers.def"
NOTIFIER(outside)
#undef NOTIFIER

static const struct notifier *const notifiers[] = {
#define NOTIFIER(name) &notifier_##name,
#include "slot/notifiers.def"
#undef NOTIFIER
};

struct err *notifier_find(const struct notifier **out, const char *plugin)
{
	AUTO(str_release) char *program = str_format("ao-notifier-%s", plugin);
	AUTO(str_release) char *path = strchr(plugin, '/') ? NULL : path_program(program);

	for (size_t i = 0; i < COUNT_OF(notifiers); i++)
		if (str_equal(notifiers[i]->plugin.name, plugin)) {
			*out = notifiers[i];
			return NULL;
		}
	if (!path)
		return fail(ERR_MISSING, "no notifier plugin '%s': no program %s on PATH", plugin,
			program);
	*out = &notifier_outside;
	return NULL;
}

void notifier_names(struct strv *names)
{
	for (size_t i = 0; i < COUNT_OF(notifiers); i++)
		strv_add(names, notifiers[i]->plugin.name);
}

void notifier_add(struct buf *out, const char *text, enum term_text kind, size_t max)
{
	AUTO(buf_release) struct buf safe = { 0 };
	bool whole;

	if (!text)
		return;
	term_safe(&safe, text, strnlen(text, max * 16), kind);
	whole = safe.n <= max;
	term_cut(&safe, max);
	buf_addf(out, "%s%s", buf_text(&safe), whole ? "" : "…");
}

static json_t *line(const char *text)
{
	AUTO(str_release) char *safe = term_line(text);

	return text ? json_string(safe) : json_null();
}

static json_t *lines(const char *text)
{
	AUTO(buf_release) struct buf safe = { 0 };

	if (text)
		term_safe(&safe, text, strlen(text), TERM_TEXT);
	return text ? json_string(buf_text(&safe)) : json_null();
}

static json_t *settings_of(const struct notifier_config *c)
{
	json_t *settings = json_object();

	for (size_t i = 0; i < c->settings.n; i++)
		json_object_set_new(
			settings, c->settings.v[i].name, json_string(c->settings.v[i].text));
	return settings;
}

char *notifier_json(const struct notifier_call *c, const struct notice *n)
{
	AUTO(str_release) char *time = clock_iso(n->at);
	json_t *j = json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "id", line(n->id),
		"priority", priority_word(n->priority), "event", line(n->event), "project",
		line(n->project), "session", line(n->session), "title", line(n->title), "text",
		lines(n->text), "url", line(n->url), "time", time);
	char *text;

	if (c->config->settings.n)
		json_object_set_new(j, "settings", settings_of(c->config));
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return text;
}
