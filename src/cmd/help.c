#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/path.h"
#include "cmd/face.h"

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

static struct err *wanted(const struct command **c, const struct args *a)
{
	size_t used;

	*c = command_find(a->words.v, a->words.n, &used);
	if (a->words.n > 0 && used != a->words.n)
		return fail(ERR_USAGE, "no manual page for '%s': 'ao --help' lists the commands",
			a->words.v[used]);
	return NULL;
}

/* man(1) missing, or the page not built: the short help says the most important. */
static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	const struct command *c;
	AUTO(str_release) char *page = NULL;
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *man = path_program("man");

	(void)w;
	TRY(wanted(&c, a));
	page = page_name(c);
	file = page_file(page);
	if (man && file) {
		fflush(f->out);
		return child_exec(ARGV("man", "-l", file), NULL);
	}
	if (c)
		usage_command(f->out, c);
	else
		usage_group(f->out, NULL);
	return NULL;
}

const struct command cmd_help = {
	.name = "help",
	.words = "[command]",
	.max = 2,
	.summary = "open the manual page of a command",
	.example = "ao help session kill",
	.needs = NEEDS_NOTHING,
	.run = run,
};
