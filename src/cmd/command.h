/*
 * A command: what the user types. One const struct per file, a line in commands.def; parsing, help,
 * completion and the manual's synopsis are made from it. A command prints its result on stdout and
 * returns its error, which main prints; nothing else prints.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/vec.h"

struct world;

struct option {
	const char *name;  /* long, without -- ; NULL ends the table */
	char letter;       /* 0: none */
	const char *value; /* what its value is called; NULL: a flag */
	const char *help;
};

struct arg_value {
	const char *name, *value; /* value NULL: a flag */
};

struct args {
	const struct command *command; /* NULL: help is wanted, of `group` or of all */
	const char *group;             /* "session", when its commands are to be listed */
	/* in the order given; of a name given twice the last counts */
	VEC(struct arg_value) options;
	struct strv words;
};

bool args_has(const struct args *a, const char *name);
const char *args_value(const struct args *a, const char *name); /* NULL: not given */
const char *args_word(const struct args *a, size_t i);          /* NULL: not given */
/* A whole number of at least `least`, else ERR_USAGE; not given: *out is left alone. */
MUST_USE struct err *args_number(long *out, const struct args *a, const char *name, long least);
void args_release(struct args *a);

/* The user's side: where and how to print (functions: cmd/face.h). */
struct face {
	struct sink sink; /* must be first */
	FILE *out;        /* standard output */
	bool *progress;   /* such a line stands on standard error, without an end */
	bool json, quiet, verbose, ascii, colour, tty;
	int columns;         /* of the terminal; 0: no terminal */
	const char *config;  /* --config */
	const char *project; /* -p */
};

enum needs {
	NEEDS_NOTHING, /* world is NULL */
	NEEDS_CONFIG,  /* reads */
	NEEDS_STORE,   /* writes: the namespace's folder is made */
};

struct command {
	const char *name;             /* "session kill" */
	const char *words;            /* "<session>…" */
	int min, max;                 /* number of words; max -1: any */
	const char *summary;          /* one line, lower case, no full stop */
	const char *example;          /* shown by --help: "ao session kill fe-1" */
	const struct option *options; /* NULL: none of its own */
	enum needs needs;
	bool for_people; /* nothing for an agent: it wants a terminal, or changes the set-up */
	MUST_USE struct err *(*run)(struct face *f, struct world *w, const struct args *a);
};

extern const struct command *const commands[]; /* NULL-terminated, in the order of the help */
extern const struct option global_options[];

/* The longest command whose words begin argv; *used is how many words it took. NULL: none. */
const struct command *command_find(char *const *words, size_t n, size_t *used);
bool command_is_group(const char *word); /* "session" */
/* An option of the command (NULL: none), or of every command, by the first n bytes of its name, or by
 * letter (not 0). NULL: there is none. */
const struct option *option_find(const struct command *c, const char *name, size_t n, char letter);
/* Options and words of argv into *a, which points into argv. Options and words may be mixed, `--` ends
 * the options. ERR_USAGE: one line that says what was meant. Command words are found here too. */
MUST_USE struct err *args_parse(struct args *a, int argc, char **argv);
/* --help: of a command; of all commands that begin with `group` (NULL: all). */
void usage_command(FILE *out, const struct command *c);
void usage_group(FILE *out, const char *group);
char *usage_line(const struct command *c); /* "ao session kill [session]… [options]" */

/* Parse, open the world, run. argv[0] is "ao". */
MUST_USE struct err *command_main(int argc, char **argv);

/* The session a command acts on: the first word, else AO_SESSION, else ERR_USAGE. */
MUST_USE struct err *args_session(const char **id, const struct args *a);
