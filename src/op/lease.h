/*
 * The ports of a session, AO_PORT_0…: leased before anything runs in its worktree, given back when the
 * session is killed. The record keeps their numbers, so that undelete may get the same ones. An agent whose
 * command line says {port} gets one more, which store/port.h keeps and no AO_PORT tells.
 */
#pragma once

#include "model/agent.h"
#include "op/hold.h"

/* As many as its project wants now; the record is saved where they are other ones than before.
 * a: the agent that is about to start; NULL: none is. */
MUST_USE struct err *lease_ports(struct hold *h, const struct agent *a);
/* The agent's own, too. A list that cannot be written is a warning: ao doctor finds the lease. */
void lease_end(const struct hold *h);
void lease_env(struct strv *env, const struct session *s);
