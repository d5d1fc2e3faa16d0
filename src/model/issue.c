#include "model/issue.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *key;
	size_t at;
} fields[] = {
#define FIELD(member, key) { key, offsetof(struct issue, member) },
	ISSUE_FIELDS(FIELD)
#undef FIELD
};

static char **field(struct issue *i, size_t n)
{
	return (char **)((char *)i + fields[n].at);
}

bool issue_closed(const struct issue *i)
{
	return i->state && strcasecmp(i->state, "closed") == 0;
}

/* Where the first blank line begins, which white space alone does not fill. */
static size_t head_length(const char *text, size_t n)
{
	size_t at = 0;

	while (at < n) {
		const char *end = memchr(text + at, '\n', n - at);
		size_t line = end ? (size_t)(end - text) - at : n - at;
		size_t blank = 0;

		while (blank < line && strchr(" \t\r", text[at + blank]) && text[at + blank])
			blank++;
		if (blank == line)
			return at;
		at += line + 1;
	}
	return n;
}

/* An editor that writes CR LF, or blanks around a value, means nothing by it. */
static void set_trimmed(char **slot, const char *value)
{
	size_t n;

	value = value ? value + strspn(value, " \t") : "";
	n = strlen(value);
	while (n && strchr(" \t\r\n", value[n - 1]))
		n--;
	free(*slot);
	*slot = n ? str_ndup(value, n) : NULL;
}

static void take_body(struct buf *body, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i])
			buf_addc(body, text[i]);
}

void issue_parse(struct issue *i, const char *id, const char *text, size_t n, struct strv *bad)
{
	struct issue fresh = { .id = str_dup(id) };
	size_t head = head_length(text, n), body = head;

	kv_parse(&fresh.lines, text, head, bad);
	for (size_t f = 0; f < COUNT_OF(fields); f++)
		set_trimmed(field(&fresh, f), kv_get(&fresh.lines, fields[f].key));
	while (body < n && text[body] != '\n')
		body++;
	if (body < n)
		take_body(&fresh.body, text + body + 1, n - body - 1);
	issue_release(i);
	*i = fresh;
}

void issue_write(struct buf *out, struct issue *i)
{
	for (size_t f = 0; f < COUNT_OF(fields); f++)
		kv_set(&i->lines, fields[f].key, *field(i, f));
	kv_write(out, &i->lines);
	if (!i->body.n)
		return;
	buf_addc(out, '\n');
	buf_add(out, i->body.s, i->body.n);
	if (i->body.s[i->body.n - 1] != '\n')
		buf_addc(out, '\n');
}

void issue_release(struct issue *i)
{
	for (size_t f = 0; f < COUNT_OF(fields); f++)
		free(*field(i, f));
	free(i->id);
	free(i->place);
	buf_release(&i->body);
	kv_release(&i->lines);
	*i = (struct issue){ 0 };
}
