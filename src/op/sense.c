#include "op/sense.h"

#include <string.h>

#include "base/path.h"
#include "base/when.h"
#include "op/transcript.h"
#include "rule/activity_of.h"
#include "rule/limit.h"
#include "rule/screen.h"

enum {
	CLOCK_SLACK_MS = 1500,
	WORDS_MAX = 400, /* bytes */
	FIRST_PROMPT_MS = 60000,
};

/* ---- the transcript -------------------------------------------------------------------------- */

static const struct telling {
	enum activity
		says; /* a tool that was asked for runs, or waits for its permission: no telling */
	bool over;
	const char *detail;
} tellings[] = {
	[TURN_PROMPT] = { ACTIVITY_ACTIVE, false, "the user's words are its last record" },
	[TURN_WORK] = { ACTIVITY_ACTIVE, false, "its last record is work" },
	[TURN_SAID] = { ACTIVITY_ACTIVE, false, "its last record is words, and they may go on" },
	[TURN_CALL] = { ACTIVITY_UNKNOWN, false, "its last record asks for a tool" },
	[TURN_END] = { ACTIVITY_READY, true, "its last record ends the turn" },
	[TURN_ERROR] = { ACTIVITY_BLOCKED, true, "its last record is an error" },
	[TURN_INTERRUPTED] = { ACTIVITY_READY, true,
		"its last record says that it was interrupted" },
	[TURN_ASIDE] = { ACTIVITY_ACTIVE, false, "it sums its conversation up" },
	[TURN_STILL] = { ACTIVITY_READY, true, "its last record says that no turn is open" },
};

