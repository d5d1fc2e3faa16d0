#include "op/send.h"

#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "op/answer.h"
#include "op/box.h"
#include "op/deliver.h"
#include "op/settle.h"
#include "store/agent_files.h"

/* KEY_GAP_MS: two Escapes at once are an Alt-Escape, and too late they are two (Copilot CLI: 100 and 300 ms
 * are an interrupt, 0 and 800 are none) */
enum { NAP_MS = 200, KEY_GAP_MS = 150, FIRST_PROMPT_MS = 60000, AGAIN_MS = 600000 };

/* ---- the text -------------------------------------------------------------------------------- */

/* Control bytes but newline and tab go: an ESC could end the paste. C1 too, as UTF-8 writes them. */
static size_t add_clean(struct buf *out, const char *text, size_t n)
{
	size_t taken = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == 0xc2 && i + 1 < n && (unsigned char)text[i + 1] < 0xa0 &&
			(unsigned char)text[i + 1] >= 0x80) {
			taken++;
			i++;
		} else if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
			taken += !(c == '\r' && i + 1 < n && text[i + 1] == '\n');
		} else {
			buf_addc(out, (char)c);
		}
	}
	return taken;
}

static struct err *compose(struct buf *out, const struct world *w, const struct agent *a,
	const char *text, size_t n, bool raw)
{
	size_t taken, first;

	if (memchr(text, '\0', n))
		return fail(ERR_USAGE, "the message holds a NUL byte");
	taken = add_clean(out, text, n);
	first = strspn(buf_text(out), " \t\n");
	if (!out->n || first == out->n)
		return fail(ERR_USAGE, "the message is empty");
	if (taken)
		sink_say(w->sink, SINK_NOTE, "%zu control byte%s taken out", taken,
			taken == 1 ? "" : "s");
	if (!raw && a->send.command_chars && strchr(a->send.command_chars, out->s[first])) {
		AUTO(str_release) char *body = buf_detach(out);
		buf_addf(out, "[ao] %s", body);
	}
	if (!strchr(" \t\n", out->s[out->n - 1]))
		buf_addc(out, ' '); /* closes a completion list that Enter would pick from */
	return NULL;
}

/* ---- the outbox, in order -------------------------------------------------------------------- */

struct sending {
	const struct world *world;
	const char *id;
	const struct send_options *o;
	struct agent agent;
	int number;      /* our message */
	const char *why; /* what it waits for; a constant */
	bool queued;     /* that it waits is in the log */
	bool done;       /* our message has its final state */
	enum message_state state;
	bool box_empty, busy;
	bool told;         /* by its own interface: it has the message, be it at work or not */
	struct err *error; /* of our own message */
};

static void sending_release(struct sending *s)
{
	agent_release(&s->agent);
	err_release(&s->error);
}

static bool is_final(enum message_state s)
{
	return s != MESSAGE_QUEUED && s != MESSAGE_TYPING && s != MESSAGE_SUBMITTED;
}

static bool was_received(enum message_state s)
{
	return s == MESSAGE_ACCEPTED || s == MESSAGE_ANSWERED;
}

static void note_own(struct sending *s, const struct message *m)
{
	if (m->number != s->number || !is_final(m->state))
		return;
	s->done = true;
	s->state = m->state;
	s->told = m->ticket != NULL;
}

/* One message of the outbox. *blocked: it is not its turn yet, nor that of any behind it. */
static struct err *handle(bool *blocked, struct sending *s, struct hold *h, struct message *m)
{
	AUTO(sight_release) struct sight sight = { 0 };
	bool own = m->number == s->number;
	struct err *e;

