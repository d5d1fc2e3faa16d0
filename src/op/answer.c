#include "op/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/hash.h"
#include "op/sight.h"
#include "store/agent_files.h"

enum { SHOWN_MS = 3000, LOOK_AGAIN_MS = 50, GONE_MS = 5000, MOVE_MS = 1000, UNHEARD_MS = 500 };

/* "❯ 1. Yes" on the screen: number, label, and whether the cursor is on it. */
struct shown {
	int number;
	char *label;
	bool chosen;
};

struct menu {
	VEC(struct shown) list;
};

/* How an option is come by: the cursor goes from one index to another, then Enter. */
struct choice {
	int from, to, number;
	uint64_t label;     /* its hash: another question may have an option of that number, too */
	int64_t entered_at; /* 0: by its digit, or by its interface */
};

static void menu_release(struct menu *m)
{
	for (size_t i = 0; i < m->list.n; i++)
		free(m->list.v[i].label);
	free(m->list.v);
}

/* Blanks and the sides of a frame; a frame's character shares its first byte with the cursors. */
static char *skip_frame(char *p)
{
	for (;;) {
		if (*p && strchr(" |\t", *p))
			p++;
		else if (str_starts(p, "│") || str_starts(p, "┃"))
			p += strlen("│");
		else
			return p;
	}
}

/* And those behind a label. */
static char *without_frame(const char *s)
{
	size_t n = strlen(s), side = strlen("│");

	for (;;) {
		if (n && strchr(" |\t", s[n - 1]))
			n--;
		else if (n >= side &&
			(str_starts(s + n - side, "│") || str_starts(s + n - side, "┃")))
			n -= side;
		else
			return str_ndup(s, n);
	}
}

static void parse_line(struct menu *m, const char *line, size_t n)
{
	static const char *const cursors[] = { "❯", "›", "●", ">" };
	AUTO(str_release) char *copy = str_ndup(line, n);
	char *p = copy, *end;
	bool chosen = false;
	long number;

	p = skip_frame(p);
	for (size_t i = 0; i < COUNT_OF(cursors) && !chosen; i++) {
		if (str_starts(p, cursors[i])) {
			chosen = true;
			p += strlen(cursors[i]);
		}
	}
	p += strspn(p, " ");
	number = strtol(p, &end, 10);
	if (end == p || number < 1 || number > 99 || end[0] != '.' || end[1] != ' ')
		return;
	if (number == 1) /* a later menu on the screen is the open one */
		for (size_t i = 0; i < m->list.n; i++)
			str_release(&m->list.v[i].label);
	if (number == 1)
		m->list.n = 0;
	*vec_push(&m->list) = (struct shown){ (int)number, without_frame(end + 2), chosen };
}

static void parse_menu(struct menu *m, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		parse_line(m, text, n);
		text += n + (text[n] == '\n');
	}
}

/* By its number, its label, or how that begins. */
static int find(const struct menu *m, const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	bool numbered = end != text && !*end;
	int begins = -1;

	for (size_t i = 0; i < m->list.n; i++) {
		const struct shown *s = &m->list.v[i];
		if (numbered ? s->number == number : strcasecmp(s->label, text) == 0)
			return (int)i;
		if (!numbered && begins < 0 && strncasecmp(s->label, text, strlen(text)) == 0)
			begins = (int)i;
	}
	return begins;
}

static int chosen(const struct menu *m)
{
	for (size_t i = 0; i < m->list.n; i++)
		if (m->list.v[i].chosen)
			return (int)i;
	return -1;
}

static uint64_t label_hash(const struct shown *s)
{
	return hash_fnv(s->label, strlen(s->label));
}

/* Is the cursor on it, of this question? */
static bool is_on(const struct choice *c, const struct menu *m)
{
	int at = chosen(m);

	return at >= 0 && m->list.v[at].number == c->number &&
		label_hash(&m->list.v[at]) == c->label;
}

/* Its index in a menu that has a cursor; -1: that is another question, or none. */
static int place_of(const struct choice *c, const struct menu *m)
{
	for (size_t i = 0; chosen(m) >= 0 && i < m->list.n; i++)
		if (m->list.v[i].number == c->number && label_hash(&m->list.v[i]) == c->label)
			return (int)i;
	return -1;
}

