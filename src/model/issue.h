/*
 * An issue: what is to be done. As a file of ours it is a head of key=value lines (base/kv.h), a blank
 * line, and the text byte for byte; people edit it by hand, so what they added to the head survives a
 * rewrite, and what they left out is NULL. Title and text are from outside: clean them before a
 * terminal or an agent sees them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/kv.h"
#include "base/tri.h"

/* member, key */
#define ISSUE_FIELDS(X)                                                                            \
	X(title, "title")                                                                          \
	X(state, "state") /* open, closed */                                                       \
	X(author, "author")                                                                        \
	X(created_at, "createdAt")                                                                 \
	X(closed_at, "closedAt")                                                                   \
	X(reason, "reason") /* why it was closed */

struct issue {
	char *id; /* "42", "INT-7" */
#define MEMBER(member, key) char *member;
	ISSUE_FIELDS(MEMBER)
#undef MEMBER
	char *place;     /* where to look at it: a URL, or the file */
	struct buf body; /* never holds a NUL */
	struct kv lines; /* the head as it was read */
};

/* What cleanup asks of many at once. */
struct issue_state {
	enum tri closed;   /* unknown: the tracker does not have it, or could not be asked */
	int64_t closed_at; /* ms since 1970; 0: unknown */
};

bool issue_closed(const struct issue *i);
/* bad (may be NULL) gets a line for each broken line of the head. Never fails: an empty file is an
 * open issue without a title. */
void issue_parse(struct issue *i, const char *id, const char *text, size_t n, struct strv *bad);
void issue_write(struct buf *out, struct issue *i);
void issue_release(struct issue *i);
