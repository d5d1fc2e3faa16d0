/*
 * Runtime: where an agent runs, so that it outlives the command that started it.
 *
 * A handle names one started runtime and is opaque outside the plugin (tmux: "SOCKET $3 %5"). Next to
 * the handle goes the session's uid, with which start() marked the runtime: every function acts only
 * on a runtime that still carries that mark, and says so when it does not. Nothing here decides
 * whether an agent is alive: run.lock does (store/run.h).
 *
 * To add one, copy plugin/runtime_tmux.c and add a line to slot/runtimes.def. Every function but
 * obstacles is required.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "slot/plugin.h"

struct launch {
	const char *session; /* its id, [A-Za-z0-9_-]{1,64}: the runtime's name */
	const char *uid;     /* 32 hex digits: the mark */
	const char *folder;  /* the session's folder, with `launch` written; also marked */
	const char *server;  /* config tmux.socket: "default" or a name */
	const char *dir;     /* where a person's further windows beside it start; NULL: / */
	int columns, rows;   /* cells of the new terminal */
};

/* One runtime as a handle and its mark. */
struct runtime_ref {
	const char *handle;
	const char *uid;
};

struct runtime_fact {
	enum tri exists;   /* a runtime with our mark under this handle */
	bool dead;         /* it stands, but its process has ended (tmux: remain-on-exit) */
	bool in_mode;      /* keys would go to the runtime itself (tmux: copy mode) */
	char *title;       /* what the program set; outside text. NULL: unknown */
	int64_t output_at; /* last output, ms since 1970, to the second; 0: unknown */
	int64_t typed_at;  /* last key of a person who is attached, or their attaching, to the
				   * second; 0: none, nobody, unknown */
	char *screen;      /* only where asked for; lines end in \n, attributes as SGR */
};

struct runtime_mark { /* one runtime of ours, whoever's record it is */
	char *handle, *uid, *folder, *session;
	bool dead;
};

enum runtime_answer {
	RUNTIME_DONE,
	RUNTIME_DEAD,    /* the process has ended: nothing was typed */
	RUNTIME_NOTOURS, /* gone, or another's under the same name: nothing was done */
};

struct runtime {
	struct plugin plugin;
	bool shows; /* probe gives screens; false: none ever, all that a screen would tell is unknown */
	bool names; /* a runtime has a name that a stranger's may have: name_taken, attach by it */
	const char *needs; /* the program on PATH that all of it asks; NULL: none */

	/* Start `ao-run FOLDER` detached under the session's name. *handle is the caller's.
	 * Name taken by anybody: ERR_REFUSED. */
	MUST_USE struct err *(*start)(char **handle, const struct launch *l);

	/* Is the name taken on that server, by anybody? No server: no. Cannot be asked: unknown. */
	enum tri (*name_taken)(const char *server, const char *session);

	/* End it, mark checked in the same step. Gone or another's: RUNTIME_NOTOURS. */
	MUST_USE struct err *(*stop)(enum runtime_answer *answer, const struct runtime_ref *r);

	/* facts[i] for refs[i], the screens where want_screen[i] (NULL: none): one call for all. What
	 * cannot be asked is TRI_UNKNOWN, not an error. Never starts a server. */
	MUST_USE struct err *(*probe)(struct runtime_fact *facts, const struct runtime_ref *refs,
		const bool *want_screen, size_t n);

	/* Paste as one bracketed paste (text has no control bytes but \n and \t), nothing pressed
	 * after it. As from any terminal a line's end arrives as CR: the agents measured read it as
	 * LF. name: [A-Za-z0-9_-]{1,64}, unique for this message. A dead pane is never pasted into. */
	MUST_USE struct err *(*paste)(enum runtime_answer *answer, const struct runtime_ref *r,
		const char *name, const char *text, size_t n);

	/* Press keys, named as tmux names them (Enter, C-u, Escape); each at most 20 bytes. */
	MUST_USE struct err *(*press)(
		enum runtime_answer *answer, const struct runtime_ref *r, char *const *keys);

	/* Every runtime of ours on that server. *known false: the server could not be asked. */
	MUST_USE struct err *(*marks)(
		struct runtime_mark **marks, size_t *n, bool *known, const char *server);

	/* Settings of that server's own that are in our way, a line each, with what to do: for `ao doctor`.
	 * NULL: it has none. */
	MUST_USE struct err *(*obstacles)(struct strv *lines, const char *server);

	/* The command by which a person looks at it, exact target, from here or (fresh) from a
	 * terminal of its own; false: from here it would be refused. And the one shown to people. */
	bool (*attach)(struct strv *argv, const char *handle, const char *session, bool fresh);
	char *(*attach_line)(const char *server, const char *session);
};

/* 32 lower-case hex digits: what every plugin takes as a mark. */
bool runtime_is_mark(const char *uid);
/* A program of ours that lies beside us in a build tree, else in libexec; `variable` names another one
 * for tests. Missing: ERR_MISSING. */
MUST_USE struct err *runtime_program(char **path, const char *name, const char *variable);
/* Is what it needs there? None: ERR_FAILED, before anything is made or waited for. */
MUST_USE struct err *runtime_present(const struct runtime *r);
void runtime_fact_release(struct runtime_fact *f);
void runtime_marks_free(struct runtime_mark *marks, size_t n);
MUST_USE struct err *runtime_find(const struct runtime **out, const char *name);
