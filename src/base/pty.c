#include "base/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/stop.h"

enum { WAITING_MAX = 64 };

/* A socket's path may have 107 bytes, a session's folder has more at times: it is named by a
 * descriptor of ours, which the caller closes. */
static struct err *name_of(struct sockaddr_un *name, int *dir, const char *folder)
{
	*dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return fail_errno("%s", folder);
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(name->sun_path, sizeof(name->sun_path), "/proc/self/fd/%d/pty", *dir);
	return NULL;
}

struct err *pty_listen(int *fd, const char *folder)
{
	AUTO(str_release) char *path = path_join(folder, "pty");
	struct sockaddr_un name;
	int dir, s, bad;

	TRY(name_of(&name, &dir, folder));
	unlink(path);
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bad = s < 0 || fchmod(s, 0600) < 0 || bind(s, (struct sockaddr *)&name, sizeof(name)) < 0 ||
		listen(s, WAITING_MAX) < 0;
	close(dir);
	if (!bad) {
		*fd = s;
		return NULL;
	}
	if (s >= 0)
		close(s);
	return fail_errno("cannot listen on %s", path);
}

struct err *pty_connect(int *fd, const char *folder)
{
	struct sockaddr_un name;
	int dir, s, bad, why;

	*fd = -1;
	TRY(name_of(&name, &dir, folder));
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bad = s < 0 || connect(s, (struct sockaddr *)&name, sizeof(name)) < 0;
	why = errno;
	close(dir);
	if (!bad) {
		*fd = s;
		return NULL;
	}
	if (s >= 0)
		close(s);
	errno = why;
	if (s >= 0 && (why == ENOENT || why == ECONNREFUSED))
		return NULL;
	return fail_errno("cannot reach the terminal in %s", folder);
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
