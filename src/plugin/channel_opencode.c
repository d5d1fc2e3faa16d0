/*
 * opencode over HTTP on 127.0.0.1, where it was started with --port: seen on 1.18.33. Its server asks
 * for the password of OPENCODE_SERVER_PASSWORD (HTTP Basic, user "opencode"). It is the server of this one
 * interface: what it says is busy, or open, is this session's.
 *
 * A message goes by POST /session/ID/prompt_async with an id of ours for it and for its one part. The same
 * ids again change nothing, and the model hears it once (seen).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/run.h"
#include "plugin/http.h"
#include "plugin/opencode.h"

enum {
	LOOK_MS = 2000,
	POST_MS = 10000,
	FIND_MS = 30000,
	NEWEST = 4, /* messages that are read: the last turn, mostly */
	ANSWER_MAX = 4 << 20,
};

/* ---- requests -------------------------------------------------------------------------------- */

struct asking {
	char *url, *user;
	char *body;
};

static void asking_release(struct asking *a)
{
	str_release(&a->url);
	if (a->user)
		explicit_bzero(a->user, strlen(a->user));
	str_release(&a->user);
	free(a->body);
	a->body = NULL;
}

static struct http_request request(
	struct asking *a, const struct channel_ref *ref, const char *path, const char *id)
{
	a->url = str_format("http://127.0.0.1:%s%s%s", ref->port, path, id ? id : "");
	a->user = str_format("opencode:%s", ref->secret);
	return (struct http_request){
		.url = a->url, .user = a->user, .timeout_ms = LOOK_MS, .max_bytes = ANSWER_MAX
	};
}

/* ---- the look -------------------------------------------------------------------------------- */

enum { SESSIONS, STATUS, PERMISSIONS, QUESTIONS, ALWAYS_ASKED, MESSAGES = ALWAYS_ASKED, QUERIES };

static const char *const paths[ALWAYS_ASKED] = {
	[SESSIONS] = "/session?roots=true&limit=50",
	[STATUS] = "/session/status",
	[PERMISSIONS] = "/permission",
	[QUESTIONS] = "/question",
};

/* All of one reference's; the messages are those of `asked`. */
struct answers {
	json_t *body[QUERIES];
	char *asked;
};

static void answers_free(struct answers *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < QUERIES; k++)
			json_decref(a[i].body[k]);
		str_release(&a[i].asked);
	}
	free(a);
}

/* The messages of a conversation: those of refs whose asked[] says one. */
struct round {
	struct http_request *requests;
	struct asking *askings;
	json_t ***into; /* where the answer of each goes */
	size_t n;
};

static void round_release(struct round *r)
{
	for (size_t i = 0; i < r->n; i++)
		asking_release(&r->askings[i]);
	free(r->requests);
	free(r->askings);
	free(r->into);
}

static void round_room(struct round *r, size_t n)
{
	r->requests = mem_alloc((n + 1) * sizeof(*r->requests));
	r->askings = mem_alloc((n + 1) * sizeof(*r->askings));
	r->into = mem_alloc((n + 1) * sizeof(*r->into));
}

static void round_add(
	struct round *r, json_t **into, const struct channel_ref *ref, const char *path)
{
	r->into[r->n] = into;
	r->requests[r->n] = request(&r->askings[r->n], ref, path, NULL);
	r->n++;
}

static void round_add_messages(
	struct round *r, struct answers *a, const struct channel_ref *ref, const char *id)
{
	AUTO(str_release) char *path = str_format("/session/%s/message?limit=%d", id, NEWEST);

	json_decref(a->body[MESSAGES]);
	a->body[MESSAGES] = NULL;
	str_set(&a->asked, id);
	round_add(r, &a->body[MESSAGES], ref, path);
}

static struct err *round_ask(struct round *r, const char *data_dir)
{
	struct http_answer *answers = mem_alloc((r->n + 1) * sizeof(*answers));
	struct err *e = http_ask(answers, r->requests, r->n, data_dir);

	for (size_t i = 0; !e && i < r->n; i++)
		if (answers[i].outcome == HTTP_OK)
			*r->into[i] = http_json(&answers[i]);
	http_answers_release(answers, r->n);
	free(answers);
	return e;
}

