/*
 * Codex by the app-server that its terminal shares (share/agents/hooks/codex/serve), seen on 0.169.0: a
 * message is a turn of its thread, which the terminal shows like one that was typed. A permission that is
 * open is no business of ours there, and what is in the input line stays as it is.
 *
 * Which thread its terminal shows is not told. One that was left, by /new or /resume, stays loaded, and a
 * turn there would be seen by nobody, and would ask nobody: only where a single one is loaded is it used,
 * otherwise all is typed. Beside it there may be ephemeral ones, which make titles.
 */
#include <jansson.h>

#include "plugin/codex_rpc.h"
#include "slot/channel.h"

enum { LOOK_MS = 2000, TURN_MS = 10000 };

static struct err *is_persons(bool *yes, struct codex_rpc *r, const char *id)
{
	json_t *result, *thread, *by;

	*yes = false;
	TRY(codex_rpc_call(&result, r, "thread/read", json_pack("{s:s}", "threadId", id)));
	thread = json_object_get(result, "thread");
	by = json_object_get(thread, "threadSource");
	*yes = json_is_false(json_object_get(thread, "ephemeral")) &&
		(!json_is_string(by) || str_equal(json_string_value(by), "user"));
	json_decref(result);
	return NULL;
}

/* *id NULL: none, or more than one. */
static struct err *find_thread(char **id, struct codex_rpc *r)
{
	AUTO(str_release) char *found = NULL;
	json_t *result, *one;
	struct err *e = NULL;
	int n = 0;
	size_t i;

	TRY(codex_rpc_call(&result, r, "thread/loaded/list", json_object()));
	json_array_foreach(json_object_get(result, "data"), i, one)
	{
		bool yes = false;
		if (!e && json_is_string(one))
			e = is_persons(&yes, r, json_string_value(one));
		if (yes && !n++)
			found = str_dup(json_string_value(one));
	}
	json_decref(result);
	if (!e && n == 1) {
		*id = found;
		found = NULL;
	}
	return e;
}

/* Connected, and *id is the thread; NULL: it can't be used now. */
static struct err *open_thread(
	char **id, struct codex_rpc *r, const struct channel_ref *ref, int timeout_ms)
{
	bool open;

	*id = NULL;
	TRY(codex_rpc_open(&open, r, ref->folder, "codex.sock", timeout_ms));
	return open ? find_thread(id, r) : NULL;
}

static bool listens(const struct channel_ref *ref)
{
	AUTO(codex_rpc_release) struct codex_rpc r = { .fd = -1 };
	AUTO(str_release) char *id = NULL;

	err_drop(open_thread(&id, &r, ref, LOOK_MS), "then it is typed");
	return id != NULL;
}

static struct err *hand(enum channel_answer *out, const struct channel_ref *ref, const char *ticket,
	const char *text, size_t n)
{
	AUTO(codex_rpc_release) struct codex_rpc r = { .fd = -1 };
	AUTO(str_release) char *id = NULL;
	json_t *params, *result;

	(void)ticket; /* one that is given twice is heard twice */
	TRY(open_thread(&id, &r, ref, TURN_MS));
	if (!id)
		return fail(
			ERR_FAILED, "its app-server does not answer, or for more than one thread");
	params = json_pack(
		"{s:s, s:[{s:s, s:s%}]}", "threadId", id, "input", "type", "text", "text", text, n);
	if (!params)
		return fail(ERR_USAGE, "the message is no UTF-8");
	TRY(codex_rpc_call(&result, &r, "turn/start", params));
	*out = result ? CHANNEL_HAS : CHANNEL_SILENT;
	json_decref(result);
	return NULL;
}

const struct channel channel_codex = {
	.plugin = { SLOT_AGENT, "codex", "Codex's app-server" },
	.needs = "{hooks}/serve",
	.hand = hand,
	.listens = listens,
};