static struct err *choose(struct choice *c, const struct sight *s, const char *id, const char *text)
{
	AUTO(menu_release) struct menu menu = { 0 };
	AUTO(str_release) char *dialog = sight_dialog(s);

	if (s->activity.activity != ACTIVITY_WAITING_INPUT)
		return fail(ERR_REFUSED, "%s asks no question now", id);
	if (s->blind)
		return fail(ERR_REFUSED,
			"the options that %s shows cannot be seen from here: ao session attach %s",
			id, id);
	if (s->terminal.in_mode)
		return fail(ERR_REFUSED,
			"somebody looks back in the terminal of %s (copy mode); nothing was "
			"pressed",
			id);
	parse_menu(&menu, dialog);
	c->from = chosen(&menu);
	c->to = find(&menu, text);
	if (c->from < 0 || c->to < 0)
		return fail(ERR_REFUSED,
			"'%s' is not among the options that %s shows; nothing was pressed:\n%s",
			text, id, dialog);
	c->number = menu.list.v[c->to].number;
	c->label = label_hash(&menu.list.v[c->to]);
	return NULL;
}

/* The cursor is on the option before Enter is pressed: an Enter elsewhere would choose another. And where somebody
 * else has answered meanwhile any key would go astray. */
static struct err *wait_moved(
	bool *moved, const struct choice *c, const struct hold *h, const struct agent *a)
{
	int64_t until = clock_mono() + MOVE_MS;
	bool shown = false;

	for (*moved = false; !*moved && clock_mono() < until;) {
		AUTO(sight_release) struct sight s = { 0 };
		AUTO(menu_release) struct menu menu = { 0 };
		AUTO(str_release) char *dialog = NULL;

		TRY(clock_sleep(LOOK_AGAIN_MS));
		TRY(sight_take(&s, h, a));
		dialog = sight_dialog(&s);
		parse_menu(&menu, dialog);
		shown = place_of(c, &menu) >= 0;
		*moved = is_on(c, &menu);
	}
	return shown ? NULL
		     : fail(ERR_REFUSED, "%s asks that no longer; nothing was chosen", h->s.id);
}

/* By the arrows and Enter; where the cursor does not follow, by the option's digit. */
static struct err *pick(struct choice *c, const struct hold *h, const struct agent *a)
{
	AUTO(strv_release) struct strv keys = { 0 };
	AUTO(str_release) char *digit = str_format("%d", c->number);
	bool moved = c->from == c->to;

	for (int i = c->from; i != c->to; i += i < c->to ? 1 : -1)
		strv_add(&keys, i < c->to ? "Down" : "Up");
	if (!moved) {
		TRY(hold_press(h, keys.v));
		TRY(wait_moved(&moved, c, h, a));
	}
	if (!moved && c->number > 9)
		return fail(ERR_REFUSED,
			"%s: the cursor does not move to that option; nothing was chosen", h->s.id);
	c->entered_at = moved ? clock_wall() : 0;
	return hold_press(h, ARGV(moved ? "Enter" : digit));
}

/* A dialog of Claude Code hears no key in its first instant, or takes Enter for the next line (observed). One that
 * looks alike may be the next one: only the agent's own reports would tell, so without any nothing is pressed again. */
static bool was_unheard(const struct choice *c, const struct sight *s, const struct menu *m)
{
	return c->entered_at && clock_wall() - c->entered_at >= UNHEARD_MS && s->facts.has_hooks &&
		s->facts.activity_at < c->entered_at && !s->terminal.in_mode && place_of(c, m) >= 0;
}

/* Heard after all, a moment late: then the question is gone. */
static struct err *pick_again(struct choice *c, const struct hold *h, const struct agent *a)
{
	struct err *e = pick(c, h, a);

	if (!e || e->class != ERR_REFUSED)
		return e;
	err_drop(e, "whoever waits sees that it is gone");
	return NULL;
}

/* asked: its interface's id of the question; NULL: only its screen tells. */
static struct err *wait_gone(
	struct hold *h, const struct agent *a, struct choice *c, const char *asked)
{
	int64_t until = clock_mono() + GONE_MS;

