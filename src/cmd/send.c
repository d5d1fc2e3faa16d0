#include <string.h>

#include "cmd/face.h"
#include "cmd/input.h"
#include "op/send.h"

enum { WAIT_S = 600 };

static const struct option options[] = {
	{ "file", 0, "FILE", "the message from a file; - is standard input" },
	{ "no-wait", 0, NULL, "do not wait until the agent is ready" },
	{ "timeout", 0, "SECONDS", "how long to wait for it; 600 unless given" },
	{ "interrupt", 0, NULL, "interrupt what the agent is doing first" },
	{ "answer", 0, "TEXT", "answer the open dialog with this option of it" },
	{ "raw", 0, NULL, "may be a command of the agent's own interface" },
	{ "from", 0, "WHO", "who says it, for the log" },
	{ 0 },
};

/* A message is the words behind the session, a file, or nothing where a dialog is answered. */
static struct err *message(struct buf *text, const struct args *a)
{
	const char *file = args_value(a, "file");
	bool words = a->words.n > 1;

	if (words + !!file + args_has(a, "answer") > 1)
		return fail(ERR_USAGE, "give the message once: as words, with --file, or --answer");
	if (args_has(a, "answer"))
		return str_empty(args_value(a, "answer"))
			? fail(ERR_USAGE, "--answer names a shown option; it is empty")
			: NULL;
	if (file) {
		TRY(input_read(text, file));
	} else if (words) {
		AUTO(str_release) char *joined = words_join(a->words.v + 1, a->words.n - 1);

		buf_adds(text, joined);
	} else {
		return fail(ERR_USAGE,
			"no message; usage: ao send <session> <message…> or --file FILE (- is "
			"standard input)");
	}
	if (strspn(buf_text(text), " \t\r\n") == text->n)
		return fail(ERR_USAGE, "the message is empty");
	if (memchr(text->s, '\0', text->n))
		return fail(ERR_USAGE, "the message holds a NUL byte");
	return NULL;
}

static struct err *report(const struct face *f, enum send_outcome outcome)
{
	static const struct {
		const char *mark, *text, *word;
		enum ink ink;
	} lines[] = {
		[SEND_PROCESSING] = { "✓", "Message sent and processing", "processing", INK_GREEN },
		[SEND_QUEUED] = { "✓", "Message queued (session finishing previous task)", "queued",
			INK_GREEN },
		[SEND_UNCONFIRMED] = { "!", "Message sent — could not confirm it was received",
			"unconfirmed", INK_YELLOW },
		[SEND_ANSWERED] = { "✓", "Answered", "answered", INK_GREEN },
	};

	if (f->json) {
		face_json(f, json_pack("{s:s}", "outcome", lines[outcome].word));
	} else {
		face_ink(f, lines[outcome].ink, "%s", lines[outcome].mark);
		face_print(f, " %s\n", lines[outcome].text);
	}
	return outcome == SEND_UNCONFIRMED ? exit_quietly(ERR_UNCONFIRMED) : NULL;
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(buf_release) struct buf text = { 0 };
	enum send_outcome outcome;
	const char *id;
	long seconds = WAIT_S;
	struct send_options o = {
		.no_wait = args_has(a, "no-wait"),
		.interrupt = args_has(a, "interrupt"),
		.answer = args_value(a, "answer"),
		.raw = args_has(a, "raw"),
		.from = args_value(a, "from"),
	};

	TRY(args_session(&id, a));
	TRY(args_number(&seconds, a, "timeout", 0));
	TRY(message(&text, a));
	o.timeout_ms = seconds * 1000;
	TRY(op_send(&outcome, w, id, buf_text(&text), text.n, &o));
	return report(f, outcome);
}

const struct command cmd_send = {
	.name = "send",
	.words = "<session> [message…]",
	.max = -1,
	.summary = "send a message to an agent, and see that it arrived",
	.example = "ao send fe-1 \"Please address the review comments on your PR\"",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
