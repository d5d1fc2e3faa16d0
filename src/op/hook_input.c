#include "op/hook_input.h"

#include <jansson.h>
#include <string.h>

#include "base/mem.h"

static const char *first_text(const json_t *o, const char *const *keys)
{
	for (; *keys; keys++) {
		const char *text = json_string_value(json_object_get(o, *keys));
		if (!str_empty(text))
			return text;
	}
	return NULL;
}

void hook_input(struct signal_line *s, const char *in, size_t in_n)
{
	static const char *const said[] = { "message", "error", "last_assistant_message", "reason",
		"tool_name", NULL };
	json_t *o = in_n && in[0] == '{' ? json_loadb(in, in_n, 0, NULL) : NULL;
	const char *prompt = json_string_value(json_object_get(o, "prompt"));
	const char *text = in;
	size_t n = in_n;

	if (json_object_get(o, "hook_event_name")) {
		text = s->kind == SIGNAL_START ? json_string_value(json_object_get(o, "session_id"))
			: s->kind == SIGNAL_PROMPT ? prompt
						   : first_text(o, said);
		n = text ? strlen(text) : 0;
	}
	if (s->kind == SIGNAL_PROMPT)
		signal_digest(&s->length, &s->hash, text ? text : "", n);
	else if (n)
		s->text = str_ndup(text, n > 4096 ? 4096 : n);
	json_decref(o);
}
