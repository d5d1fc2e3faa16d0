/*
 * Scm: where pull requests, checks and reviews live. A session's record names its pull request by a
 * text that begins with the plugin's own word ("local:frontend#1") or is a URL; the plugin that
 * made the text reads it.
 *
 * refresh() is what lists ask: all pull requests of a forge at once. The other functions are the verbs
 * of `ao pr`; each leaves in *out the pull request as it is afterwards.
 *
 * To add one, copy plugin/scm_local.c and add a line to slot/scms.def.
 */
#pragma once

#include "model/config.h"
#include "model/pull.h"
#include "slot/plugin.h"

/* Where a verb acts, and for whom. */
struct forge {
	const struct project *project;
	const char *repo;     /* the project's path */
	const char *pr;       /* as in the record; NULL: only its number is known */
	const char *data_dir; /* for work of its own */
	const char *actor;    /* who acts: a session, or "user" */
	struct sink *sink;    /* progress */
	bool red;             /* of check(): what is red on the head is due, too, once more */
	bool no_wait;         /* of check(): another run of them at work is not waited for */
};

struct pull_ref {
	const char *pr;     /* as in the record; empty: found by branch, where scm.finds */
	const char *repo;   /* the session's */
	const char *branch; /* of the session; NULL: unknown */
	int64_t since;      /* when the session was made: an older one is not its own */
	const struct project *project; /* NULL: no longer in the config */
};

enum ask {
	ASK_ALL,   /* also names of checks and texts of remarks, where anything has changed */
	ASK_QUICK, /* what is 30 s old or less is good enough; one request a forge, at most 2 s */
	ASK_KNOWN, /* nobody: what was seen before */
};

struct look {
	enum ask ask;
	const char *data_dir; /* where it is kept what was seen; below it, cache/forge */
	struct sink *sink;    /* a forge that could not be asked, a quota that runs out */
};

struct pull_draft {
	const char *branch;
	const char *base;  /* NULL: the default branch */
	const char *title; /* NULL: the subject of the last commit */
	const char *body, *session;
};

struct remark_wish {
	enum remark_kind kind;
	const char *to, *file, *text; /* may be NULL */
	const char *head; /* refused when the head is another commit by now; NULL: any */
	int line;
	int resolve, reopen; /* a thread's number: this is all that is done; 0: none */
};

struct scm {
	struct plugin plugin;
	bool in_files; /* list() reads files here: no process, no request. So they are completed */
	bool (*serves)(const char *repo); /* the default for this repository? No process. */
	bool (*owns)(const char *pr);     /* is it one of its texts? */
	int (*number)(const char *pr);    /* 0: none */
	char *(*text)(const struct project *p, int number); /* for the record */

	bool finds; /* refresh() finds the pull request of a branch; the newest open one wins */
	/* Zero where there is none, or nothing is known of it. A forge that cannot be asked is a note, and
	 * what was seen last is given, with its time. The local one reads files and starts no process. */
	MUST_USE struct err *(*refresh)(
		struct pull *out, const struct pull_ref *refs, size_t n, const struct look *look);
	/* Folders in which a file changes when the pull request does, as far as that is seen here: for who
	 * waits for it. `p` is what refresh() said. */
	void (*places)(struct strv *folders, const struct pull_ref *ref, const struct pull *p,
		const char *data_dir);
	/* All of the repository, by number; of one elsewhere, the newest. */
	MUST_USE struct err *(*list)(struct pulls *out, const struct forge *f);
	MUST_USE struct err *(*view)(struct pull *out, const struct forge *f, int number);
	/* An open one of the branch is given back as it is; *made tells. */
	MUST_USE struct err *(*create)(
		struct pull *out, bool *made, const struct forge *f, const struct pull_draft *d);
	bool runs_checks; /* they are commands that check() runs here; else they run elsewhere */
	/* Run what is due on the head, until it is done or the head has moved, and find out whether it
	 * is in conflict with its base. Red is no error. */
	MUST_USE struct err *(*check)(struct pull *out, const struct forge *f, int number);
	MUST_USE struct err *(*review)(struct pull *out, const struct forge *f, int number,
		const struct remark_wish *wish);
	/* Only the head that was checked and reviewed, and only this one (NULL: any). ERR_REFUSED: it
	 * must not be merged now. */
	MUST_USE struct err *(*merge)(struct pull *out, const struct forge *f, int number,
		enum merge_method method, const char *head);
	MUST_USE struct err *(*close)(struct pull *out, const struct forge *f, int number);

	/* For `ao doctor`: login, rights and quota, a line each; an error says what to do. NULL: nothing
	 * to look at. */
	MUST_USE struct err *(*examine)(struct strv *said, const struct forge *f);
	/* For `ao doctor`: what checks that died left in data_dir, and merges that died; `remove`: they go,
	 * are completed or taken back. NULL: none run here. */
	MUST_USE struct err *(*leftovers)(struct strv *paths, const struct forge *f, bool remove);
};

/* The project's: what the config says, else the one that serves the repository. */
MUST_USE struct err *scm_of_project(const struct scm **out, const struct project *p);
const struct scm *scm_of_pull(const char *pr); /* NULL: none */
