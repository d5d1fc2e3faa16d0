#include <ctype.h>
#include <string.h>

#include "cmd/command.h"

enum { HELP_COLUMN = 26 };

char *usage_line(const struct command *c)
{
	return str_format("ao %s%s%s [options]", c->name, str_empty(c->words) ? "" : " ",
		c->words ? c->words : "");
}

static void print_option(FILE *out, const struct option *o)
{
	AUTO(str_release)
	char *letter = o->letter ? str_format("-%c, ", o->letter) : str_dup("    ");
	AUTO(str_release)
	char *left = str_format(
		"%s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "");

	fprintf(out, "  %-*s  %s\n", HELP_COLUMN, left, o->help);
}

static void print_options(FILE *out, const char *heading, const struct option *o)
{
	if (!o || !o->name)
		return;
	fprintf(out, "\n%s:\n", heading);
	for (; o->name; o++)
		print_option(out, o);
}

void usage_command(FILE *out, const struct command *c)
{
	AUTO(str_release) char *line = usage_line(c);

	fprintf(out, "Usage: %s\n\n%c%s.\n", line, toupper(c->summary[0]), c->summary + 1);
	print_options(out, "Options", c->options);
	print_options(out, "Options of every command", global_options);
	fprintf(out, "\nExample:\n  %s\n\n'ao help %s' opens the manual page.\n", c->example,
		c->name);
}

static bool in_group(const struct command *c, const char *group)
{
	return !group || (str_starts(c->name, group) && c->name[strlen(group)] == ' ');
}

void usage_group(FILE *out, const char *group)
{
	const char *example = NULL;

	fprintf(out, "Usage: ao %s%s[command] [options]\n\n", group ? group : "", group ? " " : "");
	if (!group)
		fputs("Runs coding agents side by side, each in a worktree and a terminal of its "
		      "own.\nWithout a command: ao status.\n\n",
			out);
	fputs("Commands:\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		if (!in_group(*c, group))
			continue;
		fprintf(out, "  %-*s  %s\n", HELP_COLUMN, (*c)->name, (*c)->summary);
		example = example ? example : (*c)->example;
	}
	print_options(out, "Options of every command", global_options);
	fprintf(out,
		"\nExample:\n  %s\n\n'ao COMMAND --help' tells more, 'ao help COMMAND' opens the "
		"manual page.\n",
		example);
}
