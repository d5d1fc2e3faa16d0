/*
 * What `ao hook` and ao-run tell the daemon, should one run: "NAMESPACE/SESSION WHAT", a datagram to
 * dataDir/daemon.sock. It is a hint that something is to be read, never the thing itself: one that is lost
 * costs time. Sending waits for nobody and fails nobody.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define WAKE_SOCKET "daemon.sock"

enum { WAKE_MAX = 192, WAKE_ID = 65, WAKE_WHAT = 32 };

struct wake {
	char space[WAKE_ID], session[WAKE_ID];
	char what[WAKE_WHAT]; /* [a-z-]+ */
};

/* folder: the session's, …/sessions/NAMESPACE/SESSION; another one: nothing is sent. */
void wake_send(const char *folder, const char *what);
/* False: it is no such thing. Any bytes may come. */
bool wake_parse(struct wake *out, const char *bytes, size_t n);
