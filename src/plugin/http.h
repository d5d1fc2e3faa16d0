/*
 * HTTP for plugins: n requests go through one child, ao-http, at the same time. What stands in
 * src/net/request.h holds here: limits of a server are remembered by all processes, redirects stay
 * with the server, plain http is for this machine only.
 *
 * Requests are the caller's; answers belong to whoever asked, by http_answers_release(). An answer that
 * is not OK is no error: its outcome says what it was. Errors of http_ask() itself are of this machine
 * (no ao-http: ERR_MISSING; the user's stop). Times are ms since 1970.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum http_outcome {
	HTTP_OK,
	HTTP_NOT_MODIFIED, /* as OK; the body is the one that was kept */
	HTTP_AUTH,         /* no token, or not one that may */
	HTTP_NOT_FOUND,
	HTTP_RATE_LIMITED, /* until `until` nothing is asked */
	HTTP_SERVER,
	HTTP_NETWORK,
	HTTP_TIMEOUT,
	HTTP_REFUSED, /* by the server with another 4xx, or unsent: status 0, and `error` */
};

struct http_request {
	const char *url;
	const char *method;   /* NULL: GET */
	const char *token;    /* NULL: none */
	const char *user;     /* "name:password", where the server asks for that; NULL: none */
	const char *accept;   /* NULL: any */
	char *const *headers; /* further ones, "Name: value"; NULL: none */
	const char *socket;   /* NULL: none */
	const char *body;     /* JSON; NULL: none */
	int timeout_ms;       /* 0: 10 s */
	int max_bytes;        /* of the answer; 0: 16 MiB */
	bool tail;            /* of a larger one its end; else there is none */
	bool cached;          /* by the ETag of the last answer */
};

struct http_answer {
	enum http_outcome outcome;
	int status;      /* 0: there was no answer */
	struct buf body; /* text as it came */
	int64_t until;
	int64_t remaining, limit, reset; /* of the quota; -1: not told */
	char *scopes;                    /* of the token; NULL: not told */
	char *location;                  /* where it was sent to, elsewhere */
	char *error;                     /* one line of whoever knows: outside text */
	bool answered;
};

/* out has room for n. data_dir: below it cache/http is kept. */
MUST_USE struct err *http_ask(struct http_answer *out, const struct http_request *requests,
	size_t n, const char *data_dir);
void http_answers_release(struct http_answer *answers, size_t n);

static inline bool http_good(const struct http_answer *a)
{
	return a->outcome == HTTP_OK || a->outcome == HTTP_NOT_MODIFIED;
}
/* What went wrong, for people: "api.github.com: no answer in time". who: whom was asked. NULL: nothing. */
MUST_USE struct err *http_failed(const struct http_answer *a, const char *who);
/* The body as JSON; NULL: it is none. */
json_t *http_json(const struct http_answer *a);
