#include "op/hook.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/thin.h"
#include "base/wake.h"
#include "op/hook_input.h"
#include "store/run.h"
#include "store/signals.h"

enum {
	INPUT_MAX = 8 << 20,
	EVENTS_KEPT = 4 << 20,
	SILENCE_MS = 15,
	INPUT_MS = 500,
	DEPTH_MAX = 64
};

/*
 * A nested agent (`claude -p` run by a tool) must not report as its parent. Processes named as the
 * agent directly below one another are one agent; on the way up to the agent that ao-run started there
 * may be one such group, its own. Where the way does not lead to it, there may be none.
 */
static bool is_nested(const struct run_info *run)
{
	int groups = 0;
	bool in_group = false, reached = false;
	struct proc p = { .parent = getppid() };

	for (int i = 0; i < DEPTH_MAX && p.parent > 1 && !reached; i++) {
		bool match;
		if (!proc_read(&p, p.parent))
			break;
		reached = p.pid == run->pid && (!run->pid_start || p.start == run->pid_start);
		match = reached || proc_is(p.pid, run->process);
		if (match && !in_group)
			groups++;
		in_group = match;
	}
	return groups > (reached ? 1 : 0);
}

/* An agent ends its input, but on a busy machine not at once, and a prompt without its text is no receipt.
 * Who reports with a pipe that nobody writes into, or bit by bit, is not held up for long. */
static void read_input(struct buf *b, enum signal_kind kind)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	int64_t until = clock_mono() + INPUT_MS, left;

	if (isatty(0))
		return;
	while (b->n < INPUT_MAX && (left = until - clock_mono()) > 0) {
		bool patient = kind == SIGNAL_PROMPT || b->n;
		ssize_t n;
		if (poll(&p, 1, patient ? (int)left : SILENCE_MS) <= 0)
			break;
		buf_reserve(b, 65536);
		n = read(0, b->s + b->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		b->n += (size_t)n;
		b->s[b->n] = '\0';
	}
}

/* What it writes of what it does (a `{eventsFile}`) is read from its end, and grows by over 200 bytes for each
 * word: here somebody comes by who writes anyway. */
static void thin_events(const char *folder)
{
	AUTO(str_release) char *path = path_join(folder, "agent-events");

	file_thin(path, EVENTS_KEPT);
}

void op_hook(const char *event, int64_t at_ms)
{
	const char *folder = getenv("AO_SESSION_DIR");
	AUTO(run_info_release) struct run_info run = { 0 };
	AUTO(buf_release) struct buf in = { 0 };
	AUTO(str_release) char *words = NULL;
	AUTO(conversation_release) struct conversation told = { 0 };
	struct signal_line s = { .source = at_ms ? SIGNAL_TIMED : "hook", .pid = getppid() };
	int kind = signal_parse_word(event);

	if (str_empty(folder) || kind < 0 || !path_is_dir(folder))
		return;
	s.kind = (enum signal_kind)kind;
	s.at = at_ms ? at_ms : clock_wall(); /* before reading: the event is the call */
	run_read(&run, folder);
	read_input(&in, s.kind);
	if (is_nested(&run))
		return;
	hook_input(&s, &words, &told, buf_text(&in), in.n);
	err_drop(conversation_note(folder, s.at, told.id, told.path), "it is told again");
	err_drop(signals_append(folder, &s), "a hook never fails its caller");
	wake_send(folder, event);
	thin_events(folder);
}
