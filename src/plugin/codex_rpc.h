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
#include "base/tri.h"

struct codex_rpc {
	int fd;        /* -1: not connected */
	int64_t until; /* clock_mono() */
	int calls;     /* the id of the latest one */
	bool open;     /* it has shaken hands, and was greeted */
	struct buf in; /* read; its first `used` bytes are done with */
	size_t used;
	struct buf text; /* of a message whose end has not come */
};

/* Connected, and a hand held out; all that follows must be done within that time. fd -1: nobody listens there. */
MUST_USE struct err *codex_rpc_begin(
	struct codex_rpc *r, const char *folder, const char *name, int timeout_ms);
/* What has come, once fd can be read: one read, which does not wait. False: it hung up, or is a stranger. */
bool codex_rpc_read(struct codex_rpc *r);
/* The next answer in what was read: YES, and the caller's, with "result" or "error"; UNKNOWN: none is whole; NO: it is
 * a stranger. */
enum tri codex_rpc_next(int *id, json_t **answer, struct codex_rpc *r);
/* Only once it is open; the answer's id will be r->calls. False: it can't be told. params: taken. */
bool codex_rpc_ask(struct codex_rpc *r, const char *method, json_t *params);
/* And waits for the answer. *result NULL: none in time, or it hung up; else the caller's. What it refuses
 * is an error with its words. */
MUST_USE struct err *codex_rpc_call(
	json_t **result, struct codex_rpc *r, const char *method, json_t *params);
void codex_rpc_release(struct codex_rpc *r);
