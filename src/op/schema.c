#include "op/schema.h"

#include "model/agent_read.h"
#include "model/config_read.h"

static json_t *of_schema(const struct schema *s);

static json_t *words_of(const struct key *k)
{
	json_t *words = json_array();

	for (const char *const *w = k->words; *w; w++)
		json_array_append_new(words, json_string(*w));
	return words;
}

/* YAML's plain 42 and true are texts to us. */
static json_t *text(void)
{
	return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
}

static json_t *list(void)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", text());
}

static json_t *map_of(const struct key *k, json_t *values)
{
	json_t *map = json_pack("{s:s, s:o}", "type", "object", "additionalProperties", values);

	if (k->words)
		json_object_set_new(map, "propertyNames", json_pack("{s:o}", "enum", words_of(k)));
	return map;
}

static json_t *of_text(const struct key *k)
{
	return k->words ? json_pack("{s:o}", "enum", words_of(k)) : text();
}

static json_t *of_map(const struct schema *s)
{
	if (!s->alone)
		return of_schema(s);
	return json_pack("{s:[o, o]}", "anyOf", of_text(&s->keys[0]), of_schema(s));
}

static json_t *of_type(const struct key *k)
{
	switch (k->type) {
	case KEY_TEXT:
		return of_text(k);
	case KEY_PATH:
		return json_pack("{s:s}", "type", "string");
	case KEY_INT: /* a text where it is ${PORT:-3000} */
		return json_pack("{s:[s,s], s:i, s:i}", "type", "integer", "string", "minimum",
			k->min, "maximum", k->max);
	case KEY_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case KEY_MS:
		return json_pack("{s:s, s:s}", "type", "string", "pattern",
			"^([0-9]+(ms|s|m|h|d)|\\$\\{.*\\})$");
	case KEY_LIST:
		return list();
	case KEY_PATTERNS:
		return json_pack("{s:[{s:s}, o]}", "anyOf", "type", "string", list());
	case KEY_ENV:
	case KEY_TEXTS:
		return map_of(k, text());
	case KEY_LISTS:
		return map_of(k, list());
	case KEY_MAP:
		return of_map(k->inside);
	case KEY_EACH:
		return map_of(k, of_schema(k->inside));
	case KEY_IGNORED:
		break;
	}
	return json_object();
}

static json_t *of_key(const struct key *k)
{
	AUTO(str_release)
	char *doc = k->standard ? str_format("%s (default: %s)", k->doc, k->standard)
				: str_dup(k->doc);
	json_t *j = of_type(k);

	json_object_set_new(j, "description", json_string(doc));
	return j;
}

static json_t *of_schema(const struct schema *s)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *j = json_pack("{s:s, s:o}", "type", "object", "properties", properties);

	for (size_t i = 0; i < s->n; i++) {
		json_object_set_new(properties, s->keys[i].name, of_key(&s->keys[i]));
		if (s->keys[i].flags & KEY_REQUIRED)
			json_array_append_new(required, json_string(s->keys[i].name));
	}
	if (json_array_size(required))
		json_object_set(j, "required", required);
	json_decref(required);
	json_object_set_new(j, "additionalProperties", s->rest ? text() : json_false());
	return j;
}

static json_t *whole(const struct schema *s, const char *title)
{
	json_t *j = of_schema(s);

	json_object_set_new(j, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
	json_object_set_new(j, "title", json_string(title));
	return j;
}

json_t *op_config_schema(void)
{
	return whole(&config_schema, "agent-orchestrator.yaml");
}

json_t *op_agent_schema(void)
{
	return whole(&agent_schema, "an agent of agent-orchestrator");
}
