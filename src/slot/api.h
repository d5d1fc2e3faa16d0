/*
 * Api: an interface of its own by which a running agent is asked and told, without its terminal, as its
 * `send: channel` names it. Where it does not answer, all is as without one.
 *
 * A message has a ticket, the agent's name for it, that is on disk before the message goes out.
 * By it the agent tells whether it has the message, and takes it once however often it is sent.
 *
 * All that comes from an agent is outside text.
 */
#pragma once

#include "model/activity.h"
#include "model/turn.h"
#include "slot/plugin.h"

/* Where it listens, and which conversation is meant. */
struct api_ref {
	char *worktree;     /* its real path */
	char *port;         /* on 127.0.0.1 */
	char *secret;       /* what it asks for */
	char *conversation; /* the agent's id of it, as last known; NULL: none known */
	int64_t since; /* ms since 1970: one that began before this start is none of this run's */
	const char *data_dir;
};

struct api_fact {
	bool answered;
	char *conversation; /* the one it is in; NULL: none has begun */
	enum activity says; /* ACTIVITY_UNKNOWN: it is up, and that is all */
	char *detail;       /* in words; NULL: none */
	int64_t at;         /* its newest message, ms since 1970; 0: none */
	char *prompt;       /* what the user said last; NULL: nothing yet */
	int64_t prompt_at;
	char *words;        /* the agent's last */
	char *title;        /* of the conversation; NULL: none of its own */
	struct usage usage; /* of its newest call of the model */
	bool has_cost;
	double cost; /* of the conversation so far, US dollars by the agent's own prices */
};

enum api_answer {
	API_HAS,    /* the agent has the message */
	API_HASNT,  /* it answers, and has not */
	API_SILENT, /* nobody knows */
};

struct api {
	struct plugin plugin; /* name: as in an agent's `send: channel` */

	/* What each of them does now: one child process however many they are, two where a
	 * conversation was not known before. One that does not answer within 2 s: answered false. */
	MUST_USE struct err *(*look)(struct api_fact *out, const struct api_ref *refs, size_t n);
	/* A new one; grows with time. The caller's. */
	char *(*ticket)(void);
	/* The message to its conversation, which must be known: it begins a turn, or waits for the end
	 * of one. An answer of the agent that refuses it is an error. */
	MUST_USE struct err *(*post)(enum api_answer *out, const struct api_ref *ref,
		const char *ticket, const char *text, size_t n);
	/* Has it the message of this ticket? */
	MUST_USE struct err *(*has)(
		enum api_answer *out, const struct api_ref *ref, const char *ticket);
	/* The newest conversation that was begun in the worktree since then, asked of the agent's own
	 * program (an absolute path) where none of it runs. NULL: none. env as for its start. */
	MUST_USE struct err *(*find)(
		char **out, const struct api_ref *ref, const char *program, char *const *env);
};

const struct api *api_named(const char *name); /* NULL: none */
void api_ref_release(struct api_ref *r);
void api_fact_release(struct api_fact *f);
