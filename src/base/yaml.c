#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	struct strv *errors;
	const char *file, *text;
	int depth;
};

static bool wrong_at(struct reader *r, yaml_mark_t at, const char *what)
{
	strv_addf(r->errors, "%s:%zu:%zu: %s", r->file, at.line + 1, at.column + 1, what);
	return false;
}

/* What libyaml says of the two mistakes that people make most, in words that help. */
static const char *plain_words(const char *problem)
{
	static const char *const words[][2] = {
		{ "found character that cannot start any token",
			"a tab, @ or ` begins nothing here: indent with spaces, quote texts" },
		{ "did not find expected key",
			"no key here: is the line, or the one above, indented as its neighbours?" },
	};

	for (size_t i = 0; problem && i < COUNT_OF(words); i++)
		if (str_equal(words[i][0], problem))
			return words[i][1];
	return NULL;
}

/* libyaml reads ahead by blocks: of a byte that is no text it tells the offset alone. */
static yaml_mark_t mark_of(const struct reader *r, size_t offset)
{
	yaml_mark_t at = { .index = offset };

	for (size_t i = 0; i < offset; i++)
		if (r->text[i] == '\n') {
			at.line++;
			at.column = 0;
		} else if ((r->text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	return at;
}

static bool parser_wrong(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t at = p->error == YAML_READER_ERROR ? mark_of(r, p->problem_offset)
						       : p->problem_mark;
	const char *plain = plain_words(p->problem);
	AUTO(str_release) char *what = NULL;

	if (plain)
		what = str_dup(plain);
	else if (p->context)
		what = str_format("%s (%s)", p->problem ? p->problem : "not YAML", p->context);
	else
		what = str_dup(p->problem ? p->problem : "not YAML");
	return wrong_at(r, at, what);
}

static void event_release(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static bool next(struct reader *r, yaml_event_t *event)
{
	return yaml_parser_parse(&r->parser, event) ? true : parser_wrong(r);
}

/* What a node may not carry. */
static bool plain_node(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return wrong_at(r, event->start_mark,
			"aliases (*name) are not supported: write the value out");
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return wrong_at(r, event->start_mark,
			"anchors (&name) are not supported: write the value out");
	if (tag)
		return wrong_at(r, event->start_mark,
			"tags (!name) are not supported: quote the text if it is one");
	return true;
}

static bool read_node(struct reader *r, struct yaml *y, const yaml_event_t *event);

static bool read_list(struct reader *r, struct yaml *y)
{
	for (;;) {
		AUTO(event_release) yaml_event_t event = { 0 };
		struct yaml *item;
		if (!next(r, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		item = vec_push(y);
		if (!read_node(r, item, &event))
			return false;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct yaml *x = *(struct yaml *const *)a, *y = *(struct yaml *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x > y) - (x < y);
}

/* Sorted, since a hostile file may hold a hundred thousand keys. */
static void find_doubles(struct reader *r, struct yaml *map)
{
	struct yaml **sorted = mem_alloc((map->n + 1) * sizeof(*sorted));

	for (size_t i = 0; i < map->n; i++)
		sorted[i] = &map->v[i];
	qsort(sorted, map->n, sizeof(*sorted), by_name);
	for (size_t i = 1; i < map->n; i++)
		if (str_equal(sorted[i]->name, sorted[i - 1]->name))
			sorted[i]->again = sorted[i - 1]->name_line;
	free(sorted);
	for (size_t i = 0; i < map->n; i++)
		if (map->v[i].again)
			strv_addf(r->errors, "%s:%d:%d: key '%s' is given twice, first on line %d",
				r->file, map->v[i].name_line, map->v[i].name_column, map->v[i].name,
				map->v[i].again);
}

static bool read_map(struct reader *r, struct yaml *y)
{
	for (;;) {
		AUTO(event_release) yaml_event_t key = { 0 };
		AUTO(event_release) yaml_event_t value = { 0 };
		struct yaml name = { 0 }, *entry;
		if (!next(r, &key))
			return false;
		if (key.type == YAML_MAPPING_END_EVENT)
			break;
		if (key.type != YAML_SCALAR_EVENT && plain_node(r, &key))
			return wrong_at(r, key.start_mark, "a key must be text");
		if (key.type != YAML_SCALAR_EVENT || !read_node(r, &name, &key))
			return false;
		entry = vec_push(y);
		entry->name = name.text;
		entry->name_line = name.line;
		entry->name_column = name.column;
		if (!next(r, &value) || !read_node(r, entry, &value))
			return false;
	}
	find_doubles(r, y);
	return true;
}

static bool read_text(struct reader *r, struct yaml *y, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t n = event->data.scalar.length;

	if (memchr(text, '\0', n))
		return wrong_at(r, event->start_mark, "a NUL byte in text");
	y->kind = YAML_TEXT;
	y->text = str_ndup(text, n);
	switch (event->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		y->style = YAML_QUOTED;
		break;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		y->style = YAML_BLOCK;
		break;
	default:
		y->style = YAML_PLAIN;
	}
	return true;
}

static bool read_node(struct reader *r, struct yaml *y, const yaml_event_t *event)
{
	bool ok;

	if (!plain_node(r, event))
		return false;
	y->line = (int)event->start_mark.line + 1;
	y->column = (int)event->start_mark.column + 1;
	if (event->type == YAML_SCALAR_EVENT)
		return read_text(r, y, event);
	if (r->depth == YAML_DEPTH)
		return wrong_at(r, event->start_mark, "nested too deeply (64 levels at most)");
	r->depth++;
	y->kind = event->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
	ok = y->kind == YAML_MAP ? read_map(r, y) : read_list(r, y);
	r->depth--;
	return ok;
}

/* The whole stream: at most one document. */
static bool read_stream(struct reader *r, struct yaml *root)
{
	bool seen = false;

	for (;;) {
		AUTO(event_release) yaml_event_t event = { 0 };
		if (!next(r, &event))
			return false;
		switch (event.type) {
		case YAML_STREAM_END_EVENT:
			return true;
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (seen)
				return wrong_at(
					r, event.start_mark, "a second document (---) in the file");
			seen = true;
			break;
		default:
			if (!read_node(r, root, &event))
				return false;
		}
	}
}

static void parser_release(struct reader *r)
{
	yaml_parser_delete(&r->parser);
}

bool yaml_parse(
	struct yaml *root, struct strv *errors, const char *file, const char *text, size_t n)
{
	struct yaml found = { 0 };

	if (n > YAML_MAX) {
		strv_addf(errors, "%s:1:1: larger than %d bytes", file, YAML_MAX);
		return false;
	}
	AUTO(parser_release) struct reader r = { .errors = errors, .file = file, .text = text };
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
	if (!read_stream(&r, &found)) {
		yaml_release(&found);
		return false;
	}
	if (!found.line)
		found.line = found.column = 1;
	if (yaml_is_null(&found)) {
		found.kind = YAML_MAP;
		str_release(&found.text);
	}
	*root = found;
	return true;
}

void yaml_release(struct yaml *y)
{
	for (size_t i = 0; i < y->n; i++)
		yaml_release(&y->v[i]);
	free(y->v);
	free(y->text);
	free(y->name);
	*y = (struct yaml){ 0 };
}

const struct yaml *yaml_get(const struct yaml *map, const char *name)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++)
		if (!map->v[i].again && str_equal(map->v[i].name, name))
			return &map->v[i];
	return NULL;
}

bool yaml_is_null(const struct yaml *y)
{
	if (y->kind != YAML_TEXT || y->style != YAML_PLAIN)
		return false;
	return str_empty(y->text) || str_equal(y->text, "~") || str_equal(y->text, "null");
}

const char *yaml_kind_word(const struct yaml *y)
{
	if (y->kind == YAML_TEXT)
		return yaml_is_null(y) ? "nothing" : "text";
	return y->kind == YAML_LIST ? "a list" : "a map";
}
