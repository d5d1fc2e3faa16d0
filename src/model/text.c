#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
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

/* Optimal string alignment: a swap of neighbours counts as one (the commonest slip). Case is free. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 40 };
	size_t na = strlen(a), nb = strlen(b);
	size_t d[MAX + 1][MAX + 1];

	if (na > MAX || nb > MAX)
		return MAX;
	for (size_t i = 0; i <= na; i++)
		for (size_t j = 0; j <= nb; j++) {
			size_t least;
			int differ;
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			differ = tolower((unsigned char)a[i - 1]) !=
				tolower((unsigned char)b[j - 1]);
			least = d[i - 1][j - 1] + (size_t)differ;
			if (d[i - 1][j] + 1 < least)
				least = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < least)
				least = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				d[i - 2][j - 2] + 1 < least)
				least = d[i - 2][j - 2] + 1;
			d[i][j] = least;
		}
	return d[na][nb];
}

const char *text_suggest(const char *word, char *const *words)
{
	size_t best = strlen(word) / 3 < 2 ? 2 : strlen(word) / 3;
	const char *found = NULL;

	if (strlen(word) <= best) /* of "x" anything would be two slips away */
		best = strlen(word) ? strlen(word) - 1 : 0;
	for (; words && *words; words++) {
		size_t d = distance(word, *words);
		if (d < best || (d == best && !found)) {
			best = d;
			found = *words;
		}
	}
	return found;
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
