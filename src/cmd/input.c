#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/stop.h"

enum { INPUT_MAX = 16 << 20, STEP = 1 << 16 };

/* A pipe may stay silent for long; Ctrl-C must end it all the same. */
static struct err *wait_readable(int fd)
{
	struct pollfd p[] = { { fd, POLLIN, 0 }, { stop_fd(), POLLIN, 0 } };

	while (!p[0].revents) {
		if (poll(p, COUNT_OF(p), -1) < 0 && errno != EINTR)
			return fail_errno("poll");
		if (stop_requested())
			return stop_err();
	}
	return NULL;
}

static struct err *read_all(struct buf *out, int fd, const char *name)
{
	ssize_t n;

	for (;;) {
		TRY(wait_readable(fd));
		buf_reserve(out, STEP);
		n = read(fd, out->s + out->n, STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot read %s", name);
		if (n == 0)
			return NULL;
		out->n += (size_t)n;
		out->s[out->n] = '\0';
		if (out->n > INPUT_MAX)
			return fail(ERR_USAGE, "%s is larger than %d MiB", name, INPUT_MAX >> 20);
	}
}

struct err *input_read(struct buf *out, const char *file)
{
	struct err *e;
	int fd;

	if (str_equal(file, "-"))
		return read_all(out, STDIN_FILENO, "standard input");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(ERR_USAGE, "cannot read %s: %s", file, strerror(errno));
	e = read_all(out, fd, file);
	close(fd);
	return e;
}

char *words_join(char *const *words, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", words[i]);
	return buf_detach(&b);
}
