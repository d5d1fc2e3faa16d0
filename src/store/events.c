#include "store/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/stop.h"

enum {
	ROTATE_AT = 8 << 20,
	FILE_MAX = 64 << 20, /* one that is larger is none of ours */
	LINE_MAX_BYTES = 65536,
	LOCK_WAIT_MS = 10000,
};

/* 0: it has none. What no log can reach is none either, and can be counted on from. */
static long long sequence_in_event(const json_t *event)
{
	long long seq = json_integer_value(json_object_get(event, "seq"));

	return seq > 0 && seq < 1LL << 53 ? seq : 0;
}

static long long sequence_of(const char *line, size_t n)
{
	json_t *event = json_loadb(line, n, 0, NULL);
	long long seq = sequence_in_event(event);

	json_decref(event);
	return seq;
}

/* Start of the last line in text[0..n), which ends in a newline. */
static const char *last_line(const char *text, size_t n)
{
	const char *before = n > 1 ? memrchr(text, '\n', n - 1) : NULL;

	return before ? before + 1 : text;
}

/* A line that a crash tore off is taken away, so that the next one begins at a line's start. */
static struct err *repair(const char *path, const struct buf *tail)
{
	const char *end = memrchr(tail->s, '\n', tail->n);
	size_t torn = tail->n - (end ? (size_t)(end + 1 - tail->s) : 0);
	struct stat st;

	if (!torn)
		return NULL;
	if (stat(path, &st) < 0 || truncate(path, st.st_size - (off_t)torn) < 0)
		return fail_errno("cannot repair %s", path);
	return NULL;
}

/* Paths, oldest first: the numbers in the names are padded, and '-' sorts before '.'. */
static struct err *files(struct strv *paths, const struct store *st)
{
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, st->dir));
	strv_sort(&names, 0);
	STRV_EACH(name, &names)
		if (str_starts(*name, "events") && str_ends(*name, ".jsonl"))
			strv_addf(paths, "%s/%s", st->dir, *name);
	return NULL;
}

/* The number of the last line in the tail that has one; 0: none. */
static long long sequence_in(const struct buf *tail)
{
	const char *end = tail->n ? memrchr(tail->s, '\n', tail->n) : NULL;
	long long seq = 0;

	while (end && seq <= 0) {
		const char *line = last_line(tail->s, (size_t)(end + 1 - tail->s));
		seq = sequence_of(line, (size_t)(end - line));
		end = line > tail->s ? line - 1 : NULL;
	}
	return seq;
}

static struct err *repaired_tail(long long *seq, const char *path, size_t max)
{
	AUTO(buf_release) struct buf tail = { 0 };
	bool there;

	TRY(file_read_tail_if(&tail, &there, path, max));
	/* nothing: no line begins in there, and where the torn one begins is not known */
	if (!tail.n)
		return NULL;
	*seq = sequence_in(&tail);
	return *seq > 0 || max >= FILE_MAX ? repair(path, &tail) : NULL;
}

/* By the tail; where it holds no number (a line longer than it, a crash between putting the full file
 * aside and the first line of the new one) by the whole file, then by the one put aside last. */
static struct err *last_sequence(long long *seq, const struct store *st)
{
	AUTO(str_release) char *path = path_join(st->dir, "events.jsonl");
	AUTO(strv_release) struct strv paths = { 0 };

	TRY(repaired_tail(seq, path, LINE_MAX_BYTES));
	if (*seq <= 0)
		TRY(repaired_tail(seq, path, FILE_MAX));
	if (*seq > 0)
		return NULL;
	TRY(files(&paths, st));
	for (size_t i = paths.n; i-- > 0 && *seq <= 0;)
		if (!str_equal(paths.v[i], path))
			TRY(repaired_tail(seq, paths.v[i], FILE_MAX));
	return NULL;
}

/* The number of the first line that has one; 1 where none has. */
static long long first_sequence(const struct buf *b)
{
	for (size_t i = 0; i < b->n;) {
		size_t n = strcspn(b->s + i, "\n");
		long long seq = sequence_of(b->s + i, n);
		if (seq > 0)
			return seq;
		i += n + 1;
	}
	return 1;
}

