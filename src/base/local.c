#include "base/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/path.h"

enum { WAITING_MAX = 64 };

/* *dir is the caller's to close. */
static struct err *name_of(struct sockaddr_un *at, int *dir, const char *folder, const char *name)
{
	*dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return fail_errno("%s", folder);
	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(at->sun_path, sizeof(at->sun_path), "/proc/self/fd/%d/%s", *dir, name);
	return NULL;
}

struct err *local_listen(int *fd, const char *folder, const char *name, int type)
{
	AUTO(str_release) char *path = path_join(folder, name);
	struct sockaddr_un at;
	int dir, s, bad;

	TRY(name_of(&at, &dir, folder, name));
	unlink(path);
	s = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bad = s < 0 || fchmod(s, 0600) < 0 || bind(s, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		(type != SOCK_DGRAM && listen(s, WAITING_MAX) < 0);
	close(dir);
	if (!bad) {
		*fd = s;
		return NULL;
	}
	if (s >= 0)
		close(s);
	return fail_errno("cannot listen on %s", path);
}

struct err *local_connect(int *fd, const char *folder, const char *name, int type)
{
	struct sockaddr_un at;
	int dir, s, bad, why;

	*fd = -1;
	TRY(name_of(&at, &dir, folder, name));
	s = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bad = s < 0 || connect(s, (struct sockaddr *)&at, sizeof(at)) < 0;
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
	return fail_errno("cannot reach %s/%s", folder, name);
}

pid_t local_peer(int fd, uid_t *uid)
{
	struct ucred who = { 0 };
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
		return 0;
	*uid = who.uid;
	return who.pid;
}
