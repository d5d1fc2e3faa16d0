#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"

void fd_release(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* *found == false: there is none; no error is made, for most lists ask after files that are not there. */
static struct err *open_if(int *out, struct stat *st, bool *found, const char *path)
{
	AUTO(fd_release) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	*found = fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
	if (!*found)
		return NULL;
	if (fd < 0 || fstat(fd, st) < 0)
		return fail_errno("cannot read %s", path);
	if (!S_ISREG(st->st_mode))
		return fail(ERR_FAILED, "%s: not a regular file", path);
	*out = fd;
	fd = -1;
	return NULL;
}

static struct err *open_to_read(int *out, struct stat *st, const char *path)
{
	bool found;

	TRY(open_if(out, st, &found, path));
	return found ? NULL : fail(ERR_MISSING, "%s: no such file", path);
}

/* How much to ask for: all that fstat(2) tells, and no read more to see the end; in /proc it tells
 * nothing. One byte above max tells that there is more. */
static size_t expected(const struct stat *st, size_t max)
{
	return st->st_size > 0 && (size_t)st->st_size <= max ? (size_t)st->st_size : max + 1;
}

/* Up to n bytes; fewer only at the end of the file. */
static struct err *read_n(struct buf *out, int fd, size_t n, const char *path)
{
	while (n) {
		size_t chunk = n > 65536 ? 65536 : n;
		ssize_t got;
		buf_reserve(out, chunk);
		got = read(fd, out->s + out->n, chunk);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno("cannot read %s", path);
		if (!got)
			break;
		out->n += (size_t)got;
		out->s[out->n] = '\0';
		n -= (size_t)got;
	}
	return NULL;
}

static struct err *read_whole(
	struct buf *out, int fd, const struct stat *st, const char *path, size_t max)
{
	size_t before = out->n;

	TRY(read_n(out, fd, expected(st, max), path));
	if (out->n - before > max) {
		buf_cut(out, before);
		return fail(ERR_FAILED, "%s: larger than %zu bytes", path, max);
	}
	return NULL;
}

struct err *file_read(struct buf *out, const char *path, size_t max)
{
	AUTO(fd_release) int fd = -1;
	struct stat st;

	TRY(open_to_read(&fd, &st, path));
	return read_whole(out, fd, &st, path, max);
}

struct err *file_read_if(struct buf *out, bool *found, const char *path, size_t max)
{
	AUTO(fd_release) int fd = -1;
	struct err *e;
	struct stat st;

	e = open_if(&fd, &st, found, path);
	if (!e && *found)
		e = read_whole(out, fd, &st, path, max);
	*found = *found && !e;
	return e;
}

struct err *file_read_tail_if(struct buf *out, bool *found, const char *path, size_t max)
{
	AUTO(fd_release) int fd = -1;
	AUTO(buf_release) struct buf b = { 0 };
	const char *from;
	struct stat st;

	TRY(open_if(&fd, &st, found, path));
	if (!*found)
		return NULL;
	if ((size_t)st.st_size <= max)
		return read_n(out, fd, (size_t)st.st_size, path);
	/* one byte more: a newline there says that the first line is whole */
	if (lseek(fd, st.st_size - (off_t)max - 1, SEEK_SET) < 0)
		return fail_errno("cannot read %s", path);
	TRY(read_n(&b, fd, max + 1, path));
	from = b.n ? memchr(b.s, '\n', b.n) : NULL;
	if (from)
		buf_add(out, from + 1, b.n - (size_t)(from + 1 - b.s));
	return NULL;
}

static struct err *write_all(int fd, const char *bytes, size_t n, const char *path)
{
	while (n) {
		ssize_t put = write(fd, bytes, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_errno("cannot write %s", path);
		bytes += put;
		n -= (size_t)put;
	}
	return NULL;
}

struct err *file_sync(const char *path)
{
	AUTO(fd_release) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || fsync(fd) < 0)
		return fail_errno("cannot sync %s", path);
	return NULL;
}

struct err *file_sync_dir(const char *path)
{
	AUTO(fd_release) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return fail_errno("cannot sync %s", path);
	return NULL;
}

static struct err *replace_steps(const char *path, const char *temp, const char *dir,
	const void *bytes, size_t n, enum durability durability)
{
	AUTO(fd_release) int fd = -1;
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;

	fd = open(temp, flags, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return fail_errno("cannot write %s", path);
	TRY(write_all(fd, bytes, n, path));
	if (durability == FILE_DURABLE && fsync(fd) < 0)
		return fail_errno("cannot sync %s", path);
	if (rename(temp, path) < 0)
		return fail_errno("cannot replace %s", path);
	return durability == FILE_DURABLE ? file_sync_dir(dir) : NULL;
}

struct err *file_replace(const char *path, const void *bytes, size_t n, enum durability durability)
{
	AUTO(str_release) char *dir = path_dir(path);
	AUTO(str_release) char *temp = str_format("%s/.%s.new", dir, path_base(path));
	struct err *e = replace_steps(path, temp, dir, bytes, n, durability);

	if (e)
		unlink(temp);
	return e;
}

/* Half a line is taken off again, unless somebody has written behind it. */
static struct err *take_back(int fd, off_t before, ssize_t put, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_size == before + put && ftruncate(fd, before) < 0))
		return fail_errno("cannot take back half a line of %s", path);
	return fail(ERR_FAILED, "cannot write %s: no space left", path);
}

