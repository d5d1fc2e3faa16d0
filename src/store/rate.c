#include "store/rate.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/kv.h"
#include "base/path.h"

enum { MINUTE_MS = 60000, LOCK_WAIT_MS = 10000, FILE_MAX = 1 << 20, COUNT_MAX = 1000000000 };

static void count(struct rate *out, int64_t *since, int *n, int64_t now_ms)
{
	*out = (struct rate){ 0 };
	if (now_ms < *since || now_ms - *since >= MINUTE_MS) {
		out->before = *n > RATE_PER_MINUTE ? *n - RATE_PER_MINUTE : 0;
		*since = now_ms;
		*n = 0;
	}
	if (*n < COUNT_MAX)
		++*n;
	out->held = *n > RATE_PER_MINUTE;
	out->last = *n == RATE_PER_MINUTE;
}

struct err *rate_take(struct rate *out, const struct store *st, const char *key, int64_t now_ms)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *lock = path_join(st->dir, ".lock");
	AUTO(str_release) char *path = path_join(st->dir, "notified");
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };
	AUTO(str_release) char *value = NULL;
	int64_t since = 0;
	int n = 0;
	bool found;

	TRY(lock_take(&l, lock, LOCK_WAIT_MS));
	TRY(file_read_if(&text, &found, path, FILE_MAX));
	kv_parse(&kv, buf_text(&text), text.n, NULL);
	if (kv_get(&kv, key) && sscanf(kv_get(&kv, key), "%" SCNd64 " %9d", &since, &n) != 2)
		since = n = 0;
	count(out, &since, &n, now_ms);
	value = str_format("%" PRId64 " %d", since, n);
	kv_set(&kv, key, value);
	buf_cut(&text, 0);
	kv_write(&text, &kv);
	return file_replace(path, text.s, text.n, FILE_VOLATILE);
}
