/*
 * Flat key=value text, one per line: the form of every record of ours (contract, section 3). Order,
 * comments (#), blank and unknown lines survive a rewrite. In a value a newline is written \n and a
 * backslash \\; no other escape. A line without '=', with a NUL or an empty key is broken: kept as it
 * is, named in `bad`, ignored otherwise. Of a key given twice the last one counts.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"

struct kv_line {
	char *key;    /* NULL: value is the raw line */
	char *value;  /* unescaped */
	size_t raw_n; /* bytes of a raw line: it may hold a NUL */
};

struct kv {
	struct kv_line *v;
	size_t n, room;
};

/* `bad` (may be NULL) gets "line 3: …" for each broken line. White space around the key and at the
 * start of the line is forgiven, since people edit these by hand. */
void kv_parse(struct kv *kv, const char *text, size_t n, struct strv *bad);
const char *kv_get(const struct kv *kv, const char *key); /* NULL: not there */
void kv_set(struct kv *kv, const char *key, const char *value); /* NULL value takes the line out */
/* The same; where the key is new, its line comes right behind the one of `after` (NULL: the last). */
void kv_set_behind(struct kv *kv, const char *key, const char *value, const char *after);
void kv_write(struct buf *out, const struct kv *kv);
void kv_release(struct kv *kv);
