#include "rule/screen.h"

#include <regex.h>
#include <string.h>

#include "rule/screen_lines.h"

enum {
	UNFRAMED = 16,  /* a menu without frame has at most so many lines */
	BELOW_BOX = 6,  /* lines of hints below an input box */
	PARAGRAPHS = 3, /* above the box, in which a turn's error is looked for */
};

struct span { /* lines [from, to) */
	size_t from, to;
};

struct box {
	bool found;
	size_t top, first, last; /* top: the rule above it, if any; [first, last) are its lines */
};

/* Where in text the pattern is; -1: not, or no pattern. *end is behind the match. */
static int find(const char *pattern, const char *text, size_t *end)
{
	regmatch_t m;
	regex_t re;
	int at = -1;

	if (str_empty(pattern) || regcomp(&re, pattern, REG_EXTENDED) != 0)
		return -1;
	if (regexec(&re, text, 1, &m, 0) == 0) {
		at = (int)m.rm_so;
		if (end)
			*end = (size_t)m.rm_eo;
	}
	regfree(&re);
	return at;
}

static bool matches(const char *pattern, const char *text)
{
	return find(pattern, text, NULL) >= 0;
}

/* The box's mark. tmux takes blanks off a line's end, so the `> ` of an empty box is seen as `>`. */
static int find_mark(const char *pattern, const char *text, size_t *end)
{
	AUTO(str_release) char *padded = str_format("%s ", text);
	size_t behind = 0;
	int at = find(pattern, padded, &behind);

	if (at >= 0 && end)
		*end = behind < strlen(text) ? behind : strlen(text);
	return at;
}

static bool is_mark(const char *pattern, const char *text)
{
	return find_mark(pattern, text, NULL) >= 0;
}

static bool any_line(const struct screen_lines *s, struct span where, const char *pattern)
{
	for (size_t i = where.from; i < where.to; i++)
		if (matches(pattern, s->v[i].text))
			return true;
	return false;
}

static bool all_of(const struct screen_lines *s, struct span where, const struct strv *patterns)
{
	STRV_EACH(p, patterns)
		if (!any_line(s, where, *p))
			return false;
	return patterns->n > 0;
}

static bool blank(const struct screen_lines *s, size_t i)
{
	return !s->v[i].text[0];
}

static bool is_rule(const struct screen_lines *s, size_t i)
{
	return str_starts(s->v[i].text, "──────────");
}

static const char *unindented(const struct screen_lines *s, size_t i)
{
	return s->v[i].text + strspn(s->v[i].text, " ");
}

static const struct {
	const char *above, *below;
} corners[] = { { "╭", "╰" }, { "┌", "└" } };

/* The block in which a menu would be; *framed: something draws its upper edge. */
static struct span bottom_block(const struct screen_lines *s, bool *framed)
{
	struct span block = { s->n, s->n };
	const char *last = s->n ? unindented(s, s->n - 1) : "";
	size_t indent = s->n ? strspn(s->v[s->n - 1].text, " ") : 0, full = 0;

	*framed = true;
	for (size_t i = 0; i < COUNT_OF(corners); i++)
		if (str_starts(last, corners[i].below))
			while (block.from > 0)
				if (str_starts(unindented(s, --block.from), corners[i].above) &&
					strspn(s->v[block.from].text, " ") == indent)
					return block;
	block.from = s->n;
	if (str_starts(last, "┃")) {
		while (block.from > 0 && str_starts(unindented(s, block.from - 1), "┃"))
			block.from--;
		return block;
	}
	while (block.from > 0 && !is_rule(s, block.from - 1))
		block.from--;
	if (block.from > 0)
		return block;
	*framed = false;
	for (block.from = s->n; block.from > 0 && full < UNFRAMED; block.from--)
		full += !blank(s, block.from - 1);
	return block;
}

static bool menu_open(const struct agent *a, const struct screen_lines *s)
{
	const struct strv *marks = &a->screen[ACTIVITY_WAITING_INPUT];
	bool framed;
	struct span block = bottom_block(s, &framed);

	if (!all_of(s, block, marks))
		return false;
	if (framed)
		return true;
	STRV_EACH(p, marks)
		if (matches(*p, s->v[s->n - 1].text))
			return true;
	return false;
}

