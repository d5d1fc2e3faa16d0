#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/path.h"
#include "cmd/face.h"
#include "cmd/input.h"

/* build/ao has its pages in build/man, PREFIX/bin/ao in PREFIX/share/man/man1; packages compress them. */
static char *page_file(const char *page)
{
	static const struct {
		const char *folder, *ending;
	} places[] = { { "man", ".1" }, { "../share/man/man1", ".1" },
		{ "../share/man/man1", ".1.gz" } };

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		AUTO(str_release)
		char *relative = str_format("%s/%s%s", places[i].folder, page, places[i].ending);
		AUTO(str_release) char *joined = path_join(path_self_dir(), relative);
		char *file = path_absolute(joined, NULL);

		if (path_exists(file))
			return file;
		free(file);
	}
	return NULL;
}

static char *page_name(const struct command *c)
{
	char *page = str_format("ao%s%s", c ? "-" : "", c ? c->name : "");

	for (char *s = page; *s; s++)
		if (*s == ' ')
			*s = '-';
	return page;
}

/* Both NULL: ao itself. */
static struct err *wanted(const struct command **c, const char **group, const struct args *a)
{
	AUTO(str_release) char *typed = words_join(a->words.v, a->words.n);
	size_t used;

	*c = command_find(a->words.v, a->words.n, &used);
	*group = a->words.n == 1 && !*c && command_is_group(typed) ? a->words.v[0] : NULL;
	if (used != a->words.n && !*group)
		return fail(ERR_USAGE, "no manual page for '%s': 'ao --help' lists the commands",
			typed);
	return NULL;
}

/* A group (`session`) has no page. Nor has anything where man(1) is missing, or the page not built: the
 * short help says the most important. */
static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	const struct command *c;
	const char *group;
	AUTO(str_release) char *page = NULL;
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *man = path_program("man");

	(void)w;
	TRY(wanted(&c, &group, a));
	page = page_name(c);
	file = group ? NULL : page_file(page);
	if (man && file) {
		fflush(f->out);
		return child_exec(ARGV("man", "-l", file), NULL);
	}
	if (c)
		usage_command(f->out, c);
	else
		usage_group(f->out, group);
	return NULL;
}

const struct command cmd_help = {
	.name = "help",
	.words = "[command]",
	.max = 2,
	.summary = "open the manual page of a command",
	.example = "ao help session kill",
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
