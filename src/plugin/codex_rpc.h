/*
 * JSON-RPC with a `codex app-server --listen unix://PATH`: text frames of a WebSocket on a socket of this
 * machine. Seen on 0.169.0, which marks it experimental. What it answers may have any shape.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct codex_rpc {
	int fd;        /* -1: not connected */
	int64_t until; /* clock_mono() */
	int calls;
	struct buf in; /* read, and not used yet */
};

/* And the handshake; all that follows must be done within that time. *open false: nobody listens there. */
MUST_USE struct err *codex_rpc_open(
	bool *open, struct codex_rpc *r, const char *folder, const char *name, int timeout_ms);
/* params: taken. *result NULL: it did not answer in time, or hung up; else the caller's. What it refuses is
 * an error with its words. */
MUST_USE struct err *codex_rpc_call(
	json_t **result, struct codex_rpc *r, const char *method, json_t *params);
void codex_rpc_release(struct codex_rpc *r);
