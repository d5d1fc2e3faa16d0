#include "model/agent.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct placeholder {
	const char *word;
	const char *value; /* NULL or "": empty */
};

enum { PLACEHOLDERS = 12, PERMISSIONS = 3, HOOKS = 7 };

static void fill(
	struct placeholder p[PLACEHOLDERS], const struct agent *a, const struct agent_values *v)
{
	p[0] = (struct placeholder){ "{prompt}", v->prompt };
	p[1] = (struct placeholder){ "{promptFile}", v->prompt_file };
	p[2] = (struct placeholder){ "{model}", v->model };
	p[PERMISSIONS] = (struct placeholder){ "{permissions}", v->permissions };
	p[4] = (struct placeholder){ "{session}", v->session };
	p[5] = (struct placeholder){ "{worktree}", v->worktree };
	p[6] = (struct placeholder){ "{agentSessionId}", v->agent_session_id };
	p[HOOKS] = (struct placeholder){ "{hooks}", a->hooks_dir };
	p[8] = (struct placeholder){ "{port}", v->port };
	p[9] = (struct placeholder){ "{secret}", v->secret };
	p[10] = (struct placeholder){ "{inputFile}", v->input_file };
	p[11] = (struct placeholder){ "{eventsFile}", v->events_file };
}

static struct err *find_permission(
	const struct agent_words **out, const struct agent *a, const char *name)
{
	AUTO(buf_release) struct buf known = { 0 };

	*out = NULL;
	for (size_t i = 0; i < a->permissions.n; i++) {
		const struct agent_words *w = &a->permissions.v[i];
		if (str_equal(w->name, str_empty(name) ? "default" : name))
			*out = w;
		buf_addf(&known, "%s%s", known.n ? ", " : "", w->name);
	}
	if (*out || str_empty(name))
		return NULL;
	return fail(ERR_CONFIG, "agent '%s' knows no permissions '%s' (known: %s)", a->name, name,
		known.n ? known.s : "none");
}

struct err *agent_allows(const struct agent *a, const char *permissions)
{
	const struct agent_words *w;

	return agent_uses(&a->command, "{permissions}") ? find_permission(&w, a, permissions)
							: NULL;
}

/* Placeholders inside a longer word. Values are not looked at again: a prompt may say {model}. */
static char *expand_word(const char *word, const struct placeholder p[PLACEHOLDERS])
{
	AUTO(buf_release) struct buf b = { 0 };

	while (*word) {
		int i = 0;
		while (i < PLACEHOLDERS && (i == PERMISSIONS || !str_starts(word, p[i].word)))
			i++;
		if (i < PLACEHOLDERS) {
			buf_adds(&b, p[i].value ? p[i].value : "");
			word += strlen(p[i].word);
		} else {
			buf_addc(&b, *word++);
		}
	}
	return buf_detach(&b);
}

/* A path below hooks that are not there leads nowhere. */
static bool leads_nowhere(const char *word, const struct placeholder *hooks)
{
	return str_empty(hooks->value) &&
		(strstr(word, hooks->word) || str_starts(word, "{hooks<"));
}

/* "--model" or "-m", but neither "-" nor "--", which is no option to go with its value. */
static int is_option(const char *word)
{
	return word[0] == '-' && word[1] && !str_equal(word, "--");
}

static void drop_last(struct strv *v)
{
	free(v->v[--v->n]);
	v->v[v->n] = NULL;
}

struct err *agent_expand(struct strv *argv, const struct agent *a, const struct strv *words,
	const struct agent_values *values)
{
	AUTO(strv_release) struct strv out = { 0 };
	struct placeholder p[PLACEHOLDERS];
	bool option = false; /* the last word of out is an option as written in words */

	fill(p, a, values);
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i];
		int k = 0;
		while (k < PLACEHOLDERS && !str_equal(word, p[k].word))
			k++;
		if (k == PERMISSIONS) {
			const struct agent_words *w;
			TRY(find_permission(&w, a, values->permissions));
			if (w)
				strv_add_all(&out, w->words.v);
			option = false;
		} else if ((k < PLACEHOLDERS && str_empty(p[k].value)) ||
			leads_nowhere(word, &p[HOOKS])) {
			if (option)
				drop_last(&out);
			option = false;
		} else {
			strv_take(&out, expand_word(word, p));
			option = k == PLACEHOLDERS && is_option(word);
		}
	}
	STRV_EACH(s, &out)
		strv_add(argv, *s);
	return NULL;
}

void agent_env(struct strv *env, const struct agent *a, const struct agent_values *values)
{
	struct placeholder p[PLACEHOLDERS];

	fill(p, a, values);
	STRV_EACH(line, &a->env)
		if (!leads_nowhere(*line, &p[HOOKS]))
			strv_take(env, expand_word(*line, p));
}

size_t agent_program_at(const struct agent *a)
{
	return a->command.n > 2 && str_starts(a->command.v[1], "{hooks}/") ? 2 : 0;
}

const char *agent_program(const struct agent *a)
{
	return a->command.n ? a->command.v[agent_program_at(a)] : "";
}

bool agent_uses(const struct strv *words, const char *placeholder)
{
	STRV_EACH(s, words)
		if (strstr(*s, placeholder))
			return true;
	return false;
}

void agent_release(struct agent *a)
{
	char *texts[] = { a->name, a->file, a->process, a->hooks, a->hooks_dir, a->transcript,
		a->versions, a->session_id, a->send.channel, a->send.command_chars, a->send.box,
		a->send.box_end, a->send.placeholder, a->send.chip, a->limit.spent,
		a->limit.until };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < a->permissions.n; i++) {
		free(a->permissions.v[i].name);
		strv_release(&a->permissions.v[i].words);
	}
	free(a->permissions.v);
	strv_release(&a->command);
	strv_release(&a->resume);
	strv_release(&a->env);
	strv_release(&a->send.clear);
	strv_release(&a->send.interrupt);
	for (int i = 0; i < ACTIVITY_COUNT; i++) {
		strv_release(&a->title[i]);
		strv_release(&a->screen[i]);
	}
	*a = (struct agent){ 0 };
}
