/* Our own walk over argv, since getopt_long(3) keeps its state in globals, takes abbreviations (which
 * break scripts once a second option begins alike), and cannot say what was meant. */
#include <string.h>

#include "base/guess.h"
#include "cmd/command.h"

enum { NAME_WORDS = 2 }; /* of the longest command name, "session kill" */

struct walk {
	struct args *a;
	char **argv;
	int argc, i;
	bool only_words; /* behind -- */
};

static const struct option *in_table(
	const struct option *o, const char *name, size_t n, char letter)
{
	for (; o && o->name; o++)
		if (letter ? o->letter == letter
			   : strlen(o->name) == n && !memcmp(o->name, name, n))
			return o;
	return NULL;
}

const struct option *option_find(const struct command *c, const char *name, size_t n, char letter)
{
	const struct option *o = c ? in_table(c->options, name, n, letter) : NULL;

	return o ? o : in_table(global_options, name, n, letter);
}

static void offer_all(struct guess *g, const struct option *o, const char *typed)
{
	for (; o && o->name; o++)
		guess_offer(g, typed, o->name);
}

static struct err *unknown_option(const struct command *c, const char *token, int shown)
{
	AUTO(str_release) char *typed = NULL;
	struct guess g = { 0 };

	if (str_starts(token, "--")) {
		typed = str_ndup(token + 2, (size_t)shown - 2);
		offer_all(&g, c ? c->options : NULL, typed);
		offer_all(&g, global_options, typed);
	}
	if (g.word)
		return fail(ERR_USAGE, "unknown option '%.*s' (did you mean '--%s'?)", shown, token,
			g.word);
	return fail(ERR_USAGE,
		"unknown option '%.*s': 'ao%s%s --help' lists them; '--' goes before words that "
		"begin with '-'",
		shown, token, c ? " " : "", c ? c->name : "");
}

static struct err *keep(struct walk *w, const struct option *o, const char *value)
{
	struct arg_value *v;

	if (o->value && !value) {
		if (w->i + 1 >= w->argc)
			return fail(ERR_USAGE, "--%s needs a value: --%s %s", o->name, o->name,
				o->value);
		value = w->argv[++w->i];
	}
	v = vec_push(&w->a->options);
	v->name = o->name;
	v->value = value;
	return NULL;
}

static struct err *long_option(struct walk *w, const char *token)
{
	size_t n = strcspn(token + 2, "=");
	const char *value = token[2 + n] == '=' ? token + 3 + n : NULL;
	const struct option *o = option_find(w->a->command, token + 2, n, 0);

	if (!o)
		return unknown_option(w->a->command, token, (int)n + 2);
	if (value && !o->value)
		return fail(ERR_USAGE, "--%s takes no value", o->name);
	return keep(w, o, value);
}

/* -q, -qv, -p NAME, -pNAME */
static struct err *short_options(struct walk *w, const char *token)
{
	for (const char *at = token + 1; *at; at++) {
		const struct option *o = option_find(w->a->command, NULL, 0, *at);

		if (!o)
			return unknown_option(w->a->command, token, (int)strlen(token));
		if (o->value)
			return keep(w, o, at[1] ? at + 1 : NULL);
		TRY(keep(w, o, NULL));
	}
	return NULL;
}

/* "-" is a word (standard input), and so is what no option can look like: "- fix the tests". */
static bool is_option(const struct command *c, const char *token)
{
	size_t name = strcspn(token, "=");

	if (token[0] != '-' || !token[1])
		return false;
	if (token[1] == '-')
		return !memchr(token, ' ', name) && !memchr(token, '\n', name);
	return option_find(c, NULL, 0, token[1]) || !strpbrk(token, " \n");
}

