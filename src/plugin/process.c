#include "plugin/process.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"

enum { ANSWER_MS = 5000 };

void process_handle_release(struct process_handle *h)
{
	str_release(&h->host);
	str_release(&h->boot);
	str_release(&h->uid);
	str_release(&h->folder);
}

static void here(char *host, size_t n)
{
	memset(host, 0, n);
	if (gethostname(host, n - 1) < 0 || !*host)
		strncpy(host, "localhost", n - 1);
	for (; *host; host++)
		if (*host == ' ')
			*host = '_';
}

char *process_handle_make(const char *uid, const char *folder)
{
	const char *boot = clock_boot_id();
	char host[256];

	here(host, sizeof(host));
	return str_format("%s %s %s %s", host, *boot ? boot : "-", uid, folder);
}

bool process_handle_parse(struct process_handle *h, const char *text)
{
	char **parts[] = { &h->host, &h->boot, &h->uid };

	for (size_t i = 0; text && i < COUNT_OF(parts); i++) {
		const char *space = strchr(text, ' ');
		if (!space)
			return false;
		*parts[i] = str_ndup(text, (size_t)(space - text));
		text = space + 1;
	}
	h->folder = str_dup(text);
	return h->folder && h->folder[0] == '/' && runtime_is_mark(h->uid);
}

/* The same boot is the same machine, whatever its name has become. */
bool process_elsewhere(const struct process_handle *h)
{
	char host[256];

	here(host, sizeof(host));
	return !str_equal(h->boot, clock_boot_id()) && !str_equal(h->host, host);
}

/* ---- speaking to one ------------------------------------------------------------------------- */

void process_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Say who we think that it is. *fd -1: nobody is there. */
struct err *process_call(int *fd, const struct process_handle *h, const char *uid, int64_t until)
{
	AUTO(process_close) int s = -1;

	TRY(pty_connect(&s, h->folder));
	if (s >= 0)
		TRY(pty_send(s, PTY_HELLO, uid, strlen(uid), until));
	*fd = s;
	s = -1;
	return NULL;
}

struct err *process_here(struct process_handle *h, const struct runtime_ref *r)
{
	if (!process_handle_parse(h, r->handle) || !runtime_is_mark(r->uid))
		return fail(ERR_FAILED, "not a handle of ao-pty and a mark: %s, %s",
			r->handle ? r->handle : "none", r->uid ? r->uid : "none");
	if (process_elsewhere(h))
		return fail(ERR_FAILED, "%s runs on %s", path_base(h->folder), h->host);
	return NULL;
}

static struct err *reach(int *fd, enum runtime_answer *answer, const struct runtime_ref *r)
{
	AUTO(process_handle_release) struct process_handle h = { 0 };
	int64_t until = clock_mono() + ANSWER_MS;
	struct pty_message m = { 0 };
	bool end = false;

	TRY(process_here(&h, r));
	*answer = RUNTIME_NOTOURS;
	TRY(process_call(fd, &h, r->uid, until));
	if (*fd < 0)
		return NULL;
	TRY(pty_receive(&m, &end, *fd, until));
	if (!end && m.kind == PTY_YES)
		*answer = RUNTIME_DONE;
	return NULL;
}

/* What was sent is to be typed. Without an answer nobody knows whether it was. */
static struct err *order(enum runtime_answer *answer, int fd, enum pty_kind kind)
{
	struct pty_message m = { 0 };
	bool end = false;

	TRY(pty_send(fd, kind, "", 0, clock_mono() + ANSWER_MS));
	TRY(pty_receive(&m, &end, fd, clock_mono() + ANSWER_MS));
	if (end)
		return fail(ERR_UNCONFIRMED, "ao-pty ended before it gave an answer");
	if (m.kind != PTY_YES)
		return fail(ERR_FAILED, "the agent does not read what was typed before");
	*answer = RUNTIME_DONE;
	return NULL;
}

struct err *process_type(enum runtime_answer *answer, const struct runtime_ref *r,
	enum pty_kind kind, const struct buf *text)
{
	AUTO(process_close) int fd = -1;
	enum runtime_answer let_in;

	TRY(reach(&fd, &let_in, r));
	for (size_t at = 0, n; let_in == RUNTIME_DONE && at < text->n; at += n) {
		n = text->n - at < PTY_BYTES ? text->n - at : PTY_BYTES;
		TRY(pty_send(fd, PTY_TEXT, text->s + at, n, clock_mono() + ANSWER_MS));
	}
	if (let_in == RUNTIME_DONE)
		TRY(order(&let_in, fd, kind));
	*answer = let_in;
	return NULL;
}
