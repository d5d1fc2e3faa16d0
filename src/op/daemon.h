/*
 * The daemon (libexec/ao/ao-serve, src/serve), seen from outside: one per data folder. What it does `ao
 * poll` does as well, when it is run; so all of ao works without it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/sink.h"

/* The data folder of the configuration; where that cannot be read, the default one. Caller frees. */
char *daemon_folder(const char *named, struct sink *sink);

/* What it tells of itself (man ao-start); *out NULL: none runs. The caller's. */
MUST_USE struct err *op_daemon_ask(json_t **out, const char *folder);
/* *already: one runs. By systemd where the user enabled its unit, else as a process of its own, without a
 * terminal. Returns when it serves. */
MUST_USE struct err *op_daemon_start(bool *already, const char *folder);
/* Become it. */
MUST_USE struct err *op_daemon_become(const char *folder);
/* *was: one ran. Returns when it has ended. */
MUST_USE struct err *op_daemon_stop(bool *was, const char *folder);
