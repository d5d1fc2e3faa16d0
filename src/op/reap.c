#include "op/reap.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/path.h"
#include "op/start.h"

enum { TERM_MS = 5000, LOCK_MS = 7000, KILL_MS = 3000 };

void reap_find(struct pids *out, const char *folder)
{
	AUTO(str_release) char *entry = str_format("AO_SESSION_DIR=%s", folder);

	proc_with_env(out, entry, "AO_KEEP=1");
}

/* Every process of the session, ao-run apart: it has our mark in no environment of its own. */
static size_t signal_all(const char *folder, int signal)
{
	AUTO(pids_release) struct pids pids = { 0 };

	reap_find(&pids, folder);
	for (size_t i = 0; i < pids.n; i++) {
		struct proc p;
		if (proc_read(&p, pids.v[i]))
			proc_signal(p.pid, p.start, signal);
	}
	return pids.n;
}

static struct err *wait_free(enum tri *alive, const char *folder, int64_t ms)
{
	int64_t until = clock_mono() + ms, nap = 1;

	for (;;) {
		AUTO(run_info_release) struct run_info run = { 0 };
		run_read(&run, folder);
		*alive = run.alive;
		if (run.alive != TRI_YES || clock_mono() >= until)
			return NULL;
		TRY(clock_sleep(nap));
		nap = nap < 20 ? nap * 2 : 20;
	}
}

/* ao-run did not go by its terminal's end: ask it by name, and at last take it down. */
static struct err *end_supervisor(const char *folder)
{
	AUTO(run_info_release) struct run_info run = { 0 };
	struct proc p;
	enum tri alive;

	run_read(&run, folder);
	if (run.alive != TRI_YES || !run.has_run || !proc_read(&p, run.supervisor))
		return NULL;
	proc_signal(p.pid, p.start, SIGTERM);
	TRY(wait_free(&alive, folder, LOCK_MS));
	if (alive != TRI_YES)
		return NULL;
	signal_all(folder, SIGKILL);
	proc_signal(p.pid, p.start, SIGKILL);
	return wait_free(&alive, folder, KILL_MS);
}

/* What an ao-run that was killed -9 left: TERM, 5 s, KILL. */
static struct err *end_orphans(const char *folder, bool now)
{
	int64_t until = clock_mono() + (now ? 0 : TERM_MS), last = until + KILL_MS;

	if (!signal_all(folder, now ? SIGKILL : SIGTERM))
		return NULL;
	signal_all(folder, SIGCONT);
	while (clock_mono() < last) {
		TRY(clock_sleep(20));
		if (!signal_all(folder, clock_mono() < until ? 0 : SIGKILL))
			return NULL;
	}
	return fail(ERR_FAILED, "processes of the session do not end: see ps, AO_SESSION_DIR=%s",
		folder);
}

static struct err *end_runtime(struct hold *h)
{
	enum runtime_answer answer = RUNTIME_NOTOURS;
	struct runtime_ref ref;

	if (str_empty(h->s.runtime_handle))
		TRY(start_adopt(h));
	ref = hold_runtime(h);
	return str_empty(ref.handle) ? NULL : h->runtime->stop(&answer, &ref);
}

struct err *reap_runtime(struct hold *h, bool now)
{
	AUTO(str_release) char *hurry = path_join(h->folder, "hurry");
	enum tri alive = TRI_UNKNOWN;
	struct err *e;

	TRY(start_withdraw(h)); /* first: tmux may make the session later than we look for it */
	if (now)
		TRY(file_replace(hurry, "", 0, FILE_VOLATILE));
	e = end_runtime(h);
	if (!e)
		e = wait_free(&alive, h->folder, LOCK_MS);
	if (e)
		sink_say(h->world->sink, SINK_NOTE, "%s: %s", h->s.id, e->text);
	err_drop(e, "the supervisor is ended by its pid");
	TRY(end_supervisor(h->folder));
	TRY(wait_free(&alive, h->folder, 0));
	if (alive == TRI_YES)
		return fail(ERR_FAILED, "the agent of %s does not end", h->s.id);
	if (alive == TRI_UNKNOWN)
		return fail(
			ERR_REFUSED, "%s: whether it still runs could not be found out", h->s.id);
	TRY(end_orphans(h->folder, now));
	str_set(&h->s.runtime_handle, NULL);
	return NULL;
}
