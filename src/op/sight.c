#include "op/sight.h"

enum { TYPING_MS = 2000, COMING_UP_MS = 60000 };

void sight_release(struct sight *s)
{
	facts_release(&s->facts);
	evidence_release(&s->evidence);
	runtime_fact_release(&s->terminal);
	buf_release(&s->typed);
	channel_ref_release(&s->at);
	channel_fact_release(&s->told);
	*s = (struct sight){ 0 };
}

struct err *sight_ask(struct sight *s, const struct hold *h, const struct agent *a)
{
	s->channel = channel_of(&s->at, h->world, &h->s, h->folder, a, s->facts.started_at);
	if (s->channel && s->channel->look) {
		TRY(s->channel->look(&s->told, &s->at, 1));
		sense_channel(&s->facts, NULL, &s->evidence, h->folder, s->channel, &s->told);
		if (s->told.conversation)
			str_set(&s->at.conversation, s->told.conversation);
	}
	if (s->channel && s->channel->listens &&
		((s->channel->look && !s->told.answered) || !s->channel->listens(&s->at)))
		s->channel = NULL;
	return NULL;
}

const struct channel *sight_channel(const struct sight *s)
{
	if (s->channel && s->channel->ticket)
		return s->told.answered && s->told.conversation ? s->channel : NULL;
	return s->facts.has_hooks || (s->channel && s->channel->listens) ? s->channel : NULL;
}

struct err *sight_take(struct sight *out, const struct hold *h, const struct agent *a)
{
	struct runtime_ref ref = hold_runtime(h);
	bool screen = true;

	sight_release(out);
	out->blind = !h->runtime->shows;
	evidence_read(&out->facts, &out->evidence, &h->s, h->folder, h->project);
	if (out->facts.runtime == TRI_YES)
		sense_transcript(&out->facts, NULL, &out->evidence, &h->s, h->folder, a);
	if (out->facts.runtime == TRI_YES)
		TRY(sight_ask(out, h, a));
	if (out->facts.runtime == TRI_YES && !str_empty(ref.handle)) {
		TRY(h->runtime->probe(&out->terminal, &ref, &screen, 1));
		sense_terminal(&out->facts, &out->evidence, a, &out->terminal);
	}
	out->activity = activity_of(&out->facts);
	if (out->terminal.screen)
		out->box = screen_box(a, out->terminal.screen, &out->typed);
	return NULL;
}

struct err *sight_askable(const struct sight *s, const struct hold *h)
{
	if (s->facts.runtime != TRI_YES || s->terminal.exists != TRI_UNKNOWN || sight_channel(s))
		return NULL;
	return runtime_present(h->runtime);
}

bool sight_box(const struct sight *s, const struct agent *a)
{
	return a->send.box && !s->blind;
}

bool sight_tells(const struct sight *s)
{
	return s->told.options.n && (!s->told.keys || s->blind);
}

char *sight_dialog(const struct sight *s)
{
	AUTO(buf_release) struct buf menu = { 0 };

	if (sight_tells(s)) {
		buf_addf(&menu, "%s\n", s->told.detail);
		for (size_t i = 0; i < s->told.options.n; i++)
			buf_addf(&menu, "%zu. %s\n", i + 1, s->told.options.v[i]);
	} else if (s->terminal.screen)
		screen_menu(&menu, s->terminal.screen);
	buf_trim(&menu);
	return buf_detach(&menu);
}

static struct err *refuse_dialog(const struct sight *s, const struct hold *h)
{
	AUTO(str_release) char *text = sight_dialog(s);

	if (s->blind && !s->told.options.n)
		return fail(ERR_REFUSED,
			"%s asks a question, nothing was typed; answer it: ao session attach %s",
			h->s.id, h->s.id);
	return fail(ERR_REFUSED,
		"%s asks a question, nothing was typed; answer it (ao send %s --answer OPTION, or "
		"attach):\n%s",
		h->s.id, h->s.id, text);
}

static struct err *refuse_gone(const struct sight *s, const struct hold *h)
{
	if (session_is(&h->s, STATUS_KILLED) || session_is(&h->s, STATUS_QUEUED) ||
		s->facts.runtime == TRI_NO)
		return hold_not_running(h);
	if (s->facts.runtime == TRI_UNKNOWN)
		return fail(ERR_FAILED, "%s: whether it runs could not be found out", h->s.id);
	if (s->terminal.exists == TRI_NO)
		return fail(ERR_FAILED,
			"%s: its terminal is gone; start it again with: ao session restore %s",
			h->s.id, h->s.id);
	return NULL;
}

/* A clock that was set back leaves times in the future: they say nothing. */
bool sight_typing(const struct sight *s)
{
	int64_t ago = s->facts.now - s->terminal.typed_at;

	return s->terminal.typed_at && ago >= 0 && ago < TYPING_MS;
}

/* It will answer, mostly; what is typed meanwhile shows late or not at all. */
static bool is_coming_up(const struct sight *s)
{
	return s->channel && s->channel->ticket && !s->told.answered &&
		s->facts.now - s->facts.started_at < COMING_UP_MS;
}

/* What is in the way of keys alone. */
static const char *keys_wait(const struct sight *s, const struct agent *a)
{
	if (s->terminal.in_mode)
		return "somebody looks back in its terminal (copy mode)";
	if (sight_typing(s))
		return "somebody is typing in its terminal";
	if (s->blind && a->hooks && !s->facts.has_hooks)
		return "it has reported nothing yet, and a dialog of its start could not be seen";
	if (sight_box(s, a) && s->box == SCREEN_BOX_NONE)
		return "its input line is not on the screen";
	return NULL;
}

bool sight_rests(const struct sight *s)
{
	enum activity a = s->activity.activity;

	return a == ACTIVITY_READY || a == ACTIVITY_IDLE || a == ACTIVITY_BLOCKED;
}

struct err *sight_ready(const char **why, const struct sight *s, const struct hold *h,
	const struct agent *a, bool no_wait)
{
	*why = NULL;
	TRY(refuse_gone(s, h));
	if (s->activity.activity == ACTIVITY_WAITING_INPUT)
		return refuse_dialog(s, h);
	if (is_coming_up(s))
		*why = "its interface does not answer yet";
	else if (!sight_channel(s) && s->terminal.exists != TRI_YES)
		*why = "its terminal could not be asked";
	else if (!no_wait && !sight_rests(s))
		*why = activity_word(s->activity.activity);
	else if (!sight_channel(s))
		*why = keys_wait(s, a);
	return NULL;
}
