/*
 * Channel: a way to an agent beside its keyboard, as its `send: channel` names it: an interface by which it
 * may also be asked what it does, or a file that it reads. What goes there can
 * neither answer a menu nor mix with what somebody types, and an agent at work keeps it until it is ready.
 * Where nobody listens at the other end, all is as without one.
 *
 * A message has a ticket, the agent's name for it, that is on disk before the message goes out. By it the
 * agent tells whether it has the message, and takes it once however often it is sent. Where there are no
 * tickets the receipt is the agent's own report or its transcript, as for what is typed.
 *
 * All that comes from an agent is outside text. To add one, copy plugin/channel_qwen.c, or
 * plugin/channel_opencode.c, and add a line to slot/channels.def.
 */
#pragma once

#include "model/activity.h"
#include "model/turn.h"
#include "slot/plugin.h"

/* Where the other end is, and which conversation is meant. */
struct channel_ref {
	char *folder;       /* the session's */
	char *worktree;     /* its real path */
	char *port;         /* on 127.0.0.1; NULL: it has none */
	char *secret;       /* what it asks for */
	char *conversation; /* the agent's id of it, as last known; NULL: none known */
	int64_t since; /* ms since 1970: one that began before this start is none of this run's */
	const char *data_dir;
};

struct channel_fact {
	bool answered;
	char *conversation; /* the one it is in; NULL: none has begun */
	enum activity says; /* ACTIVITY_UNKNOWN: it is up; other evidence decides */
	char *detail;       /* in words; NULL: none */
	char *asks;         /* its id of the open question, or permission; NULL: none */
	struct strv
		options; /* of that, as it shows them; none: it is not to be answered from here */
	bool keys;       /* its screen shows more of them, which only keys choose */
	int64_t at;      /* its newest message, ms since 1970; 0: none */
	int64_t said_at; /* what it does was true then, and reports that are newer go before it; 0: it is now */
	char *prompt; /* what the user said last; NULL: nothing yet */
	int64_t prompt_at;
	char *words;        /* the agent's last */
	char *title;        /* of the conversation; NULL: none of its own */
	struct usage usage; /* of its newest call of the model */
	bool has_cost;
	double cost; /* of the conversation so far, US dollars by the agent's own prices */
};

enum channel_answer {
	CHANNEL_HAS,    /* the agent has it */
	CHANNEL_HASNT,  /* it answers, and has not */
	CHANNEL_SILENT, /* nobody knows */
};

struct channel {
	struct plugin plugin; /* name: as in an agent's `send: channel` */

	/* What the agent's command must say for somebody to listen at the other end: a placeholder of
	 * model/agent.h. */
	const char *needs;

	/* text[0, n), which has no control bytes but newline and tab, to the conversation; where it has
	 * tickets that must be known. It begins a turn, or waits for the end of one. An error of class
	 * ERR_UNCONFIRMED or ERR_TIMEOUT: the agent may have it; any other: it has not, and never will. */
	MUST_USE struct err *(*hand)(enum channel_answer *out, const struct channel_ref *ref,
		const char *ticket, const char *text, size_t n);
	/* Is somebody there to take one? NULL: whenever the agent has reported since its start. */
	bool (*listens)(const struct channel_ref *ref);

	/* What each of them does now, all at once: one child process at most however many they are, two
	 * where a conversation was not known before. One that does not answer within 2 s: answered false, and
	 * as without it. NULL: it can't be asked. */
	MUST_USE struct err *(*look)(
		struct channel_fact *out, const struct channel_ref *refs, size_t n);

	/* What look() told that it asks, by one of the options (from 0). HASNT: it asks that no longer;
	 * SILENT: that is seen by the question that goes. NULL: look() tells no options. */
	MUST_USE struct err *(*answer)(enum channel_answer *out, const struct channel_ref *ref,
		const struct channel_fact *told, size_t option);

	/* All of the following, and look, or none: then look tells what it does and no more, and a
	 * dialog that only its terminal has is looked for there. */

	/* A new one; grows with time. The caller's. */
	char *(*ticket)(void);
	/* Has it the message of this ticket? */
	MUST_USE struct err *(*has)(
		enum channel_answer *out, const struct channel_ref *ref, const char *ticket);
	/* The end of its turn, as a person's key would; nothing where it is not at work. */
	MUST_USE struct err *(*interrupt)(enum channel_answer *out, const struct channel_ref *ref);
	/* The newest conversation that was begun in the worktree since then, asked of the agent's own
	 * program (an absolute path) where none of it runs. NULL: none. env as for its start. */
	MUST_USE struct err *(*find)(
		char **out, const struct channel_ref *ref, const char *program, char *const *env);
	/* In the same way: did the conversation end in the middle of a turn? */
	MUST_USE struct err *(*cut_off)(
		bool *out, const struct channel_ref *ref, const char *program, char *const *env);
};

const struct channel *channel_named(const char *name); /* NULL: none; its messages are typed */
void channel_ref_release(struct channel_ref *r);
void channel_fact_release(struct channel_fact *f);
