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
	READ_SIZE = 65536,
	FIN = 0x80,
	MASKED = 0x80,
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

static bool get_more(struct codex_rpc *r)
{
	ssize_t n;

	if (r->in.n > ANSWER_MAX || !wait_for(r, POLLIN))
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

/* The first n bytes are done with. */
static void use(struct codex_rpc *r, size_t n)
{
	memmove(r->in.s, r->in.s + n, r->in.n - n);
	buf_cut(&r->in, r->in.n - n);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Masked as a client must, by zeros: what masking is for are proxies on the way. */
static bool put_frame(struct codex_rpc *r, const char *s, size_t n)
{
	unsigned char head[HEAD_MAX] = { FIN | TEXT };
	int bytes = n <= SHORT_MAX ? 0 : n <= UINT16_MAX ? 2 : 8;

	head[1] = (unsigned char)(MASKED | (!bytes ? n : bytes == 2 ? SIZE_16 : SIZE_64));
	for (int i = 0; i < bytes; i++)
		head[2 + i] = (unsigned char)(n >> (8 * (bytes - 1 - i)));
	return put(r, (const char *)head, 2 + (size_t)bytes + 4) && put(r, s, n);
}

/* The whole frame at the beginning of what was read: its content is [*head, *head + n) of it. */
static bool is_whole(size_t *head, size_t *n, const struct buf *in)
{
	const unsigned char *s = (const unsigned char *)in->s;
	int bytes;

	if (in->n < 2)
		return false;
	bytes = (s[1] & 0x7f) == SIZE_16 ? 2 : (s[1] & 0x7f) == SIZE_64 ? 8 : 0;
	*head = 2 + (size_t)bytes;
	*n = bytes ? 0 : s[1] & 0x7f;
	if (in->n < *head)
		return false;
	for (int i = 0; i < bytes; i++)
		*n = *n << 8 | s[2 + i];
	return *n <= ANSWER_MAX && in->n - *head >= *n;
}

/* The next message of text. False: there is none in time. */
static bool get_text(struct codex_rpc *r, struct buf *text)
{
	buf_cut(text, 0);
	for (;;) {
		size_t head, n;
		unsigned char first;
		if (!is_whole(&head, &n, &r->in)) {
			if (!get_more(r))
				return false;
			continue;
		}
		first = (unsigned char)r->in.s[0];
		if ((first & 0x0f) == CLOSE)
			return false;
		if ((first & 0x0f) < CLOSE) /* not a ping: we are gone before it matters */
			buf_add(text, r->in.s + head, n);
		use(r, head + n);
		if ((first & 0x0f) < CLOSE && first & FIN)
			return true;
	}
}

static bool shake_hands(struct codex_rpc *r)
{
	static const char hello[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: YW8gYXNrcyBhIGNvZGV4IQ==\r\n\r\n";
	const char *end;

	if (!put(r, hello, sizeof(hello) - 1))
		return false;
	while (!(end = strstr(buf_text(&r->in), "\r\n\r\n")))
		if (!get_more(r))
			return false;
	if (!str_starts(r->in.s, "HTTP/1.1 101"))
		return false;
	use(r, (size_t)(end - r->in.s) + 4);
	return true;
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

struct err *codex_rpc_call(json_t **result, struct codex_rpc *r, const char *method, json_t *params)
{
	AUTO(buf_release) struct buf text = { 0 };
	int id = ++r->calls;

	*result = NULL;
	if (!put_call(r, id, method, params))
		return NULL;
	while (get_text(r, &text)) {
		json_t *o = json_loadb(buf_text(&text), text.n, 0, NULL);
		json_t *error = json_object_get(o, "error");
		struct err *e = NULL;
		/* what it tells, or asks others, has no id of ours, or a method */
		bool ours = json_integer_value(json_object_get(o, "id")) == id &&
			!json_object_get(o, "method");
		if (ours && error)
			e = fail(ERR_FAILED, "codex app-server: %.500s",
				json_string_value(json_object_get(error, "message")));
		else if (ours)
			*result = json_incref(json_object_get(o, "result"));
		json_decref(o);
		if (ours)
			return e;
	}
	return NULL;
}

struct err *codex_rpc_open(
	bool *open, struct codex_rpc *r, const char *folder, const char *name, int timeout_ms)
{
	json_t *result = NULL;

	*open = false;
	*r = (struct codex_rpc){ .fd = -1, .until = clock_mono() + timeout_ms };
	TRY(local_connect(&r->fd, folder, name, SOCK_STREAM));
	if (r->fd < 0 || !shake_hands(r))
		return NULL;
	TRY(codex_rpc_call(&result, r, "initialize",
		json_pack("{s:{s:s, s:s}}", "clientInfo", "name", "ao", "version", AO_VERSION)));
	*open = result && put_call(r, 0, "initialized", NULL);
	json_decref(result);
	return NULL;
}

void codex_rpc_release(struct codex_rpc *r)
{
	if (r->fd >= 0)
		close(r->fd);
	buf_release(&r->in);
	r->fd = -1;
}
