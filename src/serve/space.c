#include "serve/space.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/path.h"
#include "serve/acting.h"
#include "serve/daemon.h"
#include "store/config_file.h"

enum { ORIGIN_MAX = 65536 };

struct space *space_new(struct daemon *d, const char *name)
{
	struct space *s = mem_alloc(sizeof(*s));

	*s = (struct space){ .daemon = d, .name = str_dup(name), .forge_factor = 1 };
	s->store.dir = path_join(d->sessions, name);
	s->store.data_dir = str_dup(d->data_dir);
	s->relist = s->reload = s->whole = true;
	watch_add(&d->watch, s->store.dir, WATCH_SPACE, s);
	return s;
}

static void ward_leave(struct space *s, struct ward *w)
{
	watch_drop(&s->daemon->watch, WATCH_WARD, w);
	watch_drop(&s->daemon->watch, WATCH_PLACE, w);
	ward_free(w);
}

void space_free(struct space *s)
{
	for (size_t i = 0; i < s->wards.n; i++)
		ward_leave(s, s->wards.v[i]);
	free(s->wards.v);
	watch_drop(&s->daemon->watch, WATCH_SPACE, s);
	watch_drop(&s->daemon->watch, WATCH_CONFIG, s);
	config_release(&s->config);
	store_release(&s->store);
	strv_release(&s->polling);
	str_release(&s->trouble);
	str_release(&s->name);
	free(s);
}

struct ward *space_ward(const struct space *s, const char *id)
{
	for (size_t i = 0; i < s->wards.n; i++)
		if (str_equal(s->wards.v[i]->id, id))
			return s->wards.v[i];
	return NULL;
}

/* What was put off by the clock is due again: the clock may have been set. */
void space_doubt(struct space *s)
{
	s->relist = s->reload = true;
	s->not_before = 0;
	for (size_t i = 0; i < s->wards.n; i++) {
		struct ward *w = s->wards.v[i];
		w->dirty = true;
		w->check_at = 0;
		w->not_before = w->not_before ? 1 : 0;
		w->forge_at = w->forge_at ? 1 : 0;
	}
}

/* ---- its configuration --------------------------------------------------------------------------- */

static void set_trouble(struct space *s, const char *text)
{
	if (!str_equal(s->trouble, text)) {
		if (text)
			log_say(&s->daemon->log, "%s: nothing is done until this is mended: %s",
				s->name, text);
		else
			log_say(&s->daemon->log, "%s: its configuration is good again", s->name);
	}
	str_set(&s->trouble, text);
}

static uint64_t file_seen(const char *path)
{
	AUTO(str_release) char *text = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return 1;
	text = str_format("%s %llu %lld.%09ld %lld", path, (unsigned long long)st.st_ino,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
	return hash_fnv(text, strlen(text));
}

static struct err *find_origin(char **file, const struct space *s)
{
	AUTO(str_release) char *path = path_join(s->store.dir, ".origin");
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, path, ORIGIN_MAX));
	buf_trim(&b);
	*file = b.n ? buf_detach(&b) : NULL;
	return NULL;
}

static struct err *read_config(struct space *s, const char *file)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(str_release) char *ours = path_real(s->daemon->data_dir);
	AUTO(str_release) char *theirs = NULL;

	TRY(config_peek(&c, file));
	theirs = path_real(c.data_dir);
	if (!str_equal(c.name, s->name) || !str_equal(theirs, ours))
		return fail(ERR_CONFIG, "%s is the configuration of '%s' in %s now", file, c.name,
			c.data_dir);
	config_release(&s->config);
	s->config = c;
	c = (struct config){ 0 };
	s->known = true;
	return NULL;
}

/* Once for each state of the file; what was good last stays meanwhile. */
static void reload(struct space *s)
{
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *folder = NULL;
	struct err *e = find_origin(&file, s);
	uint64_t seen = file ? file_seen(file) : 0;

	s->reload = false;
	if (!e && (!file || seen == s->config_seen)) /* none: it is only just made */
		return;
	s->config_seen = seen;
	if (!e) {
		folder = path_dir(file);
		watch_drop(&s->daemon->watch, WATCH_CONFIG, s);
		watch_add(&s->daemon->watch, folder, WATCH_CONFIG, s);
		e = read_config(s, file);
	}
	set_trouble(s, e ? e->text : NULL);
	if (!e)
		s->whole = true;
	s->not_before = 0;
	s->failures = 0;
	err_drop(e, "it is said");
}

/* ---- its sessions -------------------------------------------------------------------------------- */

static struct ward *ward_join(struct space *s, const char *id)
{
	struct ward *w = mem_alloc(sizeof(*w));

	w->id = str_dup(id);
	w->dirty = true;
	*vec_push(&s->wards) = w;
	return w;
}

/* Also of one that was there before: a record of the older form has a folder only now. */
static void take_in(struct space *s, const char *id)
{
	AUTO(str_release) char *folder = store_folder(&s->store, id);
	struct ward *w = space_ward(s, id);

	watch_add(&s->daemon->watch, folder, WATCH_WARD, w ? w : ward_join(s, id));
}

static void relist(struct space *s)
{
	AUTO(strv_release) struct strv ids = { 0 };
	struct err *e = store_ids(&ids, &s->store, true);
	size_t kept = 0;

	s->relist = e != NULL;
	if (e) {
		err_drop(e, "those that are known stay; the next look asks again");
		return;
	}
	for (size_t i = 0; i < s->wards.n; i++) {
		struct ward *w = s->wards.v[i];
		if (strv_has(&ids, w->id))
			s->wards.v[kept++] = w;
		else
			ward_leave(s, w);
	}
	s->wards.n = kept;
	STRV_EACH(id, &ids)
		take_in(s, *id);
}

static void look(struct space *s, struct ward *w)
{
	AUTO(str_release) char *outbox = store_path(&s->store, w->id, "outbox");

	watch_add(&s->daemon->watch, outbox, WATCH_WARD, w);
	ward_look(w, &s->store, &s->config);
}

static void look_over(struct space *s, int64_t now)
{
	uint64_t tally = 0;

	for (size_t i = 0; i < s->wards.n; i++) {
		struct ward *w = s->wards.v[i];
		bool due = w->dirty || (w->now.due && w->now.due <= now);
		if (due && !ward_glance(w, now))
			look(s, w);
		ward_decide(w, now);
		tally = tally * 31 + w->now.tally;
	}
	if (tally != s->tally)
		s->whole = true;
	s->tally = tally;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static int64_t next(const struct space *s, int64_t now)
{
	int64_t at = s->not_before > now ? s->not_before : 0;

	for (size_t i = 0; i < s->wards.n; i++) {
		const struct ward *w = s->wards.v[i];
		at = sooner(at, w->due);
		if (w->check && !w->checking && w->check_at > now)
			at = sooner(at, w->check_at);
	}
	return at;
}

int64_t space_think(struct space *s, int64_t now)
{
	if (s->reload)
		reload(s);
	if (!s->known)
		return 0;
	if (s->relist)
		relist(s);
	look_over(s, now);
	if (!s->trouble && !s->daemon->stopping) {
		act_poll(s, now);
		act_checks(s, now);
	}
	return next(s, now);
}
