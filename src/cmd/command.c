#include "cmd/command.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/complete.h"
#include "cmd/face.h"
#include "op/world.h"

#define COMMAND(name) extern const struct command cmd_##name;
#include "cmd/commands.def"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "cmd/commands.def"
#undef COMMAND
	NULL,
};

const struct option global_options[] = {
	{ "config", 0, "FILE", "use this configuration" },
	{ "project", 'p', "PROJECT", "only this project, or for this project" },
	{ "json", 0, NULL, "print data as JSON" },
	{ "color", 0, "WHEN", "auto, always or never" },
	{ "ascii", 0, NULL, "no character outside ASCII" },
	{ "quiet", 'q', NULL, "no progress and no remarks" },
	{ "verbose", 'v', NULL, "show progress also without a terminal" },
	{ "help", 'h', NULL, "show this help" },
	{ "version", 0, NULL, "show the version" },
	{ 0 },
};

/* How many of the words are the command's name; 0: they are not its name. */
static size_t words_of(const struct command *c, char *const *words, size_t n)
{
	const char *at = c->name;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(at, words[i], len) != 0 || (at[len] != ' ' && at[len] != '\0'))
			return 0;
		if (at[len] == '\0')
			return i + 1;
		at += len + 1;
	}
	return 0;
}

const struct command *command_find(char *const *words, size_t n, size_t *used)
{
	const struct command *best = NULL;

	*used = 0;
	for (const struct command *const *c = commands; *c; c++) {
		size_t count = words_of(*c, words, n);

		if (count > *used) {
			*used = count;
			best = *c;
		}
	}
	return best;
}

bool args_has(const struct args *a, const char *name)
{
	for (size_t i = 0; i < a->options.n; i++)
		if (str_equal(a->options.v[i].name, name))
			return true;
	return false;
}

const char *args_value(const struct args *a, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < a->options.n; i++)
		if (str_equal(a->options.v[i].name, name))
			value = a->options.v[i].value;
	return value;
}

const char *args_word(const struct args *a, size_t i)
{
	return i < a->words.n ? a->words.v[i] : NULL;
}

struct err *args_number(long *out, const struct args *a, const char *name, long least)
{
	const char *text = args_value(a, name);
	char *end;
	long value;

	if (!text)
		return NULL;
	value = strtol(text, &end, 10);
	if (end == text || *end || value < least || value > 1000000000)
		return fail(ERR_USAGE, "--%s takes a whole number of at least %ld, not '%s'", name,
			least, text);
	*out = value;
	return NULL;
}

struct err *args_session(const char **id, const struct args *a)
{
	const char *word = args_word(a, 0);
	AUTO(str_release) char *usage = NULL;

	if (!word)
		word = getenv("AO_SESSION");
	if (str_empty(word)) {
		usage = usage_line(a->command);
		return fail(ERR_USAGE, "which session? usage: %s", usage);
	}
	*id = word;
	return NULL;
}

void args_release(struct args *a)
{
	free(a->options.v);
	strv_release(&a->words);
	*a = (struct args){ 0 };
}

static struct err *run_command(struct face *f, const struct args *a)
{
	const struct command *c = a->command;
	AUTO(world_release) struct world w = { 0 };

	if (c->needs == NEEDS_NOTHING)
		return c->run(f, NULL, a);
	TRY(world_open(&w, f->config, &f->sink, c->needs == NEEDS_STORE));
	return c->run(f, &w, a);
}

static void print_answers(char *const *words, size_t n)
{
	AUTO(strv_release) struct strv answers = { 0 };

	complete_words(&answers, words, n);
	STRV_EACH(a, &answers)
		puts(*a);
}

struct err *command_main(int argc, char **argv)
{
	AUTO(args_release) struct args a = { 0 };
	struct err *e = NULL;
	bool progress = false;
	struct face f;

	if (argc > 1 && str_equal(argv[1], COMPLETE_WORD)) {
		print_answers(argv + 2, (size_t)argc - 2);
		return NULL;
	}
	TRY(args_parse(&a, argc, argv));
	TRY(face_open(&f, &a));
	f.progress = &progress;
	if (args_has(&a, "version"))
		a.command = &cmd_version;
	if (!a.command)
		usage_group(f.out, a.group);
	else if (args_has(&a, "help"))
		usage_command(f.out, a.command);
	else
		e = run_command(&f, &a);
	errors_add(&e, face_close(&f));
	return e;
}
