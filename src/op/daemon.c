#include "op/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/local.h"
#include "base/path.h"
#include "base/run.h"
#include "base/stop.h"
#include "slot/runtime.h"
#include "store/config_file.h"

enum { ANSWER_MS = 10000, ANSWER_MAX = 1 << 20, UP_MS = 30000, DOWN_MS = 30000, UNIT_MS = 60000 };

#define UNIT "ao.service"

static char *default_folder(void)
{
	return path_join(path_home(), ".agent-orchestrator");
}

char *daemon_folder(const char *named, struct sink *sink)
{
	AUTO(config_release) struct config c = { 0 };
	struct err *e = config_peek(&c, named);

	if (e)
		sink_say(sink, SINK_WARNING, "%s", e->text);
	err_drop(e, "told as a warning");
	return c.data_dir ? str_dup(c.data_dir) : default_folder();
}

/* ---- asking -------------------------------------------------------------------------------------- */

static struct err *wait_readable(int fd, int64_t until)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
		{ .fd = stop_fd(), .events = POLLIN } };
	int64_t left = until - clock_mono();
	int n;

	if (stop_requested())
		return stop_err();
	n = poll(p, 2, left < 0 ? 0 : (int)left);
	if (n < 0 && errno != EINTR)
		return fail_errno("cannot wait for the daemon");
	return n || clock_mono() < until ? NULL : fail(ERR_TIMEOUT, "the daemon gives no answer");
}

static struct err *receive(json_t **out, int fd)
{
	int64_t until = clock_mono() + ANSWER_MS;
	AUTO(buf_release) struct buf b = { 0 };
	ssize_t n;

	buf_reserve(&b, ANSWER_MAX);
	while ((n = recv(fd, b.s, ANSWER_MAX, 0)) < 0) {
		if (errno == ECONNRESET) /* it was just going */
			return NULL;
		if (errno != EAGAIN && errno != EINTR)
			return fail_errno("the daemon has gone");
		TRY(wait_readable(fd, until));
	}
	*out = n ? json_loadb(b.s, (size_t)n, 0, NULL) : NULL;
	return NULL;
}

/* *out NULL: nobody is there, or it is just going. */
static struct err *ask(json_t **out, const char *folder, const char *word)
{
	AUTO(fd_release) int fd = -1;
	uid_t uid;

	*out = NULL;
	if (!path_is_dir(folder))
		return NULL;
	TRY(local_connect(&fd, folder, "daemon.ctl", SOCK_SEQPACKET));
	if (fd < 0)
		return NULL;
	if (!local_peer(fd, &uid) || uid != getuid())
		return fail(ERR_REFUSED, "another user listens on %s/daemon.ctl", folder);
	if (send(fd, word, strlen(word), MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return fail_errno("cannot speak to the daemon");
	return receive(out, fd);
}

static enum tri is_held(const char *folder)
{
	AUTO(str_release) char *lock = path_join(folder, "daemon.lock");

	return lock_held(lock);
}

/* Of one that is coming up, or that does not answer, the lock tells. */
struct err *op_daemon_ask(json_t **out, const char *folder)
{
	int64_t until = clock_mono() + ANSWER_MS;

	TRY(ask(out, folder, "status"));
	while (!*out && is_held(folder) == TRI_YES) {
		if (clock_mono() > until)
			return fail(ERR_TIMEOUT, "%s/daemon.lock is held, and nobody answers there",
				folder);
		TRY(clock_sleep(20));
		TRY(ask(out, folder, "status"));
	}
	return NULL;
}

/* ---- starting ------------------------------------------------------------------------------------ */

/* Only what the user enabled, and only for the folder that the unit serves. */
static bool by_systemd(const char *folder)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *usual = default_folder();
	struct err *e = NULL;
	bool enabled;

	if (!str_equal(folder, usual))
		return false;
	e = RUN(&r, .argv = ARGV("systemctl", "--user", "--quiet", "is-enabled", UNIT));
	enabled = !e && r.code == 0;
	err_drop(e, "then it is started without");
	return enabled;
}

static struct err *start_unit(void)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	return wrap(RUN_OK(&r, .argv = ARGV("systemctl", "--user", "start", UNIT),
			    .timeout_ms = UNIT_MS),
		"see: journalctl --user -u " UNIT);
}

