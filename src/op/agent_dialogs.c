#include "op/agent_dialogs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

enum { STATE_MAX = 64 << 20, KEY_TAIL = 20 }; /* ~/.claude.json grows with its history */

static void json_release(json_t **j)
{
	json_decref(*j);
}

static struct err *unexpected(const char *path)
{
	return fail(ERR_FAILED, "%s is not JSON as it is expected there", path);
}

/* NULL: not there. What is there and cannot be read is not written over. */
static struct err *read_json(json_t **j, const char *path)
{
	AUTO(buf_release) struct buf text = { 0 };
	bool found;

	TRY(file_read_if(&text, &found, path, STATE_MAX));
	*j = found ? json_loadb(buf_text(&text), text.n, 0, NULL) : NULL;
	return found && !json_is_object(*j) ? unexpected(path) : NULL;
}

/* The member, made when missing. NULL: o is none that has members, or it is of another type. */
static json_t *member(json_t *o, const char *key, json_type type)
{
	json_t *value = json_object_get(o, key);

	if (!value && json_is_object(o)) {
		value = type == JSON_OBJECT ? json_object() : json_array();
		json_object_set_new(o, key, value);
	}
	return value && json_typeof(value) == type ? value : NULL;
}

static bool add_text(json_t *array, const char *text)
{
	return json_array_append_new(array, json_string(text)) == 0;
}

static bool holds(const json_t *array, const char *text)
{
	size_t i;
	json_t *v;

	json_array_foreach(array, i, v)
	{
		if (str_equal(json_string_value(v), text))
			return true;
	}
	return false;
}

/* ---- Claude Code (seen on 2.1.197 and 2.1.330): ~/.claude.json, by the main checkout --------------- */

/* What it writes down of a key that was approved; NULL: there is no key to be asked about. */
static const char *key_tail(void)
{
	const char *key = getenv("ANTHROPIC_API_KEY");
	size_t n = key ? strlen(key) : 0;

	return n ? key + (n > KEY_TAIL ? n - KEY_TAIL : 0) : NULL;
}

static bool claude_key_known(const json_t *j)
{
	const json_t *said = json_object_get(j, "customApiKeyResponses");
	const char *key = key_tail();

	return !key || holds(json_object_get(said, "approved"), key) ||
		holds(json_object_get(said, "rejected"), key);
}

static enum tri claude_look(const json_t *j, const char *root)
{
	const json_t *project = json_object_get(json_object_get(j, "projects"), root ? root : "");

	if (!json_is_true(json_object_get(j, "hasCompletedOnboarding")) || !claude_key_known(j))
		return TRI_NO;
	if (!root)
		return TRI_UNKNOWN;
	return json_is_true(json_object_get(project, "hasTrustDialogAccepted")) ? TRI_YES : TRI_NO;
}

static bool claude_answer(json_t *j, const char *root)
{
	json_t *project = member(member(j, "projects", JSON_OBJECT), root, JSON_OBJECT);
	json_t *keys = member(j, "customApiKeyResponses", JSON_OBJECT);

	json_object_set_new(j, "hasCompletedOnboarding", json_true());
	return json_object_set_new(project, "hasTrustDialogAccepted", json_true()) == 0 &&
		(claude_key_known(j) || add_text(member(keys, "approved", JSON_ARRAY), key_tail()));
}

/* ---- Copilot CLI (seen on 1.0.102): ~/.copilot/config.json, by the main checkout ------------------ */

static enum tri copilot_look(const json_t *j, const char *root)
{
	if (!root)
		return TRI_UNKNOWN;
	return holds(json_object_get(j, "trustedFolders"), root) ? TRI_YES : TRI_NO;
}

static bool copilot_answer(json_t *j, const char *root)
{
	return add_text(member(j, "trustedFolders", JSON_ARRAY), root);
}

/* ---- all ----------------------------------------------------------------------------------------- */

static const struct dialogs {
	const char *agent;
	const char *file; /* in HOME; NULL: it asks nothing that its command line does not answer */
	const char *spared; /* a word of its command line by which it does not ask */
	enum tri (*look)(const json_t *j, const char *root);
	bool (*answer)(json_t *j, const char *root); /* false: it is not as it is expected */
	const char *answers, *hint;
} all[] = {
	{ "claude-code", ".claude.json", NULL, claude_look, claude_answer,
		"onboarding done, folder trusted, key approved",
		"start claude once in the main checkout and answer its questions" },
	{ "copilot", ".copilot/config.json", NULL, copilot_look, copilot_answer, "folder trusted",
		"start copilot once in the main checkout and trust the folder" },
	{ "codex", NULL, "trust_level", NULL, NULL, NULL, NULL },
	{ "gemini", NULL, "--skip-trust", NULL, NULL, NULL, NULL },
	{ "opencode", NULL, "", NULL, NULL, NULL, NULL },
	{ "pi", NULL, "", NULL, NULL, NULL, NULL },
};

static const struct dialogs *dialogs_of(const struct agent *a)
{
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (str_equal(all[i].agent, a->name))
			return &all[i];
	return NULL;
}

/* The file itself, where it is a link: people keep such files elsewhere. */
static char *place_of(const struct dialogs *d)
{
	AUTO(str_release) char *named = path_join(path_home(), d->file);

	return path_exists(named) ? path_real(named) : str_dup(named);
}

enum tri agent_asks_nothing(const char **hint, const struct agent *a, const char *root)
{
	const struct dialogs *d = dialogs_of(a);
	AUTO(str_release) char *path = d && d->file ? place_of(d) : NULL;
	AUTO(json_release) json_t *j = NULL;
	enum tri nothing;

	if (!d)
		return TRI_UNKNOWN;
	if (!path)
		return agent_uses(&a->command, d->spared) ? TRI_YES : TRI_UNKNOWN;
	err_drop(read_json(&j, path), "no answers to be seen");
	nothing = d->look(j, root);
	if (hint && nothing == TRI_NO)
		*hint = d->hint;
	return nothing;
}

struct err *agent_answer_dialogs(char **what, const struct agent *a, const char *root)
{
	const struct dialogs *d = dialogs_of(a);
	AUTO(str_release) char *path = d && d->file ? place_of(d) : NULL;
	AUTO(str_release) char *dir = NULL;
	AUTO(str_release) char *text = NULL;
	AUTO(json_release) json_t *j = NULL;

	if (!path || !root || agent_asks_nothing(NULL, a, root) != TRI_NO)
		return NULL;
	TRY(read_json(&j, path));
	if (!j)
		j = json_object();
	if (!d->answer(j, root))
		return unexpected(path);
	dir = path_dir(path);
	text = json_dumps(j, JSON_INDENT(2));
	TRY(file_make_dirs(dir));
	TRY(file_replace(path, text, strlen(text), FILE_DURABLE));
	*what = str_format("%s: %s (%s)", path, d->answers, root);
	return NULL;
}
