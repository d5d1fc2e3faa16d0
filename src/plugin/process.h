/*
 * Speaking to the ao-pty of a session (base/pty.h), for the runtime process. A handle is "HOST BOOT-ID UID
 * FOLDER": on a home that machines share, a socket answers on one of them only.
 */
#pragma once

#include "base/buf.h"
#include "base/pty.h"
#include "slot/runtime.h"

struct process_handle {
	char *host, *boot, *uid, *folder;
};

char *process_handle_make(const char *uid, const char *folder);
/* false: not a handle of ours. */
bool process_handle_parse(struct process_handle *h, const char *text);
void process_handle_release(struct process_handle *h);
/* Made on another machine: what is not found here may run there. */
bool process_elsewhere(const struct process_handle *h);
/* The handle, where it and the mark are ours and it runs on this machine; else an error. */
MUST_USE struct err *process_here(struct process_handle *h, const struct runtime_ref *r);

/* Connect and say whom we mean; the answer is to come. *fd -1: nobody is there. */
MUST_USE struct err *process_call(
	int *fd, const struct process_handle *h, const char *uid, int64_t until);
void process_close(int *fd); /* -1: not open */
/* Have it typed, once its answer was yes. PTY_PASTE or PTY_PRESS. */
MUST_USE struct err *process_type(enum runtime_answer *answer, const struct runtime_ref *r,
	enum pty_kind kind, const struct buf *text);
