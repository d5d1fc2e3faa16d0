#include "base/launch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char first_word[] = "ao-launch 1", last_word[] = "end";

static void put(struct buf *out, const char *field)
{
	buf_add(out, field, strlen(field) + 1);
}

static void put_list(struct buf *out, const struct strv *list)
{
	buf_addf(out, "%zu", list->n);
	buf_addc(out, '\0');
	STRV_EACH(s, list)
		put(out, *s);
}

void launch_encode(struct buf *out, const struct launch_file *l)
{
	put(out, first_word);
	put(out, l->cwd);
	buf_addf(out, "%04o", (unsigned)l->mask);
	buf_addc(out, '\0');
	put(out, l->process ? l->process : "");
	put_list(out, &l->argv);
	put_list(out, &l->env);
	put(out, last_word);
}

struct fields {
	const char *at, *end;
};

/* NULL: no whole field is left. */
static const char *take(struct fields *f)
{
	const char *field = f->at;
	const char *nul = field < f->end ? memchr(field, '\0', (size_t)(f->end - field)) : NULL;

	if (!nul)
		return NULL;
	f->at = nul + 1;
	return field;
}

/* Digits of the base and nothing else. */
static bool take_number(unsigned long *out, struct fields *f, int base, unsigned long max)
{
	const char *field = take(f);
	char *end;

	if (!field || *field < '0' || *field > '9')
		return false;
	*out = strtoul(field, &end, base);
	return !*end && *out <= max;
}

static bool take_list(struct strv *out, struct fields *f)
{
	unsigned long n;

	if (!take_number(&n, f, 10, LAUNCH_MAX))
		return false;
	while (n--) {
		const char *field = take(f);
		if (!field)
			return false;
		strv_add(out, field);
	}
	return true;
}

static bool take_all(struct launch_file *l, struct fields *f)
{
	const char *cwd, *process;
	unsigned long mask;

	if (!str_equal(take(f), first_word))
		return false;
	cwd = take(f);
	if (!cwd || *cwd != '/' || !take_number(&mask, f, 8, 0777))
		return false;
	process = take(f);
	if (!process)
		return false;
	l->cwd = str_dup(cwd);
	l->mask = (mode_t)mask;
	l->process = str_dup(process);
	return take_list(&l->argv, f) && l->argv.n && l->argv.v[0][0] && take_list(&l->env, f) &&
		str_equal(take(f), last_word) && f->at == f->end;
}

struct err *launch_decode(struct launch_file *out, const char *bytes, size_t n)
{
	AUTO(launch_file_release) struct launch_file l = { 0 };
	struct fields f = { bytes, bytes + n };

	if (!n || !take_all(&l, &f))
		return fail(ERR_FAILED, "the launch file is torn or not one of ours");
	*out = l;
	l = (struct launch_file){ 0 };
	return NULL;
}

void launch_file_release(struct launch_file *l)
{
	str_release(&l->cwd);
	str_release(&l->process);
	strv_release(&l->argv);
	strv_release(&l->env);
}
