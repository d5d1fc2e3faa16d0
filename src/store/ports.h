/*
 * Leases of TCP ports: a number belongs to one session of this user, whatever its namespace and data
 * folder, so the list lies in the home: ~/.agent-orchestrator/ports, key=value, "20417=<the session's
 * folder>", under ports.lock. A lease lasts until it is ended, across crashes and restarts.
 *
 * Numbers are 20000 to 29999: above what programs are known for, below what Linux gives to outgoing
 * connections (32768 on, net.ipv4.ip_local_port_range in ip(7)) and Kubernetes to its nodes (30000 on).
 */
#pragma once

#include "base/err.h"
#include "base/kv.h"

/* n ports for the session in `folder`, "20417 20418"; fewer or none give the others back. Those of `had`
 * (may be NULL) stay in their places where they are still its own, or free: leased to nobody and without
 * a listener at this moment. Durable. */
MUST_USE struct err *ports_lease(char **out, const char *folder, const char *had, int n);
/* All of the session's. None is fine. */
MUST_USE struct err *ports_release(const char *folder);
/* All leases there are: key the number, value the folder. */
MUST_USE struct err *ports_read(struct kv *out);
void ports_split(struct strv *out, const char *ports); /* "20417 20418"; NULL: none */