	for (;;) {
		AUTO(sight_release) struct sight s = { 0 };
		AUTO(menu_release) struct menu menu = { 0 };
		AUTO(str_release) char *dialog = NULL;

		TRY(clock_sleep(100));
		TRY(sight_take(&s, h, a));
		dialog = sight_dialog(&s);
		parse_menu(&menu, dialog);
		if (s.activity.activity != ACTIVITY_WAITING_INPUT ||
			(asked ? s.told.answered && !str_equal(s.told.asks, asked)
			       : chosen(&menu) < 0))
			return NULL;
		if (clock_mono() >= until)
			return fail(ERR_UNCONFIRMED,
				"the option was chosen, but %s still shows its question", h->s.id);
		if (was_unheard(c, &s, &menu)) {
			c->from = chosen(&menu);
			c->to = place_of(c, &menu);
			TRY(pick_again(c, h, a));
		}
	}
}

static struct err *answer_keys(struct choice *c, struct hold *h, const struct agent *a,
	const struct sight *s, const char *text)
{
	TRY(choose(c, s, h->s.id, text));
	return pick(c, h, a);
}

/* Which option of its interface is meant, -1: none. Where its screen shows more of them it is named as there. */
static int told_option(const struct sight *s, const char *text)
{
	AUTO(menu_release) struct menu menu = { 0 };
	AUTO(str_release) char *dialog = sight_dialog(s);
	const struct strv *options = &s->told.options;
	int option;

	if (sight_tells(s)) {
		for (size_t i = 0; i < options->n; i++)
			*vec_push(&menu.list) = (struct shown){ .number = (int)i + 1,
				.label = str_dup(options->v[i]) };
		return find(&menu, text);
	}
	parse_menu(&menu, dialog);
	option = find(&menu, text);
	for (size_t i = 0; option >= 0 && i < options->n; i++)
		if (str_equal(options->v[i], menu.list.v[option].label))
			return (int)i;
	return -1;
}

/* By its interface: no key, so neither its screen nor who looks at it matters. option: -1: there is none like text. */
static struct err *answer_told(struct hold *h, const struct sight *s, int option, const char *text)
{
	AUTO(str_release) char *dialog = sight_dialog(s);
	enum channel_answer answer;

	if (s->activity.activity != ACTIVITY_WAITING_INPUT)
		return fail(ERR_REFUSED, "%s asks no question now", h->s.id);
	if (option < 0)
		return fail(ERR_REFUSED, "'%s' is not among the options of %s:\n%s", text, h->s.id,
			dialog);
	TRY(s->channel->answer(&answer, &s->at, &s->told, (size_t)option));
	if (answer == CHANNEL_HASNT)
		return fail(ERR_REFUSED, "%s asks that no longer", h->s.id);
	return NULL; /* silent: whether it has it is seen by the question that goes */
}

/* An agent reports its question before it draws it. */
static bool is_drawn(const struct sight *s)
{
	AUTO(menu_release) struct menu menu = { 0 };
	AUTO(str_release) char *dialog = sight_dialog(s);

	parse_menu(&menu, dialog);
	return chosen(&menu) >= 0;
}

static struct err *see_question(struct sight *s, struct hold *h, const struct agent *a)
{
	int64_t until = clock_mono() + SHOWN_MS;
	bool asks;

	for (;;) {
		TRY(sight_take(s, h, a));
		asks = s->activity.activity == ACTIVITY_WAITING_INPUT;
		/* Gemini CLI says that it works until its own hooks are over: seconds, on a busy machine */
		if ((!asks && !s->facts.waiting_since) || sight_tells(s) || s->blind ||
			(asks && is_drawn(s)) || clock_mono() >= until)
			return NULL;
		TRY(clock_sleep(LOOK_AGAIN_MS));
	}
}

struct err *op_answer(const struct world *w, const char *id, const char *text)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(sight_release) struct sight s = { 0 };
	struct choice c = { 0 };
	int option;
	bool told;

	TRY(hold_take(&h, w, id));
	TRY(agent_load(&a, &w->config, h.s.agent));
	TRY(see_question(&s, &h, &a));
	TRY(sight_askable(&s, &h));
	option = told_option(&s, text);
	told = sight_tells(&s) || option >= 0;
	TRY(told ? answer_told(&h, &s, option, text) : answer_keys(&c, &h, &a, &s, text));
	hold_log(&h, "answered", json_pack("{s:s}", "option", text));
	return wait_gone(&h, &a, &c, told ? s.told.asks : NULL);
}
