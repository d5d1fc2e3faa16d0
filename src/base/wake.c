#include "base/wake.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/local.h"
#include "base/path.h"
#include "base/valid.h"

void wake_send(const char *folder, const char *what)
{
	AUTO(str_release) char *space = path_dir(folder);
	AUTO(str_release) char *sessions = path_dir(space);
	AUTO(str_release) char *data = path_dir(sessions);
	AUTO(str_release)
	char *text = str_format("%s/%s %s", path_base(space), path_base(folder), what);
	struct wake ours;
	int fd;

	if (!str_equal(path_base(sessions), "sessions") || !wake_parse(&ours, text, strlen(text)))
		return;
	err_drop(local_connect(&fd, data, WAKE_SOCKET, SOCK_DGRAM), "it looks by itself, later");
	if (fd < 0)
		return;
	(void)send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* Copies what stands before `end`; behind it: *at. */
static bool take(char *to, size_t room, const char **at, const char *stop, char end)
{
	const char *found = memchr(*at, end, (size_t)(stop - *at));
	size_t n = found ? (size_t)(found - *at) : 0;

	if (!n || n >= room || memchr(*at, '\0', n))
		return false;
	memcpy(to, *at, n);
	to[n] = '\0';
	*at = found + 1;
	return true;
}

bool wake_parse(struct wake *out, const char *bytes, size_t n)
{
	const char *at = bytes, *stop = bytes + n;
	struct wake w;
	int prefix;
	long number;

	if (!n || n > WAKE_MAX)
		return false;
	if (!take(w.space, sizeof(w.space), &at, stop, '/') ||
		!take(w.session, sizeof(w.session), &at, stop, ' '))
		return false;
	n = (size_t)(stop - at);
	if (!n || n >= sizeof(w.what))
		return false;
	memcpy(w.what, at, n);
	w.what[n] = '\0';
	if (strlen(w.what) != n || strspn(w.what, "abcdefghijklmnopqrstuvwxyz-") != n)
		return false;
	if (!valid_id(w.space) || !valid_session(w.session, &prefix, &number))
		return false;
	*out = w;
	return true;
}
