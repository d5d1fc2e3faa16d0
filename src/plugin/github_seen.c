#include "plugin/github.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"

enum { SEEN_MAX = 32 << 20, LOCK_MS = 500, FORGET_DAYS = 30 };

static json_t *read_root(const char *path)
{
	AUTO(buf_release) struct buf b = { 0 };
	bool found = false;
	struct err *e = file_read_if(&b, &found, path, SEEN_MAX);
	json_t *root = !e && found ? json_loadb(buf_text(&b), b.n, JSON_ALLOW_NUL, NULL) : NULL;

	err_drop(e, "as if nothing was seen");
	if (json_is_object(root))
		return root;
	json_decref(root);
	return json_object();
}

/* By the way to it as well: what a test server says is not what the host says. */
void seen_open(struct seen *s, const struct github *g, const char *data_dir)
{
	AUTO(str_release) char *key = str_format("%s %s", g->graphql, g->socket ? g->socket : "");
	AUTO(str_release)
	char *name = str_format(
		"cache/forge/%s-%08x.json", g->host, (unsigned)hash_fnv(key, strlen(key)));

	s->path = path_join(data_dir, name);
	s->root = read_root(s->path);
}

json_t *seen_find(const struct seen *s, const char *kind, const char *key)
{
	return json_object_get(json_object_get(s->root, kind), key);
}

json_t *seen_make(struct seen *s, const char *kind, const char *key)
{
	json_t *all = json_object_get(s->root, kind), *entry;

	if (!json_is_object(all)) {
		json_object_set_new(s->root, kind, json_object());
		all = json_object_get(s->root, kind);
	}
	entry = json_object_get(all, key);
	if (!json_is_object(entry)) {
		json_object_set_new(all, key, json_object());
		entry = json_object_get(all, key);
	}
	return entry;
}

/* After each push GitHub does not know for a while whether it can be merged; what was known of the same
 * head and base holds until then. */
void seen_pull(json_t *entry, json_t *node, json_t *place, int64_t now)
{
	static const char *const keys[] = { "mergeable", "mergeStateStatus" };
	const json_t *old = json_object_get(entry, "node");
	bool same = str_equal(github_text(old, "headRefOid"), github_text(node, "headRefOid")) &&
		str_equal(github_text(old, "baseRefName"), github_text(node, "baseRefName"));

	for (size_t i = 0; i < COUNT_OF(keys) && same; i++)
		if (str_equal(github_text(node, keys[i]), "UNKNOWN") && *github_text(old, keys[i]))
			json_object_set(node, keys[i], json_object_get(old, keys[i]));
	if (!json_equal(old, node) || !json_object_get(entry, "since"))
		json_object_set_new(entry, "since", json_integer(now));
	json_object_set(entry, "node", node);
	json_object_set(entry, "place", place ? place : json_null());
	json_object_set_new(entry, "at", json_integer(now));
}

static int64_t at_of(const json_t *entry)
{
	return json_integer_value(json_object_get(entry, "at"));
}

/* Whatever is newer stays, and what nobody could ask for in a month goes. */
static void join(json_t *mine, json_t *theirs, int64_t now)
{
	const char *key;
	json_t *entry;
	void *next;

	json_object_foreach(theirs, key, entry) if (at_of(entry) >
		at_of(json_object_get(mine, key))) json_object_set(mine, key, entry);
	json_object_foreach_safe(mine, next, key, entry) if (now - at_of(entry) >
		FORGET_DAYS * INT64_C(86400000)) json_object_del(mine, key);
}

/* Does ours say of a pull request what the other does not know? */
static bool is_news(const json_t *mine, const json_t *theirs)
{
	const char *key;
	json_t *entry;

	json_object_foreach((json_t *)mine, key, entry)
	{
		const json_t *other = json_object_get(theirs, key);

		if (json_integer_value(json_object_get(entry, "since")) >
			json_integer_value(json_object_get(other, "since")))
			return true;
	}
	return false;
}

/* A file in a folder of its own: who waits for news is not woken by each look that found none. */
static struct err *tell_news(const struct seen *s)
{
	AUTO(str_release) char *dir = path_dir(s->path);
	AUTO(str_release) char *folder = path_join(dir, "news");
	AUTO(str_release) char *path = path_join(folder, path_base(s->path));

	TRY(file_make_dirs(folder));
	return file_replace(path, "", 0, FILE_VOLATILE);
}

static struct err *write_root(struct seen *s)
{
	static const char *const kinds[] = { "pulls", "branches", "bells" };
	AUTO(str_release) char *dir = path_dir(s->path);
	AUTO(str_release) char *lock_path = path_join(dir, ".lock");
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(str_release) char *text = NULL;
	json_t *disk;
	bool news;

	TRY(file_make_dirs(dir));
	TRY(lock_take(&lock, lock_path, LOCK_MS));
	disk = read_root(s->path);
	news = is_news(json_object_get(s->root, "pulls"), json_object_get(disk, "pulls"));
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		json_t *mine = json_object_get(s->root, kinds[i]);

		if (json_is_object(mine))
			join(mine, json_object_get(disk, kinds[i]), clock_wall());
		else if (json_object_get(disk, kinds[i]))
			json_object_set(s->root, kinds[i], json_object_get(disk, kinds[i]));
	}
	json_decref(disk);
	text = json_dumps(s->root, JSON_COMPACT);
	if (text)
		TRY(file_replace(s->path, text, strlen(text), FILE_VOLATILE));
	return news ? tell_news(s) : NULL;
}

void seen_save(struct seen *s)
{
	err_drop(write_root(s), "asked again next time");
}

void seen_release(struct seen *s)
{
	str_release(&s->path);
	json_decref(s->root);
	s->root = NULL;
}
