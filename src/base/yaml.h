/*
 * YAML as a small tree with positions, by libyaml's event API (its document loader is quadratic on
 * nested brackets). A configuration needs little of YAML, so the rest is refused with a position
 * rather than half understood: anchors and aliases, tags, a second document, keys that are no text,
 * NUL, more than YAML_DEPTH levels, more than YAML_MAX bytes.
 */
#pragma once

#include <stdbool.h>

#include "base/mem.h"
#include "base/vec.h"

enum { YAML_DEPTH = 64, YAML_MAX = 1 << 20 };
enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };
enum yaml_style { YAML_PLAIN, YAML_QUOTED, YAML_BLOCK };

struct yaml {
	enum yaml_kind kind;
	enum yaml_style style; /* of a text */
	int line, column;      /* 1-based; column counts characters */
	char *text;            /* of a text; never NULL there */
	char *name;            /* of a map's entry: its key */
	int name_line, name_column;
	int again; /* the line where the map has that key already: reported, to be skipped; or 0 */
	struct yaml *v; /* items of a list, entries of a map, in order */
	size_t n, room;
};

/* Every problem goes to errors as "FILE:LINE:COLUMN: …". A tree is there (true) even when keys were
 * given twice; false: no tree, *root is empty. An empty text is an empty map. */
bool yaml_parse(
	struct yaml *root, struct strv *errors, const char *file, const char *text, size_t n);
void yaml_release(struct yaml *y);

const struct yaml *yaml_get(const struct yaml *map, const char *name); /* NULL: not there */
bool yaml_is_null(const struct yaml *y);          /* plain nothing, ~ or null */
const char *yaml_kind_word(const struct yaml *y); /* "a list" */
