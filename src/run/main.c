/*
 * ao-run FOLDER: the process in a session's pane. It starts the agent that FOLDER/launch describes,
 * gives it the terminal, and ends with it, leaving nothing of it behind.
 *
 *   run.lock   held as long as anything of the agent lives (exit 100: somebody holds it already)
 *   launch     read and unlinked: it holds the agent's whole environment
 *   run        who runs here, on disk before the agent's first instruction
 *   exit       how the agent ended, on disk before the rest of it is ended
 *   screen     and what it had shown last, unless it was told to end
 *   hurry      there when we are told to end: no 5 s of grace
 *
 * Every process below us ends with the agent but those with AO_KEEP=1 in their environment and what
 * is below them: tmux servers, and supervisors like us, that `ao` started from inside the session.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/launch.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/wake.h"
#include "run/record.h"

enum { GRACE_MS = 5000, EXIT_HELD = 100, EXIT_NOT_STARTED = 127 };

struct supervisor {
	const char *folder;
	struct lock lock;
	struct child_held agent;
	int status;      /* the agent's wait status once it is gone */
	bool gone;       /* the agent */
	bool ending;     /* everything was told to end */
	int64_t kill_at; /* ms of clock_mono(), while ending */
};

static struct err *take_launch(struct launch_file *l, const struct supervisor *s)
{
	AUTO(str_release) char *path = path_join(s->folder, "launch");
	AUTO(buf_release) struct buf b = { 0 };

	TRY(file_read(&b, path, LAUNCH_MAX));
	TRY(file_remove(path));
	TRY(wrap(launch_decode(l, b.s, b.n), "%s", path));
	return NULL;
}

/* What tells of the terminal is the pane's: who wrote `launch` sat at another one. */
static void take_terminal(struct strv *env)
{
	static const char *const names[] = { "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX",
		"TMUX_PANE", "TMUX_TMPDIR" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		env_set(env, names[i], getenv(names[i]));
}

static struct err *start(struct supervisor *s)
{
	AUTO(launch_file_release) struct launch_file l = { 0 };

	TRY(record_remove_old(s->folder));
	TRY(take_launch(&l, s));
	take_terminal(&l.env);
	TRY(child_fork_foreground(&s->agent, l.argv.v, l.env.v, l.cwd, l.mask));
	/* on an error we end, and with us the agent that is still held */
	TRY(record_run(s->folder, s->agent.pid, l.process));
	child_go(&s->agent);
	return NULL;
}

/* Signal what is below a process (0: nothing, just count). How many are left to wait for: not those
 * that outlive us, nor another user's, which we cannot end. */
static size_t signal_below(const struct supervisor *s, pid_t parent, int signal)
{
	AUTO(pids_release) struct pids children = { 0 };
	size_t left = 0;

	proc_children(&children, parent);
	for (size_t i = 0; i < children.n; i++) {
		size_t below;
		/* until its exec the agent shows our environment as its own */
		if (children.v[i] != s->agent.pid && proc_has_env(children.v[i], "AO_KEEP=1"))
			continue;
		below = signal_below(s, children.v[i], signal);
		if (kill(children.v[i], signal) == 0)
			left += 1 + below;
	}
	return left;
}

static void agent_ended(struct supervisor *s, int status)
{
	AUTO(str_release) char *why = child_why(&s->agent);

	s->gone = true;
	s->status = status;
	if (WIFSIGNALED(status))
		record_exit(s->folder, "signal", WTERMSIG(status), NULL);
	else
		record_exit(s->folder, "code", WEXITSTATUS(status), why);
	if (!s->ending)
		record_screen(s->folder);
}

/* False: nothing is left below us. */
static bool reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != s->agent.pid)
			continue;
		if (WIFSTOPPED(status)) { /* there is no shell with an `fg` to wake it */
			tcsetpgrp(0, pid);
			kill(-pid, SIGCONT);
		} else {
			agent_ended(s, status);
		}
	}
	return pid == 0;
}

static void end_all(struct supervisor *s)
{
	AUTO(str_release) char *hurry = path_join(s->folder, "hurry");

	if (!s->ending) {
		signal_below(s, getpid(), SIGTERM);
		signal_below(s, getpid(), SIGCONT);
		s->kill_at = clock_mono() + GRACE_MS;
	}
	s->ending = true;
	if (path_exists(hurry))
		s->kill_at = clock_mono();
}

/* The next signal, at once if the time is over. */
static int next_signal_until(int64_t until)
{
	int64_t left = until - clock_mono();
	struct timespec t = { 0 };
	sigset_t all;

	sigfillset(&all);
	if (left > 0)
		t = (struct timespec){ left / 1000, left % 1000 * 1000000 };
	return sigtimedwait(&all, NULL, &t);
}

static int next_signal(void)
{
	sigset_t all;

	sigfillset(&all);
	return sigwaitinfo(&all, NULL);
}

static void supervise(struct supervisor *s)
{
	while (reap(s)) {
		bool killing;
		int signal;
		if (s->gone && !s->ending)
			end_all(s);
		killing = s->ending && clock_mono() >= s->kill_at;
		if (s->ending && !signal_below(s, getpid(), killing ? SIGKILL : 0))
			return;
		/* after the kill there is no need for a clock: each death is a SIGCHLD */
		signal = s->ending && !killing ? next_signal_until(s->kill_at) : next_signal();
		if (signal == SIGHUP || signal == SIGTERM)
			end_all(s);
	}
}

/* Die the agent's death, so that tmux and whoever waits for the pane sees the same. */
static int die(const struct supervisor *s)
{
	sigset_t none;

	if (!WIFSIGNALED(s->status))
		return WEXITSTATUS(s->status);
	sigemptyset(&none);
	prctl(PR_SET_DUMPABLE, 0); /* the core worth having is the agent's */
	signal(WTERMSIG(s->status), SIG_DFL);
	raise(WTERMSIG(s->status));
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 128 + WTERMSIG(s->status);
}

static int failed(struct err *e, int code)
{
	fprintf(stderr, "ao-run: %s\n", e->text);
	err_free(e);
	return code;
}

int main(int argc, char **argv)
{
	struct supervisor s = { 0 };
	AUTO(str_release) char *folder = NULL;
	AUTO(str_release) char *lock = NULL;
	struct err *e;
	sigset_t all;

	if (argc != 2) {
		fprintf(stderr, "usage: ao-run FOLDER\n");
		return 2;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	s.folder = folder = path_absolute(argv[1], NULL);
	lock = path_join(folder, "run.lock");
	e = lock_take(&s.lock, lock, 0);
	if (e)
		return failed(e, e->class == ERR_TIMEOUT ? EXIT_HELD : 1);
	if (chdir("/") < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return failed(fail_errno("cannot become a supervisor"), 1);
	e = start(&s);
	if (e) {
		record_exit(folder, "code", EXIT_NOT_STARTED, e->text);
		return failed(e, EXIT_NOT_STARTED);
	}
	supervise(&s);
	lock_release(&s.lock); /* before it is told: who is told, looks */
	wake_send(folder, "death");
	return die(&s);
}