	if (m->state != MESSAGE_QUEUED) {
		TRY(deliver_finish(h, &s->agent, m));
		if (is_final(m->state))
			return NULL;
	}
	TRY(sight_take(&sight, h, &s->agent));
	TRY(sight_ready(&s->why, &sight, h, &s->agent, own && s->o->no_wait));
	*blocked = s->why || m->state != MESSAGE_QUEUED;
	if (*blocked)
		return NULL;
	s->busy = sight.activity.activity == ACTIVITY_ACTIVE;
	e = deliver(own ? &s->box_empty : &(bool){ false }, h, &s->agent, &sight, m);
	if (e && own) {
		s->error = e;
		s->done = true;
		return NULL;
	}
	if (own && m->state == MESSAGE_SUBMITTED) { /* a dialog hides what became of it */
		s->state = m->state;
		s->done = true;
	}
	err_drop(e, "the message of a sender that is gone; its state tells");
	return NULL;
}

/* What its sender was told was not sent, and somebody else's Enter sent: the same words soon after mean that one. */
static struct message *sent_by_hand(const struct messages *all, const struct message *own)
{
	for (size_t i = all->list.n; i-- > 0;) {
		struct message *m = &all->list.v[i];
		if (m->number >= own->number || !m->mark)
			continue;
		return m->refused && was_received(m->state) &&
				str_equal(buf_text(&m->text), buf_text(&own->text)) &&
				clock_wall() - m->changed_at < AGAIN_MS
			? m
			: NULL;
	}
	return NULL;
}

static struct err *take_as_sent(
	struct sending *s, struct hold *h, struct messages *all, struct message *own)
{
	AUTO(str_release) char *note = NULL;
	struct message *before = own->number == s->number && own->state == MESSAGE_QUEUED
		? sent_by_hand(all, own)
		: NULL;

	if (!before)
		return NULL;
	before->refused = false;
	TRY(outbox_save(&s->world->store, s->id, before));
	note = str_format("it is message %04d, which somebody else's Enter sent", before->number);
	sink_say(s->world->sink, SINK_NOTE, "%s: %s; it was not typed again", s->id, note);
	return deliver_state(h, own, MESSAGE_ACCEPTED, note);
}

/* That our message waits is news once. */
static struct err *note_waiting(struct sending *s, struct hold *h, struct messages *all)
{
	for (size_t i = 0; i < all->list.n && !s->queued; i++) {
		struct message *m = &all->list.v[i];
		if (m->number != s->number || m->state != MESSAGE_QUEUED)
			continue;
		s->queued = true;
		return deliver_state(h, m, MESSAGE_QUEUED, NULL);
	}
	return NULL;
}

static struct err *work_off(struct sending *s, struct hold *h)
{
	AUTO(messages_release) struct messages messages = { 0 };
	bool blocked = false;

	TRY(outbox_read(&messages, &s->world->store, s->id, false));
	for (size_t i = 0; i < messages.list.n && !blocked && !s->done; i++) {
		struct message *m = &messages.list.v[i];
		TRY(take_as_sent(s, h, &messages, m));
		if (!is_final(m->state)) {
			TRY(handle(&blocked, s, h, m));
			blocked = true; /* one at a time: others wait for the lock */
		}
		note_own(s, m);
		if (s->done && was_received(s->state) && session_status(&h->s) <= STATUS_WORKING)
			TRY(hold_status(h, STATUS_WORKING, "a message became a turn"));
	}
	if (!s->done)
		TRY(note_waiting(s, h, &messages));
	return signals_turn(h->folder);
}

/* A message that nobody has typed will not be typed; another sender may have been quicker. */
static struct err *take_back(struct sending *s, const char *why)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(messages_release) struct messages messages = { 0 };

	TRY(hold_take_unsettled(&h, s->world, s->id));
	TRY(outbox_read(&messages, &s->world->store, s->id, false));
	for (size_t i = 0; i < messages.list.n; i++) {
		struct message *m = &messages.list.v[i];
		if (m->number != s->number)
			continue;
		if (m->state == MESSAGE_QUEUED)
			return deliver_state(&h, m, MESSAGE_FAILED, why);
		note_own(s, m);
	}
	return NULL;
}

