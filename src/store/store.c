#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/valid.h"

enum { RECORD_MAX = 1 << 20, NAMESPACE_WAIT_MS = 10000, NUMBER_MAX = 999999999 };

void store_release(struct store *st)
{
	str_release(&st->dir);
	str_release(&st->data_dir);
}

char *store_folder(const struct store *st, const char *id)
{
	return path_join(st->dir, id);
}

char *store_path(const struct store *st, const char *id, const char *name)
{
	return str_format("%s/%s/%s", st->dir, id, name);
}

static struct err *namespace_lock(struct lock *l, const struct store *st)
{
	AUTO(str_release) char *path = path_join(st->dir, ".lock");

	return lock_take(l, path, NAMESPACE_WAIT_MS);
}

/* ---- whose namespace is it ------------------------------------------------------------------- */

static struct err *claim(
	const struct store *st, const struct config *c, const char *origin, bool adopt)
{
	if (adopt)
		sink_say(st->sink, SINK_NOTE, "the config of this namespace is now %s", c->file);
	return file_replace(origin, c->file, strlen(c->file), FILE_DURABLE);
}

/* *mine false: it is written down for nobody, or for a config that is gone. */
static struct err *read_origin(
	bool *mine, bool *found, const struct store *st, const struct config *c, const char *origin)
{
	AUTO(buf_release) struct buf b = { 0 };

	TRY(file_read_if(&b, found, origin, 65536));
	buf_trim(&b);
	*found = b.n > 0;
	*mine = *found && str_equal(b.s, c->file);
	if (*found && !*mine && path_exists(b.s))
		return fail(ERR_CONFIG,
			"the namespace '%s' in %s belongs to %s; give this config another `name:`",
			c->name, st->data_dir, b.s);
	return NULL;
}

/* Two configs of one name may come at once: who writes, looks again under the lock. */
static struct err *check_origin(const struct store *st, const struct config *c, bool make)
{
	AUTO(str_release) char *origin = path_join(st->dir, ".origin");
	AUTO(lock_release) struct lock l = { 0 };
	bool mine, found;

	TRY(read_origin(&mine, &found, st, c, origin));
	if (mine || !make)
		return NULL;
	TRY(namespace_lock(&l, st));
	TRY(read_origin(&mine, &found, st, c, origin));
	return mine ? NULL : claim(st, c, origin, found);
}

struct err *store_open(struct store *st, const struct config *c, struct sink *sink, bool make)
{
	struct store fresh = { .sink = sink };

	fresh.data_dir = str_dup(c->data_dir);
	fresh.dir = str_format("%s/sessions/%s", c->data_dir, c->name);
	store_release(st);
	*st = fresh;
	if (make)
		TRY(file_make_dirs(st->dir));
	return check_origin(st, c, make);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static struct err *read_closed(struct buf *out, const struct store *st)
{
	AUTO(str_release) char *path = path_join(st->dir, ".closed");
	bool found;

	return file_read_if(out, &found, path, 64 << 20);
}

static void split_lines(struct strv *out, char *text)
{
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		strv_add(out, line);
}

static struct err *closed_ids(struct strv *out, const struct store *st)
{
	AUTO(buf_release) struct buf b = { 0 };

	TRY(read_closed(&b, st));
	if (b.n)
		split_lines(out, b.s);
	strv_sort(out, 0);
	return NULL;
}

static void sort_ids(struct strv *ids)
{
	if (ids->n)
		qsort(ids->v, ids->n, sizeof(*ids->v), session_id_order);
}

struct err *store_ids(struct strv *ids, const struct store *st, bool live_only)
{
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(strv_release) struct strv closed = { 0 };

