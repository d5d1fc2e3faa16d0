#include "net/transfer.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/limits.h"

enum { LIMIT_MS = 60000, HEADER_MAX = 4096 };

/* ---- what comes in --------------------------------------------------------------------------- */

static void keep_end(struct buf *b, size_t n)
{
	if (b->n <= n)
		return;
	memmove(b->s, b->s + b->n - n, n);
	buf_cut(b, n);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *of)
{
	struct transfer *t = of;

	n *= size;
	if (t->request->tail) {
		buf_add(&t->answer.body, bytes, n);
		if (t->answer.body.n / 2 > t->request->max_bytes)
			keep_end(&t->answer.body, t->request->max_bytes);
		return n;
	}
	t->too_large = t->answer.body.n + n > t->request->max_bytes;
	if (t->too_large)
		return 0; /* libcurl ends the transfer */
	buf_add(&t->answer.body, bytes, n);
	return n;
}

static int64_t seconds(const char *value)
{
	char *end;
	long long n = strtoll(value, &end, 10);

	return end > value && n >= 0 && n < INT64_C(1) << 40 ? n * 1000 : -1;
}

static int64_t plain(const char *value)
{
	char *end;
	long long n = strtoll(value, &end, 10);

	return end > value && n >= 0 && n < INT64_C(1) << 50 ? n : -1;
}

/* What the forges call their limits: GitHub, GitLab, Linear (which counts its reset in ms). */
static void take_number(struct transfer *t, const char *name, const char *value)
{
	struct quota *q = &t->answer.quota;
	const struct {
		const char *name;
		int64_t *to;
		bool plain; /* as it is; else seconds */
	} rows[] = {
		{ "x-ratelimit-remaining", &q->remaining, true },
		{ "x-ratelimit-limit", &q->limit, true },
		{ "x-ratelimit-reset", &q->reset_ms, false },
		{ "ratelimit-remaining", &q->remaining, true },
		{ "ratelimit-limit", &q->limit, true },
		{ "ratelimit-reset", &q->reset_ms, false },
		{ "x-ratelimit-requests-remaining", &q->remaining, true },
		{ "x-ratelimit-requests-limit", &q->limit, true },
		{ "x-ratelimit-requests-reset", &q->reset_ms, true },
		{ "retry-after", &t->retry_ms, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strcasecmp(name, rows[i].name) == 0 && isdigit((unsigned char)value[0]))
			*rows[i].to = rows[i].plain ? plain(value) : seconds(value);
}

static void take_header(struct transfer *t, const char *name, const char *value)
{
	struct answer *a = &t->answer;

	take_number(t, name, value);
	if (strcasecmp(name, "etag") == 0)
		str_set(&t->etag, value);
	else if (strcasecmp(name, "x-oauth-scopes") == 0)
		str_set(&a->scopes, value);
	else if (strcasecmp(name, "date") == 0 && curl_getdate(value, NULL) > 0)
		t->date_ms = (int64_t)curl_getdate(value, NULL) * 1000;
}

static size_t take_header_line(char *line, size_t size, size_t n, void *of)
{
	struct transfer *t = of;
	char *colon = memchr(line, ':', n * size);

	if (colon && n * size < HEADER_MAX) {
		AUTO(str_release) char *name = str_ndup(line, (size_t)(colon - line));
		AUTO(buf_release) struct buf value = { 0 };
		const char *end = line + n * size;

		for (colon++; colon < end && (*colon == ' ' || *colon == '\t');)
			colon++;
		buf_add(&value, colon, (size_t)(end - colon));
		buf_trim(&value);
		take_header(t, name, buf_text(&value));
	}
	return n * size;
}

/* ---- what goes out --------------------------------------------------------------------------- */

static void add_header(struct transfer *t, const char *name, const char *value)
{
	AUTO(str_release) char *line = str_format("%s%s", name, value);

	t->headers = curl_slist_append(t->headers, line);
	explicit_bzero(line, strlen(line));
}

static void add_headers(struct transfer *t)
{
	const struct request *r = t->request;

	add_header(t, "User-Agent: ", "ao/" AO_VERSION);
	add_header(t, "Expect:", ""); /* or libcurl waits a second before a large body */
	for (size_t i = 0; i < r->headers.n; i++)
		add_header(t, "", r->headers.v[i]);
	if (r->body.n)
		add_header(t, "Content-Type: ", "application/json");
	if (!str_empty(r->token)) /* Linear takes its own keys bare only */
		add_header(t,
			str_starts(r->token, "lin_api_") ? "Authorization: "
							 : "Authorization: Bearer ",
			r->token);
	if (!str_empty(r->user)) {
		curl_easy_setopt(t->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(t->curl, CURLOPT_USERPWD, r->user);
	}
	if (t->kept.etag)
		add_header(t, "If-None-Match: ", t->kept.etag);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
}

/* The library itself knows of no variable for these; the tool curl does. */
static void trust(CURL *c)
{
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");

	if (!str_empty(file))
		curl_easy_setopt(c, CURLOPT_CAINFO, file);
	if (!str_empty(dir))
		curl_easy_setopt(c, CURLOPT_CAPATH, dir);
}

/* Through a socket it is plain HTTP: whoever listens there sits on this machine. */
static void set_target(struct transfer *t)
{
	const struct request *r = t->request;
	AUTO(str_release) char *plain = NULL;
	const char *url = t->url;

	if (r->socket) {
		plain = str_starts(url, "https:") ? str_format("http:%s", url + 6) : str_dup(url);
		curl_easy_setopt(t->curl, CURLOPT_UNIX_SOCKET_PATH, r->socket);
		url = plain;
	}
	if (str_starts(url, "http:")) /* this machine: no proxy has a business with that */
		curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	else /* one connection for many requests. Plain HTTP has none such, and who waits, waits behind all servers */
		curl_easy_setopt(t->curl, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(t->curl, CURLOPT_URL, url);
	curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "http,https");
}

static void set_method(CURL *c, const struct request *r)
{
	if (r->body.n || str_equal(r->method, "POST")) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, buf_text(&r->body));
	}
	if (!str_equal(r->method, "GET"))
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_up(struct transfer *t)
{
	const struct request *r = t->request;
	int64_t left = t->began + r->timeout_ms - clock_mono();

	set_target(t);
	set_method(t->curl, r);
	add_headers(t);
	trust(t->curl);
	curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, left > 0 ? (long)left : 1L);
	curl_easy_setopt(t->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(t->curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, take_header_line);
	curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error);
}