/* At most so many lines with text in [from, n). */
static bool few_below(const struct screen_lines *s, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < s->n; i++)
		n += !blank(s, i);
	return n <= BELOW_BOX;
}

/* A box with a lower edge: the lines right above it that look like the box, but for a label at its end.
 * Where an empty line looks like it, the edge is above it, too, and there is no label. */
static struct box find_edged_box(const struct agent *a, const struct screen_lines *s)
{
	struct box b = { 0 };
	size_t edge = s->n, end;
	bool label = is_mark(a->send.box, "");

	while (edge > 0 && !matches(a->send.box_end, s->v[edge - 1].text))
		edge--;
	if (!edge || !few_below(s, edge))
		return b;
	b.last = b.first = edge - 1;
	while (b.first > 0 && is_mark(a->send.box, s->v[b.first - 1].text) &&
		!matches(a->send.box_end, s->v[b.first - 1].text))
		b.first--;
	b.top = b.first - (label && b.first > 0);
	for (; b.last > b.first && !label; b.last--)
		label = find_mark(a->send.box, s->v[b.last - 1].text, &end) >= 0 &&
			s->v[b.last - 1].text[end + strspn(s->v[b.last - 1].text + end, " ")];
	b.found = b.last > b.first;
	return b;
}

static struct box find_box(const struct agent *a, const struct screen_lines *s)
{
	struct box b = { 0 };

	if (!a->send.box || menu_open(a, s))
		return b;
	if (a->send.box_end)
		return find_edged_box(a, s);
	b.first = s->n;
	while (b.first > 0 && !is_mark(a->send.box, s->v[b.first - 1].text))
		b.first--;
	if (!b.first--)
		return (struct box){ 0 };
	b.top = b.first;
	for (size_t i = b.first; i > 0 && b.first - i < 3; i--)
		if (is_rule(s, i - 1)) {
			b.top = i - 1;
			break;
		}
	/* between rules it may hold blank lines, elsewhere they end it */
	b.last = b.first + 1;
	if (b.top + 1 == b.first)
		while (b.last < s->n && !is_rule(s, b.last))
			b.last++;
	else
		while (b.last < s->n && !blank(s, b.last))
			b.last++;
	b.found = few_below(s, b.last);
	return b;
}

/* The foot of the screen and `paragraphs` above it, not beyond the user's last message: one, where a message
 * has no mark. */
static struct span near_box(
	const struct agent *a, const struct screen_lines *s, const struct box *b, int paragraphs)
{
	bool framed;
	struct span near = bottom_block(s, &framed);

	if (b->found)
		near.from = b->top;
	if (a->send.box_end)
		paragraphs = 1;
	while (paragraphs-- > 0 && near.from > 0) {
		while (near.from > 0 && blank(s, near.from - 1))
			near.from--;
		while (near.from > 0 && !blank(s, near.from - 1))
			near.from--;
		if (near.from < s->n && is_mark(a->send.box, s->v[near.from].text))
			break;
	}
	return near;
}

static enum activity say(
	char **rule, enum activity activity, const char *where, const struct strv *patterns)
{
	const char *word = activity == ACTIVITY_WAITING_INPUT ? "waiting" : activity_word(activity);

	if (rule) {
		AUTO(buf_release) struct buf b = { 0 };
		buf_addf(&b, "%s.%s:", where, word);
		STRV_EACH(p, patterns)
			buf_addf(&b, " '%s'", *p);
		str_set(rule, b.s);
	}
	return activity;
}

static bool title_says(const struct agent *a, const char *title, enum activity activity)
{
	if (!title)
		return false;
	STRV_EACH(p, &a->title[activity])
		if (matches(*p, title))
			return true;
	return false;
}

#define SAY_TITLE(name) say(rule, ACTIVITY_##name, "title", &a->title[ACTIVITY_##name])
#define SAY_SCREEN(name) say(rule, ACTIVITY_##name, "screen", &a->screen[ACTIVITY_##name])

