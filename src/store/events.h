/*
 * The audit log (contract, section 9): events.jsonl, one JSON object per line, appended under the
 * namespace lock with one write. `seq` grows by one; a torn last line is taken off by the next
 * writer. Over 8 MiB the file is renamed events-<first seq>.jsonl and kept.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

/* Durable. Takes `more` (may be NULL): fields behind seq time session actor type. session NULL: none.
 * at_ms 0: now. */
MUST_USE struct err *events_append(
	const struct store *st, const char *session, const char *type, int64_t at_ms, json_t *more);

/* Each line in order, oldest file first; only those of `session` unless NULL. The callback owns
 * nothing. Lines that are not JSON are passed with event NULL. */
typedef void (*event_reader)(void *arg, json_t *event, const char *line);
MUST_USE struct err *events_read(
	const struct store *st, const char *session, event_reader pass, void *arg);
/* The same, then new lines as they come, by inotify, until the user stops (ERR_INTERRUPTED). None is left
 * out in between, nor where the file is put aside. */
MUST_USE struct err *events_follow(
	const struct store *st, const char *session, event_reader pass, void *arg);

struct events_report {
	long lines, gaps, doubles, broken;
	bool torn; /* the last line has no end */
};
MUST_USE struct err *events_verify(struct events_report *out, const struct store *st);
