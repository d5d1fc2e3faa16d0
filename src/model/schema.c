#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { ERRORS_SHOWN = 100, ENTRIES_MAX = 1000 };

void schema_wrong(struct schema_reader *r, int line, int column, const char *format, ...)
{
	AUTO(str_release) char *what = NULL;
	va_list ap;

	va_start(ap, format);
	what = str_vformat(format, ap);
	va_end(ap);
	strv_addf(r->errors, "%s:%d:%d: %s", r->file, line, column, what);
}

struct err *schema_errors(const struct strv *errors)
{
	AUTO(buf_release) struct buf b = { 0 };

	if (!errors->n)
		return NULL;
	for (size_t i = 0; i < errors->n && i < ERRORS_SHOWN; i++)
		buf_addf(&b, "%s%s", i ? "\n" : "", errors->v[i]);
	if (errors->n > ERRORS_SHOWN)
		buf_addf(&b, "\n… and %zu more", errors->n - ERRORS_SHOWN);
	return fail(ERR_CONFIG, "%s", b.s);
}

void origins_release(struct value_origins *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->v[i].key);
	free(o->v);
	*o = (struct value_origins){ 0 };
}

int origins_line(const struct value_origins *o, const char *key)
{
	for (size_t i = 0; i < o->n; i++)
		if (str_equal(o->v[i].key, key))
			return o->v[i].line;
	return 0;
}

const struct key *schema_key(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->keys[i].name, name))
			return &s->keys[i];
	return NULL;
}

static void wrong(struct schema_reader *r, const struct yaml *y, const char *path, const char *must)
{
	schema_wrong(r, y->line, y->column, "%s must be %s", path, must);
}

/* Only for errors that will be seen: a hostile file may hold a hundred thousand. */
static void suggestion(struct schema_reader *r, struct buf *b, const char *word, char *const *words)
{
	const char *meant = r->errors->n < ERRORS_SHOWN ? text_suggest(word, words) : NULL;

	if (meant)
		buf_addf(b, " (did you mean '%s'?)", meant);
}

void schema_unknown(
	struct schema_reader *r, const struct yaml *e, char *const *known, const char *path)
{
	AUTO(buf_release) struct buf b = { 0 };

	buf_addf(&b, "unknown key '%s'", e->name);
	if (*path)
		buf_addf(&b, " in %s", path);
	suggestion(r, &b, e->name, known);
	schema_wrong(r, e->name_line, e->name_column, "%s", b.s);
}

/* Where a level deeper a key of this name is known: "projects.NAME.checks"; NULL: nowhere. */
static char *deeper(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct key *k = &s->keys[i];
		if (k->inside && schema_key(k->inside, name))
			return str_format(
				"%s.%s%s", k->name, k->type == KEY_EACH ? "NAME." : "", name);
	}
	return NULL;
}

static void unknown_key(
	struct schema_reader *r, const struct yaml *y, const struct schema *s, const char *path)
{
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(str_release) char *inner = deeper(s, y->name);

	for (size_t i = 0; i < s->n; i++)
		strv_add(&names, s->keys[i].name);
	if (inner && !text_suggest(y->name, names.v))
		schema_wrong(r, y->name_line, y->name_column,
			"unknown key '%s'%s%s (did you mean '%s%s%s'?)", y->name,
			*path ? " in " : "", path, path, *path ? "." : "", inner);
	else
		schema_unknown(r, y, names.v, path);
}

static bool among(struct schema_reader *r, int line, int column, const char *path,
	const char *value, char *const *words)
{
	AUTO(buf_release) struct buf b = { 0 };
	size_t n = 0;

	for (; words && words[n]; n++)
		if (str_equal(words[n], value))
			return true;
	buf_addf(&b, "'%s' is not known in %s", value, path);
	suggestion(r, &b, value, words);
	if (!strchr(b.s, '?') && n && n < 20) {
		buf_adds(&b, ": one of ");
		for (size_t i = 0; i < n; i++)
			buf_addf(&b, "%s%s", i ? ", " : "", words[i]);
	}
	schema_wrong(r, line, column, "%s", b.s);
	return false;
}