static void end_handle(struct transfer *t)
{
	curl_easy_cleanup(t->curl);
	t->curl = NULL;
	curl_slist_free_all(t->headers);
	t->headers = NULL;
}

static struct err *new_handle(struct transfer *t)
{
	end_handle(t);
	buf_release(&t->answer.body);
	str_release(&t->etag);
	t->answer.quota = (struct quota){ -1, -1, -1 };
	t->retry_ms = -1;
	t->date_ms = 0;
	t->curl = curl_easy_init();
	if (!t->curl)
		return fail(ERR_FAILED, "libcurl gives no handle");
	set_up(t);
	return NULL;
}

struct err *transfer_begin(struct transfer *t, struct request *r, const char *dir, int64_t began)
{
	t->request = r;
	t->dir = dir;
	t->url = str_dup(r->url);
	t->began = began;
	if (r->cached)
		cache_find(&t->kept, dir, r);
	return new_handle(t);
}

/* ---- what its end means ---------------------------------------------------------------------- */

static void refuse(struct answer *a, const char *why, const char *what)
{
	buf_release(&a->body);
	a->outcome = OUTCOME_REFUSED;
	a->status = 0;
	str_release(&a->error);
	a->error = str_format("%s%s", why, what);
}

static void failed(struct transfer *t, CURLcode code)
{
	struct answer *a = &t->answer;
	AUTO(str_release) char *most = str_format("%zu", t->request->max_bytes);

	if (t->too_large) {
		refuse(a, "the answer is larger than allowed (bytes): ", most);
		return;
	}
	buf_release(&a->body);
	a->status = 0;
	a->outcome = code == CURLE_OPERATION_TIMEDOUT ? OUTCOME_TIMEOUT : OUTCOME_NETWORK;
	a->error = str_dup(t->error[0] ? t->error : curl_easy_strerror(code));
}

/* What GraphQL tells of a limit, in an answer of status 200 (GitHub) or 400 (Linear) without data. */
enum told { TOLD_NOTHING, TOLD_LIMIT, TOLD_QUOTA };

static enum told told_by(const json_t *error)
{
	const char *type = json_string_value(json_object_get(error, "type"));
	const char *said = json_string_value(json_object_get(error, "message"));
	const json_t *more = json_object_get(error, "extensions");

	if (str_equal(type, "RATE_LIMIT") || str_equal(type, "RATE_LIMITED"))
		return TOLD_QUOTA;
	if (str_equal(json_string_value(json_object_get(more, "code")), "RATELIMITED"))
		return TOLD_LIMIT;
	return said && strstr(said, "secondary rate limit") ? TOLD_LIMIT : TOLD_NOTHING;
}

static bool has(const struct answer *a, const char *word)
{
	return a->body.n && memmem(a->body.s, a->body.n, word, strlen(word));
}

static enum told told(const struct transfer *t)
{
	const struct answer *a = &t->answer;
	enum told what = TOLD_NOTHING;
	json_t *o, *errors;

