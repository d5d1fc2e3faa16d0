/*
 * What opencode's HTTP interface answers, as seen on 1.18.33 (GET /doc of a running one describes it):
 *
 *   GET /session?roots=true     [{id, directory, title, cost, time: {created, updated}}, …], newest first
 *   GET /session/status         {ID: {type: busy | retry, attempt, message}}; one that is idle is not in it
 *   GET /permission, /question  [{id, sessionID, permission, patterns}], [{id, sessionID, questions:
 *                               [{question, options: [{label}], multiple}]}]: open ones
 *   POST /permission/ID/reply {reply: once | always | reject}, /question/ID/reply {answers: [[label]]},
 *        /session/ID/abort      true; 404 for what is no longer open. What asks when its turn is aborted
 *                               stays in the list, though its conversation is idle
 *   GET /session/ID/message     [{info: {role, time, tokens, error, finish}, parts: [{type, text}]}], oldest
 *                               first
 *
 * Pure functions of JSON that may have any shape: a model, and whatever it read, stands in it.
 */
#pragma once

#include <jansson.h>

#include "slot/channel.h"

struct opencode_said {
	const json_t *sessions, *status, *permissions, *questions;
	const json_t *messages; /* NULL: not known */
};

/* Of the list, the newest that belongs to this worktree and is the known one, or began since then. In
 * the form of the interface, or of `opencode session list --format json`. NULL: none. */
const json_t *opencode_choose(const json_t *sessions, const struct channel_ref *ref);
/* What a permission is answered with, in the order in which it is shown. */
extern const struct opencode_reply {
	const char *label, *word;
} opencode_replies[3];
#define ID_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/* Its id; NULL: none, or nothing that may stand in a URL. */
const char *opencode_id(const json_t *session);
/* Of `opencode export`: its last turn has no end. */
bool opencode_is_cut_off(const json_t *exported);
/* session: the chosen one; NULL: none has begun. now: ms since 1970. */
void opencode_read(struct channel_fact *out, const struct opencode_said *said,
	const json_t *session, int64_t now);
