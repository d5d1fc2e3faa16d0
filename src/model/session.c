#include "model/session.h"

#include <stdlib.h>
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
	for (size_t i = 0; i < lines->n; i++)
		if (lines->v[i].key && str_equal(lines->v[i].key, from) && !kv_get(lines, to))
			str_set(&lines->v[i].key, to);
}

void session_parse(struct session *s, const char *id, const char *text, size_t n, struct strv *bad)
{
	struct session fresh = { 0 };

	kv_parse(&fresh.lines, text, n, bad);
	rename_key(&fresh.lines, "issue", "issueId");
	rename_key(&fresh.lines, "project", "projectId");
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *value = kv_get(&fresh.lines, fields[i].key);
		if (!str_empty(value))
			str_set(field(&fresh, i), value);
	}
	str_set(&fresh.id, id); /* the folder's name is the id; a text that disagrees is an old copy */
	session_release(s);
	*s = fresh;
}

void session_write(struct buf *out, struct session *s)
{
	const char *before = NULL; /* the page's order, also where a field gets its value later */

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		kv_set_behind(&s->lines, fields[i].key, *field(s, i), before);
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

int session_id_order(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	long m = 0, n = 0;
	int i = 0, j = 0, by_prefix;

	if (!valid_session(x, &i, &m) || !valid_session(y, &j, &n))
		return strcmp(x, y);
	by_prefix = strncmp(x, y, (size_t)(i > j ? i : j));
	if (i != j || by_prefix)
		return i == j ? by_prefix : strcmp(x, y);
	return m < n ? -1 : m > n;
}
