/*
 * Codex by the app-server that its terminal shares (share/agents/hooks/codex/serve), seen on 0.169.0: a
 * message is a turn of its thread, which the terminal shows like one that was typed. A permission that is
 * open is no business of ours there, and what is in the input line stays as it is.
 *
 * Which thread its terminal shows is not told. One that was left, by /new or /resume, stays loaded, and a
 * turn there would be seen by nobody, and would ask nobody: only where a single one is loaded is it used,
 * otherwise all is typed. Beside it there may be ephemeral ones, which make titles, one for each prompt.
 *
 * What it does is the status of the thread that its hooks named last, else of the only one. To read one takes the
 * server 4 ms, and 30 where it is ephemeral: those are written down (codex-titles), and read once.
 */
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "plugin/codex_rpc.h"
#include "slot/channel.h"

enum {
	LOOK_MS = 2000,
	TURN_MS = 10000,
	LOOK_MAX = 16,
	THREADS_MAX = 512,
	ID_MAX = 128,
	TITLES_MAX = 1 << 20,
};

/* One that is asked: for a thread by its name, or for the only one. */
struct asking {
	struct codex_rpc rpc;
	const char *named; /* NULL: the only one */
	size_t most;       /* of the loaded ones are read, or none */
	char *titles;      /* the file of those that make titles, an id a line */
	struct buf found;  /* more of those */
	bool asked;        /* for anything */
	int list;          /* id of the call that asked for the list */
	int left;          /* threads that have not been read */
	int persons;       /* how many were started by a person, or could not be read */
	json_t *thread;    /* one of those */
	bool more;         /* is to come */
};

static void asking_release(struct asking *a)
{
	if (a->found.n)
		err_drop(file_append(a->titles, a->found.s, a->found.n, FILE_VOLATILE),
			"they are read again");
	str_release(&a->titles);
	buf_release(&a->found);
	codex_rpc_release(&a->rpc);
	json_decref(a->thread);
	a->thread = NULL;
}

static const char *text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static const char *status_of(const json_t *thread)
{
	return text_at(json_object_get(thread, "status"), "type");
}

static bool is_persons(const json_t *thread)
{
	const json_t *by = json_object_get(thread, "threadSource");

	return json_is_false(json_object_get(thread, "ephemeral")) &&
		(!json_is_string(by) || str_equal(json_string_value(by), "user"));
}

static bool read_thread(struct asking *a, const char *id)
{
	a->left++;
	return !str_empty(id) &&
		codex_rpc_ask(&a->rpc, "thread/read", json_pack("{s:s}", "threadId", id));
}

static bool ask_list(struct asking *a)
{
	a->named = NULL;
	a->list = a->rpc.calls + 1;
	return codex_rpc_ask(&a->rpc, "thread/loaded/list", json_object());
}

/* Sorted; a torn line is none that is loaded. */
static void known_titles(struct strv *known, const struct asking *a)
{
	AUTO(buf_release) struct buf text = { 0 };
	char *save = NULL;
	bool found;

	err_drop(file_read_tail_if(&text, &found, a->titles, TITLES_MAX), "they are read again");
	for (char *id = text.n ? strtok_r(text.s, "\n", &save) : NULL; id;
		id = strtok_r(NULL, "\n", &save))
		strv_add(known, id);
	strv_sort(known, 0);
}

static void note_title(struct asking *a, const json_t *thread)
{
	const char *id = text_at(thread, "id");

	if (json_is_true(json_object_get(thread, "ephemeral")) && !str_empty(id) &&
		strlen(id) <= ID_MAX && !strpbrk(id, "\r\n"))
		buf_addf(&a->found, "%s\n", id);
}

/* All at once. */
static bool take_list(struct asking *a, const json_t *answer)
{
	json_t *ids = json_object_get(json_object_get(answer, "result"), "data"), *id;
	AUTO(strv_release) struct strv known = { 0 };
	AUTO(strv_release) struct strv rest = { 0 };
	size_t i;

	a->list = 0;
	known_titles(&known, a);
	json_array_foreach(ids, i, id)
	{
		const char *text = json_is_string(id) ? json_string_value(id) : "";
		if (!strv_find(&known, text))
			strv_add(&rest, text);
	}
	if (rest.n > a->most)
		a->persons = 2; /* for all that is known */
	for (i = 0; i < rest.n && !a->persons; i++)
		if (strlen(rest.v[i]) > ID_MAX || !read_thread(a, rest.v[i]))
			return false;
	return a->left > 0;
}

/* The one that was named may have been left unloaded. */
static bool take_thread(struct asking *a, const json_t *answer)
{
	json_t *thread = json_object_get(json_object_get(answer, "result"), "thread");
	bool loaded = status_of(thread) && !str_equal(status_of(thread), "notLoaded");

	a->left--;
	if (a->named && !(loaded && is_persons(thread)))
		return ask_list(a);
	note_title(a, thread);
	if (!json_is_object(thread) || is_persons(thread)) {
		a->persons++;
		json_decref(a->thread);
		a->thread = json_incref(thread);
	}
	return a->left > 0;
}

/* False: there is no more to hear. */
static bool take(struct asking *a)
{
	bool more = true;
	json_t *answer;
	enum tri got;
	int id;

	while (more && (got = codex_rpc_next(&id, &answer, &a->rpc)) == TRI_YES) {
		if (id == a->list)
			more = take_list(a, answer);
		else if (id > 1) /* not how it greeted */
			more = take_thread(a, answer);
		json_decref(answer);
	}
	if (more && got == TRI_UNKNOWN && a->rpc.open && !a->asked) {
		a->asked = true;
		return a->named ? read_thread(a, a->named) : ask_list(a);
	}
	return more && got == TRI_UNKNOWN;
}

