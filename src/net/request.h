/*
 * What ao-http is asked and what it answers, one JSON object a line.
 *
 *   {"url":"https://…", "method":"POST", "token":"…", "user":"name:password", "headers":["Name: value"], "body":"…",
 *    "timeoutMs":2000, "maxBytes":1048576, "tail":true, "cached":true, "socket":"/path"}
 *
 * All but url may be missing: GET, no token, 10 s (from the start of ao-http on, also for one that had
 * to wait for others), 16 MiB. The token goes out as "Authorization: Bearer" (a key of Linear bare) and
 * comes in here alone: no argv, environment, file or message has it; so does user, for HTTP Basic. cached: a GET is made
 * with the ETag of the last answer. tail: of an answer larger than maxBytes its end is given, else none. socket: plain HTTP through that unix socket, whatever the scheme.
 *
 *   {"id":0, "outcome":"ok", "status":200, "bytes":17, "remaining":4999, "limit":5000, "reset":MS,
 *    "until":MS, "scopes":"repo", "location":"https://…", "error":"…", "ms":31}
 *
 * One line for each request, as they end; id counts the requests from 0. Right behind the line's
 * newline come `bytes` bytes of body and another newline. Times are ms since 1970. What is not known
 * is left out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

enum outcome {
	OUTCOME_OK,           /* 2xx */
	OUTCOME_NOT_MODIFIED, /* 304: the body is the one that was kept */
	OUTCOME_AUTH,         /* 401, 403: no token, or not one that may */
	OUTCOME_NOT_FOUND,    /* 404, 410 */
	OUTCOME_RATE_LIMITED, /* `until` says when to ask again; mostly nothing was sent */
	OUTCOME_SERVER,       /* 5xx */
	OUTCOME_NETWORK,      /* no connection, or it broke */
	OUTCOME_TIMEOUT,
	OUTCOME_REFUSED, /* by the server (another 4xx), or by us: status is 0 then and error says why */
};

struct request {
	size_t id;
	char *method, *url, *token, *user, *socket;
	struct strv headers;
	struct buf body;
	long timeout_ms;
	size_t max_bytes;
	bool cached, tail;
	/* taken from the url */
	char *origin;         /* scheme, host and port, and the socket: whose limits count */
	const char *resource; /* which of the origin's limits: graphql, core */
};

/* -1: not told */
struct quota {
	int64_t remaining, limit, reset_ms;
};

struct answer {
	enum outcome outcome;
	long status;
	struct buf body;
	struct quota quota;
	int64_t until_ms;
	char *scopes, *location, *error;
	int64_t ms;
};

/* ERR_USAGE: not a request. One that must not be sent is a request all the same: *why says so. */
MUST_USE struct err *request_parse(struct request *r, char **why, const char *line, size_t n);
void request_release(struct request *r);
/* Scheme, host and port of a url, default ports left out; NULL: not one that may be asked. */
char *url_origin(const char *url);

void answer_write(struct buf *out, size_t id, const struct answer *a);
void answer_release(struct answer *a);
