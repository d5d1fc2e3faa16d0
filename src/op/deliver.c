#include "op/deliver.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "op/box.h"
#include "op/transcript.h"
#include "store/conversation.h"

enum {
	ENTER_DELAY_MS = 200, /* measured: shorter ones are swallowed (real-agents, section 6) */
	ENTER_DELAY_MAX_MS = 2000,
	BYTES_PER_MS = 100,
	PART_GAP_MS = 100,
	PART_SHOWS_MS = 2000,
	SHOW_MS = 3000, /* for the text to appear in the input line */
	RECEIPT_MS = 5000,
	HANDED_MS = 10000, /* of what lies in a file that is looked at now and then */
	ENTER_AGAIN_MS = 1000,
	ENTERS_MAX = 3,
	ASK_AGAIN_MS = 50,
	RECEIPT_NAP_MS = 25,
	TOLD_MS =
		30000, /* for an interface that is silent: on a busy machine its agent is, for seconds */
};

struct err *deliver_state(
	struct hold *h, struct message *m, enum message_state state, const char *note)
{
	m->state = state;
	m->changed_at = clock_wall();
	if (note)
		str_set(&m->note, note);
	TRY(outbox_save(&h->world->store, h->s.id, m));
	hold_log(h, "message",
		json_pack("{s:i, s:s, s:s?, s:i, s:s?}", "number", m->number, "state",
			message_state_word(state), "from", m->from, "bytes", (int)m->text.n, "note",
			m->note));
	return NULL;
}

/* ---- after: the receipt ---------------------------------------------------------------------- */

/* Does its interface tell what the user said last? */
static bool can_ask(const struct agent *a)
{
	const struct channel *c = channel_named(a->send.channel);

	return c && c->ticket;
}

/* Typed, and told by its interface as what the user said last. */
static struct err *was_heard(
	bool *found, const struct hold *h, const struct agent *a, const struct message *m)
{
	AUTO(sight_release) struct sight s = { 0 };
	uint64_t hash, heard_hash;
	size_t length, heard_length;

	if (!can_ask(a))
		return NULL;
	evidence_read(&s.facts, &s.evidence, &h->s, h->folder, h->project);
	TRY(sight_ask(&s, h, a));
	if (!s.told.prompt || s.told.prompt_at < m->mark)
		return NULL;
	signal_digest(&length, &hash, buf_text(&m->text), m->text.n);
	signal_digest(&heard_length, &heard_hash, s.told.prompt, strlen(s.told.prompt));
	*found = length == heard_length && hash == heard_hash;
	return NULL;
}

static struct err *has_receipt(
	bool *found, const struct hold *h, const struct agent *a, const struct message *m)
{
	AUTO(transcript_release) struct transcript t = { 0 };
	AUTO(signals_release) struct signals signals = { 0 };
	uint64_t hash;
	size_t length;

	signal_digest(&length, &hash, buf_text(&m->text), m->text.n);
	TRY(signals_read(&signals, h->folder));
	*found = false;
	for (size_t i = 0; i < signals.list.n; i++) {
		const struct signal_line *s = &signals.list.v[i];
		if (s->kind == SIGNAL_PROMPT && s->at >= m->mark && s->length == length &&
			s->hash == hash)
			*found = true;
	}
	if (*found)
		return NULL;
	transcript_find(&t, &h->s, h->folder, a);
	*found = transcript_has(&t, m->mark, length, hash);
	return *found ? NULL : was_heard(found, h, a, m);
}

/* An agent whose input line cannot be told, but which reports: nothing began since the Enter, so the
 * Enter was lost. */
static bool nothing_began(const struct agent *a, const struct sight *s, const struct message *m)
{
	return !sight_box(s, a) && s->facts.has_hooks && s->facts.activity_at < m->mark &&
		s->activity.activity != ACTIVITY_ACTIVE;
}

/* May Enter be pressed again? Never into a dialog, most likely the turn's own, nor into copy mode. */
static bool lost_enter(const struct agent *a, const struct sight *s, const struct message *m)
{
	if (s->activity.activity == ACTIVITY_WAITING_INPUT || s->terminal.in_mode)
		return false;
	return box_holds(a, s, m) || nothing_began(a, s, m);
}

/* No receipt came. Behind a dialog the text may stand in the input line, whose Enter was swallowed: seen
 * on Gemini CLI where both came at once. That is looked at when the dialog is gone. */
static struct err *give_up(struct hold *h, const struct agent *a, struct message *m)
{
	AUTO(sight_release) struct sight s = { 0 };
	bool hidden;

