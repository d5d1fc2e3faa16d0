/*
 * Files as records: read whole with a cap, replaced atomically, appended with one write. Only
 * regular files are read, links are not followed at the last component, everything is O_CLOEXEC.
 * What we create is 0600, folders 0700, whatever the umask.
 *
 * A crash at any instant leaves the old or the new content. `durable` adds fsync of the file and of
 * its folder: after success it survives a power cut. A failed fsync fails the call and is not tried
 * again (the kernel may have dropped the pages).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/tri.h"
#include "base/vec.h"

enum durability { FILE_VOLATILE, FILE_DURABLE };

void fd_release(int *fd); /* closed, and -1; may run twice */

/* Appends the content to out. Larger than max bytes: an error. Not there: ERR_MISSING. */
MUST_USE struct err *file_read(struct buf *out, const char *path, size_t max);
/* The same, but not there is success with *found false. */
MUST_USE struct err *file_read_if(struct buf *out, bool *found, const char *path, size_t max);
/* The last max bytes, from the first whole line among them on unless the file is shorter; not there
 * is success with *found false. */
MUST_USE struct err *file_read_tail_if(struct buf *out, bool *found, const char *path, size_t max);
/* Temporary ".NAME.new" beside it, then rename: writers of one file must hold a lock in common. */
MUST_USE struct err *file_replace(
	const char *path, const void *bytes, size_t n, enum durability durability);
/* One O_APPEND write. What a short write left is taken back, so callers hold a lock in common. */
MUST_USE struct err *file_append(
	const char *path, const void *bytes, size_t n, enum durability durability);
MUST_USE struct err *file_make_dirs(const char *path); /* like mkdir -p, each new one 0700 */
MUST_USE struct err *file_sync(const char *path);      /* one that another program wrote */
MUST_USE struct err *file_sync_dir(const char *path);
/* rm -r without ever following a link or leaving the file system; not there is fine. */
MUST_USE struct err *file_remove_tree(const char *path);
MUST_USE struct err *file_remove(const char *path); /* not there is fine */
/* Names in a folder but . and .., unsorted. Not there: none. */
MUST_USE struct err *file_list(struct strv *names, const char *dir);
int64_t file_mtime(const char *path); /* ms since 1970; 0: not there */

/*
 * Kernel locks (OFD), which vanish with their last holder; a child that inherits lock.fd is a holder
 * too, should we die before lock_release(), which frees it for all. The file is made when missing,
 * never replaced and never removed.
 */
struct lock {
	int fd; /* 0: not held (our descriptor 0 is never a lock) */
};

/* Waits up to wait_ms, then ERR_TIMEOUT "… is busy (pid N)". 0: one try. */
MUST_USE struct err *lock_take(struct lock *l, const char *path, int64_t wait_ms);
void lock_release(struct lock *l);
/* Does anybody hold it? No file: no. */
enum tri lock_held(const char *path);
