/*
 * Where an agent's own interface listens: the file `api` in the session's folder, key=value, 0600:
 *
 *   port=20417
 *   secret=9f86d081884c7d659a2feaa0c55ad015
 *
 * The port is leased (store/ports.h), the secret is what the agent asks for and is made anew for each
 * start. No file: its agent has no such interface.
 */
#pragma once

#include "base/err.h"

struct port {
	char *number, *secret; /* NULL: none */
};

void port_read(struct port *p, const char *folder);
/* With a new secret; number NULL: none any more. */
MUST_USE struct err *port_write(const char *folder, const char *number);
void port_release(struct port *p);