/* Is the value one that the key allows? */
static bool allowed(struct schema_reader *r, const struct key *k, const struct yaml *y,
	const char *path, const char *value)
{
	AUTO(strv_release) struct strv names = { 0 };
	const char *must = k->check ? k->check(value) : NULL;

	if (must) {
		schema_wrong(r, y->line, y->column, "%s: '%s' must be %s", path, value, must);
		return false;
	}
	if (k->words && k->type != KEY_LISTS && k->type != KEY_EACH)
		return among(r, y->line, y->column, path, value, (char *const *)k->words);
	if (k->slot && r->world && r->world->names &&
		r->world->names(r->world->with, k->slot, value, &names))
		return among(r, y->line, y->column, path, value, names.v);
	return true;
}

/* The text of a node, expanded; NULL: said to r what is wrong. */
static char *read_text(
	struct schema_reader *r, const struct key *k, const struct yaml *y, const char *path)
{
	AUTO(str_release) char *unset = NULL;
	char *value = NULL;

	if (y->kind != YAML_TEXT) {
		schema_wrong(
			r, y->line, y->column, "%s must be text, not %s", path, yaml_kind_word(y));
		return NULL;
	}
	if (k->flags & KEY_SHELL)
		value = str_dup(y->text);
	else if (!text_expand(&value, &unset, y->text, r->world))
		schema_wrong(r, y->line, y->column,
			"%s: the environment variable %s is not set (${%s:-…} gives a default)",
			path, unset, unset);
	if (value && !allowed(r, k, y, path, value))
		str_release(&value);
	return value;
}

static void read_scalar(struct schema_reader *r, const struct key *k, const struct yaml *y,
	void *at, const char *path)
{
	AUTO(str_release) char *text = read_text(r, k, y, path);
	char *end;
	long n;

	if (!text)
		return;
	switch (k->type) {
	case KEY_PATH: {
		char *full = world_absolute(r->world, text, r->dir);
		str_release(at);
		*(char **)at = full;
		break;
	}
	case KEY_INT:
		n = strtol(text, &end, 10);
		if (!*text || *end || strlen(text) > 9 || n < k->min || n > k->max)
			schema_wrong(r, y->line, y->column, "%s must be a number from %d to %d",
				path, k->min, k->max);
		else
			*(int *)at = (int)n;
		break;
	case KEY_BOOL:
		if (!str_equal(text, "true") && !str_equal(text, "false"))
			wrong(r, y, path, "true or false");
		else
			*(bool *)at = text[0] == 't';
		break;
	case KEY_MS:
		if (!text_ms(at, text))
			wrong(r, y, path, "a time such as 30s, 10m or 2h");
		break;
	default:
		str_set(at, text);
	}
}

static void read_list(struct schema_reader *r, const struct key *k, const struct yaml *y,
	struct strv *at, const char *path)
{
	struct strv list = { 0 };

	list.v = mem_alloc(sizeof(*list.v) * 2); /* begun: an empty list says something too */
	list.room = 2;
	if (k->type == KEY_PATTERNS && y->kind == YAML_TEXT) {
		char *text = read_text(r, k, y, path);
		if (text)
			strv_take(&list, text);
	} else if (y->kind != YAML_LIST) {
		schema_wrong(r, y->line, y->column, "%s must be a list, not %s", path,
			yaml_kind_word(y));
	} else {
		for (size_t i = 0; i < y->n; i++) {
			AUTO(str_release) char *item = str_format("%s[%zu]", path, i);
			char *text = read_text(r, k, &y->v[i], item);
			if (text)
				strv_take(&list, text);
		}
	}
	strv_release(at);
	*at = list;
}

