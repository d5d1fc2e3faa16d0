#include "net/limits.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/path.h"
#include "net/cache.h"

enum { LOCK_MS = 2000, LIMITS_MAX = 64 << 10, FAR_MS = 2 * 3600 * 1000 };

static char *place_of(const char *dir, const struct request *r)
{
	AUTO(str_release)
	char *name = cache_name("limit", r->origin, r->token ? r->token : r->user);

	return path_join(dir, name);
}

static struct err *read_limits(struct kv *kv, const char *path)
{
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, path, LIMITS_MAX));
	kv_parse(kv, buf_text(&b), b.n, NULL);
	return NULL;
}

static int64_t limit_of(const struct kv *kv, const char *resource)
{
	const char *text = kv_get(kv, resource);
	int64_t until = text ? strtoll(text, NULL, 10) : 0, now = clock_wall();

	return until > now && until - now <= FAR_MS ? until : 0;
}

int64_t limits_until(const char *dir, const struct request *r)
{
	AUTO(str_release) char *path = place_of(dir, r);
	AUTO(kv_release) struct kv kv = { 0 };
	struct err *e = read_limits(&kv, path);
	int64_t one = limit_of(&kv, r->resource), all = limit_of(&kv, "all");

	err_drop(e, "then the server will say it again");
	return one > all ? one : all;
}

static struct err *write_limit(
	const char *dir, const struct request *r, const char *resource, int64_t until_ms)
{
	AUTO(str_release) char *path = place_of(dir, r);
	AUTO(str_release) char *lock_path = path_join(dir, ".lock");
	AUTO(str_release) char *text = str_format("%lld", (long long)until_ms);
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	TRY(lock_take(&lock, lock_path, LOCK_MS));
	TRY(read_limits(&kv, path));
	if (limit_of(&kv, resource) >= until_ms) /* another process was told of a later time */
		return NULL;
	kv_set(&kv, resource, text);
	kv_write(&b, &kv);
	return file_replace(path, b.s, b.n, FILE_VOLATILE);
}

int64_t limits_note(const char *dir, const struct request *r, bool for_all, int64_t until_ms)
{
	int64_t far = clock_wall() + FAR_MS;

	if (until_ms > far)
		until_ms = far;
	err_drop(write_limit(dir, r, for_all ? "all" : r->resource, until_ms),
		"then the server will say it again");
	return until_ms;
}