	TRY(file_list(&names, st->dir));
	if (live_only)
		TRY(closed_ids(&closed, st));
	STRV_EACH(name, &names) {
		int prefix;
		long number;
		if (!valid_session(*name, &prefix, &number))
			continue;
		if (strv_find(&closed, *name))
			continue;
		strv_add(ids, *name);
	}
	sort_ids(ids);
	return NULL;
}

bool store_exists(const struct store *st, const char *id)
{
	AUTO(str_release) char *folder = store_folder(st, id);

	return valid_id(id) && path_exists(folder);
}

/* ---- records --------------------------------------------------------------------------------- */

static struct err *missing(const struct store *st, const char *id)
{
	AUTO(strv_release) struct strv ids = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	err_drop(store_ids(&ids, st, true), "only for the hint");
	for (size_t i = 0; i < ids.n && i < 12; i++)
		buf_addf(&b, "%s%s", i ? " " : "", ids.v[i]);
	if (ids.n > 12)
		buf_adds(&b, " …");
	if (!ids.n)
		return fail(ERR_MISSING,
			"no session '%s' (there are none; make one with: ao spawn)", id);
	return fail(ERR_MISSING, "no session '%s' (there are: %s)", id, b.s);
}

/* The text of the record: the folder's metadata, or the older plain file in the folder's place. */
static struct err *read_record(struct buf *out, bool *found, const struct store *st, const char *id)
{
	AUTO(str_release) char *path = store_path(st, id, "metadata");
	AUTO(str_release) char *older = store_folder(st, id);

	TRY(file_read_if(out, found, path, RECORD_MAX));
	if (!*found && path_exists(older) && !path_is_dir(older))
		TRY(file_read_if(out, found, older, RECORD_MAX));
	return NULL;
}

struct err *store_load(struct session *s, const struct store *st, const char *id)
{
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(strv_release) struct strv bad = { 0 };
	bool found;

	if (!valid_id(id))
		return fail(ERR_MISSING, "'%s' is not a session id", id);
	TRY(read_record(&b, &found, st, id));
	if (!found)
		return missing(st, id);
	session_parse(s, id, buf_text(&b), b.n, &bad);
	STRV_EACH(line, &bad)
		sink_say(st->sink, SINK_WARNING, "%s/metadata, %s (ignored)", id, *line);
	return NULL;
}

/* sessions/ns/fe-1 as a plain file becomes the folder fe-1 in one exchange: either form is there at
 * any instant. */
static struct err *adopt_older(const struct store *st, const char *id)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *older = store_folder(st, id);
	AUTO(str_release) char *folder = str_format("%s/.new-%s", st->dir, id);
	AUTO(str_release) char *metadata = path_join(folder, "metadata");
	AUTO(buf_release) struct buf b = { 0 };

	TRY(namespace_lock(&l, st));
	if (path_is_dir(older)) /* another command was quicker */
		return NULL;
	TRY(file_read(&b, older, RECORD_MAX));
	TRY(file_remove_tree(folder));
	TRY(file_make_dirs(folder));
	TRY(file_replace(metadata, buf_text(&b), b.n, FILE_DURABLE));
	if (renameat2(AT_FDCWD, folder, AT_FDCWD, older, RENAME_EXCHANGE) < 0)
		return fail_errno("cannot convert the record of %s", id);
	TRY(file_sync_dir(st->dir));
	return file_remove_tree(folder);
}

static struct err *save(const struct store *st, struct session *s)
{
	AUTO(str_release) char *folder = store_folder(st, s->id);
	AUTO(str_release) char *path = path_join(folder, "metadata");
	AUTO(buf_release) struct buf b = { 0 };
	long before = s->rev ? strtol(s->rev, NULL, 10) : 0;
	AUTO(str_release) char *rev = str_format("%ld", before < LONG_MAX ? before + 1 : before);

	if (path_exists(folder) && !path_is_dir(folder))
		TRY(adopt_older(st, s->id));
	else if (!s->rev)
		TRY(file_sync_dir(st->dir)); /* the folder itself is new, perhaps */
	str_set(&s->rev, rev);
	session_write(&b, s);
	return file_replace(path, b.s, b.n, FILE_DURABLE);
}

struct err *store_save(const struct store *st, struct session *s)
{
	return wrap(save(st, s), "%s", s->id);
}

struct err *store_need_folder(const struct store *st, const char *id)
{
	AUTO(str_release) char *folder = store_folder(st, id);

	if (!valid_id(id) || !path_exists(folder))
		return missing(st, id);
	return path_is_dir(folder) ? NULL : adopt_older(st, id);
}

struct err *store_lock(struct lock *l, const struct store *st, const char *id, int64_t wait_ms)
{
	AUTO(str_release) char *path = store_path(st, id, "lock");
	struct err *e;