void schema_program_path(const struct schema_reader *r, struct strv *argv)
{
	if (argv->n && strchr(argv->v[0], '/')) {
		char *full = world_absolute(r->world, argv->v[0], r->dir);
		free(argv->v[0]);
		argv->v[0] = full;
	}
}

static void remember(struct schema_reader *r, const struct yaml *y, const char *path)
{
	struct value_origin *o;

	if (!r->origins)
		return;
	o = (struct value_origin *)vec_push(r->origins);
	o->key = str_dup(path);
	o->line = y->name_line ? y->name_line : y->line;
}

static void add_env(struct strv *env, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=') {
			free(env->v[i]);
			env->v[i] = str_format("%s=%s", name, value);
			return;
		}
	strv_addf(env, "%s=%s", name, value);
}

static bool env_name(const char *name)
{
	return *name && !strchr(name, '=');
}

/* One entry of a map whose names are free. */
static void read_entry(struct schema_reader *r, const struct key *k, const struct yaml *e,
	void *owner, void *at, const char *path)
{
	AUTO(str_release) char *text = NULL;

	switch (k->type) {
	case KEY_EACH:
		schema_read(r, k->inside, e, k->entry(owner, e->name, 0), path);
		return;
	case KEY_LISTS: {
		const char *name = e->name;
		read_list(r, k, e, k->list(owner, &name, 0), path);
		return;
	}
	case KEY_ENV:
		if (!env_name(e->name)) {
			schema_wrong(r, e->name_line, e->name_column,
				"'%s' cannot be an environment variable", e->name);
			return;
		}
		break;
	default:
		break;
	}
	text = read_text(r, k, e, path);
	if (text && k->type == KEY_ENV)
		add_env(at, e->name, text);
	else if (text)
		named_texts_set(at, e->name, text);
}

static void read_entries(struct schema_reader *r, const struct key *k, const struct yaml *y,
	void *owner, void *at, const char *path)
{
	bool of_text = k->type == KEY_ENV || k->type == KEY_TEXTS;

	if (y->kind != YAML_MAP) {
		schema_wrong(r, y->line, y->column, "%s must be a map%s, not %s", path,
			of_text ? ", lines of 'name: text'" : "", yaml_kind_word(y));
		return;
	}
	if (y->n > ENTRIES_MAX) {
		schema_wrong(
			r, y->line, y->column, "%s has more than %d entries", path, ENTRIES_MAX);
		return;
	}
	for (size_t i = 0; i < y->n; i++) {
		const struct yaml *e = &y->v[i];
		AUTO(str_release) char *inner = str_format("%s.%s", path, e->name);
		const char *must = k->check && k->type == KEY_EACH ? k->check(e->name) : NULL;
		if (e->again)
			continue;
		if (must) {
			schema_wrong(r, e->name_line, e->name_column,
				"the name '%s' in %s must be %s", e->name, path, must);
			continue;
		}
		if (k->words &&
			!among(r, e->name_line, e->name_column, path, e->name,
				(char *const *)k->words))
			continue;
		remember(r, e, inner);
		if (!yaml_is_null(e) || k->type == KEY_EACH)
			read_entry(r, k, e, owner, at, inner);
	}
}

static void read_key(struct schema_reader *r, const struct key *k, const struct yaml *y,
	void *owner, const char *path)
{
	char *at = (char *)owner + k->at;

	remember(r, y, path);
	if ((k->flags & KEY_SENSITIVE) && r->sensitive && (y->kind == YAML_TEXT || y->n))
		strv_add(r->sensitive, path);
	switch (k->type) {
	case KEY_LIST:
	case KEY_PATTERNS:
		read_list(r, k, y, (struct strv *)at, path);
		break;
	case KEY_MAP:
		schema_read(r, k->inside, y, at, path);
		break;
	case KEY_EACH:
	case KEY_LISTS:
	case KEY_ENV:
	case KEY_TEXTS:
		read_entries(r, k, y, owner, at, path);
		break;
	case KEY_IGNORED:
		break;
	default:
		read_scalar(r, k, y, at, path);
	}
	if (k->has)
		*((bool *)((char *)owner + k->has)) = true;
}

