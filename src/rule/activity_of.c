#include "rule/activity_of.h"

/* The newest fact of one source that says anything. */
static int newest(const struct facts *f, enum source source)
{
	int best = -1;

	for (int i = 0; i < f->n; i++)
		if (f->v[i].source == source && f->v[i].says != ACTIVITY_UNKNOWN &&
			(best < 0 || f->v[i].at >= f->v[best].at))
			best = i;
	return best;
}

/* A state that it gives by itself, as it is now. */
static int live_state(const struct facts *f)
{
	int live = newest(f, SOURCE_LIVE);

	return live >= 0 && f->v[live].state ? live : -1;
}

/* What it reported last: by a hook, or in a stream of its own that does not tell of everything, so that it is
 * no more than one. */
static int reported(const struct facts *f)
{
	int hook = newest(f, SOURCE_HOOK), live = newest(f, SOURCE_LIVE);

	if (live < 0 || f->v[live].state || (hook >= 0 && f->v[hook].at >= f->v[live].at))
		return hook;
	return live;
}

static int find(const struct facts *f, enum source source, enum activity says)
{
	for (int i = 0; i < f->n; i++)
		if (f->v[i].source == source && f->v[i].says == says)
			return i;
	return -1;
}

static struct verdict verdict(const struct facts *f, int by, const char *why)
{
	enum activity a = by >= 0 ? f->v[by].says : ACTIVITY_UNKNOWN;

	if (a == ACTIVITY_READY && f->activity_at && f->now - f->activity_at > IDLE_MS)
		return (struct verdict){ ACTIVITY_IDLE, by,
			"ready, and no activity for over 5 minutes" };
	return (struct verdict){ a, by, why };
}

/* At work now, by a title that says so or a command that runs. Output was before now, and drawing the dialog
 * was some. */
static int working_now(const struct facts *f)
{
	for (int i = 0; i < f->n; i++)
		if (f->v[i].source == SOURCE_TERMINAL && f->v[i].says == ACTIVITY_ACTIVE &&
			f->v[i].at == f->now)
			return i;
	return -1;
}

/* Did a better or a newer witness see it go on since the hook asked? */
static int went_on(const struct facts *f, int hook)
{
	int live = live_state(f), transcript = newest(f, SOURCE_TRANSCRIPT);
	int working = find(f, SOURCE_TERMINAL, ACTIVITY_ACTIVE);
	int screen = newest(f, SOURCE_SCREEN), now = working_now(f);

	if (live >= 0 && f->v[live].at > f->v[hook].at)
		return f->v[live].says == ACTIVITY_WAITING_INPUT ? -1 : live;
	if (transcript >= 0 && f->v[transcript].at > f->v[hook].at)
		return transcript;
	/* answered, and nothing reports that: a tool that was allowed is running, or all is over */
	if (screen >= 0 && f->v[screen].at > f->v[hook].at + DRAWN_MS)
		return screen;
	if (now >= 0 && f->now > f->v[hook].at + DRAWN_MS)
		return now;
	if (working >= 0 && f->v[working].state && f->v[working].at > f->v[hook].at + QUIET_MS)
		return working;
	return -1;
}

/* An open dialog: told by a hook and not contradicted since, or seen on the terminal now. */
static struct verdict waiting(const struct facts *f, int hook)
{
	int title = find(f, SOURCE_TERMINAL, ACTIVITY_WAITING_INPUT);
	int screen = find(f, SOURCE_SCREEN, ACTIVITY_WAITING_INPUT);
	int since;

	if (title >= 0)
		return verdict(f, title, "its title says that it waits for an answer");
	if (screen >= 0)
		return verdict(f, screen, "its screen shows a question");
	if (hook < 0 || f->v[hook].says != ACTIVITY_WAITING_INPUT)
		return verdict(f, -1, "");
	since = went_on(f, hook);
	if (since >= 0)
		return verdict(f, since, "a question was asked, but it went on since");
	return verdict(f, hook, "it asked and nobody has answered since");
}

