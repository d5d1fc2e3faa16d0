#include "pty/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/modes.h"
#include "base/path.h"
#include "base/pty.h"
#include "pty/kept.h"

enum {
	LOCK_MS = 2000,       /* for the one before us to go: its program has ended by then */
	TYPED_MAX = 32 << 20, /* what a program does not read is not kept for ever */
	ASKED_MAX = 64 << 10, /* and who reads no answer gets no more of them */
	BEHIND_MAX = 4 << 20, /* a person's terminal that is so far behind is let go */
	DRAIN_MAX = 64, /* reads of what is left: another may hold the terminal and write on */
	OTHERS = 4,     /* descriptors that are waited for, beside the clients */
};

struct client {
	int fd;            /* -1: to be forgotten */
	bool known;        /* it said the right uid */
	bool attached;     /* it gets the output */
	struct buf typed;  /* text that is to be typed when all of it is here */
	struct buf output; /* not yet sent */
};

struct holder {
	const struct hold_options *o;
	struct lock lock;
	int listener, signals, master; /* 0: closed */
	struct child program;
	VEC(struct client) clients;
	struct buf input; /* for the program */
	struct modes modes;
	struct kept kept;
	int64_t output_at, typed_at;
};

static void client_release(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_release(&c->typed);
	buf_release(&c->output);
}

/* The lock is left to the kernel: once it is free, nobody sees us in the process table any more. */
static void holder_release(struct holder *h)
{
	const int fds[] = { h->listener, h->signals, h->master };

	for (size_t i = 0; i < h->clients.n; i++)
		client_release(&h->clients.v[i]);
	free(h->clients.v);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		if (fds[i] > 0)
			close(fds[i]);
	buf_release(&h->input);
	kept_close(&h->kept);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static void set_size(const struct holder *h, int columns, int rows)
{
	struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };

	if (columns > 0 && rows > 0 && columns < 10000 && rows < 10000)
		ioctl(h->master, TIOCSWINSZ, &size);
}

static bool is_watched(const struct holder *h)
{
	for (size_t i = 0; i < h->clients.n; i++)
		if (h->clients.v[i].attached)
			return true;
	return false;
}

static void show(struct client *c, const char *bytes, size_t n)
{
	if (c->output.n + n > BEHIND_MAX)
		client_release(c);
	else
		buf_add(&c->output, bytes, n);
}

/* Where a person looks on, their terminal answers what the program asks. */
static struct buf *answers_of(struct holder *h)
{
	return is_watched(h) || h->input.n > ASKED_MAX ? NULL : &h->input;
}

/* False: there is no more, for now or for ever. */
static bool read_output(struct holder *h)
{
	char bytes[65536];
	ssize_t n = h->master ? read(h->master, bytes, sizeof(bytes)) : 0;

	if (n <= 0) {
		if (h->master && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
			close(h->master);
			h->master = 0;
		}
		return false;
	}
	kept_add(&h->kept, bytes, (size_t)n);
	modes_feed(&h->modes, bytes, (size_t)n, answers_of(h));
	h->output_at = clock_wall();
	for (size_t i = 0; i < h->clients.n; i++)
		if (h->clients.v[i].attached)
			show(&h->clients.v[i], bytes, (size_t)n);
	return true;
}

static void write_input(struct holder *h)
{
	ssize_t n = h->master ? write(h->master, buf_text(&h->input), h->input.n) : -1;

	if (n > 0) {
		memmove(h->input.s, h->input.s + n, h->input.n - (size_t)n);
		buf_cut(&h->input, h->input.n - (size_t)n);
	}
}

static struct err *open_terminal(struct holder *h)
{
	char name[64];

	h->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (h->master < 0 || grantpt(h->master) < 0 || unlockpt(h->master) < 0 ||
		ptsname_r(h->master, name, sizeof(name)) != 0)
		return fail_errno("cannot make a pseudo-terminal");
	set_size(h, h->o->columns, h->o->rows);
	return child_start(&h->program,
		&(const struct child_options){
			.argv = ARGV(h->o->supervisor, h->o->folder),
			.dir = "/",
			.own_session = true,
			.tty = name,
		});
}

