#include "op/sense.h"

#include <string.h>

#include "base/proc.h"
#include "rule/activity_of.h"
#include "rule/screen.h"

enum { CLOCK_SLACK_MS = 1500, HELPER_MS = 10000 };

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

static void sense_output(struct facts *f, const struct evidence *in, const struct runtime_fact *t)
{
	/* in the future: the clock was set back, and there was no output since */
	bool still = t->output_at &&
		(f->now - t->output_at >= QUIET_MS || t->output_at > f->now + CLOCK_SLACK_MS);
	bool child = !f->has_hooks && has_busy_child(&in->run);
	struct fact *fact;

	if (!t->output_at && !child)
		return;
	fact = facts_add(f, SOURCE_TERMINAL, child || !still ? ACTIVITY_ACTIVE : ACTIVITY_READY,
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

void sense_terminal(struct facts *f, const struct evidence *in, const struct agent *a,
	const struct runtime_fact *t)
{
	/* an agent without hooks that draws nothing is up when its process has stayed */
	if (!f->has_hooks && f->runtime == TRI_YES && f->now - f->started_at > QUIET_MS)
		f->sign_of_life = true;
	if (t->exists != TRI_YES || t->dead)
		return;
	sense_output(f, in, t);
	sense_patterns(f, a, t);
}