/* A state does not go stale; but "ready" that is older than a report of work is a disagreement. */
static struct verdict by_live(const struct facts *f, int live)
{
	static const enum source events[] = { SOURCE_HOOK, SOURCE_TRANSCRIPT };
	int error = find(f, SOURCE_TRANSCRIPT, ACTIVITY_BLOCKED); /* in words */

	for (int i = 0; f->v[live].says == ACTIVITY_READY && i < 2; i++) {
		int event = newest(f, events[i]);
		if (event >= 0 && f->v[event].says == ACTIVITY_ACTIVE &&
			f->v[event].at > f->v[live].at)
			return verdict(
				f, event, "work was reported after its live status was read");
	}
	if (f->v[live].says == ACTIVITY_BLOCKED && error >= 0)
		return verdict(f, error, "its own live status, and its transcript");
	return verdict(f, live, "its own live status");
}

/* Told within the last 10 s. A time in the future is one before the clock was set back: it says
 * nothing about how long ago that was. */
static bool is_fresh(const struct facts *f, int hook)
{
	int64_t age = f->now - f->v[hook].at;

	return age < STALE_ACTIVE_MS && age > -STALE_ACTIVE_MS;
}

static struct verdict by_hook(const struct facts *f, int hook)
{
	int quiet = find(f, SOURCE_TERMINAL, ACTIVITY_READY);
	int screen = newest(f, SOURCE_SCREEN);

	if (f->v[hook].says != ACTIVITY_ACTIVE)
		return verdict(f, hook, "its last report");
	if (is_fresh(f, hook))
		return verdict(f, hook, "it reported work a moment ago");
	/* Esc, a rejected tool and some errors end a turn without any hook */
	if (quiet >= 0 && screen >= 0 && f->v[screen].says != ACTIVITY_ACTIVE)
		return verdict(f, screen,
			"its last report is old, its terminal still, and the screen tells");
	return verdict(f, hook, "a turn began and nothing says that it ended");
}

static struct verdict by_terminal(const struct facts *f)
{
	int terminal = newest(f, SOURCE_TERMINAL);
	int screen = newest(f, SOURCE_SCREEN);
	int working = find(f, SOURCE_TERMINAL, ACTIVITY_ACTIVE);

	if (screen >= 0 && f->v[screen].says == ACTIVITY_BLOCKED)
		return verdict(f, screen, "its screen shows an error");
	if (working >= 0)
		return verdict(f, working, "its terminal or a child of it is busy");
	if (screen >= 0)
		return verdict(f, screen, "its screen");
	if (terminal >= 0)
		return verdict(f, terminal, "its terminal is still");
	return (struct verdict){ ACTIVITY_UNKNOWN, -1, "no evidence" };
}

struct verdict activity_of(const struct facts *f)
{
	int process = find(f, SOURCE_PROCESS, ACTIVITY_EXITED);
	int live = live_state(f), hook = reported(f);
	int transcript = newest(f, SOURCE_TRANSCRIPT);
	struct verdict v;

	if (process >= 0)
		return verdict(f, process, "its process has ended");
	if (f->recorded == STATUS_QUEUED)
		return (struct verdict){ ACTIVITY_UNKNOWN, -1, "it is not started yet" };
	if (f->runtime != TRI_YES)
		return (struct verdict){ ACTIVITY_UNKNOWN, -1,
			f->runtime == TRI_NO ? "nothing tells that it ever ran"
					     : "whether it runs could not be found out" };
	v = waiting(f, hook);
	if (v.by >= 0)
		return v;
	if (live >= 0)
		return by_live(f, live);
	if (transcript >= 0 && (hook < 0 || f->v[transcript].at > f->v[hook].at))
		return verdict(f, transcript, "its transcript");
	if (hook >= 0)
		return by_hook(f, hook);
	return by_terminal(f);
}

bool needs_terminal(const struct facts *f)
{
	int hook = reported(f), live = live_state(f);

	if (f->runtime != TRI_YES || (live >= 0 && f->live_whole))
		return false;
	if (hook < 0)
		return true;
	if (f->v[hook].says == ACTIVITY_ACTIVE)
		return !is_fresh(f, hook);
	return f->v[hook].says == ACTIVITY_WAITING_INPUT;
}