static struct err *ask_all(struct answers *a, const struct channel_ref *refs, size_t n)
{
	AUTO(round_release) struct round r = { 0 };

	round_room(&r, n * QUERIES);
	for (size_t i = 0; i < n; i++) {
		json_t *known = refs[i].conversation
			? json_pack("{s:s}", "id", refs[i].conversation)
			: NULL;
		for (int k = 0; k < ALWAYS_ASKED; k++)
			round_add(&r, &a[i].body[k], &refs[i], paths[k]);
		if (opencode_id(known))
			round_add_messages(&r, &a[i], &refs[i], refs[i].conversation);
		json_decref(known);
	}
	return round_ask(&r, refs[0].data_dir);
}

/* Where it is in another conversation than we knew. */
static struct err *ask_rest(struct answers *a, const struct channel_ref *refs, size_t n)
{
	AUTO(round_release) struct round r = { 0 };

	round_room(&r, n);
	for (size_t i = 0; i < n; i++) {
		const char *id = opencode_id(opencode_choose(a[i].body[SESSIONS], &refs[i]));
		if (id && !str_equal(id, a[i].asked))
			round_add_messages(&r, &a[i], &refs[i], id);
	}
	return r.n ? round_ask(&r, refs[0].data_dir) : NULL;
}

static struct err *look(struct channel_fact *out, const struct channel_ref *refs, size_t n)
{
	struct answers *a = mem_alloc((n + 1) * sizeof(*a));
	struct err *e = n ? ask_all(a, refs, n) : NULL;

	if (!e && n)
		e = ask_rest(a, refs, n);
	/* a fault of ao-http is our trouble, not that of who is looked at */
	if (e && e->class != ERR_INTERRUPTED) {
		err_drop(e, "as without an interface");
		e = NULL;
	}
	for (size_t i = 0; !e && i < n; i++) {
		struct opencode_said said = { a[i].body[SESSIONS], a[i].body[STATUS],
			a[i].body[PERMISSIONS], a[i].body[QUESTIONS], a[i].body[MESSAGES] };
		opencode_read(
			&out[i], &said, opencode_choose(said.sessions, &refs[i]), clock_wall());
	}
	answers_free(a, n);
	return e;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* As opencode makes them: twelve digits that grow by 4096 a millisecond, then fourteen of chance. */
static char *ticket(void)
{
	AUTO(str_release) char *chance = random_hex(7);
	uint64_t time = ((uint64_t)clock_wall() << 12) & 0xffffffffffff;

	return str_format("msg_%012llx%s", (unsigned long long)time, chance);
}

static struct err *write_body(char **out, const char *id, const char *text, size_t n)
{
	json_t *t = json_stringn(text, n);
	AUTO(str_release) char *part = str_format("prt_%s", id + strlen("msg_"));
	json_t *body;

	if (!t)
		return fail(ERR_USAGE, "the message is not UTF-8");
	body = json_pack("{s:s, s:[{s:s, s:s, s:o}]}", "messageID", id, "parts", "id", part, "type",
		"text", "text", t);
	*out = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return NULL;
}

static enum channel_answer meaning(const struct http_answer *a)
{
	switch (a->outcome) {
	case HTTP_OK:
		return CHANNEL_HAS;
	case HTTP_NETWORK:
	case HTTP_TIMEOUT:
	case HTTP_SERVER:
	case HTTP_RATE_LIMITED:
		return CHANNEL_SILENT;
	default:
		return CHANNEL_HASNT;
	}
}

/* POST of body, which it takes; NULL: none. */
static struct err *post(enum channel_answer *out, struct http_answer *answer,
	const struct channel_ref *ref, const char *path, char *body)
{
	AUTO(asking_release) struct asking a = { .body = body };
	struct http_request r = request(&a, ref, path, NULL);

	r.method = "POST";
	r.body = body ? body : "{}";
	r.timeout_ms = POST_MS;
	TRY(http_ask(answer, &r, 1, ref->data_dir));
	*out = meaning(answer);
	return NULL;
}

static struct err *hand(enum channel_answer *out, const struct channel_ref *ref, const char *id,
	const char *text, size_t n)
{
	AUTO(str_release) char *path = str_format("/session/%s/prompt_async", ref->conversation);
	struct http_answer answer;
	struct err *e = NULL;
	char *body = NULL;

	TRY(write_body(&body, id, text, n));
	TRY(post(out, &answer, ref, path, body));
	if (*out == CHANNEL_HASNT)
		e = http_failed(&answer, "opencode");
	http_answers_release(&answer, 1);
	return e;
}

static struct err *has(enum channel_answer *out, const struct channel_ref *ref, const char *id)
{
	AUTO(str_release) char *path = str_format("/session/%s/message/", ref->conversation);
	AUTO(asking_release) struct asking a = { 0 };
	struct http_request r = request(&a, ref, path, id);
	struct http_answer answer;