	TRY(sight_take(&s, h, a));
	hidden = s.activity.activity == ACTIVITY_WAITING_INPUT && sight_box(&s, a) &&
		s.box != SCREEN_BOX_EMPTY;
	return deliver_state(h, m, hidden ? MESSAGE_SUBMITTED : MESSAGE_UNCONFIRMED,
		hidden ? "a dialog opened at its Enter" : NULL);
}

/* Enter, then its receipt; pressed again where the text is still seen in the input line. */
static struct err *submit(bool *box_empty, struct hold *h, const struct agent *a, struct message *m)
{
	bool asked = can_ask(a), found = false;
	int64_t until = clock_mono() + (asked ? TOLD_MS : RECEIPT_MS), again = 0;
	AUTO(sight_release) struct sight s = { 0 };

	*box_empty = false;
	for (int enters = 0;;) {
		if (enters < ENTERS_MAX && clock_mono() >= again) {
			if (enters)
				TRY(sight_take(&s, h, a));
			*box_empty = enters && s.box == SCREEN_BOX_EMPTY;
			if (!enters || lost_enter(a, &s, m)) {
				TRY(hold_press(h, ARGV("Enter")));
				if (!enters)
					TRY(deliver_state(h, m, MESSAGE_SUBMITTED, NULL));
				enters++;
			}
			again = clock_mono() + ENTER_AGAIN_MS;
		}
		TRY(has_receipt(&found, h, a, m));
		if (found)
			return deliver_state(h, m, MESSAGE_ACCEPTED, NULL);
		if (*box_empty && !s.facts.has_hooks && !asked)
			return deliver_state(h, m, MESSAGE_UNCONFIRMED, NULL);
		if (clock_mono() >= until)
			return *box_empty ? deliver_state(h, m, MESSAGE_UNCONFIRMED, NULL)
					  : give_up(h, a, m);
		TRY(clock_sleep(RECEIPT_NAP_MS));
	}
}

/* ---- in between: the paste ------------------------------------------------------------------- */

/* Between characters, and inside of a word: an agent may trim a paste. */
static size_t part_of(const char *s, size_t n, size_t most)
{
	size_t cut = most;

	if (!most || n <= most)
		return n;
	while (cut > most / 2 &&
		(isspace((unsigned char)s[cut - 1]) || isspace((unsigned char)s[cut]) ||
			((unsigned char)s[cut] & 0xc0) == 0x80))
		cut--;
	return cut;
}

/* Until a part shows, as far as that is seen: two that are read at once are one paste. */
static struct err *wait_part(struct buf *seen, struct hold *h, const struct agent *a)
{
	int64_t until = clock_mono() + PART_SHOWS_MS;

	for (;;) {
		AUTO(sight_release) struct sight s = { 0 };

		TRY(clock_sleep(PART_GAP_MS));
		TRY(sight_take(&s, h, a));
		if (str_equal(buf_text(&s.typed), buf_text(seen)) && sight_box(&s, a) &&
			clock_mono() < until)
			continue;
		buf_cut(seen, 0);
		buf_add(seen, buf_text(&s.typed), s.typed.n);
		return NULL;
	}
}

static struct err *paste(struct hold *h, const struct agent *a, const struct message *m)
{
	AUTO(buf_release) struct buf seen = { 0 };
	AUTO(str_release) char *name = str_format("ao-%.32s-%d", h->s.uid, m->number);
	struct runtime_ref ref = hold_runtime(h);
	enum runtime_answer answer = RUNTIME_DONE;

	for (size_t at = 0, n; at < m->text.n && answer == RUNTIME_DONE; at += n) {
		n = part_of(m->text.s + at, m->text.n - at, (size_t)a->send.paste_max);
		if (at)
			TRY(wait_part(&seen, h, a));
		TRY(h->runtime->paste(&answer, &ref, name, m->text.s + at, n));
	}
	if (answer == RUNTIME_DONE)
		return NULL;
	return fail(ERR_FAILED,
		"the agent of %s ended before the message; start it again with: ao session "
		"restore %s",
		h->s.id, h->s.id);
}

static struct err *refuse_opened(const struct hold *h, const struct sight *s)
{
	AUTO(str_release) char *text = sight_dialog(s);

	return fail(ERR_REFUSED, "%s opened a dialog meanwhile, Enter was not pressed%s%s", h->s.id,
		*text ? ":\n" : "", text);
}

/* Until the pasted text shows; Enter on anything else would be a blind key. */
static struct err *wait_shown(struct hold *h, const struct agent *a, const struct message *m)
{
	int64_t delay = (a->send.enter_delay ? a->send.enter_delay : ENTER_DELAY_MS) +
		(int64_t)m->text.n / BYTES_PER_MS;
	int64_t until = clock_mono() + SHOW_MS;
	AUTO(sight_release) struct sight s = { 0 };

