#include "pty/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/modes.h"
#include "base/path.h"
#include "base/pty.h"

enum {
	ANSWER_MS = 5000,
	REDRAW_MS = 200, /* for the program to see the first of two sizes */
};

struct view {
	int holder, signals;
	bool left;          /* by the key */
	struct modes modes; /* of the person's terminal by now */
	int64_t size_at;    /* when the true size is to be told; 0: done */
};

static struct err *put(const char *bytes, size_t n)
{
	while (n) {
		ssize_t wrote = write(STDOUT_FILENO, bytes, n);
		if (wrote < 0 && errno != EINTR)
			return fail_errno("cannot write to the terminal");
		bytes += wrote > 0 ? wrote : 0;
		n -= wrote > 0 ? (size_t)wrote : 0;
	}
	return NULL;
}

static struct err *tell_size(const struct view *v, enum pty_kind kind, int fewer)
{
	struct winsize size = { 0 };
	AUTO(str_release) char *text = NULL;

	ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	text = str_format("%d %d", size.ws_col, size.ws_row > fewer ? size.ws_row - fewer : 1);
	return pty_send(v->holder, kind, text, strlen(text), clock_mono() + ANSWER_MS);
}

static struct err *enter(struct view *v, const char *folder, const char *uid)
{
	struct pty_message m = { 0 };
	bool end = false;

	TRY(pty_connect(&v->holder, folder));
	if (v->holder < 0)
		return fail(ERR_FAILED, "%s does not run", path_base(folder));
	TRY(pty_send(v->holder, PTY_HELLO, uid, strlen(uid), clock_mono() + ANSWER_MS));
	TRY(pty_receive(&m, &end, v->holder, clock_mono() + ANSWER_MS));
	if (end || m.kind != PTY_YES)
		return fail(ERR_FAILED, "%s is another session by now", path_base(folder));
	/* a size that is not the old one makes the program draw all again; then the true one */
	v->size_at = clock_mono() + REDRAW_MS;
	return tell_size(v, PTY_ATTACH, 1);
}

/* Ctrl-], also as terminals report it to programs that asked for more than ASCII has. */
static size_t before_key(const char *bytes, size_t n, bool *found)
{
	static const char *const keys[] = { "\035", "\033[93;5u", "\033[27;5;93~" };

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const char *at = memmem(bytes, n, keys[i], strlen(keys[i]));
		if (at) {
			*found = true;
			n = (size_t)(at - bytes);
		}
	}
	return n;
}

static struct err *take_keys(struct view *v)
{
	char bytes[4096];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
	size_t n = got > 0 ? before_key(bytes, (size_t)got, &v->left) : 0;

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		v->left = true;
	/* at first our terminal answers what was asked long ago, in what is shown again */
	return n && !v->size_at ? pty_send(v->holder, PTY_INPUT, bytes, n, clock_mono() + ANSWER_MS)
				: NULL;
}

static struct err *take_signal(struct view *v)
{
	struct signalfd_siginfo info;

	if (read(v->signals, &info, sizeof(info)) != sizeof(info))
		return NULL;
	if (info.ssi_signo == SIGWINCH)
		return tell_size(v, PTY_SIZE, 0);
	v->left = true;
	return NULL;
}

static struct err *look(struct view *v)
{
	bool end = false;

	while (!v->left && !end) {
		struct pty_message m = { 0 };
		struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = v->holder, .events = POLLIN },
			{ .fd = v->signals, .events = POLLIN } };
		if (poll(p, COUNT_OF(p), v->size_at ? REDRAW_MS : -1) < 0 && errno != EINTR)
			return fail_errno("cannot wait for the terminal");
		if (v->size_at && clock_mono() >= v->size_at) {
			v->size_at = 0;
			TRY(tell_size(v, PTY_SIZE, 0));
		}
		if (p[1].revents) {
			TRY(pty_receive(&m, &end, v->holder, clock_mono() + ANSWER_MS));
			modes_feed(&v->modes, m.bytes, m.n, NULL);
			TRY(put(m.bytes, m.n));
		}
		if (p[0].revents)
			TRY(take_keys(v));
		if (p[2].revents)
			TRY(take_signal(v));
	}
	return NULL;
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void close_view(struct view *v)
{
	if (v->holder > 0)
		close(v->holder);
	if (v->signals > 0)
		close(v->signals);
}

/* What the program asked for is not asked back when a person turns away: its modes, keys in other forms,
 * a part of the screen that scrolls. */
static void leave(const struct view *v, const char *session)
{
	AUTO(buf_release) struct buf out = { 0 };

	modes_undo(&out, &v->modes);
	buf_addf(&out, "\033[<u\033[>4m\033>\033[0m\033[r\033[999;1H\r\n[%s %s]\r\n", session,
		v->left ? "runs on" : "has ended, or this terminal fell far behind");
	err_drop(put(out.s, out.n), "the terminal has gone");
}

struct err *attach(const char *folder, const char *uid)
{
	AUTO(close_view) struct view v = { 0 };
	struct termios before, raw;
	struct err *e;

	if (tcgetattr(STDIN_FILENO, &before) < 0 || !isatty(STDOUT_FILENO))
		return fail(ERR_FAILED, "attaching needs a terminal");
	v.signals = watch_signals();
	TRY(enter(&v, folder, uid));
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	dprintf(STDOUT_FILENO, "\033[H\033[2J");
	e = look(&v);
	leave(&v, path_base(folder));
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return e;
}
