#include "model/session.h"

#include <string.h>

#include "base/valid.h"

static const struct {
	const char *key;
	size_t offset;
} fields[] = {
#define ROW(member, key) { key, offsetof(struct session, member) },
	SESSION_FIELDS(ROW)
#undef ROW
};

static char **field(struct session *s, size_t i)
{
	return (char **)((char *)s + fields[i].offset);
}

static void rename_key(struct kv *lines, const char *from, const char *to)
{
	if (!kv_get(lines, from) || !str_empty(kv_get(lines, to)))
		return;
	kv_set(lines, to, NULL); /* said, and empty: the older one speaks */
	for (size_t i = 0; i < lines->n; i++)
		if (lines->v[i].key && strcmp(lines->v[i].key, from) == 0)
			str_set(&lines->v[i].key, to);
}

/* Index of the key, COUNT_OF(fields): not ours. We write them in this order: the one behind the last
 * is nearly always it. */
static size_t field_of(const char *key, size_t next)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		size_t at = (next + i) % COUNT_OF(fields);
		if (fields[at].key[0] == key[0] && strcmp(fields[at].key, key) == 0)
			return at;
	}
	return COUNT_OF(fields);
}

void session_parse(struct session *s, const char *id, const char *text, size_t n, struct strv *bad)
{
	struct session fresh = { 0 };
	size_t next = 0;

	kv_parse(&fresh.lines, text, n, bad);
	rename_key(&fresh.lines, "issue", "issueId");
	rename_key(&fresh.lines, "project", "projectId");
	for (size_t i = 0; i < fresh.lines.n; i++) {
		const struct kv_line *l = &fresh.lines.v[i];
		size_t at = l->key ? field_of(l->key, next) : COUNT_OF(fields);
		if (at == COUNT_OF(fields))
			continue;
		str_set(field(&fresh, at), str_empty(l->value) ? NULL : l->value);
		next = at + 1;
	}
	str_set(&fresh.id,
		id); /* the folder's name is the id; a text that disagrees is an old copy */
	session_release(s);
	*s = fresh;
}

void session_write(struct buf *out, struct session *s)
{
	enum { PAGE_KEYS = 8 }; /* they keep the page's order, also where one is known later */
	const char *before = NULL;

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		kv_set_behind(
			&s->lines, fields[i].key, *field(s, i), i < PAGE_KEYS ? before : NULL);
		if (*field(s, i))
			before = fields[i].key;
	}
	kv_write(out, &s->lines);
}

void session_release(struct session *s)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		str_release(field(s, i));
	kv_release(&s->lines);
}

enum status session_status(const struct session *s)
{
	enum status status = STATUS_SPAWNING;

	status_parse(&status, s->status);
	return status;
}

bool session_is(const struct session *s, enum status status)
{
	return session_status(s) == status;
}

bool session_is_orchestrator(const struct session *s)
{
	return valid_orchestrator(s->id);
}

/* Where "-12" begins; the end of an id that has no number. */
static size_t stem_length(const char *id)
{
	const char *dash = strrchr(id, '-'), *p;

	if (!dash || dash == id || dash[1] < '1')
		return strlen(id);
	for (p = dash + 1; *p >= '0' && *p <= '9';)
		p++;
	return *p ? strlen(id) : (size_t)(dash - id);
}

/* Ten thousand ids are compared a hundred thousand times, so nothing is parsed: without leading zeros
 * the longer number is the larger one. */
int session_id_order(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t m = stem_length(x), n = stem_length(y);
	int by_stem = strncmp(x, y, m < n ? m : n);

	if (by_stem || m != n)
		return by_stem ? by_stem : m < n ? -1 : 1;
	x += m;
	y += n;
	m = strlen(x);
	n = strlen(y);
	return m == n ? strcmp(x, y) : m < n ? -1 : 1;
}
