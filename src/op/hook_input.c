#include "op/hook_input.h"

#include <jansson.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { TEXT_MAX = 4096 };

/* The same things under the names of each agent: Claude Code, Codex, Gemini CLI and Qwen Code say
 * session_id, Copilot CLI sessionId. */
static const char *const ids[] = { "session_id", "sessionId", NULL };
static const char *const paths[] = { "transcript_path", "transcriptPath", NULL };
/* Qwen Code's `prompt` has the files in it that the user's words name. */
static const char *const prompts[] = { "submitted_prompt", "prompt", NULL };
static const char *const errors[] = { "last_assistant_message", "error.message", "message", NULL };
static const char *const turns[] = { "prompt_id", "turn_id", "prompt",
	NULL }; /* Gemini CLI: its prompt */
static const char *const said[] = { "message", "error", "error.message", "last_assistant_message",
	"prompt_response", "reason", "tool_name", "toolName", NULL };

static const char *text_at(const json_t *o, const char *key)
{
	const char *dot = strchr(key, '.');
	AUTO(str_release) char *outer = str_ndup(key, dot ? (size_t)(dot - key) : strlen(key));
	const json_t *value = json_object_get(o, outer);

	return json_string_value(dot ? json_object_get(value, dot + 1) : value);
}

static const char *first_text(const json_t *o, const char *const *keys)
{
	for (; *keys; keys++) {
		const char *text = text_at(o, *keys);
		if (!str_empty(text))
			return text;
	}
	return NULL;
}

/* What kind of error, and in which words: "rate_limit: You've hit your limit". */
static char *error_text(const json_t *o)
{
	const char *kind = text_at(o, "error"), *words = first_text(o, errors);

	if (str_empty(kind) || str_empty(words))
		return str_dup(words ? words : kind ? kind : first_text(o, said));
	return str_format("%s: %s", kind, words);
}

void hook_input(
	struct signal_line *s, char **words, struct conversation *c, const char *in, size_t in_n)
{
	json_t *o = in_n && in[0] == '{' ? json_loadb(in, in_n, JSON_ALLOW_NUL, NULL) : NULL;
	AUTO(str_release) char *error = s->kind == SIGNAL_ERROR ? error_text(o) : NULL;
	const char *id = first_text(o, ids), *text = in;
	const char *turn = first_text(o, turns);
	size_t n = in_n;

	if (id || json_object_get(o, "hook_event_name")) {
		str_set(&c->id, id);
		str_set(&c->path, first_text(o, paths));
		text = s->kind == SIGNAL_START     ? id
			: s->kind == SIGNAL_PROMPT ? first_text(o, prompts)
			: error                    ? error
						   : first_text(o, said);
		n = text ? strlen(text) : 0;
		s->turn = turn ? hash_fnv(turn, strlen(turn)) : 0;
	}
	if (s->kind == SIGNAL_PROMPT)
		signal_digest(&s->length, &s->hash, text ? text : "", n);
	else if (n)
		s->text = *words = str_ndup(text, n > TEXT_MAX ? TEXT_MAX : n);
	json_decref(o);
}
