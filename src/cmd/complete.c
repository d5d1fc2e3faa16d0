#include "cmd/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cmd/command.h"
#include "op/names.h"

/* What is typed so far, understood as cmd/parse.c would, but forgiving all that is not there yet. */
struct line {
	struct strv words; /* no options */
	const struct command *command;
	size_t used;                 /* how many of the words are its name */
	const struct option *awaits; /* its value is being typed */
	bool only_words;             /* behind -- */
	const char *config;          /* --config */
	const char *project;         /* -p */
	const char *current;
	const char *before; /* what each answer must begin with, ahead of the name: "--agent=" */
	size_t before_n;
};

static bool is_option(const struct line *l, const char *token)
{
	return !l->only_words && token[0] == '-' && token[1];
}

static void understand_command(struct line *l)
{
	static char *const status[] = { (char *)"status" };

	l->command = command_find(l->words.v, l->words.n, &l->used);
	if (!l->words.n)
		l->command = command_find(status, 1, &(size_t){ 0 });
}

static void take_value(struct line *l, const char *value)
{
	if (str_equal(value, "="))
		return; /* bash, of --agent=x */
	if (str_equal(l->awaits->name, "config"))
		l->config = value;
	else if (str_equal(l->awaits->name, "project"))
		l->project = value;
	l->awaits = NULL;
}

static void take_long(struct line *l, const char *token)
{
	size_t n = strcspn(token + 2, "=");

	l->awaits = option_find(l->command, token + 2, n, 0);
	if (l->awaits && !l->awaits->value)
		l->awaits = NULL;
	if (l->awaits && token[2 + n])
		take_value(l, token + 3 + n);
}

static void take_short(struct line *l, const char *token)
{
	for (const char *at = token + 1; *at; at++) {
		const struct option *o = option_find(l->command, NULL, 0, *at);

		if (!o || !o->value)
			continue;
		l->awaits = o;
		if (at[1])
			take_value(l, at + 1);
		return;
	}
}

