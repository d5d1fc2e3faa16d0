#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/gitlab.h"

enum { PER_PAGE = 100, PAGES_MAX = 10, TEXT_BYTES = 64 << 10 };

char *gitlab_encode(const char *s)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || strchr("._-", c);

		if (plain)
			buf_addc(&b, (char)c);
		else
			buf_addf(&b, "%%%02X", c);
	}
	return str_dup(buf_text(&b));
}

static char *url_of(const struct github *g, const char *project, const char *tail)
{
	AUTO(str_release) char *encoded = project ? gitlab_encode(project) : NULL;

	return encoded ? str_format("%s/projects/%s%s", g->rest, encoded, tail)
		       : str_format("%s%s", g->rest, tail);
}

struct gitlab_question *gitlab_add(struct gitlab_questions *q, const struct github *g,
	const char *project, const char *format, ...)
{
	struct gitlab_question *new = vec_push(&q->list);
	AUTO(str_release) char *tail = NULL;
	va_list args;

	va_start(args, format);
	tail = str_vformat(format, args);
	va_end(args);
	new->g = g;
	new->url = url_of(g, project, tail);
	return new;
}

void gitlab_questions_release(struct gitlab_questions *q)
{
	for (size_t i = 0; i < q->list.n; i++) {
		struct gitlab_question *one = &q->list.v[i];

		free(one->url);
		free(one->body);
		json_decref(one->json);
		buf_release(&one->said);
		err_drop(one->failed, "nobody wants to know");
	}
	free(q->list.v);
	*q = (struct gitlab_questions){ 0 };
}

/* ---- one round ------------------------------------------------------------------------------- */

static char *page_of(const struct gitlab_question *q, int page)
{
	return q->all ? str_format("%s%cper_page=%d&page=%d", q->url,
				strchr(q->url, '?') ? '&' : '?', PER_PAGE, page)
		      : str_dup(q->url);
}

/* What GitLab says of a refusal: {"message": …} or {"error": "…"}. */
static struct err *refused(const struct gitlab_question *q, const struct http_answer *a)
{
	json_t *o = http_json(a);
	const json_t *message = json_object_get(o, "message");
	const char *said = json_is_string(message) ? json_string_value(message)
						   : github_text(o, "error");
	struct err *e = a->outcome == HTTP_REFUSED && *said
		? fail(ERR_REFUSED, "%s: %s (status %d)", q->g->host, said, a->status)
		: http_failed(a, q->g->host);

	json_decref(o);
	return e;
}

/* True: there is a next page. */
static bool take(struct gitlab_question *q, const struct http_answer *a)
{
	json_t *o;
	size_t n;

	q->remaining = a->remaining;
	q->limit = a->limit;
	if (!http_good(a)) {
		q->missing = a->outcome == HTTP_NOT_FOUND || a->status == 403;
		q->failed = refused(q, a);
		return false;
	}
	if (q->text) {
		buf_add(&q->said, buf_text(&a->body), a->body.n);
		return false;
	}
	o = http_json(a);
	n = json_array_size(o);
	if (q->json && json_is_array(o)) {
		json_array_extend(q->json, o);
		json_decref(o);
	} else if (!q->json) {
		q->json = o;
	} else {
		json_decref(o);
	}
	if (!q->json && str_equal(q->method ? q->method : "GET", "GET"))
		q->failed = fail(ERR_FAILED, "%s: an answer that is no JSON", q->g->host);
	return q->all && n == PER_PAGE;
}

static struct err *run_page(struct gitlab_questions *q, bool *due, int page, int timeout_ms,
	const char *data_dir, bool *more)
{
	struct http_request *requests = mem_alloc((q->list.n + 1) * sizeof(*requests));
	struct http_answer *answers = mem_alloc((q->list.n + 1) * sizeof(*answers));
	AUTO(strv_release) struct strv urls = { 0 };
	size_t n = 0, k = 0;
	struct err *e;

	for (size_t i = 0; i < q->list.n; i++) {
		AUTO(str_release) char *url = page_of(&q->list.v[i], page);
		strv_add(&urls, url);
	}
	for (size_t i = 0; i < q->list.n; i++) {
		const struct gitlab_question *one = &q->list.v[i];

		if (due[i])
			requests[n++] = (struct http_request){ .url = urls.v[i],
				.method = one->method,
				.token = one->g->token,
				.socket = one->g->socket,
				.body = one->body,
				.timeout_ms = timeout_ms,
				.max_bytes = one->text ? TEXT_BYTES : 0,
				.tail = one->text,
				.cached = !one->method && !one->text };
	}
	e = http_ask(answers, requests, n, data_dir);
	*more = false;
	for (size_t i = 0; i < q->list.n && !e; i++) {
		due[i] = due[i] && take(&q->list.v[i], &answers[k++]);
		*more |= due[i];
	}
	http_answers_release(answers, n);
	free(requests);
	free(answers);
	return e;
}

struct err *gitlab_run(struct gitlab_questions *q, int timeout_ms, const char *data_dir)
{
	bool *due = mem_alloc(q->list.n + 1), more = q->list.n != 0;
	struct err *e = NULL;

	for (size_t i = 0; i < q->list.n; i++)
		due[i] = !q->list.v[i].unasked;
	for (int page = 1; page <= PAGES_MAX && more && !e; page++)
		e = run_page(q, due, page, timeout_ms, data_dir, &more);
	free(due);
	return e;
}

struct err *gitlab_do(json_t **json, const struct github *g, const char *data_dir,
	const char *method, json_t *body, const char *format, ...)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	AUTO(str_release) char *project = gitlab_path(g);
	AUTO(str_release) char *tail = NULL;
	struct gitlab_question *one;
	struct err *e;
	va_list args;

	va_start(args, format);
	tail = str_vformat(format, args);
	va_end(args);
	one = gitlab_add(&q, g, project, "%s", tail);
	one->method = method;
	one->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	TRY(gitlab_login(g));
	TRY(gitlab_run(&q, GITLAB_MS, data_dir));
	e = q.list.v[0].failed;
	q.list.v[0].failed = NULL;
	if (json)
		*json = json_incref(q.list.v[0].json);
	return e;
}