	TRY(store_need_folder(st, id));
	e = lock_take(l, path, wait_ms);
	if (e && e->class == ERR_TIMEOUT) {
		err_free(e);
		return fail(ERR_TIMEOUT, "another command is working on %s; try again", id);
	}
	return e;
}

/* ---- reservation ----------------------------------------------------------------------------- */

/* .next: "fe=12" is the highest number ever given out for the prefix. */
static long highest(const struct kv *next, const struct store *st, const char *prefix)
{
	const char *hint = kv_get(next, prefix);
	long best = hint ? strtol(hint, NULL, 10) : 0;
	AUTO(strv_release) struct strv names = { 0 };
	size_t n = strlen(prefix);

	if (best < 0 || best > NUMBER_MAX) /* somebody edited it */
		best = 0;
	err_drop(file_list(&names, st->dir), "the hint is enough");
	STRV_EACH(name, &names) {
		int prefix_n;
		long number;
		if (valid_session(*name, &prefix_n, &number) && (size_t)prefix_n == n &&
			strncmp(*name, prefix, n) == 0 && number > best)
			best = number;
	}
	return best;
}

static struct err *reserve_next(char **id, bool *burnt, const struct store *st, const char *prefix)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *path = path_join(st->dir, ".next");
	AUTO(str_release) char *name = NULL, *folder = NULL, *text = NULL;
	AUTO(kv_release) struct kv next = { 0 };
	AUTO(buf_release) struct buf b = { 0 };
	bool found;
	long number;

	TRY(namespace_lock(&l, st));
	TRY(file_read_if(&b, &found, path, 1 << 20));
	kv_parse(&next, buf_text(&b), b.n, NULL);
	number = highest(&next, st, prefix) + 1;
	if (number > NUMBER_MAX)
		return fail(
			ERR_FAILED, "no free number for %s-…: %d is the last", prefix, NUMBER_MAX);
	name = str_format("%s-%ld", prefix, number);
	text = str_format("%ld", number);
	kv_set(&next, prefix, text);
	buf_cut(&b, 0);
	kv_write(&b, &next);
	TRY(file_replace(path, b.s, b.n, FILE_VOLATILE));
	folder = path_join(st->dir, name);
	*burnt = mkdir(folder, 0700) < 0;
	if (*burnt && errno != EEXIST)
		return fail_errno("cannot make %s", folder);
	*id = name;
	name = NULL;
	return NULL;
}

struct err *store_reserve(char **id, const struct store *st, const char *prefix,
	bool (*taken)(void *arg, const char *id), void *arg)
{
	for (int tries = 0; tries < 10000; tries++) {
		AUTO(str_release) char *name = NULL;
		AUTO(str_release) char *folder = NULL;
		bool burnt = false;
		TRY(reserve_next(&name, &burnt, st, prefix));
		if (burnt)
			continue;
		if (!taken(arg, name)) {
			*id = name;
			name = NULL;
			return NULL;
		}
		folder = path_join(st->dir, name);
		rmdir(folder);
	}
	return fail(ERR_FAILED, "no free number for %s-…: 10,000 in a row are taken", prefix);
}

struct err *store_claim(const struct store *st, const char *id)
{
	AUTO(str_release) char *folder = store_folder(st, id);

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fail_errno("cannot make %s", folder);
	return NULL;
}

/* ---- the hint of final records --------------------------------------------------------------- */

struct err *store_close(const struct store *st, const char *id)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *path = path_join(st->dir, ".closed");
	AUTO(str_release) char *line = str_format("%s\n", id);
	AUTO(strv_release) struct strv closed = { 0 };

	TRY(namespace_lock(&l, st));
	TRY(closed_ids(&closed, st));
	if (strv_has(&closed, id))
		return NULL;
	return file_append(path, line, strlen(line), FILE_VOLATILE);
}

struct err *store_reopen(const struct store *st, const char *id)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *path = path_join(st->dir, ".closed");
	AUTO(strv_release) struct strv closed = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	TRY(namespace_lock(&l, st));
	TRY(closed_ids(&closed, st));
	if (!strv_has(&closed, id))
		return NULL;
	STRV_EACH(name, &closed)
		if (!str_equal(*name, id))
			buf_addf(&b, "%s\n", *name);
	return file_replace(path, buf_text(&b), b.n, FILE_DURABLE);
}