static void take(struct line *l, const char *token)
{
	if (l->awaits) {
		take_value(l, token);
	} else if (!is_option(l, token)) {
		strv_add(&l->words, token);
		understand_command(l);
	} else if (str_equal(token, "--")) {
		l->only_words = true;
	} else if (token[1] == '-') {
		take_long(l, token);
	} else {
		take_short(l, token);
	}
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answer(struct strv *out, const struct line *l, const char *word, const char *what)
{
	AUTO(str_release)
	char *whole = str_format("%.*s%s", (int)l->before_n, l->before, word);

	if (str_starts(whole, l->current))
		strv_addf(out, "%s%s%s", whole, what ? "\t" : "", what ? what : "");
}

/* Ids of a list that is open at its end; one that stands there already is not meant again. */
static void answer_names(struct strv *out, const struct line *l, enum names which)
{
	AUTO(strv_release) struct strv names = { 0 };
	struct names_of of = { .config = l->config, .project = l->project };

	if (l->words.n > l->used)
		of.word = l->words.v[l->used];
	op_names(&names, which, &of);
	STRV_EACH(name, &names) {
		char *what = strchr(*name, '\t');
		bool again = false;

		if (what)
			*what++ = '\0';
		for (size_t i = l->used; !l->awaits && i < l->words.n; i++)
			again |= str_equal(l->words.v[i], *name) != 0;
		if (!again)
			answer(out, l, *name, what);
	}
}

/* A '#' at a word's begin is a comment to most shells, so it is offered where it was typed. */
static void answer_numbers(struct strv *out, struct line l, enum names which)
{
	if (l.current[0] == '#') {
		l.before = "#";
		l.before_n = 1;
	}
	answer_names(out, &l, which);
}

/* What undelete and the log are asked about is mostly gone from the lists. */
static enum names session_names(const struct command *c)
{
	static const char *const also_closed[] = { "session undelete", "session show", "events" };

	for (size_t i = 0; c && i < COUNT_OF(also_closed); i++)
		if (str_equal(c->name, also_closed[i]))
			return NAMES_SESSIONS;
	return NAMES_LIVE;
}

/* A noun of the tables: a word's "session", a value's "SESSION". False: none that has names. */
static bool answer_noun(struct strv *out, const struct line *l, const char *noun)
{
	if (!strcasecmp(noun, "session"))
		answer_names(out, l, session_names(l->command));
	else if (!strcasecmp(noun, "project"))
		answer_names(out, l, NAMES_PROJECTS);
	else if (!strcasecmp(noun, "agent"))
		answer_names(out, l, NAMES_AGENTS);
	else if (str_equal(noun, "issue"))
		answer_numbers(out, *l, NAMES_ISSUES);
	else if (str_equal(noun, "#number"))
		answer_numbers(out, *l, NAMES_PULLS);
	else if (!strcasecmp(noun, "notifier"))
		answer_names(out, l, NAMES_NOTIFIERS);
	else if (!strcasecmp(noun, "file"))
		strv_add(out, COMPLETE_FILES);
	else
		return false;
	return true;
}

/* "session|project|all": nouns and, where there is a choice, words as they are. */
static void answer_choice(struct strv *out, const struct line *l, const char *choice)
{
	bool several = strchr(choice, '|') != NULL;

	for (const char *at = choice; *at;) {
		size_t n = strcspn(at, "|");
		AUTO(str_release) char *one = str_ndup(at, n);

		if (!answer_noun(out, l, one) && several)
			answer(out, l, one, NULL);
		at += n + (at[n] == '|');
	}
}

/* The name of the command's word at place i: of "[project] <issue>…" "issue" from 1 on. *skippable: it
 * may be left out, and the next be meant. */
static char *word_name(bool *skippable, const struct command *c, size_t i)
{
	const char *at = c->words ? c->words : "", *name = NULL;
	size_t n = 0;

	for (size_t place = 0; *at && place <= i; place++) {
		size_t whole = strcspn(at, " ");

		*skippable = false;
		name = at + strspn(at, "<[");
		n = strcspn(name, ">] …");
		if (place < i && !at[whole] && !memmem(at, whole, "…", strlen("…")))
			return NULL;
		*skippable = at[0] == '[' && at[whole];
		at += whole + (at[whole] == ' ');
	}
	return name ? str_ndup(name, n) : NULL;
}

static void answer_word(struct strv *out, const struct line *l)
{
	bool more = l->command && l->words.n;

	/* from the word at hand on, until one that must be there */
	for (size_t i = l->words.n - l->used; more; i++) {
		AUTO(str_release) char *name = NULL;

		more = false;
		name = word_name(&more, l->command, i);
		if (name)
			answer_choice(out, l, name);
	}
}

static void answer_group(struct strv *out, const struct line *l, const char *group)
{
	AUTO(buf_release) struct buf inside = { 0 };

	for (const struct command *const *c = commands; *c; c++)
		if (str_starts((*c)->name, group) && (*c)->name[strlen(group)] == ' ')
			buf_addf(&inside, "%s%s", inside.n ? ", " : "",
				(*c)->name + strlen(group) + 1);
	answer(out, l, group, buf_text(&inside));
}

static void answer_first(struct strv *out, const struct line *l)
{
	AUTO(strv_release) struct strv groups = { 0 };

	for (const struct command *const *c = commands; *c; c++) {
		AUTO(str_release) char *first = str_ndup((*c)->name, strcspn((*c)->name, " "));

		if (str_equal(first, (*c)->name))
			answer(out, l, first, (*c)->summary);
		else if (!strv_has(&groups, first) &&
			command_find(&first, 1, &(size_t){ 0 }) == NULL)
			answer_group(out, l, first);
		strv_take(&groups, first);
		first = NULL;
	}
}

static void answer_second(struct strv *out, const struct line *l, const char *group)
{
	for (const struct command *const *c = commands; *c; c++)
		if (str_starts((*c)->name, group) && (*c)->name[strlen(group)] == ' ')
			answer(out, l, (*c)->name + strlen(group) + 1, (*c)->summary);
}

static void answer_command(struct strv *out, const struct line *l)
{
	size_t from = l->command && str_equal(l->command->name, "help") && l->words.n > 0;

	if (l->words.n == from)
		answer_first(out, l);
	else if (l->words.n == from + 1)
		answer_second(out, l, l->words.v[from]);
}

static void answer_options(struct strv *out, const struct line *l)
{
	const struct option *const tables[] = { l->command ? l->command->options : NULL,
		global_options };

	for (size_t i = 0; i < COUNT_OF(tables); i++)
		for (const struct option *o = tables[i]; o && o->name; o++) {
			AUTO(str_release) char *word = str_format("--%s", o->name);

			answer(out, l, word, o->help);
		}
}

static void answer_value(struct strv *out, const struct line *l)
{
	answer_choice(out, l,
		str_equal(l->awaits->value, "WHEN") ? "auto|always|never" : l->awaits->value);
}

void complete_words(struct strv *answers, char *const *words, size_t n)
{
	struct line l = { .current = n ? words[n - 1] : "", .before = "" };
	size_t name = strcspn(l.current, "=");

	understand_command(&l);
	for (size_t i = 0; i + 1 < n; i++)
		take(&l, words[i]);
	if (!l.awaits && is_option(&l, l.current) && l.current[1] == '-' && l.current[name]) {
		l.awaits = option_find(l.command, l.current + 2, name - 2, 0);
		l.before = l.current;
		l.before_n = name + 1;
		if (l.awaits && l.awaits->value)
			answer_value(answers, &l);
	} else if (l.awaits) {
		if (str_equal(l.current, "="))
			l.current = "";
		answer_value(answers, &l);
	} else if (is_option(&l, l.current) || str_equal(l.current, "-")) {
		answer_options(answers, &l);
	} else {
		answer_command(answers, &l);
		answer_word(answers, &l);
	}
	strv_release(&l.words);
}