struct err *file_append(const char *path, const void *bytes, size_t n, enum durability durability)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	AUTO(fd_release) int fd = open(path, flags, 0600);
	struct stat st;
	ssize_t put;

	if (fd < 0 || fstat(fd, &st) < 0 || (!st.st_size && fchmod(fd, 0600) < 0))
		return fail_errno("cannot write %s", path);
	do {
		put = write(fd, bytes, n);
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return fail_errno("cannot write %s", path);
	if ((size_t)put < n)
		return take_back(fd, st.st_size, put, path);
	if (durability == FILE_DURABLE && fsync(fd) < 0)
		return fail_errno("cannot sync %s", path);
	return NULL;
}

/* A umask may take more than it should. */
static bool make_dir(const char *path)
{
	return mkdir(path, 0700) == 0 && chmod(path, 0700) == 0;
}

struct err *file_make_dirs(const char *path)
{
	AUTO(str_release) char *parent = NULL;

	if (make_dir(path) || (errno == EEXIST && path_is_dir(path)))
		return NULL;
	if (errno != ENOENT)
		return fail_errno("cannot make the folder %s", path);
	parent = path_dir(path);
	TRY(file_make_dirs(parent));
	if (!make_dir(path) && errno != EEXIST)
		return fail_errno("cannot make the folder %s", path);
	return NULL;
}

static void dir_release(DIR **d)
{
	if (*d)
		closedir(*d);
	*d = NULL;
}

/*
 * rm -r. One descriptor at a time, whatever the depth: the way down is kept by names and inodes, and
 * each step up by ".." is checked against it, so that a folder moved meanwhile ends the walk.
 */
struct step {
	char *name;
	dev_t dev;
	ino_t ino; /* of the folder that holds it */
};

struct walk {
	int fd; /* the folder we are in */
	dev_t device;
	VEC(struct step) up;
	struct buf path; /* for messages */
};

static void walk_release(struct walk *w)
{
	fd_release(&w->fd);
	for (size_t i = 0; i < w->up.n; i++)
		free(w->up.v[i].name);
	free(w->up.v);
	buf_release(&w->path);
}

static struct err *stuck(const struct walk *w, const char *name)
{
	return fail_errno("cannot remove %s/%s", buf_text(&w->path), name);
}

/* chmod that follows no link: by a descriptor that only names the folder. */
static bool unlock_dir(int dir, const char *name)
{
	AUTO(fd_release) int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(str_release) char *self = str_format("/proc/self/fd/%d", fd);

	return fd >= 0 && chmod(self, 0700) == 0;
}

