/*
 * ao-http FOLDER: the one program of ao that knows a network. Requests come in on standard input, all of
 * them before the first is sent; answers go out as they come (net/request.h has both forms). FOLDER
 * is where ETags and limits are kept (net/cache.h, net/limits.h).
 *
 * Exit 0: every request was answered, be it by a timeout. 2: what came in was no request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/limits.h"
#include "net/transfer.h"

/* One server gets AT_ONCE, so that those of agents that hang take nobody's place but their own. */
enum { AT_ONCE = 16, ALL_AT_ONCE = 256, INPUT_MAX = 64 << 20 };

struct work {
	const char *dir;
	struct request *requests;
	char **refused; /* why one must not be sent; NULL: it may */
	struct transfer *transfers;
	size_t *server; /* of each: the first request that goes there */
	size_t *busy;   /* running ones, by that */
	bool *is_begun;
	size_t n, first, begun, running; /* all before `first` are begun */
	CURLM *multi;
	int64_t began;
};

static struct err *read_input(struct buf *b)
{
	ssize_t n;

	do {
		buf_reserve(b, 65536);
		n = read(0, b->s + b->n, 65536);
		if (n > 0)
			b->n += (size_t)n;
		if (b->n > INPUT_MAX)
			return fail(ERR_USAGE, "more than %d bytes of requests", INPUT_MAX);
	} while (n > 0);
	return n < 0 ? fail_errno("standard input") : NULL;
}

static size_t count_lines(const struct buf *b)
{
	size_t lines = 0;

	for (size_t i = 0; i < b->n; i++)
		lines += b->s[i] == '\n';
	return lines;
}

static size_t server_of(const struct work *w, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (w->server[j] == j && str_equal(w->requests[j].origin, w->requests[i].origin))
			return j;
	return i;
}

static struct err *read_requests(struct work *w)
{
	AUTO(buf_release) struct buf in = { 0 };
	size_t most, at = 0;

	TRY(read_input(&in));
	most = count_lines(&in) + 1;
	w->requests = mem_alloc(most * sizeof(*w->requests));
	w->refused = mem_alloc(most * sizeof(*w->refused));
	w->transfers = mem_alloc(most * sizeof(*w->transfers));
	w->server = mem_alloc(most * sizeof(*w->server));
	w->busy = mem_alloc(most * sizeof(*w->busy));
	w->is_begun = mem_alloc(most * sizeof(*w->is_begun));
	while (at < in.n) {
		const char *end = memchr(in.s + at, '\n', in.n - at);
		size_t n = end ? (size_t)(end - in.s) - at : in.n - at;

		w->requests[w->n].id = w->n;
		w->n++; /* also one that is none is released */
		TRY(request_parse(&w->requests[w->n - 1], &w->refused[w->n - 1], in.s + at, n));
		w->server[w->n - 1] = server_of(w, w->n - 1);
		at += n + 1;
	}
	explicit_bzero(in.s, in.n); /* tokens */
	return NULL;
}

static struct err *say(size_t id, struct answer *a)
{
	AUTO(buf_release) struct buf line = { 0 };

	answer_write(&line, id, a);
	answer_release(a);
	if (fwrite(line.s, 1, line.n, stdout) != line.n || fflush(stdout))
		return fail_errno("standard output");
	return NULL;
}

static struct err *start(struct work *w, size_t i)
{
	struct answer a = { .quota = { -1, -1, -1 } };

	if (w->refused[i]) {
		a.outcome = OUTCOME_REFUSED;
		a.error = str_dup(w->refused[i]);
		return say(i, &a);
	}
	a.until_ms = limits_until(w->dir, &w->requests[i]);
	if (a.until_ms) {
		a.outcome = OUTCOME_RATE_LIMITED;
		return say(i, &a);
	}
	if (w->begun > AT_ONCE && clock_mono() >= w->began + w->requests[i].timeout_ms) {
		a.outcome = OUTCOME_TIMEOUT;
		return say(i, &a);
	}
	TRY(transfer_begin(&w->transfers[i], &w->requests[i], w->dir, w->began));
	curl_multi_add_handle(w->multi, w->transfers[i].curl);
	w->running++;
	w->busy[w->server[i]]++;
	return NULL;
}

/* In order, but where the server of one is busy the next one goes before it. */
static struct err *start_some(struct work *w)
{
	for (size_t i = w->first; i < w->n && w->running < ALL_AT_ONCE; i++) {
		if (w->is_begun[i] || w->busy[w->server[i]] >= AT_ONCE)
			continue;
		w->is_begun[i] = true;
		w->begun++;
		TRY(start(w, i));
	}
	while (w->first < w->n && w->is_begun[w->first])
		w->first++;
	return NULL;
}

static struct err *take_ended(struct work *w)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(w->multi, &left))) {
		struct transfer *t;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		curl_multi_remove_handle(w->multi, t->curl);
		if (transfer_end(t, code)) {
			curl_multi_add_handle(w->multi, t->curl);
			continue;
		}
		w->running--;
		w->busy[w->server[t->request->id]]--;
		TRY(say(t->request->id, &t->answer));
		transfer_release(t);
	}
	return NULL;
}

static struct err *work(struct work *w)
{
	while (w->running || w->begun < w->n) {
		int still;

		TRY(start_some(w));
		if (curl_multi_perform(w->multi, &still))
			return fail(ERR_FAILED, "libcurl cannot go on");
		TRY(take_ended(w));
		if (w->running && curl_multi_poll(w->multi, NULL, 0, 1000, NULL))
			return fail(ERR_FAILED, "libcurl cannot wait");
	}
	return NULL;
}

static void work_release(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->transfers[i].curl)
			curl_multi_remove_handle(w->multi, w->transfers[i].curl);
		transfer_release(&w->transfers[i]);
		request_release(&w->requests[i]);
		free(w->refused[i]);
	}
	free(w->requests);
	free(w->refused);
	free(w->transfers);
	free(w->server);
	free(w->busy);
	free(w->is_begun);
	curl_multi_cleanup(w->multi);
	curl_global_cleanup();
}

static struct err *all(struct work *w)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(w->multi = curl_multi_init()))
		return fail(ERR_FAILED, "libcurl cannot be used");
	TRY(file_make_dirs(w->dir));
	TRY(read_requests(w));
	return work(w);
}

int main(int argc, char **argv)
{
	struct work w = { 0 };
	struct err *e;
	int code = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: ao-http FOLDER\n");
		return 2;
	}
	w.began = clock_mono();
	w.dir = argv[1];
	e = all(&w);
	if (e) {
		fprintf(stderr, "ao-http: %s\n", e->text);
		code = err_exit_code(e->class);
	}
	err_free(e);
	work_release(&w);
	return code;
}
