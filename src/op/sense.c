#include "op/sense.h"

#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/proc.h"
#include "op/transcript.h"
#include "rule/activity_of.h"
#include "rule/screen.h"

enum {
	STUCK_AFTER_MS = 600000,
	CLOCK_SLACK_MS = 1500,
	HELPER_MS = 10000,
	WORDS_MAX = 400,        /* bytes */
	PROMPT_COMES_MS = 2000, /* between an agent's start and its first prompt (measured: 900) */
};

void sensed_release(struct sensed *s)
{
	run_info_release(&s->run);
	signals_release(&s->signals);
}

static int64_t stuck_after(const struct project *p)
{
	const struct reaction_config *r = p ? config_reaction(&p->reactions, "agent-stuck") : NULL;

	return r && r->has_threshold ? r->threshold_ms : STUCK_AFTER_MS;
}

static void sense_process(struct facts *f, const struct run_info *run)
{
	struct fact *fact;

	if (run->alive == TRI_YES) {
		fact = facts_add(f, SOURCE_PROCESS, ACTIVITY_UNKNOWN, f->now);
		fact->state = true;
		fact->detail = str_format("ao-run %d holds run.lock, the agent is pid %d",
			(int)run->supervisor, (int)run->pid);
		return;
	}
	if (run->alive == TRI_UNKNOWN || (!f->started_at && !run->has_run && !run->has_exit))
		return;
	fact = facts_add(
		f, SOURCE_PROCESS, ACTIVITY_EXITED, run->has_exit ? run->ended_at : f->started_at);
	fact->state = true;
	if (run->reboot)
		fact->detail = str_dup("the machine restarted since");
	else if (run->has_exit && run->exit_signal)
		fact->detail = str_format("the agent was ended by signal %d", run->exit_signal);
	else if (run->has_exit)
		fact->detail = str_format("the agent ended with exit code %d", run->exit_code);
	else
		fact->detail = str_dup("run.lock is free and nothing says how it ended");
}

/* Only what was reported since this runtime started, a slack for clocks allowed. */
static void drop_earlier(struct signals *s, int64_t started_at)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->list.n; i++) {
		struct signal_line *line = &s->list.v[i];
		if (started_at && line->at < started_at - CLOCK_SLACK_MS) {
			str_release(&line->source);
			str_release(&line->text);
			continue;
		}
		s->list.v[kept++] = *line;
	}
	s->list.n = kept;
}

static enum activity meaning(enum signal_kind kind)
{
	static const enum activity says[] = {
		[SIGNAL_START] = ACTIVITY_READY,
		[SIGNAL_PROMPT] = ACTIVITY_ACTIVE,
		[SIGNAL_TOOL] = ACTIVITY_ACTIVE,
		[SIGNAL_WAITING] = ACTIVITY_WAITING_INPUT,
		[SIGNAL_ERROR] = ACTIVITY_BLOCKED,
		[SIGNAL_STOP] = ACTIVITY_READY,
		[SIGNAL_EXIT] = ACTIVITY_UNKNOWN,
	};

	return says[kind];
}

/* It has started, but the prompt that it was given is not a turn yet. */
static bool is_starting(const struct facts *f, const struct signal_line *last, const char *folder)
{
	AUTO(str_release) char *prompt = NULL;

	if (last->kind != SIGNAL_START || f->now - last->at > PROMPT_COMES_MS)
		return false;
	prompt = path_join(folder, "prompt.md");
	return path_exists(prompt);
}

static void sense_signals(struct facts *f, const struct signals *s, const char *folder)
{
	for (size_t i = 0; i < s->list.n; i++) {
		const struct signal_line *line = &s->list.v[i];
		enum activity says = meaning(line->kind);
		f->sign_of_life = f->has_hooks = true;
		f->activity_at = line->at;
		if (says != ACTIVITY_WAITING_INPUT)
			f->waiting_since = 0;
		else if (!f->waiting_since)
			f->waiting_since = line->at;
		if (says == ACTIVITY_ACTIVE && !f->turn_open_at)
			f->turn_open_at = line->at;
		if (says == ACTIVITY_READY || says == ACTIVITY_BLOCKED)
			f->turn_open_at = 0;
	}
	if (s->list.n) {
		const struct signal_line *last = &s->list.v[s->list.n - 1];
		struct fact *fact = facts_add(f, SOURCE_HOOK,
			is_starting(f, last, folder) ? ACTIVITY_UNKNOWN : meaning(last->kind),
			last->at);
		fact->detail = str_empty(last->text)
			? str_format("it reported '%s'", signal_word(last->kind))
			: str_format("it reported '%s': %s", signal_word(last->kind), last->text);
	}
}