/* The first line's number names the file that is put aside. */
static struct err *rotate(const struct store *st, const char *path)
{
	AUTO(buf_release) struct buf head = { 0 };
	AUTO(str_release) char *aside = NULL;
	long long number;
	struct stat s;

	if (stat(path, &s) < 0 || s.st_size < ROTATE_AT)
		return NULL;
	TRY(file_read(&head, path, FILE_MAX));
	number = first_sequence(&head);
	do { /* there is one of that number only where somebody edited: nothing is replaced */
		str_release(&aside);
		aside = str_format("%s/events-%012lld.jsonl", st->dir, number++);
	} while (path_exists(aside));
	if (rename(path, aside) < 0)
		return fail_errno("cannot rotate %s", path);
	return NULL;
}

static json_t *compose(
	long long seq, const char *session, const char *type, int64_t at_ms, json_t *more)
{
	AUTO(str_release) char *time = clock_iso_ms(at_ms ? at_ms : clock_wall());
	const char *session_here = getenv("AO_SESSION"), *other = getenv("AO_ACTOR");
	const char *actor = str_empty(session_here) ? other : session_here;
	json_t *event = json_object();

	json_object_set_new(event, "seq", json_integer(seq));
	json_object_set_new(event, "time", json_string(time));
	json_object_set_new(event, "session", session ? json_string(session) : json_null());
	json_object_set_new(event, "actor", json_string(str_empty(actor) ? "user" : actor));
	json_object_set_new(event, "type", json_string(type));
	if (more)
		json_object_update_missing(event, more);
	json_decref(more);
	return event;
}

static struct err *append_locked(const struct store *st, const char *path, const char *session,
	const char *type, int64_t at_ms, json_t *more)
{
	long long seq = 0;
	AUTO(str_release) char *line = NULL;
	AUTO(str_release) char *text = NULL;
	json_t *event;
	struct err *e = last_sequence(&seq, st);

	if (!e)
		e = rotate(st, path);
	if (e) {
		json_decref(more);
		return e;
	}
	event = compose(seq + 1, session, type, at_ms, more);
	text = json_dumps(event, JSON_COMPACT);
	json_decref(event);
	if (!text)
		return fail(ERR_FAILED, "cannot write an event: not UTF-8");
	line = str_format("%s\n", text);
	return file_append(path, line, strlen(line), FILE_DURABLE);
}

struct err *events_append(
	const struct store *st, const char *session, const char *type, int64_t at_ms, json_t *more)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *lock = path_join(st->dir, ".lock");
	AUTO(str_release) char *path = path_join(st->dir, "events.jsonl");
	struct err *e = lock_take(&l, lock, LOCK_WAIT_MS);

	if (e) {
		json_decref(more);
		return e;
	}
	return append_locked(st, path, session, type, at_ms, more);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void pass_line(const char *line, size_t n, const char *session, event_reader pass, void *arg)
{
	AUTO(str_release) char *copy = str_ndup(line, n);
	json_t *event = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const char *of = json_string_value(json_object_get(event, "session"));

	if (!session || str_equal(of, session))
		pass(arg, event, copy);
	json_decref(event);
}

/* Whole lines of text; returns the bytes that they took. */
static size_t pass_lines(
	const char *text, size_t n, const char *session, event_reader pass, void *arg)
{
	size_t done = 0;

	while (done < n) {
		const char *end = memchr(text + done, '\n', n - done);
		if (!end)
			break;
		pass_line(text + done, (size_t)(end - text) - done, session, pass, arg);
		done = (size_t)(end + 1 - text);
	}
	return done;
}

/* Where a reader stands: behind the last whole line that it has passed on, in a file that may be put
 * aside meanwhile. */
struct tail {
	int fd; /* -1: before the first file */
	off_t at;
};

static void tail_release(struct tail *t)
{
	fd_release(&t->fd);
}

/* It stays where it is where that one was put aside meanwhile. */
static struct err *tail_move(struct tail *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? NULL : fail_errno("cannot read %s", path);
	tail_release(t);
	*t = (struct tail){ .fd = fd };
	return NULL;
}

/* The file behind the one that it stands in, which may have another name by now; NULL: it is the last. */
static struct err *next_file(char **path, const struct store *st, const struct tail *t)
{
	AUTO(str_release) char *newest = path_join(st->dir, "events.jsonl");
	AUTO(strv_release) struct strv paths = { 0 };
	bool found = t->fd < 0;
	struct stat here = { 0 }, there;

