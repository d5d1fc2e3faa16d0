#include "base/thin.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"

void file_thin(const char *path, size_t keep)
{
	AUTO(fd_release)
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st, now;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		(size_t)st.st_blocks * 512 <= 4 * keep || (size_t)st.st_size <= keep)
		return;
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, st.st_size - (off_t)keep) <
		0)
		return;
	/* what was written meanwhile has set the time already */
	if (fstat(fd, &now) == 0 && now.st_size == st.st_size)
		futimens(fd, (struct timespec[]){ { .tv_nsec = UTIME_OMIT }, st.st_mtim });
}