/* As the end of any terminal: ao-run knows what to do then. */
static void end_program(const struct holder *h)
{
	kill(h->program.pid, SIGHUP);
	kill(h->program.pid, SIGCONT);
}

/* ---- who talks to us ------------------------------------------------------------------------- */

static void answer(struct client *c, enum pty_kind kind, const char *text)
{
	struct err *e = pty_send(c->fd, kind, text, strlen(text), 0);

	if (e)
		client_release(c);
	err_drop(e, "it did not wait for the answer");
}

/* Whoever went away types no longer. */
static bool is_attached(const struct holder *h)
{
	for (size_t i = 0; i < h->clients.n; i++)
		if (h->clients.v[i].attached && h->clients.v[i].fd >= 0)
			return true;
	return false;
}

static void greet(struct holder *h, struct client *c, const struct pty_message *m)
{
	AUTO(str_release) char *known = NULL;

	c->known = str_equal(m->bytes, h->o->uid);
	known = str_format("%lld %lld %s", (long long)h->output_at,
		is_attached(h) ? (long long)h->typed_at : 0LL, h->modes.title);
	answer(c, c->known ? PTY_YES : PTY_NO, c->known ? known : "");
}

static void type(struct holder *h, struct client *c, bool paste)
{
	bool brackets = paste && modes_on(&h->modes, MODE_PASTE);

	if (h->input.n + c->typed.n > TYPED_MAX) {
		answer(c, PTY_NO, "");
		return;
	}
	if (brackets)
		buf_adds(&h->input, "\033[200~");
	buf_add(&h->input, buf_text(&c->typed), c->typed.n);
	if (brackets)
		buf_adds(&h->input, "\033[201~");
	buf_cut(&c->typed, 0);
	answer(c, PTY_YES, "");
}

/* What lies before is drawn again by the program itself when its window changes, so a full screen is
 * not shown from the middle. */
static void attach(struct holder *h, struct client *c)
{
	if (!modes_full_screen(&h->modes))
		kept_tail(&c->output, &h->kept);
	modes_write(&c->output, &h->modes);
	c->attached = true;
}

static void resize(struct holder *h, const char *text)
{
	int columns = 0, rows = 0;

	if (sscanf(text, "%d %d", &columns, &rows) == 2)
		set_size(h, columns, rows);
}

static void obey(struct holder *h, struct client *c, const struct pty_message *m)
{
	if (m->kind != PTY_HELLO && !c->known) {
		client_release(c);
		return;
	}
	switch (m->kind) {
	case PTY_HELLO:
		greet(h, c, m);
		break;
	case PTY_TEXT:
		buf_add(&c->typed, m->bytes, m->n);
		if (c->typed.n > TYPED_MAX)
			client_release(c);
		break;
	case PTY_PASTE:
	case PTY_PRESS:
		type(h, c, m->kind == PTY_PASTE);
		break;
	case PTY_ATTACH:
		attach(h, c);
		resize(h, m->bytes);
		break;
	case PTY_SIZE:
		resize(h, m->bytes);
		break;
	case PTY_INPUT:
		h->typed_at = clock_wall();
		if (h->input.n + m->n <= TYPED_MAX)
			buf_add(&h->input, m->bytes, m->n);
		break;
	default:
		client_release(c);
	}
}

static void hear(struct holder *h, struct client *c)
{
	struct pty_message m;
	bool end;
	struct err *e = pty_receive(&m, &end, c->fd, 0);

	if (!e && !end)
		obey(h, c, &m);
	else if (end)
		client_release(c);
	err_drop(e, "it said nothing after all");
}

