#include "net/cache.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"

enum { LOCK_MS = 500, HEAD_MAX = 64 << 10 };

/* 64 bits of a hash tell two tokens apart and are far too few to find one by. */
char *cache_name(const char *kind, const char *what, const char *token)
{
	AUTO(str_release) char *key = str_format("%s\n%s", what, token ? token : "");
	uint64_t h = hash_fnv(key, strlen(key));

	explicit_bzero(key, strlen(key));
	return str_format("%s-%016" PRIx64, kind, h);
}

static char *place_of(const char *dir, const struct request *r)
{
	AUTO(buf_release) struct buf what = { 0 };
	AUTO(str_release) char *name = NULL;

	buf_addf(&what, "%s\n%s", r->origin, r->url);
	for (size_t i = 0; i < r->headers.n; i++)
		buf_addf(&what, "\n%s", r->headers.v[i]);
	name = cache_name("etag", what.s, r->token);
	return path_join(dir, name);
}

/* The head must be of this url, and the body the one that it tells of. */
static void take(struct kept *k, const struct request *r, const struct buf *file)
{
	const char *newline = memchr(buf_text(file), '\n', file->n);
	size_t head = newline ? (size_t)(newline - file->s) : 0;
	json_t *o = newline ? json_loadb(file->s, head, 0, NULL) : NULL;
	const char *etag = json_string_value(json_object_get(o, "etag"));
	const char *url = json_string_value(json_object_get(o, "url"));
	AUTO(str_release) char *sum = NULL;

	if (newline)
		sum = str_format("%016" PRIx64, hash_fnv(newline + 1, file->n - head - 1));
	if (etag && str_equal(url, r->url) &&
		str_equal(sum, json_string_value(json_object_get(o, "sum")))) {
		k->etag = str_dup(etag);
		buf_add(&k->body, newline + 1, file->n - head - 1);
	}
	json_decref(o);
}

void cache_find(struct kept *k, const char *dir, const struct request *r)
{
	AUTO(str_release) char *path = place_of(dir, r);
	AUTO(buf_release) struct buf file = { 0 };
	bool found = false;
	struct err *e = file_read_if(&file, &found, path, CACHE_BODY_MAX + HEAD_MAX);

	err_drop(e, "as if it were not there");
	if (!e && found)
		take(k, r, &file);
}

/* ---- keeping --------------------------------------------------------------------------------- */

struct old {
	char *path;
	int64_t at;
	off_t bytes;
};

static int oldest_first(const void *a, const void *b)
{
	int64_t x = ((const struct old *)a)->at, y = ((const struct old *)b)->at;

	return (x > y) - (x < y);
}

/* Under the lock, so a temporary file is one of a writer that died. */
static void prune(const char *dir)
{
	AUTO(strv_release) struct strv names = { 0 };
	VEC(struct old) files = { 0 };
	off_t bytes = 0;
	size_t left;

	err_drop(file_list(&names, dir), "nothing to take away then");
	STRV_EACH(name, &names) {
		AUTO(str_release) char *path = path_join(dir, *name);
		struct stat st;

		if (str_starts(*name, ".etag-"))
			err_drop(file_remove(path), "the next one tries again");
		if (!str_starts(*name, "etag-") || stat(path, &st) < 0)
			continue;
		*vec_push(&files) = (struct old){ str_dup(path), file_mtime(path), st.st_size };
		bytes += st.st_size;
	}
	if (files.n)
		qsort(files.v, files.n, sizeof(*files.v), oldest_first);
	left = files.n;
	for (size_t i = 0; i < files.n; i++) {
		if (left > CACHE_FILES || bytes > CACHE_BYTES) {
			err_drop(file_remove(files.v[i].path), "the next one tries again");
			bytes -= files.v[i].bytes;
			left--;
		}
		free(files.v[i].path);
	}
	free(files.v);
}

static struct err *write_file(
	const char *dir, const struct request *r, const char *etag, const struct buf *body)
{
	AUTO(str_release) char *path = place_of(dir, r);
	AUTO(str_release) char *lock_path = path_join(dir, ".lock");
	AUTO(str_release)
	char *sum = str_format("%016" PRIx64, hash_fnv(buf_text(body), body->n));
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(buf_release) struct buf file = { 0 };
	AUTO(str_release) char *head = NULL;
	json_t *o = json_pack("{s:s, s:s, s:s}", "url", r->url, "etag", etag, "sum", sum);

	head = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!head)
		return fail(ERR_FAILED, "an ETag that is no text");
	buf_addf(&file, "%s\n", head);
	buf_add(&file, body->s, body->n);
	TRY(lock_take(&lock, lock_path, LOCK_MS));
	TRY(file_replace(path, file.s, file.n, FILE_VOLATILE));
	prune(dir);
	return NULL;
}

void cache_keep(const char *dir, const struct request *r, const char *etag, const struct buf *body)
{
	if (!etag || body->n > CACHE_BODY_MAX || strlen(etag) > 1024)
		return;
	err_drop(write_file(dir, r, etag, body), "asked in full again next time");
}

void kept_release(struct kept *k)
{
	str_release(&k->etag);
	buf_release(&k->body);
}