/* "ready", or why not; its end is the end of it. */
static struct err *await_ready(int fd)
{
	int64_t until = clock_mono() + UP_MS;
	AUTO(buf_release) struct buf said = { 0 };

	for (;;) {
		char bytes[512];
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n > 0)
			buf_add(&said, bytes, (size_t)n);
		if (str_ends(buf_text(&said), "ready\n"))
			return NULL;
		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
		TRY(wait_readable(fd, until));
	}
	buf_trim(&said);
	return fail(ERR_FAILED, "the daemon did not start: %s",
		said.n ? said.s + (str_starts(said.s, "ao: ") ? 4 : 0) : "it said nothing");
}

static struct err *start_alone(const char *folder)
{
	AUTO(str_release) char *program = NULL;
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(fd_release) int in = -1, out = -1;
	struct child_options o = { .dir = "/", .own_session = true, .fd = { -1, -1, -1 } };
	AUTO(strv_release) struct strv argv = { 0 };
	struct child child;
	struct err *e;
	int pipe[2];

	TRY(runtime_program(&program, "ao-serve", "AO_SERVE_BIN"));
	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_errno("cannot start the daemon");
	in = pipe[0];
	out = pipe[1];
	env_copy(&env);
	env_set(&env, "AO_KEEP", "1"); /* it outlives the session in which this may be typed */
	strv_add(&argv, program);
	strv_add(&argv, "--log");
	strv_add(&argv, folder);
	o.argv = argv.v;
	o.env = env.v;
	o.fd[1] = o.fd[2] = out;
	TRY(child_start(&child, &o));
	fd_release(&out);
	e = await_ready(in);
	if (e)
		child_signal_group(&child, SIGTERM);
	close(child.pidfd);
	return e;
}

struct err *op_daemon_start(bool *already, const char *folder)
{
	json_t *told = NULL;
	struct err *e;

	TRY(op_daemon_ask(&told, folder));
	*already = told != NULL;
	json_decref(told);
	if (*already)
		return NULL;
	e = by_systemd(folder) ? start_unit() : start_alone(folder);
	if (!e)
		return NULL;
	/* another `ao start` may have been quicker */
	err_drop(op_daemon_ask(&told, folder), "then the first error tells");
	*already = told != NULL;
	json_decref(told);
	if (!*already)
		return e;
	err_drop(e, "there is one");
	return NULL;
}

struct err *op_daemon_become(const char *folder)
{
	AUTO(str_release) char *program = NULL;
	AUTO(strv_release) struct strv env = { 0 };

	TRY(runtime_program(&program, "ao-serve", "AO_SERVE_BIN"));
	env_copy(&env);
	env_set(&env, "AO_KEEP", "1");
	return child_exec(ARGV(program, folder), env.v);
}

/* ---- stopping ------------------------------------------------------------------------------------ */

struct err *op_daemon_stop(bool *was, const char *folder)
{
	int64_t until = clock_mono() + DOWN_MS;
	json_t *told = NULL;

	TRY(op_daemon_ask(&told, folder)); /* one that is coming up is waited for */
	*was = told != NULL;
	json_decref(told);
	if (!*was)
		return NULL;
	TRY(ask(&told, folder, "stop"));
	json_decref(told);
	while (is_held(folder) == TRI_YES) {
		if (clock_mono() > until)
			return fail(ERR_TIMEOUT, "the daemon was told to end, and still runs");
		TRY(clock_sleep(10));
	}
	return NULL;
}
