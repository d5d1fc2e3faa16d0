#include "base/pty.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/local.h"
#include "base/stop.h"

struct err *pty_listen(int *fd, const char *folder)
{
	return local_listen(fd, folder, "pty", SOCK_SEQPACKET);
}

struct err *pty_connect(int *fd, const char *folder)
{
	return wrap(local_connect(fd, folder, "pty", SOCK_SEQPACKET), "the terminal");
}

static struct err *wait_for(int fd, short events, int64_t until)
{
	struct pollfd p[] = { { .fd = fd, .events = events },
		{ .fd = stop_fd(), .events = POLLIN } };
	int64_t left = until - clock_mono();

	if (stop_requested())
		return stop_err();
	if (left < 0)
		return fail(ERR_TIMEOUT, "ao-pty gives no answer");
	if (poll(p, 2, (int)left + 1) < 0 && errno != EINTR)
		return fail_errno("cannot wait for ao-pty");
	return NULL;
}

struct err *pty_send(int fd, enum pty_kind kind, const void *bytes, size_t n, int64_t until)
{
	char first = (char)kind;
	struct iovec parts[] = { { &first, 1 }, { (void *)(uintptr_t)bytes, n } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };

	while (sendmsg(fd, &m, MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return fail_errno("ao-pty has gone");
		TRY(wait_for(fd, POLLOUT, until));
	}
	return NULL;
}

struct err *pty_receive(struct pty_message *m, bool *end, int fd, int64_t until)
{
	char first = 0;
	struct iovec parts[] = { { &first, 1 }, { m->bytes, PTY_BYTES } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n;

	*end = false;
	while ((n = recvmsg(fd, &header, 0)) < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			*end = true;
			return NULL;
		}
		TRY(wait_for(fd, POLLIN, until));
	}
	*end = n == 0;
	m->kind = (enum pty_kind)first;
	m->n = n > 0 ? (size_t)n - 1 : 0;
	m->bytes[m->n] = '\0';
	return NULL;
}
