#include "slot/notifier.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/term.h"

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
	if (path) {
		*out = &notifier_outside;
		return NULL;
	}
	if (notifier_ours(plugin))
		return fail(ERR_CONFIG, "the notifier plugin '%s' is not there yet", plugin);
	return fail(ERR_MISSING, "no notifier plugin '%s': no program %s on PATH", plugin, program);
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