	TRY(clock_sleep(delay > ENTER_DELAY_MAX_MS ? ENTER_DELAY_MAX_MS : delay));
	for (;;) {
		TRY(sight_take(&s, h, a));
		if (s.facts.runtime != TRI_YES || s.terminal.dead)
			return fail(
				ERR_FAILED, "the agent of %s ended while it was typed to", h->s.id);
		if (s.activity.activity == ACTIVITY_WAITING_INPUT)
			return refuse_opened(h, &s);
		if (!s.terminal.in_mode && (!sight_box(&s, a) || s.box == SCREEN_BOX_TEXT))
			return NULL;
		if (clock_mono() >= until)
			return fail(ERR_UNCONFIRMED,
				"%s: the text did not show in its input line, Enter was not "
				"pressed",
				h->s.id);
		TRY(clock_sleep(50));
	}
}

/* ---- or by the channel ----------------------------------------------------------------------- */

/* m->ticket: "CONVERSATION TICKET". */
static const char *ticket_of(const struct message *m)
{
	const char *blank = m->ticket ? strchr(m->ticket, ' ') : NULL;

	return blank ? blank + 1 : "";
}

static struct err *give(
	enum channel_answer *out, struct hold *h, const struct sight *s, struct message *m)
{
	size_t n = m->text.n;

	while (n && strchr(" \t\n", m->text.s[n - 1]))
		n--; /* what is at its end is there for keyboards */
	TRY(s->channel->hand(out, &s->at, ticket_of(m), m->text.s, n));
	return deliver_state(h, m, MESSAGE_SUBMITTED, NULL);
}

/* Given again only to one that answers and has not got it, and by the same ticket, which the agent takes
 * once. has: CHANNEL_HASNT where it was never given. */
static struct err *give_until(
	struct hold *h, const struct sight *s, struct message *m, enum channel_answer has)
{
	int64_t until = clock_mono() + TOLD_MS;
	enum channel_answer sent = CHANNEL_SILENT;

	for (;;) {
		if (has == CHANNEL_HASNT && sent == CHANNEL_SILENT)
			TRY(give(&sent, h, s, m));
		TRY(s->channel->has(&has, &s->at, ticket_of(m)));
		if (has == CHANNEL_HAS)
			return deliver_state(h, m, MESSAGE_ACCEPTED, NULL);
		if (clock_mono() >= until)
			return deliver_state(h, m, MESSAGE_UNCONFIRMED, NULL);
		TRY(clock_sleep(ASK_AGAIN_MS));
	}
}

static struct err *wait_receipt(
	struct hold *h, const struct agent *a, struct message *m, int64_t until)
{
	bool found = false;

	for (;;) {
		TRY(has_receipt(&found, h, a, m));
		if (found || clock_mono() >= until)
			return deliver_state(
				h, m, found ? MESSAGE_ACCEPTED : MESSAGE_UNCONFIRMED, NULL);
		TRY(clock_sleep(RECEIPT_NAP_MS));
	}
}

/* *kept: handed over, and the agent has it, whether it began with it by now or not. */
static struct err *hand_over(
	bool *kept, struct hold *h, const struct agent *a, const struct sight *s, struct message *m)
{
	int64_t patience = s->activity.activity == ACTIVITY_ACTIVE ? RECEIPT_MS : HANDED_MS;
	AUTO(str_release) char *ticket = s->channel->ticket ? s->channel->ticket() : NULL;
	enum channel_answer sent;

	str_release(&m->ticket);
	if (ticket)
		m->ticket = str_format("%s %s", s->told.conversation, ticket);
	m->mark = clock_wall();
	TRY(deliver_state(h, m, MESSAGE_TYPING, NULL));
	if (ticket) {
		*kept = true;
		err_drop(conversation_note(h->folder, m->mark, s->told.conversation, NULL),
			"it is asked again when it is needed");
		return give_until(h, s, m, CHANNEL_HASNT);
	}
	TRY(give(&sent, h, s, m));
	*kept = true;
	return wait_receipt(h, a, m, clock_mono() + patience);
}

/* The one that it was sent to, not one that began since. */
static bool is_same_conversation(const struct sight *s, const struct message *m)
{
	return sight_channel(s) && str_starts(m->ticket, s->told.conversation) &&
		m->ticket[strlen(s->told.conversation)] == ' ';
}

