/*
 * Tracker: where the issues of a project live.
 *
 * An id is the tracker's own word for an issue ("42", "INT-7"), without '#'. Every text of an issue
 * was written by somebody else. All times are ms since 1970.
 *
 * To add one, copy plugin/tracker_local.c and add a line to slot/trackers.def.
 */
#pragma once

#include "model/config.h"
#include "model/issue.h"
#include "slot/plugin.h"

/* Whose issues. */
struct tracked {
	const char *path; /* the project's repository, here */
	const char *repo; /* owner/name; NULL: said nowhere */
	const struct slot_config
		*config;          /* `tracker:`, else `scm:` of the same forge; NULL: neither */
	const struct strv *trust; /* logins whose comments may reach an agent */
	const char *data_dir;     /* below it, cache/; NULL where only files are asked */
};

struct issues {
	VEC(struct issue) list;
};

struct new_issue {
	const char *title; /* one line, not empty */
	const char *body;  /* without NUL; NULL: none */
	size_t body_n;
	const char *author; /* for the record; NULL: the tracker knows */
	int64_t now_ms;
};

struct new_comment {
	const char *text;   /* not empty */
	const char *author; /* for the record; NULL: the tracker knows */
	int64_t now_ms;
};

struct tracker {
	struct plugin plugin;
	bool elsewhere; /* over a network, which may be down */
	bool in_files;  /* list() reads files here: no process, no request. So they are completed */

	/* Does it serve this project where the config names none? At most a process, no request. */
	enum tri (*serves)(const struct tracked *t);
	/* Does it have this shape, is it the id of an issue that may exist? Words have not. */
	bool (*is_id)(const char *id);

	/* One issue; no such one is success with *found false. Broken lines are warnings. */
	MUST_USE struct err *(*fetch)(struct issue *out, bool *found, const struct tracked *t,
		const char *id, struct sink *sink);
	/* The states of n issues, from files, or in one request. What is not told stays unknown. */
	void (*states)(
		struct issue_state *out, const struct tracked *t, char *const *ids, size_t n);
	/* All of them, newest first; `closed`: those too. Bodies may be missing. */
	MUST_USE struct err *(*list)(
		struct issues *out, const struct tracked *t, bool closed, struct sink *sink);

	/* After success it is on disk, or the server has it. */
	MUST_USE struct err *(*create)(
		struct issue *out, const struct tracked *t, const struct new_issue *n);
	/* Not there: tracker_missing(). *out: the issue; what is said need not stand in its text. */
	MUST_USE struct err *(*comment)(struct issue *out, const struct tracked *t, const char *id,
		const struct new_comment *c);
	/* Not there: tracker_missing(). *out: as it is now. *before: it was closed already, and nothing was
	 * changed. */
	MUST_USE struct err *(*close)(struct issue *out, bool *before, const struct tracked *t,
		const char *id, const char *reason, int64_t now_ms);

	/* The branch name that the tracker itself gives to an issue; NULL: none. Caller frees. The
	 * function is NULL where issues have no such name. */
	char *(*branch)(const struct issue *i);

	/* For `ao doctor`: a line about the login; an error says what to do. NULL: there is none, or it is that of the
	 * forge. */
	MUST_USE struct err *(*examine)(struct strv *said, const struct tracked *t);
};

void issues_release(struct issues *i);
/* NULL: no such plugin. */
const struct tracker *tracker_named(const char *name);
/* The first that serves the project by itself; NULL: none. */
const struct tracker *tracker_serving(const struct tracked *t);
/* ERR_MISSING, and where to look. */
MUST_USE struct err *tracker_missing(const char *id);
