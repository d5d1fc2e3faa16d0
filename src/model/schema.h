/*
 * What a YAML file of ours may say, as tables: one row per key, with its type, where it lands in a
 * struct and the words that explain it. Reading, `ao config schema`, `ao config show` and the text
 * of `ao init` come from the same rows, so a key cannot exist in one and be missing in another.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "base/yaml.h"

enum key_type {
	KEY_TEXT,     /* char * */
	KEY_PATH,     /* char *, made absolute: ~, and relative to the file's folder */
	KEY_INT,      /* int from min to max */
	KEY_BOOL,     /* bool */
	KEY_MS,       /* int64_t, from "30m" (ms, s, m, h, d) */
	KEY_LIST,     /* struct strv */
	KEY_PATTERNS, /* struct strv; a single text counts as a list of one */
	KEY_ENV,      /* struct strv of NAME=value, from a map */
	KEY_LISTS,    /* a map of lists, each through `list` */
	KEY_MAP,      /* a struct in place, by `inside` */
	KEY_EACH,     /* a map of structs, each through `entry`, by `inside` */
	KEY_TEXTS,    /* struct named_texts, from a map */
	KEY_IGNORED,  /* known, of any kind, of no effect */
};

enum key_flag {
	KEY_SENSITIVE = 1, /* needs trust (contract, section 2) */
	KEY_SHELL = 2,     /* text for a shell, which expands ${…} itself when it runs */
	KEY_REQUIRED = 4,  /* for the schema; what is missing is said by `done` */
};

struct named_text { /* checks: {test: make test}, and other small maps of text */
	char *name, *text;
};

struct named_texts {
	struct named_text *v;
	size_t n, room;
};

void named_texts_set(struct named_texts *t, const char *name, const char *text);
void named_texts_release(struct named_texts *t);

struct schema;
struct schema_reader;

struct key {
	const char *name;
	enum key_type type;
	size_t at;
	const char *doc;      /* a half sentence, for schema and init */
	const char *standard; /* the default, in words or as it would be written */
	const struct schema *inside;
	const char *const *words; /* allowed values, or names of a map's entries; NULL-terminated */
	const char *slot;         /* the value names a plugin of this slot, or an agent */
	const char *(*check)(
		const char *value); /* NULL: fine; else what it must be: "a plain name" */
	/* The named entry, made when missing; with name NULL the i-th, NULL behind the last. Its first
	 * member is its name. */
	void *(*entry)(void *owner, const char *name, size_t i);
	/* The same for lists: *name NULL asks for the i-th and becomes its name. */
	struct strv *(*list)(void *owner, const char **name, size_t i);
	size_t has; /* a bool to set when the key is said; 0: none */
	int min, max;
	int flags;
};

#define KEY(key_name, key_type, offset, about, ...)                                                \
	{                                                                                          \
		.name = key_name, .type = KEY_##key_type, .at = offset, .doc = about, __VA_ARGS__  \
	}

struct schema {
	const struct key *keys;
	size_t n;
	/* Keys beside the table's own (a notifier's settings) are texts that land in a struct named_texts
	 * at `rest`; 0: refused. One whose variable is not set stays as it is written, for `done` to say.
	 * Those named in the strv at `hidden` are not shown. */
	size_t rest, hidden;
	/* A text in the map's place is the value of the first key: scm: local. */
	bool alone;
	/* Called when all is read: rules that need more than one value. */
	void (*done)(struct schema_reader *r, const struct yaml *y, void *owner, const char *path);
};

/* What a reader may ask of the world; model looks at nothing itself. */
struct config_world {
	void *with;
	const char *(*env)(void *with, const char *name); /* NULL: not set */
	bool (*is_dir)(void *with, const char *path);
	/* ~ and what is relative to dir (NULL: to where we are) made absolute; the caller frees it. */
	char *(*absolute)(void *with, const char *path, const char *dir);
	/* Adds the names that a slot ("agent", "runtime" …) knows, `value` too if it would do (an outside
	 * plugin on PATH); false: nobody can say, all are fine. */
	bool (*names)(void *with, const char *slot, const char *value, struct strv *names);
};

struct value_origin { /* where a value comes from: "projects.fe.path", line 9 */
	char *key;
	int line;
};

struct value_origins {
	struct value_origin *v;
	size_t n, room;
};

struct schema_reader {
	const struct config_world *world;
	const char *file, *dir;
	struct strv *errors;
	struct strv *sensitive;        /* may be NULL */
	struct value_origins *origins; /* may be NULL */
};

/* Walks y by s into owner. Whatever is wrong is added to r->errors; what is right lands. */
void schema_read(struct schema_reader *r, const struct schema *s, const struct yaml *y, void *owner,
	const char *path);
char *world_absolute(const struct config_world *world, const char *path, const char *dir);
/* A program named with a path counts from the file that names it; a bare name is looked up later. */
void schema_program_path(const struct schema_reader *r, struct strv *argv);
char *folder_of(const char *file); /* "/a/b" -> "/a"; the caller frees it */
const struct key *schema_key(const struct schema *s, const char *name);
/* "unknown key 'x' in PATH (did you mean 'y'?)", of the key e */
void schema_unknown(
	struct schema_reader *r, const struct yaml *e, char *const *known, const char *path);
void schema_wrong(struct schema_reader *r, int line, int column, const char *format, ...)
	PRINTF(4, 5);
/* Over the values of `under`, those that `over` has said: text not NULL, list ever begun. */
void schema_overlay(const struct schema *s, void *under, const void *over);
/* Errors as one: lines joined by '\n', class config. NULL when there are none. */
MUST_USE struct err *schema_errors(const struct strv *errors);
void origins_release(struct value_origins *o);
int origins_line(const struct value_origins *o, const char *key); /* 0: said nowhere */

/* ${VAR}, ${VAR:-default}, $${ for a plain ${. On an unset VAR: false, and its name. */
bool text_expand(char **out, char **unset, const char *text, const struct config_world *world);
/* The word that was probably meant (base/guess.h); NULL: none. */
const char *text_suggest(const char *word, char *const *words);
/* "30m" -> ms; false: not a time. Units ms s m h d. */
bool text_ms(int64_t *ms, const char *text);
