/*
 * The folder of one namespace, dataDir/sessions/<name>/ (layout: docs/files.md). Files are the state:
 * nothing is cached between calls, each process reads when it must know.
 *
 * Lock order: namespace (.lock: ids, events, hints; held for milliseconds, never while a program
 * runs), then session (<id>/lock), then outbox. Reading takes none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/sink.h"
#include "model/config.h"
#include "model/session.h"

struct store {
	char *dir; /* …/sessions/<name> */
	char *data_dir;
	struct sink *sink; /* warnings about broken lines go here; may be NULL */
};

/* The folder is made only by a verb that writes (make). Another config's namespace: ERR_CONFIG,
 * unless that config is gone: then it is adopted, and told. */
MUST_USE struct err *store_open(
	struct store *st, const struct config *c, struct sink *sink, bool make);
void store_release(struct store *st);

char *store_folder(const struct store *st, const char *id);
/* path of a file in the session's folder */
char *store_path(const struct store *st, const char *id, const char *name);

/* Ids of the records there, in the order of session_id_order. live_only leaves out those that the
 * hint .closed names. A folder without metadata counts (half-made). */
MUST_USE struct err *store_ids(struct strv *ids, const struct store *st, bool live_only);

/* ERR_MISSING "no session 'fe-9' …" where there is none, also of a half-made one (folder without
 * metadata). */
MUST_USE struct err *store_load(struct session *s, const struct store *st, const char *id);
/* Durable, whole or not at all; needs the session's lock. Adds one to rev. Turns an older plain
 * file into the folder form. */
MUST_USE struct err *store_save(const struct store *st, struct session *s);
bool store_exists(const struct store *st, const char *id); /* record or folder */

/* A session's folder is there when this succeeds: an older plain file becomes one. Makes no session. */
MUST_USE struct err *store_need_folder(const struct store *st, const char *id);
/* Take the session's lock; ERR_TIMEOUT after wait_ms. Makes no session. */
MUST_USE struct err *store_lock(
	struct lock *l, const struct store *st, const char *id, int64_t wait_ms);

/* The next free number of the prefix: its folder is made, nothing else. taken(arg, id) is asked for
 * what the store cannot know (worktree path, runtime name); a taken number is burnt. */
MUST_USE struct err *store_reserve(char **id, const struct store *st, const char *prefix,
	bool (*taken)(void *arg, const char *id), void *arg);

/* The folder of an id that is no number's, where it is not there yet. */
MUST_USE struct err *store_claim(const struct store *st, const char *id);

/* The hint of final records, so that a list reads only the live ones. Reopen before anything makes
 * the record live again; close after the last write. */
MUST_USE struct err *store_close(const struct store *st, const char *id);
MUST_USE struct err *store_reopen(const struct store *st, const char *id);
