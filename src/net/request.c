#include "net/request.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/valid.h"

enum { TIMEOUT_MS = 10000, BODY_MAX = 16 << 20 };

/* ---- urls ------------------------------------------------------------------------------------ */

static char *url_part(const char *url, CURLUPart part)
{
	CURLU *u = curl_url();
	char *text = NULL, *copy = NULL;

	if (u && !curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) &&
		!curl_url_get(u, part, &text, CURLU_DEFAULT_PORT))
		copy = str_dup(text);
	curl_free(text);
	curl_url_cleanup(u);
	return copy;
}

char *url_origin(const char *url)
{
	AUTO(str_release) char *scheme = url_part(url, CURLUPART_SCHEME);
	AUTO(str_release) char *host = url_part(url, CURLUPART_HOST);
	AUTO(str_release) char *port = url_part(url, CURLUPART_PORT);

	if (!scheme || !host || !port)
		return NULL;
	return str_format("%s://%s:%s", scheme, host, port);
}

/* http is for this machine only. */
static bool is_allowed(const char *url, bool socket)
{
	AUTO(str_release) char *scheme = url_part(url, CURLUPART_SCHEME);
	AUTO(str_release) char *host = url_part(url, CURLUPART_HOST);

	if (!host)
		return false;
	return str_equal(scheme, "https") ||
		(str_equal(scheme, "http") && (socket || valid_loopback(host)));
}

/* ---- requests -------------------------------------------------------------------------------- */

static char *text_of(const json_t *o, const char *key)
{
	return str_dup(json_string_value(json_object_get(o, key)));
}

static long number_of(const json_t *o, const char *key, long otherwise)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 && n <= 1 << 30 ? (long)n : otherwise;
}

/* A line break would begin a header of its own. */
static bool one_line(const char *s)
{
	return !s || !s[strcspn(s, "\r\n")];
}

static void fill(struct request *r, const json_t *o)
{
	const json_t *body = json_object_get(o, "body"), *headers = json_object_get(o, "headers");

	r->url = text_of(o, "url");
	r->method = text_of(o, "method");
	if (!r->method)
		r->method = str_dup("GET");
	r->token = text_of(o, "token");
	r->user = text_of(o, "user");
	r->socket = text_of(o, "socket");
	for (size_t i = 0; i < json_array_size(headers); i++)
		if (json_is_string(json_array_get(headers, i)))
			strv_add(&r->headers, json_string_value(json_array_get(headers, i)));
	if (json_is_string(body))
		buf_add(&r->body, json_string_value(body), json_string_length(body));
	r->timeout_ms = number_of(o, "timeoutMs", TIMEOUT_MS);
	r->max_bytes = (size_t)number_of(o, "maxBytes", BODY_MAX);
	r->tail = json_is_true(json_object_get(o, "tail"));
	r->cached = json_is_true(json_object_get(o, "cached")) && str_equal(r->method, "GET") &&
		!r->tail;
}

static const char *refusal(const struct request *r)
{
	if (!is_allowed(r->url, r->socket))
		return "not an https address, and plain http is for this machine only";
	if (!one_line(r->token) || !one_line(r->method))
		return "the token or the method holds a line break";
	for (size_t i = 0; i < r->headers.n; i++)
		if (!one_line(r->headers.v[i]))
			return "a header holds a line break";
	return NULL;
}

/* Which of its limits the server counts it by: GitHub's documentation, "Rate limits". */
static const char *resource_of(const char *url)
{
	AUTO(str_release) char *path = url_part(url, CURLUPART_PATH);

	return str_ends(path, "/graphql") ? "graphql" : "core";
}

struct err *request_parse(struct request *r, char **why, const char *line, size_t n)
{
	json_error_t wrong;
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &wrong);
	AUTO(str_release) char *origin = NULL;

	if (!o)
		return fail(ERR_USAGE, "not a request: %s", wrong.text);
	fill(r, o);
	json_decref(o);
	if (!r->url)
		return fail(ERR_USAGE, "a request without a url");
	*why = str_dup(refusal(r));
	origin = url_origin(r->url);
	r->origin = str_format("%s %s", origin ? origin : "", r->socket ? r->socket : "");
	r->resource = resource_of(r->url);
	return NULL;
}

void request_release(struct request *r)
{
	char **texts[] = { &r->method, &r->url, &r->socket, &r->origin };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		str_release(texts[i]);
	if (r->token)
		explicit_bzero(r->token, strlen(r->token));
	if (r->user)
		explicit_bzero(r->user, strlen(r->user));
	str_release(&r->token);
	str_release(&r->user);
	strv_release(&r->headers);
	buf_release(&r->body);
}

/* ---- answers --------------------------------------------------------------------------------- */

static const char *const outcome_words[] = { "ok", "not_modified", "auth", "not_found",
	"rate_limited", "server", "network", "timeout", "refused" };

static void set_number(json_t *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_object_set_new(o, key, json_integer(n));
}

/* Headers are any bytes: what is no UTF-8 is left out. */
static void set_text(json_t *o, const char *key, const char *text)
{
	json_t *s = text ? json_string(text) : NULL;

	if (s)
		json_object_set_new(o, key, s);
}

void answer_write(struct buf *out, size_t id, const struct answer *a)
{
	json_t *o = json_object();
	AUTO(str_release) char *line = NULL;

	json_object_set_new(o, "id", json_integer((json_int_t)id));
	json_object_set_new(o, "outcome", json_string(outcome_words[a->outcome]));
	set_number(o, "status", a->status);
	set_number(o, "bytes", (int64_t)a->body.n);
	set_number(o, "remaining", a->quota.remaining);
	set_number(o, "limit", a->quota.limit);
	set_number(o, "reset", a->quota.reset_ms);
	set_number(o, "until", a->until_ms ? a->until_ms : -1);
	set_text(o, "scopes", a->scopes);
	set_text(o, "location", a->location);
	set_text(o, "error", a->error);
	set_number(o, "ms", a->ms);
	line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	buf_adds(out, line);
	buf_addc(out, '\n');
	buf_add(out, a->body.s, a->body.n);
	buf_addc(out, '\n');
}

void answer_release(struct answer *a)
{
	buf_release(&a->body);
	str_release(&a->scopes);
	str_release(&a->location);
	str_release(&a->error);
}