	TRY(files(&paths, st));
	if (!found && fstat(t->fd, &here) < 0)
		return fail_errno("cannot read %s", newest);
	for (size_t i = 0; i < paths.n && !*path; i++) {
		if (found)
			*path = str_dup(paths.v[i]);
		found = found || (stat(paths.v[i], &there) == 0 && here.st_ino == there.st_ino);
	}
	if (!found && path_exists(newest)) /* put aside just now; or somebody took it away */
		*path = str_dup(newest);
	return NULL;
}

/* What was appended since; a shorter file was written anew. */
static struct err *pass_rest(
	struct tail *t, const struct store *st, const char *session, event_reader pass, void *arg)
{
	AUTO(buf_release) struct buf b = { 0 };
	ssize_t got = 1;
	struct stat s;
	size_t n;

	if (fstat(t->fd, &s) < 0)
		return fail_errno("cannot read the events in %s", st->dir);
	if (s.st_size < t->at)
		t->at = 0;
	n = (size_t)(s.st_size - t->at);
	if (n > FILE_MAX)
		return fail(ERR_FAILED, "%s: a file of events is larger than %d bytes", st->dir,
			FILE_MAX);
	buf_reserve(&b, n);
	while (b.n < n && got) {
		got = pread(t->fd, b.s + b.n, n - b.n, t->at + (off_t)b.n);
		if (got < 0)
			return fail_errno("cannot read the events in %s", st->dir);
		b.n += (size_t)got;
	}
	t->at += (off_t)pass_lines(b.s, b.n, session, pass, arg);
	return NULL;
}

/* What comes behind is looked for first: to a file that has one behind it nobody appends any more. */
static struct err *read_on(
	struct tail *t, const struct store *st, const char *session, event_reader pass, void *arg)
{
	for (;;) {
		AUTO(str_release) char *next = NULL;

		TRY(next_file(&next, st, t));
		if (t->fd >= 0)
			TRY(pass_rest(t, st, session, pass, arg));
		if (!next)
			return NULL;
		TRY(tail_move(t, next));
	}
}

struct err *events_read(const struct store *st, const char *session, event_reader pass, void *arg)
{
	AUTO(tail_release) struct tail t = { .fd = -1 };

	return read_on(&t, st, session, pass, arg);
}

struct err *events_follow(const struct store *st, const char *session, event_reader pass, void *arg)
{
	AUTO(fd_release) int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	AUTO(tail_release) struct tail t = { .fd = -1 };
	ssize_t got;
	char drain[4096];

	if (fd < 0 || inotify_add_watch(fd, st->dir, IN_MODIFY | IN_MOVED_TO | IN_CREATE) < 0)
		return fail_errno("cannot watch %s", st->dir);
	for (;;) {
		struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			{ .fd = stop_fd(), .events = POLLIN } };
		TRY(read_on(&t, st, session, pass, arg));
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return fail_errno("cannot wait for events");
		if (stop_requested())
			return stop_err();
		while ((got = read(fd, drain, sizeof(drain))) > 0)
			;
	}
}

/* ---- verification ---------------------------------------------------------------------------- */

struct check {
	struct events_report *report;
	long long last;
};

static void check_line(void *arg, json_t *event, const char *line)
{
	struct check *c = arg;
	long long seq = sequence_in_event(event);

	(void)line;
	c->report->lines++;
	if (!seq) {
		c->report->broken++;
		return;
	}
	if (c->last && seq <= c->last)
		c->report->doubles++;
	else if (seq > c->last + 1)
		c->report->gaps++;
	if (seq > c->last)
		c->last = seq;
}

struct err *events_verify(struct events_report *out, const struct store *st)
{
	AUTO(str_release) char *path = path_join(st->dir, "events.jsonl");
	AUTO(buf_release) struct buf tail = { 0 };
	struct check c = { .report = out };
	bool found;

	*out = (struct events_report){ 0 };
	TRY(events_read(st, NULL, check_line, &c));
	TRY(file_read_if(&tail, &found, path, FILE_MAX));
	out->torn = tail.n && tail.s[tail.n - 1] != '\n';
	return NULL;
}
