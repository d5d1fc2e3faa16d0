/*
 * Qwen Code's files beside its terminal.
 *
 * --input-file, seen on 0.15.10 and 0.24.4: a file of JSON lines that it looks at twice a second and from whose
 * end it reads on. {"type":"submit","text":…} becomes a turn as soon as it is ready; with a menu open it waits. What stands there when Qwen starts is not read; a file that shrank or changed is
 * read again from its beginning, messages and all: it is only ever appended to, a line whole or not at all.
 * {"type":"confirmation_response","request_id":…,"allowed":true} answers a control_request of the other one: once,
 * or not; that which its menu has besides needs keys.
 *
 * --json-file, seen on 0.24.4 and read in the source of 0.15.10: what it does, a JSON line each, without times: the
 * file's own is that of the last. Written from its beginning on at each start, so one of an earlier run must
 * be gone. It is the interface that writes it: on
 * a busy machine it was seen up to 1.5 s behind the hooks, and a permission that is refused, the end of a turn that
 * had no word yet and, by its source, what a subagent asks leave no line. So it is a report like a hook's, what is reported
 * or written later goes before it, and only that is believed which holds until something else is told:
 *   user with text             a turn begins
 *   assistant without a tool   the turn is over, cut off perhaps; "[API Error: " of no tokens: by an error
 *   control_request            it asks for a permission, or a question, until its control_response
 * Words that come (stream_event) may be those of a turn that was reported as over.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "slot/channel.h"

enum {
	FIRST_BLOCK = 64 << 10,
	LAST_BLOCK = 2 << 20,
	DETAIL_MAX = 400,
	ANSWERED_MAX = 256, /* of one turn's calls; each request is looked for among them */
};

/* o: taken; NULL: its words are no UTF-8. */
static struct err *write_line(const struct channel_ref *r, json_t *o)
{
	AUTO(str_release) char *path = path_join(r->folder, "input");
	AUTO(str_release) char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;
	AUTO(buf_release) struct buf b = { 0 };

	json_decref(o);
	if (!line)
		return fail(ERR_USAGE, "the message is no UTF-8");
	buf_addf(&b, "%s\n", line);
	return file_append(path, b.s, b.n, FILE_VOLATILE);
}

static struct err *hand(enum channel_answer *out, const struct channel_ref *r, const char *ticket,
	const char *text, size_t n)
{
	(void)ticket; /* it has none */
	*out = CHANNEL_SILENT;
	return write_line(r, json_pack("{s:s, s:s%}", "type", "submit", "text", text, n));
}

/* Whose request is over it ignores. */
static struct err *answer(enum channel_answer *out, const struct channel_ref *r,
	const struct channel_fact *told, size_t option)
{
	*out = CHANNEL_SILENT;
	return write_line(r,
		json_pack("{s:s, s:s, s:b}", "type", "confirmation_response", "request_id",
			told->asks, "allowed", option == 0));
}

/* ---- what it does ---------------------------------------------------------------------------- */

/* Backwards through the lines, until one says how it stands. */
struct scan {
	struct channel_fact *out;
	struct strv answered; /* requests, by the responses behind them */
};

static const char *text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void tell(struct channel_fact *out, enum activity says, const char *detail)
{
	size_t n = strlen(detail);

	if (n > DETAIL_MAX)
		for (n = DETAIL_MAX; n && ((unsigned char)detail[n] & 0xc0) == 0x80; n--)
			;
	out->answered = true;
	out->says = says;
	str_release(&out->detail);
	out->detail = str_ndup(detail, n);
}

/* Nothing before this tells more. */
static bool settle(struct scan *s, const char *detail)
{
	if (s->out->says != ACTIVITY_WAITING_INPUT)
		tell(s->out, ACTIVITY_UNKNOWN, detail);
	return true;
}

static bool read_stream(struct scan *s, const json_t *line)
{
	const char *type = text_at(json_object_get(line, "event"), "type");

	if (str_equal(type, "message_start") || str_starts(type ? type : "", "content_block_"))
		return settle(s, "words of it came");
	return false;
}

static bool read_user(struct scan *s, const json_t *line)
{
	const json_t *content = json_object_get(json_object_get(line, "message"), "content");

	if (!str_equal(text_at(json_array_get(content, 0), "type"), "text"))
		return settle(s, "a tool of it ran");
	tell(s->out, ACTIVITY_ACTIVE, "a turn began");
	return true;
}