	if ((a->status != 200 && a->status != 400) || !str_equal(t->request->resource, "graphql"))
		return what;
	if (!has(a, "RATE_LIMIT") && !has(a, "RATELIMITED") && !has(a, "secondary rate limit"))
		return what;
	o = json_loadb(a->body.s, a->body.n, JSON_ALLOW_NUL, NULL);
	errors = json_object_get(o, "errors");
	if (!json_is_object(json_object_get(o, "data")))
		what = told_by(o);
	for (size_t i = 0; i < json_array_size(errors) && !what; i++)
		what = told_by(json_array_get(errors, i));
	json_decref(o);
	return what;
}

/* By its own clock: ours may be wrong. */
static int64_t reset_of(const struct transfer *t)
{
	const struct quota *q = &t->answer.quota;

	if (q->reset_ms < 0)
		return -1;
	return t->date_ms ? clock_wall() + (q->reset_ms - t->date_ms) : q->reset_ms;
}

static bool limited(const struct transfer *t)
{
	const struct answer *a = &t->answer;

	if (a->status == 429)
		return true;
	return a->status == 403 &&
		(t->retry_ms >= 0 || a->quota.remaining == 0 || has(a, "rate-limits") ||
			has(a, "secondary rate limit"));
}

/* Where the quota is spent it is the resource that waits, until its reset; also where the header still counts some, as
 * GitHub's does beside an error of GraphQL that says so. */
static void note_limits(struct transfer *t)
{
	struct answer *a = &t->answer;
	enum told what = told(t);
	bool is_limited = what || limited(t);
	bool spent = (a->quota.remaining == 0 || what == TOLD_QUOTA) && t->retry_ms < 0;
	int64_t now = clock_wall(), until = reset_of(t);

	if (!is_limited && !spent)
		return;
	if (!spent || until < now)
		until = is_limited ? now + (t->retry_ms > 0 ? t->retry_ms : LIMIT_MS) : 0;
	if (until > now)
		until = limits_note(t->dir, t->request, !spent, until);
	if (!is_limited)
		return;
	a->until_ms = until;
	a->outcome = OUTCOME_RATE_LIMITED;
}

static enum outcome by_status(long status)
{
	if (status == 304)
		return OUTCOME_NOT_MODIFIED;
	if (status == 401 || status == 403)
		return OUTCOME_AUTH;
	if (status == 404 || status == 410)
		return OUTCOME_NOT_FOUND;
	return status < 300 ? OUTCOME_OK : status >= 500 ? OUTCOME_SERVER : OUTCOME_REFUSED;
}

/* Where to go on; NULL: it is over. A method that would change on the way is not followed. */
static char *next_place(struct transfer *t)
{
	struct answer *a = &t->answer;
	AUTO(str_release) char *here = url_origin(t->url);
	AUTO(str_release) char *there = NULL;
	char *to = NULL;
	bool kept = a->status == 307 || a->status == 308 || str_equal(t->request->method, "GET");

	if (a->status < 301 || a->status > 308 || a->status == 304)
		return NULL;
	curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &to);
	/* through a socket all went as plain http, and so did what `to` was made from */
	there = to ? url_origin(to) : NULL;
	if (t->request->socket && there && str_starts(t->url, "https:")) {
		AUTO(str_release) char *plain = str_format("http:%s", t->url + 6);
		str_release(&here);
		here = url_origin(plain);
	}
	a->location = str_dup(to);
	if (kept && there && str_equal(here, there) && t->redirects < REDIRECTS_MAX)
		return str_dup(to);
	refuse(a, "it points elsewhere: ", to ? to : "nowhere");
	return NULL;
}

/* True: it goes on at t->url. */
static bool judge(struct transfer *t)
{
	struct answer *a = &t->answer;
	char *next;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &a->status);
	a->outcome = by_status(a->status);
	if (t->request->tail)
		keep_end(&a->body, t->request->max_bytes);
	next = next_place(t);
	if (next) {
		str_release(&t->url);
		str_release(&a->location);
		t->url = next;
		t->redirects++;
		return true;
	}
	note_limits(t);
	if (a->outcome == OUTCOME_NOT_MODIFIED && t->kept.etag) {
		buf_release(&a->body);
		a->body = t->kept.body;
		t->kept.body = (struct buf){ 0 };
	} else if (a->outcome == OUTCOME_OK && t->request->cached) {
		cache_keep(t->dir, t->request, t->etag, &a->body);
	}
	return false;
}

bool transfer_end(struct transfer *t, CURLcode code)
{
	struct err *e;

	if (code)
		failed(t, code);
	else if (judge(t)) {
		e = new_handle(t);
		if (!e)
			return true;
		refuse(&t->answer, "", e->text);
		err_drop(e, "it is the answer's error");
	}
	end_handle(t);
	t->answer.ms = clock_mono() - t->began;
	return false;
}

void transfer_release(struct transfer *t)
{
	end_handle(t);
	kept_release(&t->kept);
	answer_release(&t->answer);
	str_release(&t->etag);
	str_release(&t->url);
}