void sense_files(struct facts *f, struct sensed *out, const struct session *s, const char *folder,
	const struct project *p)
{
	f->now = clock_wall();
	f->recorded = session_status(s);
	f->half_done = !str_empty(s->doing);
	f->stuck_after = stuck_after(p);
	clock_parse(&f->created_at, s->created_at);
	run_read(&out->run, folder);
	f->started_at = out->run.started_at;
	if (!f->started_at)
		clock_parse(&f->started_at, s->started_at);
	f->runtime = out->run.alive;
	f->reboot = out->run.reboot && out->run.alive == TRI_NO;
	f->has_exit = out->run.has_exit;
	f->exit_code = out->run.exit_code;
	f->exit_signal = out->run.exit_signal;
	f->sign_of_life = f->has_exit && !f->exit_code && !f->exit_signal;
	sense_process(f, &out->run);
	err_drop(signals_read(&out->signals, folder), "as if nothing was reported");
	drop_earlier(&out->signals, f->started_at);
	sense_signals(f, &out->signals, folder);
}

/* ---- the transcript -------------------------------------------------------------------------- */

static const struct telling {
	enum activity
		says; /* a tool that was asked for runs, or waits for its permission: no telling */
	bool over;
	const char *detail;
} tellings[] = {
	[TURN_PROMPT] = { ACTIVITY_ACTIVE, false, "the user's words are its last record" },
	[TURN_WORK] = { ACTIVITY_ACTIVE, false, "its last record is work" },
	[TURN_CALL] = { ACTIVITY_UNKNOWN, false, "its last record asks for a tool" },
	[TURN_END] = { ACTIVITY_READY, true, "its last record ends the turn" },
	[TURN_ERROR] = { ACTIVITY_BLOCKED, true, "its last record is an error" },
	[TURN_INTERRUPTED] = { ACTIVITY_READY, true,
		"its last record says that it was interrupted" },
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
}

/* What was written before this start tells what an earlier one did. */
void sense_transcript(struct facts *f, struct told *told, const struct session *s,
	const char *folder, const struct agent *a)
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
	if (l.last.kind == TURN_NOTHING || l.last.at < f->started_at)
		return;
	telling = &tellings[l.last.kind];
	fact = facts_add(f, SOURCE_TRANSCRIPT, telling->says, l.last.at);
	fact->detail = str_dup(telling->detail);
	f->sign_of_life = true;
	if (l.last.at > f->activity_at)
		f->activity_at = l.last.at;
	if (telling->over && l.last.at >= f->turn_open_at)
		f->turn_open_at = 0;
	else if (!telling->over && !f->has_hooks)
		f->turn_open_at = l.last.at;
}

/* ---- the terminal ---------------------------------------------------------------------------- */

/* A command that the agent runs. What it started along with itself (its wrapper's child, servers) is
 * part of it, and so is a group of its own name. */
static bool has_busy_child(const struct run_info *run)
{
	AUTO(pids_release) struct pids todo = { 0 };
	struct proc agent;

	if (run->pid <= 0 || !proc_read(&agent, run->pid))
		return false;
	proc_children(&todo, run->pid);
	for (size_t i = 0; i < todo.n && i < 256; i++) {
		struct proc p;
		if (!proc_read(&p, todo.v[i]))
			continue;
		if (proc_started_after(&p, &agent) > HELPER_MS && !proc_is(p.pid, run->process))
			return true;
		proc_children(&todo, p.pid);
	}
	return false;
}

/* Still, but not up yet, or it shows something else: an agent whose input line is known is not ready
 * without it. */
static bool lacks_box(const struct agent *a, const struct runtime_fact *t)
{
	return a->send.box && t->screen && screen_box(a, t->screen, NULL) == SCREEN_BOX_NONE;
}

static void sense_output(struct facts *f, const struct sensed *in, const struct agent *a,
	const struct runtime_fact *t)
{
	/* in the future: the clock was set back, and there was no output since */
	bool still = t->output_at &&
		(f->now - t->output_at >= QUIET_MS || t->output_at > f->now + CLOCK_SLACK_MS);
	bool child = !f->has_hooks && has_busy_child(&in->run);
	struct fact *fact;

	if (!t->output_at && !child)
		return;
	fact = facts_add(f, SOURCE_TERMINAL,
		child || !still           ? ACTIVITY_ACTIVE
			: lacks_box(a, t) ? ACTIVITY_UNKNOWN
					  : ACTIVITY_READY,
		child ? f->now : t->output_at);
	fact->state = true;
	f->output_at = fact->at;
	fact->detail = str_dup(child ? "a command of it is running"
			: still      ? "no output for 5 seconds or more"
				     : "output within the last 5 seconds");
	if (!f->has_hooks && t->output_at > f->activity_at)
		f->activity_at = t->output_at;
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

void sense_terminal(struct facts *f, const struct sensed *in, const struct agent *a,
	const struct runtime_fact *t)
{
	/* an agent without hooks that draws nothing is up when its process has stayed */
	if (!f->has_hooks && f->runtime == TRI_YES && f->now - f->started_at > QUIET_MS)
		f->sign_of_life = true;
	if (t->exists != TRI_YES || t->dead)
		return;
	sense_output(f, in, a, t);
	sense_patterns(f, a, t);
}
