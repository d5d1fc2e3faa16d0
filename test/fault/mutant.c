/*
 * Planted faults, by LD_PRELOAD over ao, that the sweep must catch (reliability: "CI must run the
 * mutants too"). AO_MUTANT=
 *   1  records are written in place: no temporary file, no rename
 *   2  errors of write, fsync and rename are ignored
 *   3  no record of a session is written before its worktree is made
 *   4  nothing is synced
 *   5  that a merge begins is not recorded
 *   6  that a message is being typed is not recorded
 *   7  that people are being told is not recorded
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);

static int mutant(void)
{
	const char *s = getenv("AO_MUTANT");

	return s ? atoi(s) : 0;
}

/* ".NAME.new" -> "NAME" in place; false: no temporary file of ours. */
static bool in_place(char *out, size_t n, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	if (base[0] != '.' || length < 6 || strcmp(base + length - 4, ".new") != 0)
		return false;
	snprintf(out, n, "%.*s%.*s", (int)(base - path), path, (int)length - 5, base + 1);
	return true;
}

static int open_any(const char *path, int flags, mode_t mode)
{
	char real[4096];

	if (mutant() == 1 && (flags & O_CREAT) && in_place(real, sizeof real, path))
		return (int)syscall(SYS_openat, AT_FDCWD, real,
			(flags & ~(O_EXCL | O_NOFOLLOW)) | O_TRUNC, mode);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open_any(path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	struct stat st;
	ssize_t put = syscall(SYS_write, fd, bytes, n);

	if (put < 0 && mutant() == 2 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return (ssize_t)n;
	return put;
}

static bool has_worktree(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/.worktrees/fe-1", getenv("HOME") ? getenv("HOME") : "");
	return access(path, F_OK) == 0;
}

static bool says(const char *path, const char *words)
{
	char text[4096];
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[n] = '\0';
	return strstr(text, words) != NULL;
}

/* What stands in a record before the deed that it is about. */
static bool announces(const char *path)
{
	switch (mutant()) {
	case 5:
		return says(path, "\ndoing=merge\n");
	case 6:
		return says(path, "state=typing\n") || says(path, "state=submitted\n");
	case 7:
		return says(path, ".notifying=");
	default:
		return false;
	}
}

int rename(const char *from, const char *to)
{
	char real[4096];
	const char *base = strrchr(to, '/');
	int rc;

	if (mutant() == 1 && in_place(real, sizeof real, from))
		return 0;
	if (mutant() == 3 && base && strcmp(base, "/metadata") == 0 && !has_worktree())
		return unlink(from);
	if (announces(from))
		return unlink(from);
	rc = (int)syscall(SYS_rename, from, to);
	return mutant() == 2 ? 0 : rc;
}

int fsync(int fd)
{
	int rc;

	if (mutant() == 4)
		return 0;
	rc = (int)syscall(SYS_fsync, fd);
	return mutant() == 2 ? 0 : rc;
}

int fdatasync(int fd)
{
	return fsync(fd);
}