/* The first line of it, as far as a row may show it. */
static char *first_line(const char *s)
{
	size_t n;

	s += s ? strspn(s, " \t\r\n") : 0;
	n = s ? strcspn(s, "\r\n") : 0;
	if (n > WORDS_MAX)
		for (n = WORDS_MAX; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	return n ? str_ndup(s, n) : NULL;
}

void told_release(struct told *t)
{
	str_release(&t->words);
	str_release(&t->conversation);
}

/* What stood behind its last turn is gone, or over. */
static void add_still(struct lately *l)
{
	bool may_be_over = l->last.kind == TURN_NOTHING || l->last.kind == TURN_SAID ||
		tellings[l->last.kind].over;

	if (!l->still_at || !may_be_over)
		return;
	l->last.kind = TURN_STILL;
	l->last.at = l->still_at;
}

/* It came to rest behind a record that leaves a turn open, and that is where its transcript ends. */
static void add_rest(struct turn *last, const struct transcript *t, const struct run_info *run)
{
	int64_t at = !tellings[last->kind].over && t->log->rest ? t->log->rest(t->path, run->pid)
								: 0;

	if (at <= last->at)
		return;
	last->kind = TURN_INTERRUPTED;
	last->at = at;
}

/* What was written before this start tells what an earlier one did. */
void sense_transcript(struct facts *f, struct told *told, const struct evidence *in,
	const struct session *s, const char *folder, const struct agent *a)
{
	AUTO(transcript_release) struct transcript t = { 0 };
	AUTO(lately_release) struct lately l = { 0 };
	const struct telling *telling;
	struct fact *fact;

	transcript_find(&t, s, folder, a);
	transcript_lately(&l, &t, told != NULL);
	if (told) {
		told->words = first_line(l.words);
		told->usage = l.usage;
		told->source = usage_sum(&l.usage) ? t.log->plugin.name : NULL;
	}
	add_still(&l);
	if (l.last.kind == TURN_NOTHING || l.last.at < f->started_at)
		return;
	add_rest(&l.last, &t, &in->run);
	telling = &tellings[l.last.kind];
	fact = facts_add(f, SOURCE_TRANSCRIPT,
		telling->over || l.last.at > f->mute_end_at ? telling->says : ACTIVITY_UNKNOWN,
		l.last.at);
	fact->detail = telling->says == ACTIVITY_BLOCKED && l.last.text
		? str_format("%s: %s", telling->detail, l.last.text)
		: str_dup(telling->detail);
	f->sign_of_life = true;
	if (l.last.at > f->activity_at)
		f->activity_at = l.last.at;
	if (telling->over && l.last.at >= f->turn_open_at)
		f->turn_open_at = 0;
	else if (!telling->over && !f->has_hooks)
		f->turn_open_at = l.last.at;
}

/* ---- its own interface ----------------------------------------------------------------------- */

/* It was given a prompt at its start, and is not that far. */
static bool is_unprompted(const struct facts *f, const char *folder, const struct channel_fact *a)
{
	AUTO(str_release) char *prompt = path_join(folder, "prompt.md");

	return !a->at && (a->says == ACTIVITY_UNKNOWN || a->says == ACTIVITY_READY) &&
		f->now - f->started_at < FIRST_PROMPT_MS && path_exists(prompt);
}

static void tell_channel(struct told *told, const struct channel *c, const struct channel_fact *a)
{
	char *words = first_line(a->words ? a->words : a->title);

	if (words) {
		str_release(&told->words);
		told->words = words;
	}
	if (usage_sum(&a->usage)) {
		told->usage = a->usage;
		told->source = c->plugin.name;
	}
	told->has_cost = a->has_cost;
	told->cost = a->cost;
	told->price_source = a->has_cost ? c->plugin.name : NULL;
	str_set(&told->conversation, a->conversation);
}

/* What it does not tell the agent's own reports may: since when. */
static void sense_since(struct facts *f, const struct channel_fact *a)
{
	if (a->says == ACTIVITY_UNKNOWN)
		return;
	if (a->says == ACTIVITY_ACTIVE && a->prompt_at)
		f->turn_open_at = a->prompt_at;
	if (a->says == ACTIVITY_READY || a->says == ACTIVITY_BLOCKED)
		f->turn_open_at = 0;
	if (a->says != ACTIVITY_WAITING_INPUT)
		f->waiting_since = 0;
	else if (a->at)
		f->waiting_since = a->at;
}

void sense_channel(struct facts *f, struct told *told, const struct evidence *in,
	const char *folder, const struct channel *c, const struct channel_fact *a)
{
	bool soon = c->ticket && is_unprompted(f, folder, a);
	bool newest = !a->said_at || a->said_at > f->activity_at;
	struct fact *fact;

	if (!a->answered)
		return;
	fact = facts_add(
		f, SOURCE_LIVE, soon ? ACTIVITY_ACTIVE : a->says, a->said_at ? a->said_at : f->now);
	fact->state = !a->said_at;
	fact->detail = str_dup(soon ? "it is up, and its first prompt is no turn yet" : a->detail);
	f->sign_of_life = true;
	f->live_whole = c->ticket != NULL;
	if (newest)
		sense_since(f, a);
	if (a->at > f->activity_at)
		f->activity_at = a->at;
	if (newest && a->says == ACTIVITY_ACTIVE &&
		run_has_command(&in->run, f->now - f->turn_open_at))
		f->output_at = f->now;
	if (told)
		tell_channel(told, c, a);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

/* Still, but not up yet, or it shows something else: an agent whose input line is known is not ready
 * without it. */
static bool lacks_box(const struct agent *a, const struct runtime_fact *t)
{
	return a->send.box && t->screen && screen_box(a, t->screen, NULL) == SCREEN_BOX_NONE;
}

static void sense_output(struct facts *f, const struct agent *a, const struct runtime_fact *t)
{
	/* in the future: the clock was set back, and there was no output since */
	bool still = t->output_at &&
		(f->now - t->output_at >= QUIET_MS || t->output_at > f->now + CLOCK_SLACK_MS);
	struct fact *fact;

	if (!t->output_at)
		return;
	fact = facts_add(f, SOURCE_TERMINAL,
		!still                    ? ACTIVITY_ACTIVE
			: lacks_box(a, t) ? ACTIVITY_UNKNOWN
					  : ACTIVITY_READY,
		t->output_at < f->now ? t->output_at : f->now - 1);
	fact->state = true;
	fact->detail = str_dup(
		still ? "no output for 5 seconds or more" : "output within the last 5 seconds");
	f->output_at = fact->at;
	if (!f->has_hooks && t->output_at > f->activity_at)
		f->activity_at = t->output_at;
}

/* A command that it runs keeps it from being stuck. That it is at work is told by this where nothing
 * better tells: what a turn left running in the background says nothing of the next one. */
static void sense_command(struct facts *f, const struct evidence *in)
{
	int64_t turn = f->has_hooks ? f->now - f->turn_open_at : RUN_ANY_TURN;
	struct fact *fact;

	if ((f->has_hooks && !f->turn_open_at) || !run_has_command(&in->run, turn))
		return;
	fact = facts_add(
		f, SOURCE_TERMINAL, f->has_hooks ? ACTIVITY_UNKNOWN : ACTIVITY_ACTIVE, f->now);
	fact->state = true;
	fact->detail = str_dup("a command of it is running");
	f->output_at = f->now;
}

static bool is_blank(const char *s)
{
	return !s || s[strspn(s, " \t\r\n")] == '\0';
}

static void sense_patterns(struct facts *f, const struct agent *a, const struct runtime_fact *t)
{
	AUTO(str_release) char *rule = NULL;
	enum activity says;
	struct fact *fact;

	if (!is_blank(t->screen))
		f->sign_of_life = true;
	says = screen_activity(a, t->title, t->screen ? t->screen : "", &rule);
	if (says == ACTIVITY_UNKNOWN)
		return;
	/* ready is said only beside an input box, so the screen is its witness, whatever the title */
	fact = facts_add(f,
		says != ACTIVITY_READY && str_starts(rule, "title") ? SOURCE_TERMINAL
								    : SOURCE_SCREEN,
		says, f->now);
	fact->state = true;
	fact->detail = rule;
	rule = NULL;
}

void sense_terminal(struct facts *f, const struct evidence *in, const struct agent *a,
	const struct runtime_fact *t)
{
	/* an agent without hooks that draws nothing is up when its process has stayed */
	if (!f->has_hooks && f->runtime == TRI_YES && f->now - f->started_at > QUIET_MS)
		f->sign_of_life = true;
	if (t->exists != TRI_YES || t->dead)
		return;
	sense_output(f, a, t);
	sense_command(f, in);
	sense_patterns(f, a, t);
}

/* ---- its quota ------------------------------------------------------------------------------- */

static void take_limit(struct fact *fact, const struct agent *a, const char *text)
{
	const char *when = limit_says(a, text);

	if (when && !when_parse(&fact->until, when, fact->at))
		fact->until = -1;
}

static bool is_seen(const struct fact *fact)
{
	return fact->source == SOURCE_SCREEN || fact->source == SOURCE_TERMINAL;
}

/* "6:42pm" on a screen is tomorrow's from 6:43pm on, so there the time counts that a poll wrote down. */
void sense_limit(struct facts *f, enum activity activity, const struct agent *a, const char *screen)
{
	AUTO(buf_release) struct buf words = { 0 };
	const struct fact *by;

	if (!a->limit.spent || (activity != ACTIVITY_BLOCKED && activity != ACTIVITY_WAITING_INPUT))
		return;
	if (screen)
		screen_words(&words, a, screen);
	for (int i = 0; i < f->n; i++) {
		struct fact *fact = &f->v[i];
		if (is_seen(fact))
			take_limit(fact, a, buf_text(&words));
		else if (fact->says == ACTIVITY_BLOCKED)
			take_limit(fact, a, fact->detail);
	}
	by = limit_of(f, activity);
	if (by)
		f->limited_until = is_seen(by) && f->limit_known ? f->limit_known : by->until;
}
