#include "store/room.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

enum { MEMINFO_MAX = 65536 };

/* MiB; -1: not known. */
static int64_t free_memory(void)
{
	AUTO(buf_release) struct buf b = { 0 };
	struct err *e = file_read(&b, "/proc/meminfo", MEMINFO_MAX);
	const char *at = e ? NULL : strstr(buf_text(&b), "MemAvailable:");

	err_drop(e, "then it is not known");
	return at ? strtoll(at + strlen("MemAvailable:"), NULL, 10) / 1024 : -1;
}

/* The same of the file system that holds path, or will hold it. */
static int64_t free_disk(const char *path)
{
	AUTO(str_release) char *folder = str_dup(path);
	struct statvfs v;

	while (statvfs(folder, &v) < 0) {
		char *above = path_dir(folder);
		bool top = str_equal(above, folder);
		str_release(&folder);
		folder = above;
		if (top)
			return -1;
	}
	/* what is no disk (proc, a FUSE file system that cannot tell) has none at all */
	if (!v.f_blocks)
		return -1;
	return (int64_t)((double)v.f_bavail * (double)v.f_frsize / (1 << 20));
}

static char *disk_short(const char *path, int wanted)
{
	int64_t has = wanted ? free_disk(path) : -1;

	if (has < 0 || has >= wanted)
		return NULL;
	return str_format("waits for disk space: %lld MiB are free at %s, limits.freeDisk is %d",
		(long long)has, path, wanted);
}

char *room_short(const struct config *c)
{
	int64_t memory = c->free_memory ? free_memory() : -1;
	char *why;

	if (memory >= 0 && memory < c->free_memory)
		return str_format(
			"waits for memory: %lld MiB are available, limits.freeMemory is %d",
			(long long)memory, c->free_memory);
	why = disk_short(c->worktree_dir, c->free_disk);
	return why ? why : disk_short(c->data_dir, c->free_disk);
}
