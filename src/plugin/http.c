#include "plugin/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/run.h"
#include "slot/runtime.h"

enum { TIMEOUT_MS = 10000, MARGIN_MS = 5000 };

/* ---- asking ---------------------------------------------------------------------------------- */

static void set(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

static json_t *headers_of(const struct http_request *r)
{
	json_t *list = json_array();

	if (r->accept)
		json_array_append_new(list, json_pack("s+", "Accept: ", r->accept));
	for (char *const *h = r->headers; h && *h; h++)
		json_array_append_new(list, json_string(*h));
	return list;
}

static struct err *write_request(struct buf *in, const struct http_request *r)
{
	json_t *o = json_object();
	AUTO(str_release) char *line = NULL;

	set(o, "url", r->url);
	set(o, "method", r->method);
	set(o, "token", r->token);
	set(o, "user", r->user);
	set(o, "socket", r->socket);
	set(o, "body", r->body);
	json_object_set_new(o, "headers", headers_of(r));
	if (r->max_bytes)
		json_object_set_new(o, "maxBytes", json_integer(r->max_bytes));
	json_object_set_new(
		o, "timeoutMs", json_integer(r->timeout_ms ? r->timeout_ms : TIMEOUT_MS));
	json_object_set_new(o, "cached", json_boolean(r->cached));
	json_object_set_new(o, "tail", json_boolean(r->tail));
	line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!line)
		return fail(ERR_FAILED, "a request that is no UTF-8");
	buf_addf(in, "%s\n", line);
	explicit_bzero(line, strlen(line));
	return NULL;
}

/* ---- what was answered ----------------------------------------------------------------------- */

static enum http_outcome outcome_of(const char *word)
{
	static const char *const words[] = { "ok", "not_modified", "auth", "not_found",
		"rate_limited", "server", "network", "timeout", "refused" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_equal(words[i], word))
			return (enum http_outcome)i;
	return HTTP_REFUSED;
}

static int64_t number(const json_t *o, const char *key, int64_t otherwise)
{
	const json_t *n = json_object_get(o, key);

	return json_is_integer(n) ? json_integer_value(n) : otherwise;
}

static void fill(struct http_answer *a, const json_t *o, const char *body, size_t n)
{
	a->answered = true;
	a->outcome = outcome_of(json_string_value(json_object_get(o, "outcome")));
	a->status = (int)number(o, "status", 0);
	a->until = number(o, "until", 0);
	a->remaining = number(o, "remaining", -1);
	a->limit = number(o, "limit", -1);
	a->reset = number(o, "reset", -1);
	a->scopes = str_dup(json_string_value(json_object_get(o, "scopes")));
	a->location = str_dup(json_string_value(json_object_get(o, "location")));
	a->error = str_dup(json_string_value(json_object_get(o, "error")));
	buf_add(&a->body, body, n);
}

/* One answer from `at` on; where the next one begins, 0: what is left is none. */
static size_t read_answer(struct http_answer *out, size_t n, const struct buf *b, size_t at)
{
	const char *newline = memchr(b->s + at, '\n', b->n - at);
	size_t body = newline ? (size_t)(newline - b->s) + 1 : b->n;
	json_t *o = newline ? json_loadb(b->s + at, body - 1 - at, 0, NULL) : NULL;
	int64_t id = number(o, "id", -1), bytes = number(o, "bytes", -1);
	bool whole = id >= 0 && (size_t)id < n && bytes >= 0 && (size_t)bytes < b->n - body &&
		!out[id].answered;

	if (whole)
		fill(&out[id], o, b->s + body, (size_t)bytes);
	json_decref(o);
	return whole ? body + (size_t)bytes + 1 : 0;
}

static void read_answers(struct http_answer *out, size_t n, const struct buf *b)
{
	for (size_t at = 0; at < b->n;) {
		at = read_answer(out, n, b, at);
		if (!at)
			return;
	}
}

/* Those that were answered before a time-out of the whole are as good as ever. */
static struct err *without_answer(struct http_answer *out, size_t n, struct err *e)
{
	if (e && e->class != ERR_TIMEOUT)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (out[i].answered)
			continue;
		out[i].outcome = e ? HTTP_TIMEOUT : HTTP_NETWORK;
		out[i].error = str_dup(e ? e->text : "ao-http gave no answer");
		out[i].remaining = out[i].limit = out[i].reset = -1;
	}
	err_drop(e, "told in each answer");
	return NULL;
}

struct err *http_ask(struct http_answer *out, const struct http_request *requests, size_t n,
	const char *data_dir)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *program = NULL;
	AUTO(str_release) char *dir = path_join(data_dir, "cache/http");
	AUTO(buf_release) struct buf in = { 0 };
	int longest = 0;
	struct err *e;

	memset(out, 0, n * sizeof(*out));
	if (!n)
		return NULL;
	TRY(runtime_program(&program, "ao-http", "AO_HTTP_BIN"));
	for (size_t i = 0; i < n; i++) {
		int ms = requests[i].timeout_ms ? requests[i].timeout_ms : TIMEOUT_MS;

		TRY(write_request(&in, &requests[i]));
		longest = ms > longest ? ms : longest;
	}
	e = RUN(&r, .argv = ARGV(program, dir), .in = in.s, .in_n = in.n,
		.timeout_ms = longest + MARGIN_MS);
	explicit_bzero(in.s, in.n);
	if (!e && r.code)
		return run_failed(&r, &(struct run){ .argv = ARGV("ao-http") });
	read_answers(out, n, &r.out);
	return without_answer(out, n, e);
}

void http_answers_release(struct http_answer *answers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_release(&answers[i].body);
		str_release(&answers[i].scopes);
		str_release(&answers[i].location);
		str_release(&answers[i].error);
	}
}

/* A text with a NUL in it ends there; one title must not cost the answer about all others. */
json_t *http_json(const struct http_answer *a)
{
	return a->body.n ? json_loadb(a->body.s, a->body.n, JSON_ALLOW_NUL, NULL) : NULL;
}

struct err *http_failed(const struct http_answer *a, const char *who)
{
	const char *why = str_empty(a->error) ? "" : a->error, *dash = *why ? ": " : "";
	AUTO(str_release) char *age = NULL;

	switch (a->outcome) {
	case HTTP_AUTH:
		return fail(ERR_FAILED,
			"%s does not let us in (status %d): the token may not, or is none", who,
			a->status);
	case HTTP_NOT_FOUND:
		return fail(ERR_MISSING, "%s has nothing there, or does not show it to us", who);
	case HTTP_RATE_LIMITED:
		age = clock_age(a->until - clock_wall() + 999);
		return fail(
			ERR_FAILED, "%s: its limit is reached; it is asked again in %s", who, age);
	case HTTP_SERVER:
		return fail(ERR_FAILED, "%s has trouble of its own (status %d)", who, a->status);
	case HTTP_NETWORK:
		return fail(ERR_FAILED, "%s cannot be reached%s%s", who, dash, why);
	case HTTP_TIMEOUT:
		return fail(ERR_TIMEOUT, "%s: no answer in time", who);
	case HTTP_REFUSED:
		return fail(ERR_FAILED, "%s: refused%s%s (status %d)", who, dash, why, a->status);
	default:
		return NULL;
	}
}
