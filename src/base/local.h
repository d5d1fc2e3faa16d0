/*
 * Sockets of the local machine, unix(7), named by a folder and a name in it. The path of one may have 107
 * bytes and a folder of ours has more at times, so it is reached by a descriptor. All are non-blocking and
 * 0600; who may enter the folder is who may speak.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* type: SOCK_SEQPACKET (listens) or SOCK_DGRAM. What lies there under the name is replaced: the caller
 * holds a lock that says so. */
MUST_USE struct err *local_listen(int *fd, const char *folder, const char *name, int type);
/* *fd -1: nobody listens there. */
MUST_USE struct err *local_connect(int *fd, const char *folder, const char *name, int type);
/* Who is at the other end of a connected one; 0: not known. */
pid_t local_peer(int fd, uid_t *uid);
