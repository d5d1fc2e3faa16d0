/*
 * How others speak to the daemon: datagrams, which are hints (base/wake.h), and clients, who send one word
 * ("status", "stop") over dataDir/daemon.ctl (unix(7), SOCK_SEQPACKET) and get JSON back. Only the same
 * user is listened to, whatever the files' modes are.
 */
#pragma once

#include <uv.h>

#include "base/err.h"

#define CALL_SOCKET "daemon.ctl"

enum { CLIENTS_MAX = 16, DATAGRAMS_AT_ONCE = 256 };

struct daemon;

struct door {
	int hints, calls;
	uv_poll_t on_hints, on_calls;
	int clients;
};

MUST_USE struct err *door_open(struct door *door, struct daemon *d);
/* And the sockets' files go: the lock is still ours. */
void door_close(struct door *door, const struct daemon *d);
