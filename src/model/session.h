/*
 * The record of one session (contract, section 3): what is durable. All values are text, as they
 * stand in `metadata`; NULL is absent. Times are ISO 8601, UTC. Unknown keys, comments and the order
 * of lines survive in `lines`. One table, session_fields[], serves reading, writing and release.
 */
#pragma once

#include <stdbool.h>

#include "base/kv.h"
#include "model/activity.h"

/* member, key. The page's keys first, in its order; then ours. */
#define SESSION_FIELDS(X)                                                                          \
	X(id, "id")                                                                                \
	X(project, "projectId")                                                                    \
	X(status, "status")                                                                        \
	X(branch, "branch")                                                                        \
	X(issue, "issueId")                                                                        \
	X(pr, "pr")                                                                                \
	X(created_at, "createdAt")                                                                 \
	X(last_activity_at, "lastActivityAt")                                                      \
	X(uid, "uid")         /* 32 hex digits: marks what is ours */                              \
	X(doing, "doing")     /* the verb that is at work, or died */                              \
	X(title, "title")     /* the issue's title, for the summary */                             \
	X(tracker, "tracker") /* the one that had the issue; none: an ad-hoc task */               \
	X(agent, "agent")                                                                          \
	X(agent_session_id, "agentSessionId") /* the agent's own conversation */                   \
	X(runtime, "runtime")                                                                      \
	X(runtime_handle, "runtimeHandle")                                                         \
	X(started_at, "startedAt") /* the runtime's last start */                                  \
	X(workspace, "workspace")                                                                  \
	X(workspace_handle, "workspaceHandle")                                                     \
	X(repo, "repo")                  /* the project's path at spawn */                         \
	X(worktree, "worktree")          /* its place, also when it is gone */                     \
	X(base, "base")                  /* the commit the branch started from */                  \
	X(made_branch, "madeBranch")     /* "yes": the branch was ours to make */                  \
	X(wanted_branch, "wantedBranch") /* queued: the tracker's own name for the branch */       \
	X(saved, "saved")                /* of the last kill; none: nothing was worth it */        \
	X(saved_work, "savedWork")       /* "3 files, 2 commits" */                                \
	X(kept, "kept")                  /* a worktree kept aside */                               \
	X(reason, "reason")              /* why the status is what it is */                        \
	X(status_at, "statusAt")                                                                   \
	X(killed_at, "killedAt")                                                                   \
	X(restored_at, "restoredAt")                                                               \
	X(undeleted_at, "undeletedAt")                                                             \
	X(ports, "ports") /* leased: "20417 20418"; once it is killed, the last ones */            \
	X(after, "after") /* queued until that session's pull request is merged */                 \
	X(limited_until, "limitedUntil") /* a quota is spent: nothing goes on before that */       \
	X(rev, "rev")                    /* grows with each write */

struct session {
#define MEMBER(member, key) char *member;
	SESSION_FIELDS(MEMBER)
#undef MEMBER
	struct kv lines; /* the file as it was read */
};

/* bad (may be NULL) gets a line for each broken line. The older spellings `issue` and `project` are
 * read, and become the new ones. A session without an id in its text gets `id`. */
void session_parse(struct session *s, const char *id, const char *text, size_t n, struct strv *bad);
void session_write(struct buf *out, struct session *s);
void session_release(struct session *s);

enum status session_status(const struct session *s); /* recorded; unreadable: spawning */
bool session_is(const struct session *s, enum status status);
/* One of a project, in its main checkout: it has no branch and no files of its own. */
bool session_is_orchestrator(const struct session *s);
/* Order of ids: by prefix, then as numbers (fe-2 before fe-10). For qsort of char *. */
int session_id_order(const void *a, const void *b);
