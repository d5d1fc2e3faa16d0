/* What an agent is doing (page, "Activity States"), and what a session amounts to (page, "Session
 * Status Codes", plus `queued` and `idle`: contract, section 5). */
#pragma once

#include <stdbool.h>

#define ACTIVITIES(X)                                                                              \
	X(UNKNOWN, "unknown")                                                                      \
	X(ACTIVE, "active")                                                                        \
	X(READY, "ready")                                                                          \
	X(IDLE, "idle")                                                                            \
	X(WAITING_INPUT, "waiting_input")                                                          \
	X(BLOCKED, "blocked")                                                                      \
	X(EXITED, "exited")

#define STATUSES(X)                                                                                \
	X(SPAWNING, "spawning")                                                                    \
	X(WORKING, "working")                                                                      \
	X(PR_OPEN, "pr_open")                                                                      \
	X(CI_FAILED, "ci_failed")                                                                  \
	X(REVIEW_PENDING, "review_pending")                                                        \
	X(CHANGES_REQUESTED, "changes_requested")                                                  \
	X(APPROVED, "approved")                                                                    \
	X(MERGEABLE, "mergeable")                                                                  \
	X(MERGED, "merged")                                                                        \
	X(NEEDS_INPUT, "needs_input")                                                              \
	X(STUCK, "stuck")                                                                          \
	X(ERRORED, "errored")                                                                      \
	X(KILLED, "killed")                                                                        \
	X(QUEUED, "queued")                                                                        \
	X(IDLE, "idle")

#define ACTIVITY_ROW(name, word) ACTIVITY_##name,
enum activity { ACTIVITIES(ACTIVITY_ROW) ACTIVITY_COUNT };
#undef ACTIVITY_ROW
#define STATUS_ROW(name, word) STATUS_##name,
enum status { STATUSES(STATUS_ROW) STATUS_COUNT };
#undef STATUS_ROW

const char *activity_word(enum activity a);
const char *status_word(enum status s);
bool status_parse(enum status *s, const char *word);