static struct err *withdraw(struct sending *s, struct err *e)
{
	struct err *second;

	stop_forget();
	second = take_back(s, e->text);
	if (second)
		e = wrap(e, "the message stays in the outbox and goes with the next one");
	err_drop(second, "it stays in the outbox");
	if (!s->done)
		return e;
	err_drop(e, "another sender typed it meanwhile");
	return NULL;
}

/* One look at the outbox. Whoever works on the session for longer than one waits for a lock is no
 * reason to give up before our own time is over. */
static struct err *one_turn(struct sending *s)
{
	AUTO(hold_release) struct hold h = { 0 };
	struct err *e = hold_take_unsettled(&h, s->world, s->id);

	if (e && e->class == ERR_TIMEOUT) {
		s->why = "another command is working on it";
		err_drop(e, "asked again until our own time is over");
		return NULL;
	}
	TRY(e);
	TRY(op_settle(&h));
	return work_off(s, &h);
}

static struct err *wait_turn(struct sending *s)
{
	int64_t until = clock_mono() + s->o->timeout_ms;
	const char *told = NULL;

	for (;;) {
		TRY(one_turn(s));
		if (s->done)
			return NULL;
		if (s->why && !str_equal(s->why, told))
			sink_say(s->world->sink, SINK_PROGRESS, "%s: waiting (%s)", s->id, s->why);
		told = s->why;
		if (clock_mono() >= until)
			return fail(ERR_TIMEOUT,
				"%s did not become ready in %d s (%s); nothing was typed", s->id,
				(int)(s->o->timeout_ms / 1000), s->why ? s->why : "others send");
		TRY(clock_sleep(NAP_MS));
	}
}

/* ---- the verb -------------------------------------------------------------------------------- */

static struct err *prepare(struct sending *s, struct buf *text, const char *raw, size_t n)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(sight_release) struct sight sight = { 0 };
	const char *why;

	TRY(hold_read(&h, s->world, s->id));
	TRY(agent_load(&s->agent, &s->world->config, h.s.agent));
	TRY(compose(text, s->world, &s->agent, raw, n, s->o->raw));
	if (!str_empty(h.s.doing)) /* a verb is at work or has died: under the lock it is known */
		return NULL;
	TRY(sight_take(&sight, &h, &s->agent));
	TRY(sight_ready(&why, &sight, &h, &s->agent, s->o->no_wait));
	return sight_askable(&sight, &h);
}

/* By its interface; else by its key, which copy mode would take. */
static struct err *stop_turn(
	bool *stopped, struct hold *h, const struct agent *a, const struct sight *s)
{
	const struct channel *c = sight_channel(s);
	enum channel_answer answer = CHANNEL_SILENT;

	if (c && c->interrupt)
		TRY(c->interrupt(&answer, &s->at));
	*stopped = answer == CHANNEL_HAS || !s->terminal.in_mode;
	if (answer == CHANNEL_HAS || s->terminal.in_mode)
		return NULL;
	if (!a->send.interrupt.n)
		return fail(ERR_FAILED, "agent '%s' has no interrupt key", a->name);
	if (s->box ==
		SCREEN_BOX_TEXT) /* Qwen Code puts what was interrupted there, and then takes no Escape */
		TRY(box_clear(h, a, s));
	STRV_EACH(key, &a->send.interrupt) {
		if (key != a->send.interrupt.v)
			TRY(clock_sleep(KEY_GAP_MS));
		TRY(hold_press(h, ARGV(*key)));
	}
	return NULL;
}

