/*
 * The last answers that came with an ETag (RFC 9110, 8.8.3), shared by all processes of a user: a file
 * each, 0600, named by a hash of url, accepted types and token, so that nobody is shown what another
 * token was answered. A file is one JSON line that tells of it, then the body.
 *
 * Writers hold .lock and replace whole files; one that was torn or damaged counts as missing. Beyond
 * CACHE_FILES files or CACHE_BYTES bytes the oldest go. No error is worth a failed request: what cannot be
 * kept is not kept.
 */
#pragma once

#include "net/request.h"

enum { CACHE_FILES = 512, CACHE_BYTES = 64 << 20, CACHE_BODY_MAX = 8 << 20 };

struct kept {
	char *etag; /* NULL: nothing is kept */
	struct buf body;
};

void cache_find(struct kept *k, const char *dir, const struct request *r);
void cache_keep(const char *dir, const struct request *r, const char *etag, const struct buf *body);
void kept_release(struct kept *k);
/* For other files of the folder: a name that gives nothing away of the secret in it. */
char *cache_name(const char *kind, const char *what, const char *token);
