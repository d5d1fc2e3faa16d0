#include "plugin/codex_rpc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/local.h"

enum {
	ANSWER_MAX = 16 << 20,
	READ_SIZE = 16384,
	FIN = 0x80,
	MASKED = 0x80,
	HELLO_MAX = 65536,
	TEXT = 1,
	CLOSE = 8,
	SHORT_MAX = 125,
	SIZE_16 = 126,
	SIZE_64 = 127,
	HEAD_MAX = 14,
};

/* ---- bytes ----------------------------------------------------------------------------------- */

/* False: its time is over. */
static bool wait_for(const struct codex_rpc *r, short events)
{
	struct pollfd p = { .fd = r->fd, .events = events };
	int64_t left;

	while ((left = r->until - clock_mono()) > 0) {
		int n = poll(&p, 1, (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

static bool put(struct codex_rpc *r, const char *s, size_t n)
{
	while (n) {
		ssize_t done = send(r->fd, s, n, MSG_NOSIGNAL);
		if (done < 0 && errno == EAGAIN && wait_for(r, POLLOUT))
			continue;
		if (done <= 0)
			return false;
		s += done;
		n -= (size_t)done;
	}
	return true;
}

bool codex_rpc_read(struct codex_rpc *r)
{
	ssize_t n;

	if (r->used) {
		memmove(r->in.s, r->in.s + r->used, r->in.n - r->used);
		buf_cut(&r->in, r->in.n - r->used);
		r->used = 0;
	}
	if (r->in.n > ANSWER_MAX)
		return false;
	buf_reserve(&r->in, READ_SIZE);
	n = recv(r->fd, r->in.s + r->in.n, READ_SIZE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	r->in.n += (size_t)n;
	r->in.s[r->in.n] = '\0';
	return true;
}

static bool get_more(struct codex_rpc *r)
{
	return wait_for(r, POLLIN) && codex_rpc_read(r);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Masked as a client must, by zeros: what masking is for are proxies on the way. */
static bool put_frame(struct codex_rpc *r, const char *s, size_t n)
{
	unsigned char head[HEAD_MAX] = { FIN | TEXT };
	int bytes = n <= SHORT_MAX ? 0 : n <= UINT16_MAX ? 2 : 8;
	AUTO(buf_release) struct buf frame = { 0 };

	head[1] = (unsigned char)(MASKED | (!bytes ? n : bytes == 2 ? SIZE_16 : SIZE_64));
	for (int i = 0; i < bytes; i++)
		head[2 + i] = (unsigned char)(n >> (8 * (bytes - 1 - i)));
	buf_add(&frame, head, 2 + (size_t)bytes + 4);
	buf_add(&frame, s, n);
	return put(r, frame.s, frame.n);
}

/* The whole frame at the beginning of s[0, have): its content is [*head, *head + n) of it. */
static bool is_whole(size_t *head, size_t *n, const unsigned char *s, size_t have)
{
	int bytes;

	if (have < 2)
		return false;
	bytes = (s[1] & 0x7f) == SIZE_16 ? 2 : (s[1] & 0x7f) == SIZE_64 ? 8 : 0;
	*head = 2 + (size_t)bytes;
	*n = bytes ? 0 : s[1] & 0x7f;
	if (have < *head)
		return false;
	for (int i = 0; i < bytes; i++)
		*n = *n << 8 | s[2 + i];
	return *n <= ANSWER_MAX && have - *head >= *n;
}

/* YES: r->text is the next message, whole. */
static enum tri take_text(struct codex_rpc *r)
{
	const unsigned char *s = (const unsigned char *)buf_text(&r->in);
	size_t head, n;

	while (is_whole(&head, &n, s + r->used, r->in.n - r->used)) {
		unsigned char first = s[r->used];
		if ((first & 0x0f) == CLOSE || r->text.n + n > ANSWER_MAX)
			return TRI_NO;
		if ((first & 0x0f) < CLOSE) /* not a ping: we are gone before it matters */
			buf_add(&r->text, s + r->used + head, n);
		r->used += head + n;
		if ((first & 0x0f) < CLOSE && first & FIN)
			return TRI_YES;
	}
	return TRI_UNKNOWN;
}

static bool hold_out_hand(struct codex_rpc *r)
{
	static const char hello[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: YW8gYXNrcyBhIGNvZGV4IQ==\r\n\r\n";

	return put(r, hello, sizeof(hello) - 1);
}

/* YES: it is a WebSocket now. */
static enum tri take_hand(struct codex_rpc *r)
{
	const char *end = strstr(buf_text(&r->in), "\r\n\r\n");

	if (!end)
		return r->in.n > HELLO_MAX ? TRI_NO : TRI_UNKNOWN;
	if (!str_starts(r->in.s, "HTTP/1.1 101"))
		return TRI_NO;
	r->used = (size_t)(end - r->in.s) + 4;
	return TRI_YES;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* id 0: nothing is answered. params: taken. */
static bool put_call(struct codex_rpc *r, int id, const char *method, json_t *params)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:o*}", "jsonrpc", "2.0", "method", method, "params", params);
	AUTO(str_release) char *text = NULL;

	if (o && id)
		json_object_set_new(o, "id", json_integer(id));
	if (o)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text && put_frame(r, text, strlen(text));
}

bool codex_rpc_ask(struct codex_rpc *r, const char *method, json_t *params)
{
	return put_call(r, ++r->calls, method, params);
}

/* What it is told before it shook hands breaks the connection. */
static enum tri open_up(struct codex_rpc *r)
{
	enum tri hand = take_hand(r);

	if (hand != TRI_YES)
		return hand;
	r->open = codex_rpc_ask(r, "initialize",
			  json_pack("{s:{s:s, s:s}}", "clientInfo", "name", "ao", "version",
				  AO_VERSION)) &&
		put_call(r, 0, "initialized", NULL);
	return r->open ? TRI_YES : TRI_NO;
}

enum tri codex_rpc_next(int *id, json_t **answer, struct codex_rpc *r)
{
	enum tri got = r->open ? TRI_YES : open_up(r);

	*answer = NULL;
	if (got != TRI_YES)
		return got;
	while ((got = take_text(r)) == TRI_YES) {
		json_t *o = json_loadb(buf_text(&r->text), r->text.n, JSON_ALLOW_NUL, NULL);
		json_int_t says = json_integer_value(json_object_get(o, "id"));

		buf_cut(&r->text, 0);
		/* what it tells, or asks others, has no id of ours, or a method */
		if (says > 0 && says <= r->calls && !json_object_get(o, "method")) {
			*id = (int)says;
			*answer = o;
			return TRI_YES;
		}
		json_decref(o);
	}
	return got;
}

/* The answer to the latest call; NULL: there is none in time. */
static json_t *wait_answer(struct codex_rpc *r)
{
	json_t *answer;
	enum tri got;
	int id;

	while ((got = codex_rpc_next(&id, &answer, r)) != TRI_NO) {
		if (got == TRI_YES && id == r->calls)
			return answer;
		json_decref(answer);
		if (got == TRI_UNKNOWN && !get_more(r))
			return NULL;
	}
	return NULL;
}

struct err *codex_rpc_call(json_t **result, struct codex_rpc *r, const char *method, json_t *params)
{
	struct err *e = NULL;
	json_t *answer, *error;

	*result = NULL;
	if (!codex_rpc_ask(r, method, params))
		return NULL;
	answer = wait_answer(r);
	error = json_object_get(answer, "error");
	if (error)
		e = fail(ERR_FAILED, "codex app-server: %.500s",
			json_string_value(json_object_get(error, "message")));
	else
		*result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	return e;
}

struct err *codex_rpc_begin(
	struct codex_rpc *r, const char *folder, const char *name, int timeout_ms)
{
	*r = (struct codex_rpc){ .fd = -1, .until = clock_mono() + timeout_ms };
	TRY(local_connect(&r->fd, folder, name, SOCK_STREAM));
	if (r->fd >= 0 && !hold_out_hand(r))
		codex_rpc_release(r);
	return NULL;
}

void codex_rpc_release(struct codex_rpc *r)
{
	if (r->fd >= 0)
		close(r->fd);
	buf_release(&r->in);
	buf_release(&r->text);
	r->fd = -1;
}