static void send_output(struct client *c)
{
	while (c->output.n) {
		size_t n = c->output.n < PTY_BYTES ? c->output.n : PTY_BYTES;
		struct err *e = pty_send(c->fd, PTY_OUTPUT, c->output.s, n, 0);
		err_drop(e, "there is no room now, or it is gone, which is heard");
		if (e)
			return;
		memmove(c->output.s, c->output.s + n, c->output.n - n);
		buf_cut(&c->output, c->output.n - n);
	}
}

static void welcome(struct holder *h)
{
	int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		vec_push(&h->clients)->fd = fd;
}

static void forget_gone(struct holder *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->clients.n; i++)
		if (h->clients.v[i].fd >= 0)
			h->clients.v[kept++] = h->clients.v[i];
	h->clients.n = kept;
}

/* ---- all together ---------------------------------------------------------------------------- */

static struct err *open_all(struct holder *h)
{
	AUTO(str_release) char *lock = path_join(h->o->folder, "pty.lock");
	sigset_t all, asked;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&asked);
	sigaddset(&asked, SIGHUP);
	sigaddset(&asked, SIGINT);
	sigaddset(&asked, SIGTERM);
	TRY(lock_take(&h->lock, lock, LOCK_MS));
	h->signals = signalfd(-1, &asked, SFD_CLOEXEC | SFD_NONBLOCK);
	if (h->signals < 0)
		return fail_errno("cannot wait for signals");
	TRY(pty_listen(&h->listener, h->o->folder));
	return open_terminal(h);
}

/* Sleeps until something is to be done. Not a descriptor: poll(2) skips it. */
static void wait_for_any(struct holder *h, struct pollfd *p)
{
	p[0] = (struct pollfd){ .fd = h->listener, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = h->signals, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = h->program.pidfd, .events = POLLIN };
	p[3] = (struct pollfd){ .fd = h->master ? h->master : -1, .events = POLLIN };
	if (h->input.n)
		p[3].events |= POLLOUT;
	for (size_t i = 0; i < h->clients.n; i++) {
		p[OTHERS + i] = (struct pollfd){ .fd = h->clients.v[i].fd, .events = POLLIN };
		if (h->clients.v[i].output.n)
			p[OTHERS + i].events |= POLLOUT;
	}
	while (poll(p, OTHERS + h->clients.n, -1) < 0 && errno == EINTR)
		;
}

static void serve_clients(struct holder *h, const struct pollfd *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct client *c = &h->clients.v[i];
		if (c->fd >= 0 && p[i].revents & POLLOUT)
			send_output(c);
		if (c->fd >= 0 && p[i].revents & (POLLIN | POLLHUP | POLLERR))
			hear(h, c);
	}
}

/* False: the program has ended. */
static bool turn(struct holder *h)
{
	size_t n = h->clients.n;
	struct pollfd *p = mem_alloc((OTHERS + n) * sizeof(*p));
	struct signalfd_siginfo info;
	bool ended;

	wait_for_any(h, p);
	if (p[1].revents && read(h->signals, &info, sizeof(info)) > 0)
		end_program(h);
	if (p[3].revents & POLLOUT)
		write_input(h);
	if (p[3].revents & (POLLIN | POLLHUP | POLLERR))
		read_output(h);
	serve_clients(h, p + OTHERS, n);
	if (p[0].revents)
		welcome(h);
	forget_gone(h);
	ended = p[2].revents != 0;
	free(p);
	return !ended;
}

struct err *hold(const struct hold_options *o, void (*up)(void))
{
	AUTO(holder_release) struct holder h = { .o = o, .kept = { .folder = o->folder } };
	AUTO(str_release) char *socket = path_join(o->folder, "pty");

	TRY(open_all(&h));
	up();
	while (turn(&h))
		;
	for (int i = 0; i < DRAIN_MAX && read_output(&h); i++)
		;
	for (size_t i = 0; i < h.clients.n; i++)
		send_output(&h.clients.v[i]);
	unlink(socket);
	child_reap(&h.program);
	return NULL;
}
