#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/guess.h"
#include "model/schema.h"

static size_t name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* s is at "${". A form that is not ours (a shell's ${x%y}) is left alone: returns 0. */
static size_t expand_one(
	struct buf *b, char **unset, const char *s, const struct config_world *world)
{
	size_t n = name_length(s + 2);
	const char *rest = s + 2 + n, *end = strchr(rest, '}'), *value;
	AUTO(str_release) char *name = str_ndup(s + 2, n);

	if (!n || !end || (*rest != '}' && !str_starts(rest, ":-")))
		return 0;
	value = world && world->env ? world->env(world->with, name) : NULL;
	if (*rest == ':' && str_empty(value))
		buf_add(b, rest + 2, (size_t)(end - rest) - 2);
	else if (value)
		buf_adds(b, value);
	else
		str_set(unset, name);
	return (size_t)(end - s) + 1;
}

bool text_expand(char **out, char **unset, const char *text, const struct config_world *world)
{
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(str_release) char *missing = NULL;

	for (const char *s = text; *s;) {
		size_t n = str_starts(s, "${") ? expand_one(&b, &missing, s, world) : 0;
		if (missing) {
			str_set(unset, missing);
			return false;
		}
		if (str_starts(s, "$${")) {
			buf_adds(&b, "${");
			n = 3;
		}
		if (!n)
			buf_addc(&b, *s);
		s += n ? n : 1;
	}
	str_release(out);
	*out = buf_detach(&b);
	return true;
}

const char *text_suggest(const char *word, char *const *words)
{
	struct guess g = { 0 };

	for (; words && *words; words++)
		guess_offer(&g, word, *words);
	return g.word;
}

bool text_ms(int64_t *ms, const char *text)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
		{ "d", 86400000 },
	};
	char *end;
	long n;

	if (!isdigit((unsigned char)text[0]) || strspn(text, "0123456789") > 9)
		return false;
	n = strtol(text, &end, 10);
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (str_equal(end, units[i].unit)) {
			*ms = n * units[i].ms;
			return true;
		}
	return false;
}

void named_texts_set(struct named_texts *t, const char *name, const char *text)
{
	struct named_text *entry = NULL;

	for (size_t i = 0; i < t->n && !entry; i++)
		if (str_equal(t->v[i].name, name))
			entry = &t->v[i];
	if (!entry) {
		entry = (struct named_text *)vec_push(t);
		entry->name = str_dup(name);
	}
	str_set(&entry->text, text);
}

void named_texts_release(struct named_texts *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].name);
		free(t->v[i].text);
	}
	free(t->v);
	*t = (struct named_texts){ 0 };
}

char *folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (!slash)
		return str_dup(".");
	return slash == file ? str_dup("/") : str_ndup(file, (size_t)(slash - file));
}

char *world_absolute(const struct config_world *world, const char *path, const char *dir)
{
	return world && world->absolute ? world->absolute(world->with, path, dir) : str_dup(path);
}
