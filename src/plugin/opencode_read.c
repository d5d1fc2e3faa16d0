#include <string.h>

#include "base/buf.h"
#include "plugin/opencode.h"

enum {
	CLOCK_SLACK_MS = 2000,
	TAKEN_UP_MS = 5000,   /* from a message to the begin of its turn */
	RETRYING_MS = 120000, /* after which it is no longer at work */
	DETAIL_MAX = 300,     /* bytes of outside text in a detail */
	QUESTION_ITEMS = 3,   /* patterns of a permission that are told */
};

/* ---- JSON of any shape ----------------------------------------------------------------------- */

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static int64_t number(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);
	double d = json_number_value(n);

	if (json_is_integer(n))
		return json_integer_value(n);
	return d > -1e15 && d < 1e15 ? (int64_t)d : 0;
}

static void add_some(struct buf *b, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (n > DETAIL_MAX)
		for (n = DETAIL_MAX; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	buf_add(b, s, n);
}

/* ---- which conversation ---------------------------------------------------------------------- */

const char *opencode_id(const json_t *session)
{
	const char *id = text(session, "id");
	size_t n = id ? strlen(id) : 0;

	if (n <= 4 || n > 100 || !str_starts(id, "ses_"))
		return NULL;
	return id[4 + strspn(id + 4, ID_CHARACTERS)] ? NULL : id;
}

static int64_t created(const json_t *session)
{
	const json_t *time = json_object_get(session, "time");

	return number(time ? time : session, "created");
}

const json_t *opencode_choose(const json_t *sessions, const struct channel_ref *ref)
{
	size_t i;
	json_t *s;

	json_array_foreach(sessions, i, s)
	{
		const char *id = opencode_id(s);
		if (!id || !str_equal(text(s, "directory"), ref->worktree) ||
			!str_empty(text(s, "parentID")))
			continue;
		if (str_equal(id, ref->conversation) || created(s) >= ref->since - CLOCK_SLACK_MS)
			return s;
	}
	return NULL;
}

/* ---- its messages ---------------------------------------------------------------------------- */

static bool is_role(const json_t *message, const char *role)
{
	return str_equal(text(json_object_get(message, "info"), "role"), role);
}

static int64_t time_of(const json_t *message, const char *which)
{
	return number(json_object_get(json_object_get(message, "info"), "time"), which);
}

/* What the program itself put beside a text, such as a file's content, is synthetic. */
static const char *words_of(const json_t *message, bool last)
{
	const char *found = NULL;
	size_t i;
	json_t *part;

	json_array_foreach(json_object_get(message, "parts"), i, part)
	{
		const char *t = text(part, "text");
		if (!str_equal(text(part, "type"), "text") || str_empty(t) ||
			json_is_true(json_object_get(part, "synthetic")))
			continue;
		if (!found || last)
			found = t;
	}
	return found;
}

static void read_usage(struct usage *u, const json_t *info)
{
	const json_t *tokens = json_object_get(info, "tokens");
	const json_t *cache = json_object_get(tokens, "cache");
	struct usage said = {
		.input = usage_tokens(number(tokens, "input")),
		.output = usage_tokens(number(tokens, "output") + number(tokens, "reasoning")),
		.cache_read = usage_tokens(number(cache, "read")),
		.cache_write = usage_tokens(number(cache, "write")),
	};

	if (usage_sum(&said))
		*u = said;
}

/* The newest of each; the last one itself tells how its turn stands. */
static const json_t *read_messages(struct channel_fact *out, const json_t *messages)
{
	const json_t *last = NULL;
	const char *words = NULL;
	size_t i;
	json_t *m;

	json_array_foreach(messages, i, m)
	{
		if (is_role(m, "user") && words_of(m, false)) {
			str_set(&out->prompt, words_of(m, false));
			out->prompt_at = time_of(m, "created");
		} else if (is_role(m, "assistant")) {
			read_usage(&out->usage, json_object_get(m, "info"));
			words = words_of(m, true) ? words_of(m, true) : words;
		}
		if (time_of(m, "created") > out->at)
			out->at = time_of(m, "created");
		if (time_of(m, "completed") > out->at)
			out->at = time_of(m, "completed");
		last = m;
	}
	str_set(&out->words, words);
	return last;
}

/* ---- what it does ---------------------------------------------------------------------------- */

static void say(struct channel_fact *out, enum activity says, const char *detail)
{
	out->says = says;
	str_set(&out->detail, detail);
}

const struct opencode_reply opencode_replies[3] = {
	{ "Allow once", "once" },
	{ "Allow always", "always" },
	{ "Reject", "reject" },
};

/* The first that is open: whoever asks is busy meanwhile. */
static const json_t *open_one(const json_t *list, const json_t *status)
{
	size_t i;
	json_t *o;

	json_array_foreach(list, i, o)
	{
		const char *session = text(o, "sessionID");
		if (!session || json_object_get(status, session))
			return o;
	}
	return NULL;
}

static bool asks_permission(
	struct channel_fact *out, const json_t *permissions, const json_t *status)
{
	const json_t *p = open_one(permissions, status), *patterns = json_object_get(p, "patterns");
	AUTO(buf_release) struct buf b = { 0 };

	if (!p)
		return false;
	buf_adds(&b, "it asks for a permission: ");
	add_some(&b, text(p, "permission"));
	for (size_t i = 0; i < json_array_size(patterns) && i < QUESTION_ITEMS; i++) {
		buf_adds(&b, i ? ", " : " ");
		add_some(&b, json_string_value(json_array_get(patterns, i)));
	}
	say(out, ACTIVITY_WAITING_INPUT, b.s);
	str_set(&out->asks, text(p, "id"));
	for (size_t i = 0; out->asks && i < COUNT_OF(opencode_replies); i++)
		strv_add(&out->options, opencode_replies[i].label);
	return true;
}

/* Of several questions at once, and of one with several answers, the terminal alone is told. */
static void add_options(struct channel_fact *out, const json_t *questions)
{
	const json_t *q = json_array_get(questions, 0), *options = json_object_get(q, "options");
	size_t i;
	json_t *o;

	if (!out->asks || json_array_size(questions) != 1 ||
		json_is_true(json_object_get(q, "multiple")))
		return;
	json_array_foreach(options, i, o)
	{
		if (str_empty(text(o, "label"))) {
			strv_release(&out->options);
			return;
		}
		strv_add(&out->options, text(o, "label"));
	}
}

static bool asks_question(struct channel_fact *out, const json_t *questions, const json_t *status)
{
	const json_t *one = open_one(questions, status), *all = json_object_get(one, "questions");
	AUTO(buf_release) struct buf b = { 0 };

	if (!one)
		return false;
	buf_adds(&b, "it asks: ");
	add_some(&b, text(json_array_get(all, 0), "question"));
	say(out, ACTIVITY_WAITING_INPUT, b.s);
	str_set(&out->asks, text(one, "id"));
	add_options(out, all);
	return true;
}

/* Any of them: one for a sub-agent is at work for the conversation that we know. */
static bool is_busy(struct channel_fact *out, const json_t *status, int64_t now)
{
	AUTO(buf_release) struct buf b = { 0 };
	const json_t *retry = NULL;
	bool busy = false;
	const char *id;
	json_t *s;

	json_object_foreach((json_t *)status, id, s)
	{
		busy = busy || str_equal(text(s, "type"), "busy");
		retry = str_equal(text(s, "type"), "retry") ? s : retry;
	}
	if (!busy && retry) {
		buf_addf(&b, "it tries again (attempt %d): ", (int)number(retry, "attempt"));
		add_some(&b, text(retry, "message"));
		say(out,
			out->at && now - out->at > RETRYING_MS ? ACTIVITY_BLOCKED : ACTIVITY_ACTIVE,
			b.s);
	} else if (busy) {
		say(out, ACTIVITY_ACTIVE, "it is busy");
	}
	return busy || retry;
}

static void read_last(struct channel_fact *out, const json_t *last, int64_t now)
{
	const json_t *error = json_object_get(json_object_get(last, "info"), "error");
	AUTO(buf_release) struct buf b = { 0 };

	if (is_role(last, "user") && now - time_of(last, "created") < TAKEN_UP_MS) {
		say(out, ACTIVITY_ACTIVE, "a message came a moment ago");
	} else if (str_equal(text(error, "name"), "MessageAbortedError")) {
		say(out, ACTIVITY_READY, "its turn was interrupted");
	} else if (json_is_object(error)) {
		buf_adds(&b, "its turn ended in an error: ");
		add_some(&b, text(json_object_get(error, "data"), "message"));
		say(out, ACTIVITY_BLOCKED, b.s);
	} else {
		say(out, ACTIVITY_READY, "it is idle");
	}
}

static void read_session(struct channel_fact *out, const json_t *session)
{
	const json_t *cost = json_object_get(session, "cost");
	const char *title = text(session, "title");

	out->conversation = str_dup(opencode_id(session));
	if (!str_empty(title) && !str_starts(title, "New session - "))
		out->title = str_dup(title);
	out->has_cost = json_is_number(cost) && json_number_value(cost) >= 0;
	out->cost = out->has_cost ? json_number_value(cost) : 0;
}

void opencode_read(struct channel_fact *out, const struct opencode_said *said,
	const json_t *session, int64_t now)
{
	const json_t *last = NULL;

	out->answered = json_is_array(said->sessions) && json_is_object(said->status) &&
		json_is_array(said->permissions) && json_is_array(said->questions);
	if (!out->answered)
		return;
	if (session)
		read_session(out, session);
	if (session && said->messages)
		last = read_messages(out, said->messages);
	if (asks_permission(out, said->permissions, said->status) ||
		asks_question(out, said->questions, said->status) ||
		is_busy(out, said->status, now))
		return;
	if (!session)
		say(out, ACTIVITY_UNKNOWN, "it is up, and no conversation has begun");
	else if (!json_is_array(said->messages))
		say(out, ACTIVITY_UNKNOWN, "it is idle, and its messages could not be read");
	else
		read_last(out, last, now);
}

/* ---- one that was ---------------------------------------------------------------------------- */

/* A message has an end where its turn had one, or waits for what a person rejected. */
bool opencode_is_cut_off(const json_t *exported)
{
	const json_t *messages = json_object_get(exported, "messages");
	const json_t *last = json_array_get(messages, json_array_size(messages) - 1);

	return is_role(last, "user") ||
		(is_role(last, "assistant") && !time_of(last, "completed") &&
			!json_is_object(json_object_get(json_object_get(last, "info"), "error")));
}
