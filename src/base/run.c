#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/stop.h"

enum { KILL_AFTER_MS = 2000, PIPE_MAX = 1 << 20 };

/* Our ends of the child's pipes: 0 is written, 1 and 2 are read. -1: closed or not wanted. */
struct pipes {
	int ours[3], theirs[3];
};

static void pipes_release(struct pipes *p)
{
	for (int i = 0; i < 3; i++) {
		fd_release(&p->ours[i]);
		fd_release(&p->theirs[i]);
	}
}

static struct err *pipes_open(struct pipes *p, const struct run *o)
{
	for (int i = 0; i < 3; i++) {
		int fd[2];
		if (i == 0 ? !o->in : o->log_fd > 0)
			continue;
		if (pipe2(fd, O_CLOEXEC) < 0)
			return fail_errno("cannot make a pipe");
		p->ours[i] = fd[i == 0];
		p->theirs[i] = fd[i != 0];
		fcntl(p->ours[i], F_SETFL, O_NONBLOCK);
	}
	return NULL;
}

/* One transfer on a ready pipe; closes it at its end. */
static struct err *feed(int *fd, const struct run *o, size_t *sent)
{
	ssize_t n = write(*fd, (const char *)o->in + *sent, o->in_n - *sent);

	if (n > 0)
		*sent += (size_t)n;
	/* EPIPE: it did not want the rest, and its exit status tells what that means */
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE)
		return fail_errno("%s: cannot write its input", o->argv[0]);
	if (*sent == o->in_n || (n < 0 && errno == EPIPE))
		fd_release(fd);
	return NULL;
}

/* What nobody will ask for goes. */
static void forget(struct buf *b, size_t keep)
{
	if (!keep || b->n <= 2 * keep)
		return;
	memmove(b->s, b->s + b->n - keep, keep);
	buf_cut(b, keep);
}

static struct err *drain(int *fd, struct buf *b, const struct run *o)
{
	ssize_t n;

	buf_reserve(b, 65536);
	n = read(*fd, b->s + b->n, 65536);
	if (n > 0) {
		b->n += (size_t)n;
		b->s[b->n] = '\0';
	} else if (n == 0) {
		fd_release(fd);
	} else if (errno != EAGAIN && errno != EINTR) {
		return fail_errno("cannot read what %s says", o->argv[0]);
	}
	forget(b, o->keep_n);
	if (b->n > RUN_OUTPUT_MAX)
		return fail(ERR_FAILED, "%s: said more than %d bytes", o->argv[0], RUN_OUTPUT_MAX);
	return NULL;
}

static struct err *transfer(struct pollfd p[5], struct pipes *io, const struct run *o,
	struct run_result *r, size_t *sent)
{
	if (p[0].revents)
		TRY(feed(&io->ours[0], o, sent));
	if (p[1].revents)
		TRY(drain(&io->ours[1], &r->out, o));
	if (p[2].revents)
		TRY(drain(&io->ours[2], &r->err, o));
	return NULL;
}

/* What is in the pipes when the child has ended. A grandchild may hold them open for ever, and write
 * for ever: no more is read than a pipe can hold. */
static struct err *drain_rest(struct pipes *io, struct run_result *r, const struct run *o)
{
	struct run all = *o;

	all.keep_n = 0; /* or `enough` would never be reached */
	for (int i = 1; i < 3; i++) {
		struct pollfd p = { .fd = io->ours[i], .events = POLLIN };
		struct buf *b = i == 1 ? &r->out : &r->err;
		size_t enough = b->n + PIPE_MAX;
		while (io->ours[i] >= 0 && b->n < enough && poll(&p, 1, 0) > 0)
			TRY(drain(&io->ours[i], b, &all));
		forget(b, o->keep_n);
	}
	return NULL;
}

/* AO_TEST_RUN_MS shortens every limit, so that tests of hung programs need not wait for it. */
static int time_limit(const struct run *o)
{
	int limit = o->timeout_ms ? o->timeout_ms : RUN_TIMEOUT_MS;
	const char *test = getenv("AO_TEST_RUN_MS");
	int shorter = test ? (int)strtol(test, NULL, 10) : 0;

	return shorter > 0 && (limit < 0 || shorter < limit) ? shorter : limit;
}

static struct err *attend(
	struct child *c, struct pipes *io, const struct run *o, struct run_result *r)
{
	int limit = time_limit(o);
	int64_t until = clock_mono() + limit;
	size_t sent = 0;