static bool read_assistant(struct scan *s, const json_t *line)
{
	const json_t *message = json_object_get(line, "message"), *part;
	const json_t *usage = json_object_get(message, "usage");
	const char *text = NULL;
	size_t i;

	json_array_foreach(json_object_get(message, "content"), i, part)
	{
		if (str_equal(text_at(part, "type"), "tool_use"))
			return settle(s, "it asked for a tool");
		text = text_at(part, "text");
	}
	if (str_starts(text ? text : "", "[API Error: ") && !json_object_get(usage, "total_tokens"))
		tell(s->out, ACTIVITY_BLOCKED, text);
	else
		tell(s->out, ACTIVITY_READY, "its last words are out");
	return true;
}

/* In words, and what else is needed to answer it. An answer to a question has no place there: allowed, it is
 * none of its options. */
static void tell_request(struct channel_fact *out, const json_t *line, const char *id)
{
	static const char *const labels[] = { "Yes, allow once", "No, suggest changes (esc)" };
	const json_t *request = json_object_get(line, "request");
	const json_t *questions = json_object_get(json_object_get(request, "input"), "questions");
	const json_t *allow = json_array_get(json_object_get(request, "permission_suggestions"), 0);
	const char *question = text_at(json_array_get(questions, 0), "question");
	const char *tool = text_at(request, "tool_name"), *what = text_at(allow, "description");
	AUTO(str_release)
	char *detail = question
		? str_format("it asks: %s", question)
		: str_format("it asks for a permission, %s%s%s", tool ? tool : "a tool",
			  what ? ": " : "", what ? what : "");

	tell(out, ACTIVITY_WAITING_INPUT, detail);
	str_set(&out->asks, id);
	strv_release(&out->options);
	for (size_t i = 0; !question && i < COUNT_OF(labels); i++)
		strv_add(&out->options, labels[i]);
	out->keys = true;
}

/* Of several the first is on its screen. */
static bool read_request(struct scan *s, const json_t *line)
{
	const char *id = text_at(line, "request_id");

	for (size_t i = 0; i < s->answered.n; i++)
		if (str_equal(s->answered.v[i], id))
			return false;
	if (!str_empty(id))
		tell_request(s->out, line, id);
	return false;
}

static bool read_response(struct scan *s, const json_t *line)
{
	const json_t *response = json_object_get(line, "response");
	const char *id = text_at(response, "request_id");

	if (!str_empty(id))
		strv_add(&s->answered, id);
	return s->answered.n > ANSWERED_MAX && settle(s, "it was answered again and again");
}

static const struct event {
	const char *type;
	bool (*read)(struct scan *s, const json_t *line); /* true: that is how it stands */
} events[] = {
	{ "stream_event", read_stream },
	{ "user", read_user },
	{ "assistant", read_assistant },
	{ "control_request", read_request },
	{ "control_response", read_response },
};

/* What a subagent says has a parent. */
static bool read_line(struct scan *s, const char *text, size_t n)
{
	json_t *line = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	const char *type = text_at(line, "type");
	bool over = false;

	for (size_t i = 0; i < COUNT_OF(events); i++)
		if (str_equal(type, events[i].type) && !text_at(line, "parent_tool_use_id"))
			over = events[i].read(s, line);
	json_decref(line);
	return over;
}

/* The last line without its end is being written. */
static bool read_back(struct channel_fact *out, const char *b, size_t n)
{
	struct scan s = { .out = out };
	const char *end = n ? memrchr(b, '\n', n) : NULL;
	bool over = false;

	while (end && !over) {
		const char *before = end > b ? memrchr(b, '\n', (size_t)(end - b)) : NULL;
		const char *start = before ? before + 1 : b;
		over = read_line(&s, start, (size_t)(end - start));
		end = before;
	}
	strv_release(&s.answered);
	return over;
}

static void look_at(struct channel_fact *out, const struct channel_ref *r)
{
	AUTO(str_release) char *path = path_join(r->folder, "agent-events");
	int64_t at = file_mtime(path); /* before it is read: what comes meanwhile is not older */
	bool found = at >= r->since, over = false;

	for (size_t size = FIRST_BLOCK; found && !over && size <= LAST_BLOCK; size *= 32) {
		AUTO(buf_release) struct buf b = { 0 };
		channel_fact_release(out);
		err_drop(file_read_tail_if(&b, &found, path, size), "as without it");
		over = read_back(out, buf_text(&b), b.n);
	}
	out->at = out->said_at = at;
}

static struct err *look(struct channel_fact *out, const struct channel_ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		look_at(&out[i], &refs[i]);
	return NULL;
}

const struct channel channel_qwen = {
	.plugin = { SLOT_AGENT, "qwen", "Qwen Code's files: for messages, and of what it does" },
	.needs = "{inputFile}",
	.hand = hand,
	.look = look,
	.answer = answer,
};