static struct err *type(bool *box_empty, struct hold *h, const struct agent *a,
	const struct sight *s, struct message *m)
{
	if (sight_channel(s))
		return hand_over(box_empty, h, a, s, m);
	TRY(box_clear(h, a, s));
	m->mark = clock_wall();
	TRY(deliver_state(h, m, MESSAGE_TYPING, NULL));
	TRY(paste(h, a, m));
	TRY(wait_shown(h, a, m));
	return submit(box_empty, h, a, m);
}

/* A dialog opened behind the paste: whether the text stands in the box is seen when that is gone. */
static struct err *keep_typed(struct hold *h, struct message *m)
{
	m->refused = !m->reaction && (!m->kind || str_equal(m->kind, "message"));
	return deliver_state(
		h, m, MESSAGE_TYPING, "a dialog opened before its Enter, which was not pressed");
}

struct err *deliver(bool *box_empty, struct hold *h, const struct agent *a, const struct sight *s,
	struct message *m)
{
	struct err *e = type(box_empty, h, a, s, m);
	bool typing = m->state == MESSAGE_TYPING, unsure;

	if (!e || e->class == ERR_INTERRUPTED)
		return e;
	/* Enter was pressed, or nobody knows what tmux did: the agent may have it */
	unsure = m->state == MESSAGE_SUBMITTED ||
		(typing && (e->class == ERR_UNCONFIRMED || e->class == ERR_TIMEOUT));
	if (unsure)
		e->class = ERR_UNCONFIRMED;
	err_drop(typing && e->class == ERR_REFUSED
			? keep_typed(h, m)
			: deliver_state(
				  h, m, unsure ? MESSAGE_UNCONFIRMED : MESSAGE_FAILED, e->text),
		"the next sender settles it");
	return e;
}

/* ---- what another left ----------------------------------------------------------------------- */

static struct err *finish_told(struct hold *h, const struct agent *a, struct message *m)
{
	AUTO(sight_release) struct sight s = { 0 };

	TRY(sight_take(&s, h, a));
	if (is_same_conversation(&s, m))
		return give_until(h, &s, m, CHANNEL_SILENT);
	return deliver_state(h, m, MESSAGE_UNCONFIRMED,
		"its sender was interrupted, and the agent cannot be asked for it");
}

/* Pasted just now, perhaps: an agent shows it when it gets to it. */
static bool may_show_yet(const struct sight *s, const struct message *m)
{
	int64_t age = clock_wall() - m->changed_at;

	return s->facts.runtime == TRI_YES && m->state == MESSAGE_TYPING &&
		s->box == SCREEN_BOX_EMPTY && age >= 0 && age < SHOW_MS;
}

/* Is something in the way of a look at the box, or of keys? Not once the agent is gone. */
static bool must_wait(const struct hold *h, const struct agent *a, const struct sight *s)
{
	const char *why = NULL;
	struct err *e = sight_ready(&why, s, h, a, true);
	bool wait = why || (e && e->class == ERR_REFUSED);

	err_drop(e, "it is looked at again");
	return wait;
}

static struct err *finish_refused(
	struct hold *h, const struct agent *a, const struct sight *s, struct message *m)
{
	const char *note = "a dialog opened before its Enter, and then its agent ended";

	if (s->facts.runtime == TRI_YES)
		TRY(box_take_out(&note, h, a, s, m));
	return deliver_state(h, m, MESSAGE_FAILED, note);
}

static struct err *finish_typed(
	struct hold *h, const struct agent *a, const struct sight *s, struct message *m)
{
	bool ignored;

	if (m->refused)
		return finish_refused(h, a, s, m);
	if (s->facts.runtime == TRI_YES && s->activity.activity != ACTIVITY_WAITING_INPUT &&
		!s->terminal.in_mode && box_holds(a, s, m))
		return submit(&ignored, h, a, m);
	return deliver_state(
		h, m, MESSAGE_UNCONFIRMED, "its sender was interrupted while it typed");
}

/* What may show yet is waited for here: nothing that happens later would tell that it does not. */
struct err *deliver_finish(struct hold *h, const struct agent *a, struct message *m)
{
	int64_t until = clock_mono() + SHOW_MS;
	bool found;

	if (m->ticket)
		return finish_told(h, a, m);
	for (;;) {
		AUTO(sight_release) struct sight s = { 0 };

		TRY(has_receipt(&found, h, a, m));
		if (found)
			return deliver_state(h, m, MESSAGE_ACCEPTED,
				m->refused ? "somebody else's Enter sent it" : NULL);
		TRY(sight_take(&s, h, a));
		if (must_wait(h, a, &s))
			return NULL;
		if (!may_show_yet(&s, m) || clock_mono() >= until)
			return finish_typed(h, a, &s, m);
		TRY(clock_sleep(ASK_AGAIN_MS));
	}
}
