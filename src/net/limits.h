/*
 * When a server said that we ask too much, nothing is asked until the time that it named: not by this
 * process, nor by any other. A small file for each server and token (by its hash), key=value: a
 * resource ("graphql", "core", or "all" for a limit on the speed) and when it may be asked again, in ms
 * since 1970. It is written only when a limit was met.
 *
 * Sources: GitHub's documentation, "Rate limits for the REST API" and "… for the GraphQL API": 403 or
 * 429 with retry-after (seconds), or x-ratelimit-remaining 0 and x-ratelimit-reset (s since 1970);
 * GraphQL answers either with 200, the first as an error of type RATE_LIMIT (RATE_LIMITED before 2026:
 * yanyongyu/githubkit issue 271), whose x-ratelimit-remaining need not be 0 (octokit/plugin-throttling.js
 * pull request 636), the second by its message alone; where nothing is said, a minute.
 */
#pragma once

#include "net/request.h"

/* 0: may be asked now. */
int64_t limits_until(const char *dir, const struct request *r);
/* For all: the speed, not just this resource. A time further off than two hours counts as two hours;
 * the one that counts is given back. */
int64_t limits_note(const char *dir, const struct request *r, bool for_all, int64_t until_ms);