	for (;;) {
		struct pollfd p[5] = {
			{ .fd = io->ours[0], .events = POLLOUT },
			{ .fd = io->ours[1], .events = POLLIN },
			{ .fd = io->ours[2], .events = POLLIN },
			{ .fd = c->pidfd, .events = POLLIN },
			{ .fd = stop_fd(), .events = POLLIN },
		};
		int64_t left = until - clock_mono();

		if (stop_requested())
			return stop_err();
		if (limit > 0 && left <= 0)
			return fail(ERR_TIMEOUT, "%s %s: no end after %d s", o->argv[0],
				o->argv[1] ? o->argv[1] : "", limit / 1000);
		if (poll(p, 5, limit > 0 ? (int)left : -1) < 0 && errno != EINTR)
			return fail_errno("cannot wait for %s", o->argv[0]);
		TRY(transfer(p, io, o, r, &sent));
		if (p[3].revents)
			return drain_rest(io, r, o);
	}
}

static void end_group(struct child *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	child_signal_group(c, SIGTERM);
	child_signal_group(c, SIGCONT);
	poll(&p, 1, KILL_AFTER_MS);
	child_signal_group(c, SIGKILL);
}

static void trace(const struct run *o, int64_t started, int code)
{
	if (!getenv("AO_TRACE"))
		return;
	fprintf(stderr, "ao: trace: %lld ms, %d:", (long long)(clock_mono() - started), code);
	for (char *const *a = o->argv; *a; a++)
		fprintf(stderr, " %s", *a);
	fputc('\n', stderr);
}

struct err *run(struct run_result *r, const struct run *o)
{
	AUTO(pipes_release) struct pipes io = { { -1, -1, -1 }, { -1, -1, -1 } };
	int64_t started = clock_mono();
	struct child c = { 0 };
	struct err *e;

	TRY(pipes_open(&io, o));
	TRY(child_start(&c,
		&(struct child_options){
			.argv = o->argv,
			.env = o->env,
			.dir = o->dir,
			.fd = { o->in_fd > 0 ? o->in_fd : io.theirs[0],
				o->log_fd > 0 ? o->log_fd : io.theirs[1],
				o->log_fd > 0 ? o->log_fd : io.theirs[2] },
			.keep_fd = o->keep_fd,
		}));
	for (int i = 0; i < 3; i++)
		fd_release(&io.theirs[i]);
	e = attend(&c, &io, o, r);
	if (e)
		end_group(&c);
	r->code = child_reap(&c);
	trace(o, started, r->code);
	return e;
}

/* The first line that calls itself the error, what follows is advice; else the last that says something. */
static char *last_words(const struct buf *b)
{
	const char *text = buf_text(b), *best = NULL;
	size_t best_n = 0;
	bool called = false;

	while (*text) {
		size_t n = strcspn(text, "\n");
		if (n && !called && strspn(text, " \t\r") < n) {
			best = text;
			best_n = n;
			called = str_starts(text, "fatal: ") || str_starts(text, "error: ");
		}
		text += n + (text[n] == '\n');
	}
	return best ? str_ndup(best, best_n > 300 ? 300 : best_n) : NULL;
}

/* "git worktree add": the program and its verbs, without options and their values. */
static char *short_name(char *const *argv)
{
	AUTO(buf_release) struct buf b = { 0 };
	int words = 0;

	buf_adds(&b, argv[0]);
	for (argv++; *argv && words < 2; argv++) {
		const char *a = *argv;
		if (str_equal(a, "-c") && argv[1]) {
			argv++;
			continue;
		}
		if (a[0] == '-' || strchr(a, '/') || strlen(a) > 20)
			continue;
		buf_addf(&b, " %s", a);
		words++;
	}
	return buf_detach(&b);
}

struct err *run_failed(const struct run_result *r, const struct run *o)
{
	AUTO(str_release) char *said = last_words(&r->err);
	AUTO(str_release) char *name = short_name(o->argv);

	if (!said)
		said = last_words(&r->out);
	if (said)
		return fail(ERR_FAILED, "%s: %s", name, said);
	return fail(ERR_FAILED, "%s: exit %d", name, r->code);
}

struct err *run_ok(struct run_result *r, const struct run *o)
{
	TRY(run(r, o));
	return r->code ? run_failed(r, o) : NULL;
}

void run_result_release(struct run_result *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
}