enum activity screen_activity(
	const struct agent *a, const char *title, const char *screen, char **rule)
{
	AUTO(screen_lines_release) struct screen_lines s = { 0 };
	struct box box;
	struct span status;

	screen_split(&s, screen ? screen : "");
	box = find_box(a, &s);
	status = near_box(a, &s, &box, 1);
	if (title_says(a, title, ACTIVITY_WAITING_INPUT))
		return SAY_TITLE(WAITING_INPUT);
	if (menu_open(a, &s))
		return SAY_SCREEN(WAITING_INPUT);
	if (title_says(a, title, ACTIVITY_ACTIVE))
		return SAY_TITLE(ACTIVE);
	if (all_of(&s, status, &a->screen[ACTIVITY_ACTIVE]))
		return SAY_SCREEN(ACTIVE);
	if (all_of(&s, near_box(a, &s, &box, PARAGRAPHS), &a->screen[ACTIVITY_BLOCKED]))
		return SAY_SCREEN(BLOCKED);
	if (!box.found)
		return ACTIVITY_UNKNOWN;
	if (title_says(a, title, ACTIVITY_READY))
		return SAY_TITLE(READY);
	if (all_of(&s, status, &a->screen[ACTIVITY_READY]))
		return SAY_SCREEN(READY);
	return ACTIVITY_UNKNOWN;
}

/* What stands in the box's line i, hints taken out. */
static void box_line(struct buf *out, const struct agent *a, const struct screen_lines *s,
	const struct box *b, size_t i)
{
	const char *text = s->v[i].typed;
	size_t end = 0;

	/* the mark itself may be dim, so where the text begins is asked of the plain line */
	if ((i == b->first || a->send.box_end) && find_mark(a->send.box, s->v[i].text, &end) >= 0) {
		const char *plain = s->v[i].text + end;
		if (matches(a->send.placeholder, plain))
			return;
		find_mark(a->send.box, text, &end);
		text = end < strlen(text) ? text + end : "";
	}
	buf_adds(out, text + strspn(text, " "));
}

enum screen_box screen_box(const struct agent *a, const char *screen, struct buf *typed)
{
	AUTO(screen_lines_release) struct screen_lines s = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	struct box b;

	screen_split(&s, screen);
	b = find_box(a, &s);
	if (!b.found)
		return SCREEN_BOX_NONE;
	for (size_t i = b.first; i < b.last; i++) {
		box_line(&text, a, &s, &b, i);
		buf_addc(&text, '\n');
	}
	buf_trim(&text);
	if (typed && text.n)
		buf_adds(typed, text.s + strspn(text.s, "\n"));
	return text.n ? SCREEN_BOX_TEXT : SCREEN_BOX_EMPTY;
}

bool screen_has_chip(const struct agent *a, const char *screen)
{
	AUTO(buf_release) struct buf typed = { 0 };

	return screen_box(a, screen, &typed) == SCREEN_BOX_TEXT && matches(a->send.chip, typed.s);
}

void screen_menu(struct buf *out, const char *screen)
{
	AUTO(screen_lines_release) struct screen_lines s = { 0 };
	bool framed;
	struct span block;

	screen_split(&s, screen);
	block = bottom_block(&s, &framed);
	for (size_t i = block.from; i < block.to; i++)
		if (!blank(&s, i))
			buf_addf(out, "%s\n", s.v[i].text);
}

void screen_words(struct buf *out, const struct agent *a, const char *screen)
{
	AUTO(screen_lines_release) struct screen_lines s = { 0 };
	struct span where;
	struct box box;
	bool framed = true;

	screen_split(&s, screen);
	box = find_box(a, &s);
	where = menu_open(a, &s) ? bottom_block(&s, &framed) : near_box(a, &s, &box, PARAGRAPHS);
	for (size_t i = where.from; i < where.to && framed; i++)
		if (!blank(&s, i))
			buf_addf(out, "%s ", unindented(&s, i));
}