/* Where it works; a key that interrupts nothing may mean something else. A question is refused. */
static struct err *interrupt(struct sending *s)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(sight_release) struct sight sight = { 0 };
	const char *ignored;
	bool stopped;

	TRY(hold_take(&h, s->world, s->id));
	TRY(sight_take(&sight, &h, &s->agent));
	TRY(sight_ready(&ignored, &sight, &h, &s->agent, false));
	if (sight_rests(&sight))
		return NULL;
	TRY(stop_turn(&stopped, &h, &s->agent, &sight));
	if (!stopped)
		return NULL;
	hold_log(&h, "interrupted", NULL);
	lock_release(&h.lock);
	return clock_sleep(NAP_MS);
}

static enum send_outcome outcome_of(const struct sending *s)
{
	bool received = was_received(s->state);
	bool queued = s->busy && s->o->no_wait && s->agent.send.queue && s->box_empty;

	if (received && !(s->told && queued))
		return SEND_PROCESSING;
	return queued ? SEND_QUEUED : SEND_UNCONFIRMED;
}

static struct err *send_text(enum send_outcome *out, struct sending *s, struct message *m)
{
	struct err *e;

	TRY(outbox_add(&s->world->store, s->id, m));
	s->number = m->number;
	e = wait_turn(s);
	if (e)
		TRY(withdraw(s, e));
	if (s->error) {
		e = s->error;
		s->error = NULL;
		return e;
	}
	if (s->state == MESSAGE_FAILED)
		return fail(ERR_FAILED, "%s: the message was not sent", s->id);
	*out = outcome_of(s);
	return NULL;
}

struct err *op_send(enum send_outcome *out, const struct world *w, const char *id, const char *text,
	size_t n, const struct send_options *o)
{
	AUTO(sending_release) struct sending s = { .world = w, .id = id, .o = o };
	AUTO(message_release) struct message m = { .state = MESSAGE_QUEUED };

	if (o->answer) {
		TRY(op_answer(w, id, o->answer));
		*out = SEND_ANSWERED;
		return NULL;
	}
	TRY(prepare(&s, &m.text, text, n));
	if (o->interrupt)
		TRY(interrupt(&s));
	str_set(&m.from, o->from ? o->from : world_actor());
	return send_text(out, &s, &m);
}

/* ---- messages of our own ----------------------------------------------------------------------- */

struct err *op_send_keep(int *number, const struct world *w, const char *id, const char *kind,
	const char *text, size_t n)
{
	AUTO(message_release) struct message m = { .state = MESSAGE_QUEUED };
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(hold_release) struct hold h = { 0 };

	TRY(hold_read(&h, w, id));
	TRY(agent_load(&a, &w->config, h.s.agent));
	TRY(compose(&m.text, w, &a, text, n, true));
	str_set(&m.from, world_actor());
	str_set(&m.kind, kind);
	TRY(outbox_add(&w->store, id, &m));
	*number = m.number;
	return NULL;
}

struct err *op_send_kept(const struct world *w, const char *id, int number, bool wait)
{
	AUTO(sending_release) struct sending s = { .world = w, .id = id, .number = number };
	struct send_options o = { .timeout_ms = wait ? FIRST_PROMPT_MS : 0, .raw = true };
	AUTO(hold_release) struct hold h = { 0 };
	struct err *e;

	s.o = &o;
	TRY(hold_read(&h, w, id));
	TRY(agent_load(&s.agent, &w->config, h.s.agent));
	e = wait_turn(&s);
	if (e)
		sink_say(w->sink, SINK_WARNING, "%s; its prompt goes with the next ao send",
			e->text);
	else if (s.error || s.state != MESSAGE_ACCEPTED)
		sink_say(w->sink, SINK_WARNING,
			"%s: whether it has its prompt is not confirmed%s%s", id,
			s.error ? ": " : "", s.error ? s.error->text : "");
	err_drop(e, "told as a warning");
	return NULL;
}

struct err *op_send_first(
	const struct world *w, const char *id, const char *text, size_t n, bool wait)
{
	int number;

	TRY(op_send_keep(&number, w, id, "prompt", text, n));
	return op_send_kept(w, id, number, wait);
}