static struct err *walk_down(struct walk *w, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	AUTO(fd_release) int fd = openat(w->fd, name, flags);
	struct stat here, there;
	struct step *step;

	if (fd < 0 && errno == EACCES && unlock_dir(w->fd, name))
		fd = openat(w->fd, name, flags);
	if (fd < 0 || fstat(fd, &there) < 0 || fstat(w->fd, &here) < 0)
		return stuck(w, name);
	if (there.st_dev != w->device)
		return fail(ERR_REFUSED, "%s/%s is another file system: unmount it first",
			buf_text(&w->path), name);
	if ((there.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0)
		return stuck(w, name);
	step = vec_push(&w->up);
	*step = (struct step){ str_dup(name), here.st_dev, here.st_ino };
	buf_addf(&w->path, "/%s", name);
	close(w->fd);
	w->fd = fd;
	fd = -1;
	return NULL;
}

static struct err *walk_up(struct walk *w)
{
	AUTO(fd_release) int fd = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct step *step = &w->up.v[w->up.n - 1];
	AUTO(str_release) char *name = step->name;
	struct stat st;

	w->up.n--;
	buf_cut(&w->path, w->path.n - strlen(name) - 1);
	if (fd < 0 || fstat(fd, &st) < 0)
		return stuck(w, name);
	if (st.st_dev != step->dev || st.st_ino != step->ino)
		return fail(ERR_FAILED, "%s/%s was moved while it was removed", buf_text(&w->path),
			name);
	if (unlinkat(fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return stuck(w, name);
	close(w->fd);
	w->fd = fd;
	fd = -1;
	return NULL;
}

/* *is_dir: it is a folder and still there. */
static struct err *remove_one(bool *is_dir, const struct walk *w, const char *name)
{
	*is_dir = false;
	if (unlinkat(w->fd, name, 0) == 0 || errno == ENOENT)
		return NULL;
	if (errno != EISDIR && errno != EPERM)
		return stuck(w, name);
	*is_dir = true;
	return NULL;
}

/* Takes away what is no folder, up to the first that is; NULL in *dir: nothing is left. */
static struct err *remove_files(char **dir, const struct walk *w)
{
	int copy = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir_release) DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	bool is_dir = false;

	if (!d)
		return fail_errno("cannot list %s", buf_text(&w->path));
	while (!is_dir && (entry = readdir(d))) {
		if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
			continue;
		TRY(remove_one(&is_dir, w, entry->d_name));
		if (is_dir)
			*dir = str_dup(entry->d_name);
	}
	return NULL;
}

struct err *file_remove_tree(const char *path)
{
	AUTO(walk_release) struct walk w = { .fd = -1 };
	AUTO(str_release) char *dir = path_dir(path);
	struct stat st;
	bool is_dir;

	w.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (w.fd < 0 || fstat(w.fd, &st) < 0)
		return fail_errno("cannot open %s", dir);
	w.device = st.st_dev;
	buf_adds(&w.path, dir);
	TRY(remove_one(&is_dir, &w, path_base(path)));
	if (is_dir)
		TRY(walk_down(&w, path_base(path)));
	while (w.up.n) {
		AUTO(str_release) char *below = NULL;
		TRY(remove_files(&below, &w));
		TRY(below ? walk_down(&w, below) : walk_up(&w));
	}
	return NULL;
}

struct err *file_remove(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return fail_errno("cannot remove %s", path);
	return NULL;
}

struct err *file_list(struct strv *names, const char *dir)
{
	AUTO(dir_release) DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (!d)
		return fail_errno("cannot list %s", dir);
	for (errno = 0; (entry = readdir(d)); errno = 0)
		if (!str_equal(entry->d_name, ".") && !str_equal(entry->d_name, ".."))
			strv_add(names, entry->d_name);
	return errno ? fail_errno("cannot list %s", dir) : NULL;
}

int64_t file_mtime(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

static struct err *busy(int fd, const char *path)
{
	char who[32] = "";
	ssize_t n = pread(fd, who, sizeof(who) - 1, 0);

	if (n > 0)
		who[strcspn(who, "\n")] = '\0';
	if (n > 0 && who[0])
		return fail(ERR_TIMEOUT, "%s is busy (held by pid %s); try again", path, who);
	return fail(ERR_TIMEOUT, "%s is busy; try again", path);
}

/* The pid in the file is a hint for people, nothing decides by it. */
static void sign(int fd)
{
	char who[32];
	int n = snprintf(who, sizeof(who), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, who, (size_t)n, 0) < 0)
		return;
}

struct err *lock_take(struct lock *l, const char *path, int64_t wait_ms)
{
	AUTO(fd_release) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int64_t until = clock_mono() + wait_ms, nap = 1;
	struct flock whole = { .l_type = F_WRLCK };

	if (fd >= 0 && fd < 3) { /* the caller started us without standard descriptors */
		int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		close(fd);
		fd = high;
	}
	if (fd < 0)
		return fail_errno("cannot open the lock %s", path);
	while (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return fail_errno("cannot lock %s", path);
		if (clock_mono() >= until)
			return busy(fd, path);
		TRY(clock_sleep(nap));
		nap = nap < 25 ? nap * 2 : 25;
	}
	sign(fd);
	l->fd = fd;
	fd = -1;
	return NULL;
}

/* Unlocked by name: a process that a child of ours left behind (a server that postCreate started) may
 * hold the descriptor for ever, and our work is done. */
void lock_release(struct lock *l)
{
	struct flock whole = { .l_type = F_UNLCK };

	if (l->fd > 0) {
		fcntl(l->fd, F_OFD_SETLK, &whole);
		close(l->fd);
	}
	l->fd = 0;
}

enum tri lock_held(const char *path)
{
	AUTO(fd_release) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct flock whole = { .l_type = F_WRLCK };

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? TRI_NO : TRI_UNKNOWN;
	if (fcntl(fd, F_OFD_GETLK, &whole) < 0)
		return TRI_UNKNOWN;
	return whole.l_type == F_UNLCK ? TRI_NO : TRI_YES;
}
