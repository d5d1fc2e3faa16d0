/*
 * Where the reactions of a session stand: <id>/reactions, key=value ("ci-failed.attempts=1"), replaced
 * whole and durable, gone from no crash. What is of a project lies in .projects/<project>/ instead.
 *
 * Whoever changes it holds <id>/reactions.lock, which comes before the session's own lock and may be
 * held while programs run: that is how two polls keep out of each other's way.
 */
#pragma once

#include "model/reaction.h"
#include "store/store.h"

/* id: a session's, or that of episodes_of_project(). No file: none of them ever began. */
MUST_USE struct err *episodes_read(struct episodes *out, const struct store *st, const char *id);
MUST_USE struct err *episodes_save(
	const struct store *st, const char *id, const struct episodes *e);
/* ERR_TIMEOUT where another holds it for longer than that. */
MUST_USE struct err *episodes_lock(
	struct lock *l, const struct store *st, const char *id, int64_t wait_ms);
/* The id under which those of a project stand. Caller frees. */
char *episodes_of_project(const char *project);
