/*
 * Speaking to tmux (3.3a and later), for the tmux runtime: handles, command lines, and what an
 * answer means. One process of tmux is one command list, which the server runs in one go: nothing
 * else happens between a check and the deed behind it.
 *
 * tmux's exit code is 1 for everything, so the reason is read from its words (client.c,
 * cmd-find.c); they are not translated.
 */
#pragma once

#include <stdbool.h>

#include "base/run.h"
#include "base/vec.h"
#include "slot/runtime.h"

/* "SOCKET $3 %5" in its parts; the socket's path may hold spaces. `both` is the target to ask for
 * the mark: a window may be linked into other sessions, and by %5 alone tmux picks any of them. */
struct tmux_handle {
	char *socket, *session, *pane;
	char *both; /* "$3:.%5" */
};

/* The format to compare with "%5UID": where the pane is gone, tmux still answers for the session.
 */
#define TMUX_MARK "#{pane_id}#{@ao}"

/* false: not a handle of ours. */
bool tmux_handle_parse(struct tmux_handle *h, const char *text);
void tmux_handle_release(struct tmux_handle *h);

enum tmux_end {
	TMUX_DONE,      /* every command succeeded */
	TMUX_REFUSED,   /* the server answered: a command failed */
	TMUX_NO_SERVER, /* nobody serves that socket, or the server holds no session */
	TMUX_LOST,      /* no telling: no permission, the server went away while it was asked … */
};

struct tmux_answer {
	enum tmux_end end;
	struct run_result said;
};

/* Is that the user's own server, and none that is ours alone? */
bool tmux_is_users(const char *server);
/* The beginning of a command that never starts a server: by path, or by the config's word. */
void tmux_at_socket(struct strv *argv, const char *socket);
void tmux_at_server(struct strv *argv, const char *server);
/* The same, but a server may be started. */
void tmux_start_at(struct strv *argv, const char *server);
/* An argument that tmux takes as it is: a last ';' would end the command. */
void tmux_add(struct strv *argv, const char *argument);
/* A word inside a command that is itself an argument (if-shell). */
void tmux_quote(struct buf *out, const char *word);

/* Where the server ended before it said a word, what holds now is asked, a few times at most: what
 * carried a mark has ended with it, so no deed is done twice. in: standard input, NULL: none.
 * Errors: no tmux (ERR_MISSING), timeout, interrupted. */
MUST_USE struct err *tmux_ask(
	struct tmux_answer *a, const struct strv *argv, const void *in, size_t in_n);
/* Its last words as an error. */
MUST_USE struct err *tmux_failed(const struct tmux_answer *a, const char *what);
void tmux_answer_release(struct tmux_answer *a);

/* The questions about many panes (tmux_list.c). */
struct err *tmux_probe(struct runtime_fact *facts, const struct runtime_ref *refs,
	const bool *want_screen, size_t n);
struct err *tmux_marks(struct runtime_mark **marks, size_t *n, bool *known, const char *server);
struct err *tmux_obstacles(struct strv *lines, const char *server); /* tmux_settings.c */