	TRY(http_ask(&answer, &r, 1, ref->data_dir));
	*out = meaning(&answer);
	if (*out == CHANNEL_HASNT && answer.outcome != HTTP_NOT_FOUND)
		*out = CHANNEL_SILENT;
	http_answers_release(&answer, 1);
	return NULL;
}

/* ---- its questions and its turn ---------------------------------------------------------------- */

/* Nothing but what may stand in a URL; an id is outside text. */
static bool is_id(const char *id, const char *prefix)
{
	size_t n = strlen(prefix);

	return str_starts(id, prefix) && id[n] && !id[n + strspn(id + n, ID_CHARACTERS)];
}

static struct err *answer(enum channel_answer *out, const struct channel_ref *ref,
	const struct channel_fact *told, size_t option)
{
	bool permission = is_id(told->asks, "per_");
	AUTO(str_release)
	char *path = str_format("/%s/%s/reply", permission ? "permission" : "question", told->asks);
	struct http_answer answer;
	json_t *body;

	if (permission ? option >= COUNT_OF(opencode_replies) : !is_id(told->asks, "que_"))
		return fail(ERR_FAILED, "opencode asks by a name that is none of its own");
	body = permission ? json_pack("{s:s}", "reply", opencode_replies[option].word)
			  : json_pack("{s:[[s]]}", "answers", told->options.v[option]);
	TRY(post(out, &answer, ref, path, json_dumps(body, JSON_COMPACT)));
	json_decref(body);
	http_answers_release(&answer, 1);
	return NULL;
}

static struct err *interrupt(enum channel_answer *out, const struct channel_ref *ref)
{
	AUTO(str_release) char *path = str_format("/session/%s/abort", ref->conversation);
	struct http_answer answer;

	TRY(post(out, &answer, ref, path, NULL));
	http_answers_release(&answer, 1);
	return NULL;
}

/* ---- the one that was ------------------------------------------------------------------------ */

static struct err *find(
	char **out, const struct channel_ref *ref, const char *program, char *const *env)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	json_t *list;

	TRY(RUN_OK(&r, .argv = ARGV((char *)program, "session", "list", "--format", "json"),
		.env = env, .dir = ref->worktree, .timeout_ms = FIND_MS));
	list = json_loadb(buf_text(&r.out), r.out.n, JSON_ALLOW_NUL, NULL);
	str_set(out, opencode_id(opencode_choose(list, ref)));
	json_decref(list);
	return NULL;
}

/* Its whole conversation, as it keeps it; what was said in it is left out. */
static struct err *cut_off(
	bool *out, const struct channel_ref *ref, const char *program, char *const *env)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	json_t *all;

	TRY(RUN_OK(&r, .argv = ARGV((char *)program, "export", ref->conversation, "--sanitize"),
		.env = env, .dir = ref->worktree, .timeout_ms = FIND_MS));
	all = json_loadb(buf_text(&r.out), r.out.n, JSON_ALLOW_NUL, NULL);
	*out = opencode_is_cut_off(all);
	json_decref(all);
	return NULL;
}

const struct channel channel_opencode = {
	.plugin = { SLOT_AGENT, "opencode", "opencode's HTTP interface" },
	.needs = "{port}",
	.hand = hand,
	.look = look,
	.ticket = ticket,
	.has = has,
	.answer = answer,
	.interrupt = interrupt,
	.find = find,
	.cut_off = cut_off,
};
