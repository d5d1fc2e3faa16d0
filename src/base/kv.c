#include "base/kv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char *unescape(const char *s, size_t n)
{
	AUTO(buf_release) struct buf b = { 0 };

	if (!memchr(s, '\\', n))
		return str_ndup(s, n);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n && (s[i + 1] == 'n' || s[i + 1] == '\\'))
			buf_addc(&b, s[++i] == 'n' ? '\n' : '\\');
		else
			buf_addc(&b, s[i]);
	}
	return buf_detach(&b);
}

static void add_raw(struct kv *kv, const char *line, size_t n)
{
	struct kv_line *l = vec_push(kv);
	AUTO(buf_release) struct buf b = { 0 };

	/* with its NULs: without them a broken line could become a good one at the next write */
	buf_add(&b, line, n);
	l->value = buf_detach(&b);
	l->raw_n = n;
}

static void parse_line(struct kv *kv, const char *line, size_t n, size_t number, struct strv *bad)
{
	const char *eq = memchr(line, '=', n);
	size_t from = 0, to;
	struct kv_line *l;

	while (n && line[n - 1] == '\r')
		n--;
	while (from < n && (line[from] == ' ' || line[from] == '\t'))
		from++;
	if (from == n || line[from] == '#') {
		add_raw(kv, line, n);
		return;
	}
	to = eq ? (size_t)(eq - line) : 0;
	while (to > from && (line[to - 1] == ' ' || line[to - 1] == '\t'))
		to--;
	if (to <= from || memchr(line, '\0', n)) {
		add_raw(kv, line, n);
		if (bad)
			strv_addf(bad, "line %zu: not key=value", number);
		return;
	}
	l = vec_push(kv);
	l->key = str_ndup(line + from, to - from);
	l->value = unescape(eq + 1, n - (size_t)(eq + 1 - line));
}

void kv_parse(struct kv *kv, const char *text, size_t n, struct strv *bad)
{
	size_t number = 0;

	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n;

		parse_line(kv, text, len, ++number, bad);
		text += len + (end ? 1 : 0);
		n -= len + (end ? 1 : 0);
	}
}

static struct kv_line *find(const struct kv *kv, const char *key)
{
	for (size_t i = kv->n; i-- > 0;)
		if (kv->v[i].key && kv->v[i].key[0] == key[0] && strcmp(kv->v[i].key, key) == 0)
			return &kv->v[i];
	return NULL;
}

const char *kv_get(const struct kv *kv, const char *key)
{
	const struct kv_line *l = find(kv, key);

	return l ? l->value : NULL;
}

static void remove_line(struct kv *kv, struct kv_line *l)
{
	size_t after = kv->n - (size_t)(l - kv->v) - 1;

	free(l->key);
	free(l->value);
	memmove(l, l + 1, after * sizeof(*l));
	kv->n--;
}

/* The new last line moves up, behind the line of `after`. */
static void move_behind(struct kv *kv, const struct kv_line *after)
{
	struct kv_line moved = kv->v[kv->n - 1];
	size_t at = (size_t)(after - kv->v) + 1;

	memmove(kv->v + at + 1, kv->v + at, (kv->n - 1 - at) * sizeof(*kv->v));
	kv->v[at] = moved;
}

void kv_set_behind(struct kv *kv, const char *key, const char *value, const char *after)
{
	bool is_new = value && !find(kv, key);
	const struct kv_line *behind;

	kv_set(kv, key, value);
	behind = is_new && after ? find(kv, after) : NULL;
	if (behind)
		move_behind(kv, behind);
}

void kv_set(struct kv *kv, const char *key, const char *value)
{
	struct kv_line *l = find(kv, key);

	if (!value) {
		for (; l; l = find(kv, key))
			remove_line(kv, l);
		return;
	}
	if (!l) {
		l = vec_push(kv);
		l->key = str_dup(key);
	}
	str_set(&l->value, value);
}

static void write_value(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			buf_adds(out, "\\n");
		else if (*s == '\\')
			buf_adds(out, "\\\\");
		else
			buf_addc(out, *s);
	}
}

void kv_write(struct buf *out, const struct kv *kv)
{
	for (size_t i = 0; i < kv->n; i++) {
		if (kv->v[i].key) {
			buf_adds(out, kv->v[i].key);
			buf_addc(out, '=');
			write_value(out, kv->v[i].value);
		} else {
			buf_add(out, kv->v[i].value, kv->v[i].raw_n);
		}
		buf_addc(out, '\n');
	}
}

void kv_release(struct kv *kv)
{
	for (size_t i = 0; i < kv->n; i++) {
		free(kv->v[i].key);
		free(kv->v[i].value);
	}
	free(kv->v);
	*kv = (struct kv){ 0 };
}