static void read_rest(struct schema_reader *r, const struct schema *s, const struct yaml *e,
	void *owner, const char *path)
{
	AUTO(str_release) char *unset = NULL;
	AUTO(str_release) char *text = NULL;

	remember(r, e, path);
	if (e->kind == YAML_TEXT && !text_expand(&text, &unset, e->text, r->world))
		text = str_dup(e->text);
	else if (!text)
		schema_wrong(
			r, e->line, e->column, "%s must be text, not %s", path, yaml_kind_word(e));
	if (text)
		named_texts_set((struct named_texts *)((char *)owner + s->rest), e->name, text);
}

void schema_read(struct schema_reader *r, const struct schema *s, const struct yaml *y, void *owner,
	const char *path)
{
	bool alone = s->alone && y->kind == YAML_TEXT && !yaml_is_null(y);

	if (alone) {
		AUTO(str_release) char *inner = str_format("%s.%s", path, s->keys[0].name);
		read_key(r, &s->keys[0], y, owner, inner);
	} else if (y->kind != YAML_MAP && !yaml_is_null(y)) {
		schema_wrong(r, y->line, y->column, "%s must be a map, not %s",
			*path ? path : "the file", yaml_kind_word(y));
		return;
	}
	for (size_t i = 0; y->kind == YAML_MAP && i < y->n; i++) {
		const struct yaml *e = &y->v[i];
		const struct key *k = schema_key(s, e->name);
		AUTO(str_release)
		char *inner = str_format("%s%s%s", path, *path ? "." : "", e->name);
		if (e->again)
			continue;
		if (k && !yaml_is_null(e))
			read_key(r, k, e, owner, inner);
		else if (!k && s->rest)
			read_rest(r, s, e, owner, inner);
		else if (!k)
			unknown_key(r, e, s, path);
	}
	if (s->done)
		s->done(r, y, owner, path);
}

static void overlay_list(struct strv *under, const struct strv *over)
{
	if (!over->v)
		return;
	strv_release(under);
	under->v = mem_alloc(sizeof(*under->v) * 2);
	under->room = 2;
	strv_add_all(under, over->v);
}

static void overlay_env(struct strv *under, const struct strv *over)
{
	STRV_EACH(e, over) {
		AUTO(str_release) char *name = str_ndup(*e, strcspn(*e, "="));
		add_env(under, name, *e + strlen(name) + 1);
	}
}

static void overlay_key(const struct key *k, void *under, const void *over)
{
	char *u = (char *)under + k->at;
	const char *o = (const char *)over + k->at;
	bool said = !k->has || *(const bool *)((const char *)over + k->has);

	switch (k->type) {
	case KEY_TEXT:
	case KEY_PATH:
		if (*(char *const *)o)
			str_set((char **)u, *(char *const *)o);
		break;
	case KEY_INT:
		if (said && (k->has || *(const int *)o))
			*(int *)u = *(const int *)o;
		break;
	case KEY_BOOL:
		if (said)
			*(bool *)u = *(const bool *)o;
		break;
	case KEY_MS:
		if (said && (k->has || *(const int64_t *)o))
			*(int64_t *)u = *(const int64_t *)o;
		break;
	case KEY_LIST:
	case KEY_PATTERNS:
		overlay_list((struct strv *)u, (const struct strv *)o);
		break;
	case KEY_ENV:
		overlay_env((struct strv *)u, (const struct strv *)o);
		break;
	case KEY_MAP:
		schema_overlay(k->inside, u, o);
		break;
	default: /* maps of structs are their owner's to lay over */
		break;
	}
	if (k->has && said)
		*(bool *)((char *)under + k->has) = true;
}

void schema_overlay(const struct schema *s, void *under, const void *over)
{
	for (size_t i = 0; i < s->n; i++)
		overlay_key(&s->keys[i], under, over);
}
