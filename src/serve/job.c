#include "serve/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An hour is too long for a test. */
static uint64_t limit_ms(void)
{
	const char *sooner = getenv("AO_TEST_JOB_MS");

	return sooner ? strtoull(sooner, NULL, 10) : JOB_MAX_MS;
}

static void closed(uv_handle_t *h)
{
	struct job *j = h->data;

	if (--j->open)
		return;
	if (j->out >= 0)
		close(j->out);
	buf_release(&j->text);
	free(j);
}

/* Whole lines are passed on; a line without end is none of ours. */
static void pass_lines(struct job *j)
{
	size_t done = 0;
	char *end;

	while (j->text.n > done && (end = memchr(j->text.s + done, '\n', j->text.n - done))) {
		*end = '\0';
		if (j->line)
			j->line(j, j->text.s + done, (size_t)(end - j->text.s) - done);
		done = (size_t)(end + 1 - j->text.s);
	}
	if (done) {
		memmove(j->text.s, j->text.s + done, j->text.n - done);
		buf_cut(&j->text, j->text.n - done);
	}
	if (j->text.n > JOB_LINE_MAX)
		buf_cut(&j->text, 0);
}

/* False: there is no more to come. */
static bool take_output(struct job *j)
{
	for (;;) {
		ssize_t n;
		buf_reserve(&j->text, 16384);
		n = read(j->out, j->text.s + j->text.n, 16384);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		j->text.n += (size_t)n;
		j->text.s[j->text.n] = '\0';
		pass_lines(j);
	}
}

static void on_output(uv_poll_t *h, int status, int events)
{
	struct job *j = h->data;

	(void)events;
	if (status < 0 || !take_output(j))
		uv_poll_stop(h);
}

/* What it left behind may hold its output open for ever: that is not waited for. */
static void on_death(uv_poll_t *h, int status, int events)
{
	struct job *j = h->data;
	int code;

	(void)status;
	(void)events;
	uv_poll_stop(&j->death);
	uv_poll_stop(&j->output);
	uv_timer_stop(&j->limit);
	take_output(j);
	code = child_reap(&j->child);
	*j->slot = NULL;
	j->end(j, code);
	uv_close((uv_handle_t *)&j->death, closed);
	uv_close((uv_handle_t *)&j->output, closed);
	uv_close((uv_handle_t *)&j->limit, closed);
}

static void on_grace(uv_timer_t *h)
{
	child_signal_group(&((struct job *)h->data)->child, SIGKILL);
}

static void on_limit(uv_timer_t *h)
{
	job_stop(h->data);
	uv_timer_start(h, on_grace, JOB_GRACE_MS < limit_ms() ? JOB_GRACE_MS : limit_ms(), 0);
}

void job_move(struct job *j, struct job **slot)
{
	*j->slot = NULL;
	j->slot = slot;
	*slot = j;
}

void job_stop(struct job *j)
{
	if (j)
		child_signal_group(&j->child, SIGTERM);
}

static void follow(struct job *j, uv_loop_t *loop)
{
	uv_poll_init(loop, &j->death, j->child.pidfd);
	uv_poll_init(loop, &j->output, j->out);
	uv_timer_init(loop, &j->limit);
	j->death.data = j->output.data = j->limit.data = j;
	j->open = 3;
	uv_poll_start(&j->death, UV_READABLE, on_death);
	uv_poll_start(&j->output, UV_READABLE, on_output);
	uv_timer_start(&j->limit, on_limit, limit_ms(), 0);
}

struct err *job_start(struct job **slot, uv_loop_t *loop, char *const *argv, const struct job *like)
{
	struct child_options o = { .argv = argv, .dir = "/", .fd = { -1, -1, 2 } };
	struct child child;
	struct err *e;
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return fail_errno("cannot start %s", argv[0]);
	o.fd[1] = pipe[1];
	e = child_start(&child, &o);
	close(pipe[1]);
	if (e) {
		close(pipe[0]);
		return e;
	}
	*slot = mem_alloc(sizeof(**slot));
	**slot = *like;
	(*slot)->child = child;
	(*slot)->out = pipe[0];
	(*slot)->slot = slot;
	fcntl(pipe[0], F_SETFL, O_NONBLOCK);
	follow(*slot, loop);
	return NULL;
}