/* The command's words: those before any option but a global one. *at gets their places in argv. */
static size_t leading_words(int at[NAME_WORDS], int argc, char **argv)
{
	struct args ignored = { 0 };
	struct walk w = { &ignored, argv, argc, 1, false };
	size_t n = 0;

	for (; w.i < argc && n < NAME_WORDS; w.i++) {
		AUTO(err_release) struct err *e = NULL;

		if (str_equal(argv[w.i], "--"))
			break;
		if (!is_option(NULL, argv[w.i])) {
			at[n++] = w.i;
			continue;
		}
		e = argv[w.i][1] == '-' ? long_option(&w, argv[w.i]) : short_options(&w, argv[w.i]);
		if (e)
			break;
	}
	args_release(&ignored);
	return n;
}

bool command_is_group(const char *word)
{
	for (const struct command *const *c = commands; *c; c++)
		if (str_starts((*c)->name, word) && (*c)->name[strlen(word)] == ' ')
			return true;
	return false;
}

/* Names are compared with as many of the typed words as they have themselves. */
static struct err *unknown_command(char *const *words, size_t n)
{
	bool group = n > 1 && command_is_group(words[0]);
	AUTO(str_release)
	char *typed = group ? str_format("%s %s", words[0], words[1]) : str_dup(words[0]);
	AUTO(str_release) char *both = n > 1 ? str_format("%s %s", words[0], words[1]) : NULL;
	struct guess g = { 0 };

	for (const struct command *const *c = commands; *c; c++) {
		AUTO(str_release) char *first = str_ndup((*c)->name, strcspn((*c)->name, " "));
		bool one = str_equal(first, (*c)->name);

		if (!one && str_equal(words[0], (*c)->name + strlen(first) + 1))
			guess_offer(&g, (*c)->name, (*c)->name); /* `ao kill fe-1` */
		else if (one && !group)
			guess_offer(&g, words[0], (*c)->name);
		else if (!one && both)
			guess_offer(&g, both, (*c)->name);
	}
	if (!g.word)
		return fail(ERR_USAGE, "unknown command '%s': 'ao --help' lists them", typed);
	return fail(ERR_USAGE, "unknown command '%s' (did you mean 'ao %s'?)", typed, g.word);
}

/* Sets the command and how many of the leading words are its name. No words: ao status. */
static struct err *find_command(struct args *a, char *const *words, size_t n, size_t *used)
{
	char *const status[] = { (char *)"status" };

	a->command = command_find(words, n, used);
	if (a->command)
		return NULL;
	if (n == 0) {
		a->command = command_find(status, 1, used);
		*used = 0;
		return NULL;
	}
	if (n > 1 || !command_is_group(words[0]))
		return unknown_command(words, n);
	a->group = words[0];
	*used = 1;
	return NULL;
}

static struct err *check_count(const struct args *a)
{
	const struct command *c = a->command;
	AUTO(str_release) char *usage = NULL;

	if (!c || args_has(a, "help") || args_has(a, "version"))
		return NULL;
	usage = usage_line(c);
	if ((int)a->words.n < c->min)
		return fail(ERR_USAGE, "something is missing; usage: %s", usage);
	if (c->max >= 0 && (int)a->words.n > c->max)
		return fail(ERR_USAGE, "too many words, '%s' is one more; usage: %s",
			a->words.v[c->max], usage);
	return NULL;
}

static struct err *take(struct walk *w, const char *token)
{
	if (w->only_words || !is_option(w->a->command, token)) {
		strv_add(&w->a->words, token);
		return NULL;
	}
	if (str_equal(token, "--")) {
		w->only_words = true;
		return NULL;
	}
	return token[1] == '-' ? long_option(w, token) : short_options(w, token);
}

struct err *args_parse(struct args *a, int argc, char **argv)
{
	struct walk w = { a, argv, argc, 1, false };
	int at[NAME_WORDS];
	char *words[NAME_WORDS];
	size_t n = leading_words(at, argc, argv), used, next = 0;

	for (size_t i = 0; i < n; i++)
		words[i] = argv[at[i]];
	TRY(find_command(a, words, n, &used));
	for (; w.i < argc; w.i++) {
		if (next < used && w.i == at[next])
			next++;
		else
			TRY(take(&w, argv[w.i]));
	}
	if (n == 0 && args_has(a, "help"))
		a->command = NULL; /* `ao --help` is about ao, not about its default command */
	return check_count(a);
}
