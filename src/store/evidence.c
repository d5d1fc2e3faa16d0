#include "store/evidence.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

enum { STUCK_AFTER_MS = 600000, CLOCK_SLACK_MS = 1500 };

void evidence_release(struct evidence *e)
{
	run_info_release(&e->run);
	signals_release(&e->signals);
}

static int64_t stuck_after(const struct project *p)
{
	const struct reaction_config *r = p ? config_reaction(&p->reactions, "agent-stuck") : NULL;

	return r && r->has_threshold ? r->threshold_ms : STUCK_AFTER_MS;
}

static void sense_process(struct facts *f, const struct run_info *run)
{
	struct fact *fact;

	if (run->alive == TRI_YES && !run->has_exit) {
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
	if (run->reboot && run->alive == TRI_NO)
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
		const struct signal_line *line = &s->list.v[i];
		if (!started_at || line->at >= started_at - CLOCK_SLACK_MS)
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

/* A hook is a process, and on a busy machine the end of a turn may be told when the next one has begun: what
 * names a turn before the newest says nothing of now. */
static bool is_late(const struct signals *s, size_t at)
{
	const struct signal_line *line = &s->list.v[at];
	bool newer = false;

	for (size_t i = at; line->turn && i-- > 0;) {
		const struct signal_line *before = &s->list.v[i];
		if (before->kind != SIGNAL_PROMPT || !before->turn)
			continue;
		if (before->turn == line->turn)
			return newer;
		newer = true;
	}
	return false;
}

/* Out with them, in order. */
static void drop_late(struct signals *s)
{
	size_t n = s->list.n, kept = 0;
	bool *late = mem_alloc(n + 1);

	for (size_t i = 0; i < n; i++)
		late[i] = s->list.v[i].kind != SIGNAL_PROMPT && is_late(s, i);
	for (size_t i = 0; i < n; i++)
		if (!late[i])
			s->list.v[kept++] = s->list.v[i];
	s->list.n = kept;
	free(late);
}

static void sense_signals(struct facts *f, const struct signals *s, const char *folder)
{
	const struct signal_line *last = NULL;

	for (size_t i = 0; i < s->list.n; i++) {
		const struct signal_line *line = &s->list.v[i];
		enum activity says = meaning(line->kind);
		/* back at its input line after an error: that does not mend what failed */
		if (line->kind == SIGNAL_STOP && last && last->kind == SIGNAL_ERROR)
			continue;
		last = line;
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
		f->mute_end_at = signal_is_mute(line) ? line->at : 0;
	}
	if (last) {
		struct fact *fact = facts_add(f, SOURCE_HOOK,
			f->mute_end_at || is_starting(f, last, folder) ? ACTIVITY_UNKNOWN
								       : meaning(last->kind),
			last->at);
		fact->detail = str_empty(last->text)
			? str_format("it reported '%s'", signal_word(last->kind))
			: str_format("it reported '%s': %s", signal_word(last->kind), last->text);
	}
}

void evidence_read(struct facts *f, struct evidence *out, const struct session *s,
	const char *folder, const struct project *p)
{
	int64_t undeleted_at = 0;

	f->now = clock_wall();
	f->recorded = session_status(s);
	f->half_done = !str_empty(s->doing);
	f->stuck_after = stuck_after(p);
	clock_parse(&f->created_at, s->created_at);
	clock_parse(&f->limit_known, s->limited_until);
	run_read(&out->run, folder);
	f->started_at = out->run.started_at;
	if (!f->started_at)
		clock_parse(&f->started_at, s->started_at);
	if (f->started_at - f->now >= CLOCK_SET_MS) /* before the clock was set back */
		f->started_at = f->now;
	f->runtime = out->run.alive;
	f->reboot = out->run.reboot && out->run.alive == TRI_NO;
	clock_parse(&undeleted_at, s->undeleted_at);
	f->undeleted = out->run.alive == TRI_NO && f->started_at && f->started_at < undeleted_at;
	f->has_exit = out->run.has_exit;
	f->exit_code = out->run.exit_code;
	f->exit_signal = out->run.exit_signal;
	f->sign_of_life = f->has_exit && !f->exit_code && !f->exit_signal;
	sense_process(f, &out->run);
	err_drop(signals_read(&out->signals, folder), "as if nothing was reported");
	if (f->started_at < f->now)
		drop_earlier(&out->signals, f->started_at);
	drop_late(&out->signals);
	sense_signals(f, &out->signals, folder);
}
