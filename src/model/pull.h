/*
 * A pull request, on whatever forge. Zero: none known. Strings belong to the struct and come from
 * outside; times are ms since 1970, 0: unknown. The forge fills in what it was told, pull_judge()
 * derives ci, review and threads from that, so that all forges mean the same by a word.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

enum pull_state { PULL_NONE, PULL_OPEN, PULL_MERGED, PULL_CLOSED };
enum ci { CI_UNKNOWN, CI_NONE, CI_PENDING, CI_SUCCESS, CI_FAILURE };
enum review { REVIEW_UNKNOWN, REVIEW_NONE, REVIEW_PENDING, REVIEW_APPROVED, REVIEW_CHANGES };
enum merge_method { MERGE_SQUASH, MERGE_COMMIT, MERGE_REBASE };

enum check_state {
	CHECK_PENDING, /* due, or running */
	CHECK_SUCCESS,
	CHECK_FAILURE,
	CHECK_TIMEOUT,
	CHECK_CANCELLED, /* the head moved; never the state of a current head */
};

struct check {
	char *name, *command; /* command: of one that runs here; else NULL */
	char *step, *url;     /* the step that failed, where to look at it; NULL: not told */
	char *tail;           /* the end of its output, of one that runs elsewhere; NULL: none */
	enum check_state state;
	int code;  /* its exit code, or 128 + signal */
	char *log; /* absolute path; NULL: none */
	int64_t started_at, ended_at;
};

enum remark_kind { REMARK_COMMENT, REMARK_ASK, REMARK_APPROVE, REMARK_CHANGES };

/* One act of a review. With a text it is a thread, which is open until it is resolved; an approval's
 * text is not. */
struct remark {
	int number; /* from 1, within the pull request */
	enum remark_kind kind;
	char *by, *to; /* to: who was asked */
	char *head;    /* the commit that it was said of */
	char *file;    /* NULL: of the whole */
	int line;
	char *text;
	int64_t at;
	int64_t again_at; /* when somebody but the pull request's author went on in it last; 0: nobody */
	bool resolved;
	bool trusted; /* its author may speak to an agent */
};

struct pull {
	enum pull_state state;
	int number;
	char *url;
	bool merged_into_default;
	bool conflict; /* known to be in conflict with its base */
	bool untested; /* head or base moved since that was found out: the forge's check() does */
	struct strv conflicts; /* files of it */
	enum ci ci;
	enum review review;
	int threads; /* unresolved */
	bool bare; /* checks and remarks were not asked for: only what is derived from them is known */
	int64_t seen_at; /* when a forge elsewhere said so; 0: just now */

	char *title, *body;
	char *branch, *base; /* without refs/heads/ */
	char *head;          /* commit; merged or closed: the last one */
	char *session, *author;
	char *merged_as; /* the commit on base */
	int64_t created_at, ended_at;
	VEC(struct check) checks;
	VEC(struct remark) remarks;
};

struct pulls {
	VEC(struct pull) list;
};

const char *ci_word(enum ci ci);             /* as in --json; NULL: null */
const char *review_word(enum review review); /* as in --json; NULL: null */
const char *pull_state_word(enum pull_state state);
const char *check_word(enum check_state state);
const char *remark_word(enum remark_kind kind);
const char *merge_word(enum merge_method method);
/* The same words back; false: none of them. */
bool check_state_of(enum check_state *out, const char *word);
bool remark_kind_of(enum remark_kind *out, const char *word);
bool pull_state_of(enum pull_state *out, const char *word);

bool remark_is_thread(const struct remark *r);
bool remark_is_last_word(
	const struct pull *p, size_t i); /* is this the last verdict of its author? */
/* ci, review and threads of an open pull request, by checks, remarks and head. A verdict answers the
 * asks before it; an approval holds for the commit that it was given to, a request for changes until
 * the same person approves. */
void pull_judge(struct pull *p);
void check_release(struct check *c);
void remark_release(struct remark *r);
void pull_release(struct pull *p);
void pulls_release(struct pulls *p);
