#include "store/episodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/kv.h"
#include "base/path.h"

enum { EPISODES_MAX = 1 << 20 };

char *episodes_of_project(const char *project)
{
	return str_format(".projects/%s", project);
}

static void read_field(struct episode *e, const char *key, const char *value)
{
	if (str_equal(key, "began"))
		clock_parse(&e->began, value);
	else if (str_equal(key, "dealt"))
		str_set(&e->dealt, value);
	else if (str_equal(key, "told"))
		str_set(&e->told, value);
	else if (str_equal(key, "attempts"))
		e->attempts = atoi(value);
	else if (str_equal(key, "escalated"))
		e->escalated = str_equal(value, "yes");
	else if (str_equal(key, "trouble"))
		str_set(&e->trouble, value);
	else if (str_equal(key, "notifying"))
		str_set(&e->notifying, value);
	else if (str_equal(key, "tries"))
		e->tries = atoi(value);
	else if (str_equal(key, "again"))
		clock_parse(&e->again, value);
}

static void read_line(struct episodes *e, const struct kv_line *line)
{
	const char *dot = line->key ? strchr(line->key, '.') : NULL;
	AUTO(str_release) char *word = dot ? str_ndup(line->key, (size_t)(dot - line->key)) : NULL;
	enum reaction_event event = reaction_parse(word);

	if (event < EVENT_COUNT)
		read_field(&e->of[event], dot + 1, line->value);
	else if (str_equal(line->key, "outbox"))
		e->outbox = atoi(line->value);
	else if (str_equal(line->key, "heldSince"))
		clock_parse(&e->held_since, line->value);
	else if (str_equal(line->key, "heldUntil"))
		clock_parse(&e->held_until, line->value);
}

struct err *episodes_read(struct episodes *out, const struct store *st, const char *id)
{
	AUTO(str_release) char *path = store_path(st, id, "reactions");
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, path, EPISODES_MAX));
	kv_parse(&kv, buf_text(&b), b.n, NULL);
	for (size_t i = 0; i < kv.n; i++)
		read_line(out, &kv.v[i]);
	return NULL;
}

static void put(struct kv *kv, enum reaction_event e, const char *key, const char *value)
{
	AUTO(str_release) char *name = str_format("%s.%s", reaction_word(e), key);

	if (!str_empty(value))
		kv_set(kv, name, value);
}

static void put_int(struct kv *kv, enum reaction_event e, const char *key, int value)
{
	AUTO(str_release) char *text = value ? str_format("%d", value) : NULL;

	put(kv, e, key, text);
}

static void put_episode(struct kv *kv, enum reaction_event event, const struct episode *e)
{
	AUTO(str_release) char *began = e->began ? clock_iso_ms(e->began) : NULL;
	AUTO(str_release) char *again = e->again ? clock_iso_ms(e->again) : NULL;

	put(kv, event, "began", began);
	put(kv, event, "dealt", e->dealt);
	put(kv, event, "told", e->told);
	put_int(kv, event, "attempts", e->attempts);
	put(kv, event, "escalated", e->escalated ? "yes" : NULL);
	put(kv, event, "trouble", e->trouble);
	put(kv, event, "notifying", e->notifying);
	put_int(kv, event, "tries", e->tries);
	put(kv, event, "again", again);
}

static void put_time(struct kv *kv, const char *key, int64_t at)
{
	AUTO(str_release) char *text = at ? clock_iso_ms(at) : NULL;

	if (text)
		kv_set(kv, key, text);
}

struct err *episodes_save(const struct store *st, const char *id, const struct episodes *e)
{
	AUTO(str_release) char *path = store_path(st, id, "reactions");
	AUTO(str_release) char *outbox = str_format("%d", e->outbox);
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };

	if (e->outbox)
		kv_set(&kv, "outbox", outbox);
	put_time(&kv, "heldSince", e->held_since);
	put_time(&kv, "heldUntil", e->held_until);
	for (int i = 0; i < EVENT_COUNT; i++)
		put_episode(&kv, (enum reaction_event)i, &e->of[i]);
	kv_write(&b, &kv);
	return file_replace(path, buf_text(&b), b.n, FILE_DURABLE);
}

struct err *episodes_lock(struct lock *l, const struct store *st, const char *id, int64_t wait_ms)
{
	AUTO(str_release) char *folder = store_folder(st, id);
	AUTO(str_release) char *path = store_path(st, id, "reactions.lock");

	/* a project's: nobody else makes its folder */
	TRY(id[0] == '.' ? file_make_dirs(folder) : store_need_folder(st, id));
	return lock_take(l, path, wait_ms);
}
