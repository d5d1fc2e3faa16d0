#include "op/box.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/term.h"
#include "op/deliver.h"
#include "op/prompt.h"

enum {
	CLEAR_MIN = 10,
	CLEAR_MS = 3000,
	CLEAR_BLIND = 8,
	LINGER_MS = 1000, /* for a screen that still shows what the agent has taken */
	LOOK_AGAIN_MS = 30,
	BEGINNING = 20, /* bytes by which our text is known */
	NO_CHANCE = 40, /* bytes that nobody types again by chance */
	CHIP_MIN = 200, /* a line that is shorter is shown as it is */
};

/* ---- whose it is ----------------------------------------------------------------------------- */

/* Without blanks, since lines are wrapped in a box, and without what terminals and agents leave out. */
static void squeeze(struct buf *out, const char *text, size_t n)
{
	AUTO(buf_release) struct buf seen = { 0 };

	term_seen(&seen, text, n);
	for (size_t i = 0; i < seen.n; i++)
		if (!isspace((unsigned char)seen.s[i]))
			buf_addc(out, seen.s[i]);
}

bool box_holds(const struct agent *a, const struct sight *s, const struct message *m)
{
	AUTO(buf_release) struct buf shown = { 0 }, text = { 0 };
	const char *typed = buf_text(&s->typed);

	if (s->box != SCREEN_BOX_TEXT)
		return false;
	if (screen_has_chip(a, s->terminal.screen))
		return true;
	squeeze(&shown, typed, strcspn(typed, "\n"));
	squeeze(&text, buf_text(&m->text), m->text.n);
	buf_cut(&shown, shown.n < BEGINNING ? shown.n : BEGINNING);
	return shown.n && str_starts(buf_text(&text), shown.s);
}

/* It holds our text, and no word of anybody else. */
static bool is_of(const struct agent *a, const struct sight *s, const struct message *m)
{
	AUTO(buf_release) struct buf shown = { 0 }, text = { 0 };

	if (s->box != SCREEN_BOX_TEXT || !m->text.n)
		return false;
	squeeze(&shown, buf_text(&s->typed), s->typed.n);
	squeeze(&text, m->text.s, m->text.n);
	if (str_equal(shown.s, text.s))
		return true;
	if (screen_has_chip(a, s->terminal.screen))
		return m->text.n >= CHIP_MIN || memchr(m->text.s, '\n', m->text.n);
	/* a long text scrolls in its box */
	return shown.n >= NO_CHANCE && strstr(buf_text(&text), shown.s);
}

/* The one that was typed last: its mark was set then. Before any, the prompt that the agent was started with. */
static struct err *last_typed(struct message *out, const struct hold *h)
{
	AUTO(messages_release) struct messages all = { 0 };
	AUTO(str_release) char *prompt = path_join(h->folder, "prompt.md");
	bool found;

	TRY(outbox_read(&all, &h->world->store, h->s.id, false));
	for (size_t i = all.list.n; i-- > 0 && !out->number;) {
		struct message *m = &all.list.v[i];
		if (!m->mark || m->ticket || m->state == MESSAGE_FAILED)
			continue;
		*out = *m;
		*m = (struct message){ 0 };
	}
	if (!out->number)
		err_drop(file_read_if(&out->text, &found, prompt, PROMPT_MAX), "as if none");
	return NULL;
}

/* ---- emptying it ----------------------------------------------------------------------------- */

static struct err *log_partial(struct hold *h, const struct sight *s)
{
	json_t *text = json_stringn(buf_text(&s->typed), s->typed.n);

	sink_say(h->world->sink, SINK_NOTE, "%s: what was typed there is kept in the event log",
		h->s.id);
	hold_log(h, "cleared", json_pack("{s:o}", "text", text ? text : json_null()));
	return NULL;
}

/* Some lines of it, should there be any. */
static struct err *clear_blind(struct hold *h, const struct agent *a)
{
	for (int i = 0; i < CLEAR_BLIND; i++)
		TRY(hold_press(h, a->send.clear.v));
	return NULL;
}

/* One key clears one line of it, the next joins the lines; and when a turn has just ended Copilot CLI hears none for
 * over 0.2 s (observed). In an empty line they do nothing, so they are pressed for a while. */
static struct err *wipe(struct hold *h, const struct agent *a)
{
	AUTO(sight_release) struct sight now = { 0 };
	int64_t until = clock_mono() + CLEAR_MS;

	for (int i = 0; i < CLEAR_MIN || clock_mono() < until; i++) {
		TRY(hold_press(h, a->send.clear.v));
		TRY(clock_sleep(LOOK_AGAIN_MS));
		TRY(sight_take(&now, h, a));
		if (now.box == SCREEN_BOX_EMPTY)
			return NULL;
		if (now.activity.activity == ACTIVITY_WAITING_INPUT)
			return fail(ERR_REFUSED, "%s opened a dialog meanwhile, nothing was typed",
				h->s.id);
	}
	return fail(ERR_REFUSED,
		"%s: the input line holds text that could not be cleared, nothing was typed",
		h->s.id);
}

/* An agent tells that it has a message before its screen does. */
static struct err *wait_gone(
	struct sight *now, struct hold *h, const struct agent *a, const struct message *m)
{
	int64_t until = clock_mono() + LINGER_MS;

	for (;;) {
		TRY(clock_sleep(LOOK_AGAIN_MS));
		TRY(sight_take(now, h, a));
		if (!is_of(a, now, m) || clock_mono() >= until)
			return NULL;
	}
}

static struct err *clear_seen(struct hold *h, const struct agent *a, const struct sight *before)
{
	AUTO(message_release) struct message last = { 0 };
	AUTO(sight_release) struct sight now = { 0 };

	TRY(last_typed(&last, h));
	if (!is_of(a, before, &last)) {
		TRY(log_partial(h, before));
		return wipe(h, a);
	}
	TRY(wait_gone(&now, h, a, &last));
	if (now.box != SCREEN_BOX_TEXT)
		return NULL;
	if (!is_of(a, &now, &last))
		TRY(log_partial(h, &now));
	else if (last.state == MESSAGE_UNCONFIRMED)
		TRY(deliver_state(h, &last, MESSAGE_FAILED,
			"it still stood in the input line, and was taken out for the next one"));
	return wipe(h, a);
}

struct err *box_clear(struct hold *h, const struct agent *a, const struct sight *before)
{
	if (before->box == SCREEN_BOX_EMPTY || !a->send.clear.n)
		return NULL;
	if (before->blind)
		return clear_blind(h, a);
	if (before->box ==
		SCREEN_BOX_NONE) /* no way to see: what the page promises, a clear before the text */
		return a->send.box ? NULL : hold_press(h, a->send.clear.v);
	return clear_seen(h, a, before);
}

struct err *box_take_out(const char **note, struct hold *h, const struct agent *a,
	const struct sight *s, const struct message *m)
{
	*note = "a dialog opened before its Enter, and nothing of it is left in the input line";
	if (sight_box(s, a) && !is_of(a, s, m))
		return NULL;
	TRY(sight_box(s, a) ? wipe(h, a) : box_clear(h, a, s));
	*note = "a dialog opened before its Enter, and it was taken out of its input line";
	return NULL;
}
