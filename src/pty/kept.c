#include "pty/kept.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"

enum { KEPT_MAX = 256 << 10, TAIL = 16 << 10 };

void kept_close(struct kept *k)
{
	if (k->fd > 0)
		close(k->fd);
	k->fd = 0;
}

static void turn_over(struct kept *k)
{
	AUTO(str_release) char *now = path_join(k->folder, "output");
	AUTO(str_release) char *before = path_join(k->folder, "output.1");

	kept_close(k);
	rename(now, before);
}

static void open_end(struct kept *k)
{
	AUTO(str_release) char *path = path_join(k->folder, "output");
	struct stat st;

	k->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	k->n = k->fd > 0 && fstat(k->fd, &st) == 0 ? (size_t)st.st_size : 0;
}

void kept_add(struct kept *k, const char *bytes, size_t n)
{
	ssize_t wrote;

	if (k->fd <= 0)
		open_end(k);
	if (k->fd > 0 && k->n + n > KEPT_MAX) {
		turn_over(k);
		open_end(k);
	}
	wrote = k->fd > 0 ? write(k->fd, bytes, n) : 0;
	if (wrote > 0)
		k->n += (size_t)wrote;
}

void kept_tail(struct buf *out, const struct kept *k)
{
	AUTO(str_release) char *path = path_join(k->folder, "output");
	bool found;

	err_drop(file_read_tail_if(out, &found, path, TAIL), "nothing is shown of it, then");
}