static struct err *begin(
	struct asking *a, const struct channel_ref *ref, const char *named, size_t most, int ms)
{
	*a = (struct asking){ .rpc = { .fd = -1 },
		.named = named,
		.most = most,
		.titles = path_join(ref->folder, "codex-titles") };
	TRY(codex_rpc_begin(&a->rpc, ref->folder, "codex.sock", ms));
	a->more = a->rpc.fd >= 0;
	return NULL;
}

/* All of them, each for itself, until the same moment. */
static void hear(struct asking *all, size_t n, int ms)
{
	struct pollfd *p = mem_alloc((n + 1) * sizeof(*p));
	int64_t until = clock_mono() + ms, left;

	while ((left = until - clock_mono()) > 0) {
		bool more = false;
		for (size_t i = 0; i < n; i++) {
			p[i] = (struct pollfd){ .fd = all[i].more ? all[i].rpc.fd : -1,
				.events = POLLIN };
			more = more || all[i].more;
		}
		if (!more)
			break;
		if (poll(p, n, (int)left) <= 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (p[i].revents)
				all[i].more = codex_rpc_read(&all[i].rpc) && take(&all[i]);
	}
	free(p);
}

/* Its id; NULL: none, or more than one. */
static const char *the_only(const struct asking *a)
{
	return !a->left && a->persons == 1 ? text_at(a->thread, "id") : NULL;
}

/* ---- what it does ---------------------------------------------------------------------------- */

static bool has_flag(const json_t *status, const char *flag)
{
	const json_t *flags = json_object_get(status, "activeFlags"), *one;
	size_t i;

	json_array_foreach(flags, i, one)
	{
		if (str_equal(json_string_value(one), flag))
			return true;
	}
	return false;
}

/* Idle before its first prompt: that may be on its way. */
static enum activity says(const char **detail, const json_t *thread)
{
	const json_t *status = json_object_get(thread, "status");
	const char *type = text_at(status, "type");

	*detail = "its app-server answers";
	if (str_equal(type, "systemError")) {
		*detail = "an error ended its turn";
		return ACTIVITY_BLOCKED;
	}
	if (has_flag(status, "waitingOnApproval")) {
		*detail = "it asks for a permission";
		return ACTIVITY_WAITING_INPUT;
	}
	if (has_flag(status, "waitingOnUserInput")) {
		*detail = "it asks a question";
		return ACTIVITY_WAITING_INPUT;
	}
	if (str_equal(type, "active")) {
		*detail = "a turn of it is running";
		return ACTIVITY_ACTIVE;
	}
	if (!str_equal(type, "idle") || str_empty(text_at(thread, "preview")))
		return ACTIVITY_UNKNOWN;
	*detail = "no turn of it is running";
	return ACTIVITY_READY;
}

static void tell(struct channel_fact *out, const struct asking *a)
{
	const char *detail = "several of its threads are loaded";

	*out = (struct channel_fact){ .answered = !a->left && a->persons };
	if (!out->answered)
		return;
	if (the_only(a)) {
		out->conversation = str_dup(the_only(a));
		out->says = says(&detail, a->thread);
	}
	out->detail = str_dup(detail);
}

static struct err *look(struct channel_fact *out, const struct channel_ref *refs, size_t n)
{
	struct asking *all = mem_alloc((n + 1) * sizeof(*all));

	for (size_t i = 0; i < n; i++)
		err_drop(begin(&all[i], &refs[i], refs[i].conversation, LOOK_MAX, LOOK_MS),
			"other evidence tells what it does");
	hear(all, n, LOOK_MS);
	for (size_t i = 0; i < n; i++) {
		tell(&out[i], &all[i]);
		asking_release(&all[i]);
	}
	free(all);
	return NULL;
}

/* ---- a message ------------------------------------------------------------------------------- */

/* Connected, and *id is the thread, which stays in a; NULL: it can't be used now. */
static struct err *open_thread(
	const char **id, struct asking *a, const struct channel_ref *ref, int ms)
{
	TRY(begin(a, ref, NULL, THREADS_MAX, ms));
	hear(a, 1, ms);
	*id = the_only(a);
	return NULL;
}

static bool listens(const struct channel_ref *ref)
{
	AUTO(asking_release) struct asking a = { .rpc = { .fd = -1 } };
	const char *id = NULL;

	err_drop(open_thread(&id, &a, ref, LOOK_MS), "then it is typed");
	return id != NULL;
}

static struct err *hand(enum channel_answer *out, const struct channel_ref *ref, const char *ticket,
	const char *text, size_t n)
{
	AUTO(asking_release) struct asking a = { .rpc = { .fd = -1 } };
	json_t *params, *result;
	const char *id;

	(void)ticket; /* one that is given twice is heard twice */
	TRY(open_thread(&id, &a, ref, TURN_MS));
	if (!id)
		return fail(
			ERR_FAILED, "its app-server does not answer, or for more than one thread");
	params = json_pack(
		"{s:s, s:[{s:s, s:s%}]}", "threadId", id, "input", "type", "text", "text", text, n);
	if (!params)
		return fail(ERR_USAGE, "the message is no UTF-8");
	TRY(codex_rpc_call(&result, &a.rpc, "turn/start", params));
	*out = result ? CHANNEL_HAS : CHANNEL_SILENT;
	json_decref(result);
	return NULL;
}

const struct channel channel_codex = {
	.plugin = { SLOT_AGENT, "codex", "Codex's app-server" },
	.needs = "{hooks}/serve",
	.hand = hand,
	.listens = listens,
	.look = look,
};
