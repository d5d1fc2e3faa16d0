/*
 * Sessions without tmux: each has an ao-pty of its own (src/pty), which keeps a terminal for ao-run and
 * is spoken to over a socket in the session's folder (plugin/process.h); it compares the mark itself.
 *
 * There is no screen, and there are no names: two folders are two sessions.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/stop.h"
#include "base/valid.h"
#include "plugin/process.h"

enum {
	UP_MS = 5000,
	PROBE_MS = 2000,    /* for all of them together */
	ASKED_AT_ONCE = 64, /* descriptors */
	EXIT_HELD = 100,    /* of ao-pty */
};

/* ---- start and stop -------------------------------------------------------------------------- */

/* It outlives us and the session that we may be in (AO_KEEP, run/main.c). What tells of a terminal is
 * not ours: the agent's is this one, which understands what most do. */
static void its_environment(struct strv *env)
{
	static const char *const dropped[] = { "COLUMNS", "LINES", "TERM_PROGRAM",
		"TERM_PROGRAM_VERSION" };

	env_copy(env);
	env_unset_prefix(env, "AO_");
	env_unset_prefix(env, "TMUX");
	for (size_t i = 0; i < COUNT_OF(dropped); i++)
		env_set(env, dropped[i], NULL);
	env_set(env, "TERM", "xterm-256color");
	env_set(env, "AO_KEEP", "1");
}

/* Its words up to the end of them: it closes standard error when all is up. */
static struct err *read_words(struct buf *said, int fd)
{
	int64_t until = clock_mono() + UP_MS;

	for (;;) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
			{ .fd = stop_fd(), .events = POLLIN } };
		int64_t left = until - clock_mono();
		ssize_t n;

		if (stop_requested())
			return stop_err();
		if (left <= 0)
			return fail(
				ERR_TIMEOUT, "ao-pty did not come up within %d s", UP_MS / 1000);
		if (poll(p, 2, (int)left) <= 0 || !p[0].revents)
			continue;
		buf_reserve(said, 4096);
		n = read(fd, said->s + said->n, 4096);
		if (n <= 0)
			return NULL;
		said->n += (size_t)n;
		said->s[said->n] = '\0';
	}
}

static struct err *await_up(struct child *c, int fd, const struct launch *l)
{
	AUTO(buf_release) struct buf said = { 0 };
	int code;

	TRY(read_words(&said, fd));
	buf_trim(&said);
	if (!said.n)
		return NULL;
	code = child_reap(c);
	if (code == EXIT_HELD)
		return fail(ERR_REFUSED, "a terminal of %s exists already", l->session);
	return fail(ERR_FAILED, "cannot start %s: %s", l->session, buf_text(&said));
}

static struct err *start_holder(struct child *c, char *const *argv, int words)
{
	AUTO(strv_release) struct strv env = { 0 };

	its_environment(&env);
	return child_start(c,
		&(const struct child_options){ .argv = argv,
			.env = env.v,
			.dir = "/",
			.fd = { -1, -1, words },
			.own_session = true });
}

static struct err *start(char **handle, const struct launch *l)
{
	AUTO(str_release) char *supervisor = NULL;
	AUTO(str_release) char *holder = NULL;
	AUTO(strv_release) struct strv argv = { 0 };
	struct child c = { .pidfd = -1 };
	struct err *e;
	int words[2];

	if (!valid_id(l->session) || !runtime_is_mark(l->uid))
		return fail(ERR_FAILED, "not a session's id and uid: %s, %s", l->session, l->uid);
	TRY(runtime_program(&supervisor, "ao-run", "AO_RUN_BIN"));
	TRY(runtime_program(&holder, "ao-pty", "AO_PTY_BIN"));
	strv_add_all(&argv, ARGV(holder, "hold", supervisor, l->folder, l->uid));
	strv_addf(&argv, "%d", l->columns);
	strv_addf(&argv, "%d", l->rows);
	if (pipe2(words, O_CLOEXEC) < 0)
		return fail_errno("cannot make a pipe");
	e = start_holder(&c, argv.v, words[1]);
	close(words[1]);
	if (!e)
		e = await_up(&c, words[0], l);
	close(words[0]);
	process_close(&c.pidfd);
	TRY(e);
	*handle = process_handle_make(l->uid, l->folder);
	return NULL;
}

static enum tri name_taken(const char *server, const char *session)
{
	(void)server;
	(void)session;
	return TRI_NO;
}

/* The next holder behind index i in the process table, by the words it was started with. */
static bool next_holder(struct strv *words, size_t *i, const struct procs *all)
{
	for (; *i < all->n; ++*i) {
		strv_release(words);
		if (!str_equal(all->v[*i].comm, "ao-pty"))
			continue;
		proc_words(words, all->v[*i].pid);
		if (words->n == 7 && str_equal(words->v[1], "hold") && runtime_is_mark(words->v[4]))
			return true;
	}
	return false;
}

/* By a signal: that reaches one whose folder has gone, or that somebody has stopped. */
static struct err *stop(enum runtime_answer *answer, const struct runtime_ref *r)
{
	AUTO(process_handle_release) struct process_handle h = { 0 };
	AUTO(procs_release) struct procs all = { 0 };
	AUTO(strv_release) struct strv words = { 0 };
	bool found = false;

	TRY(process_here(&h, r));
	TRY(proc_all(&all));
	for (size_t i = 0; next_holder(&words, &i, &all); i++) {
		const struct proc *p = &all.v[i];
		if (!str_equal(words.v[3], h.folder) || !str_equal(words.v[4], r->uid))
			continue;
		proc_signal(p->pid, p->start, SIGTERM);
		proc_signal(p->pid, p->start, SIGCONT);
		found = true;
	}
	*answer = found ? RUNTIME_DONE : RUNTIME_NOTOURS;
	return NULL;
}

/* ---- probing --------------------------------------------------------------------------------- */

struct question {
	struct runtime_fact *fact;
	int fd; /* -1: no answer is to come */
};

/* Nobody listens: it is gone, unless somebody took its socket away. */
static enum tri without_socket(const struct process_handle *h)
{
	AUTO(str_release) char *lock = path_join(h->folder, "pty.lock");

	return lock_held(lock) == TRI_NO ? TRI_NO : TRI_UNKNOWN;
}

static void ask(struct question *q, const struct runtime_ref *r, int64_t until)
{
	AUTO(process_handle_release) struct process_handle h = { 0 };
	struct err *e;

	*q->fact = (struct runtime_fact){ 0 };
	q->fd = -1;
	if (!process_handle_parse(&h, r->handle) || !runtime_is_mark(r->uid) ||
		process_elsewhere(&h))
		return;
	e = process_call(&q->fd, &h, r->uid, until);
	if (!e && q->fd < 0)
		q->fact->exists = without_socket(&h);
	err_drop(e, "unknown is an answer");
}

static void read_facts(struct runtime_fact *f, char *text)
{
	char *at = text;

	f->exists = TRI_YES;
	f->output_at = strtoll(at, &at, 10);
	f->typed_at = strtoll(at, &at, 10);
	if (at[0] == ' ' && at[1])
		f->title = str_dup(at + 1);
}

static struct err *take_answer(struct question *q, int64_t until)
{
	struct pty_message m = { 0 };
	bool end = false;
	struct err *e = pty_receive(&m, &end, q->fd, until);

	process_close(&q->fd);
	if (!e && !end && m.kind == PTY_YES)
		read_facts(q->fact, m.bytes);
	else if (!e && !end && m.kind == PTY_NO)
		q->fact->exists = TRI_NO;
	if (e && e->class == ERR_INTERRUPTED)
		return e;
	err_drop(e, "unknown is an answer");
	return NULL;
}

/* All are asked before the first answer is waited for. */
static struct err *probe(struct runtime_fact *facts, const struct runtime_ref *refs,
	const bool *want_screen, size_t n)
{
	int64_t until = clock_mono() + PROBE_MS;
	struct err *e = NULL;

	(void)want_screen;
	for (size_t from = 0; from < n; from += ASKED_AT_ONCE) {
		struct question q[ASKED_AT_ONCE];
		size_t m = n - from < ASKED_AT_ONCE ? n - from : ASKED_AT_ONCE;
		for (size_t i = 0; i < m; i++) {
			q[i].fact = &facts[from + i];
			ask(&q[i], &refs[from + i], until);
		}
		for (size_t i = 0; i < m; i++) {
			if (q[i].fd >= 0 && !e)
				e = take_answer(&q[i], until);
			process_close(&q[i].fd);
		}
	}
	return e;
}

static struct err *marks(struct runtime_mark **out, size_t *n, bool *known, const char *server)
{
	AUTO(procs_release) struct procs all = { 0 };
	AUTO(strv_release) struct strv words = { 0 };
	VEC(struct runtime_mark) list = { 0 };

	(void)server;
	TRY(proc_all(&all));
	for (size_t i = 0; next_holder(&words, &i, &all); i++)
		*vec_push(&list) = (struct runtime_mark){
			.handle = process_handle_make(words.v[4], words.v[3]),
			.uid = str_dup(words.v[4]),
			.folder = str_dup(words.v[3]),
			.session = str_dup(path_base(words.v[3])),
		};
	*known = all.n > 0;
	*out = list.v;
	*n = list.n;
	return NULL;
}

/* ---- typing ---------------------------------------------------------------------------------- */

/* As any terminal does it: a line's end is the key that makes one. */
static struct err *paste(enum runtime_answer *answer, const struct runtime_ref *r, const char *name,
	const char *text, size_t n)
{
	AUTO(buf_release) struct buf bytes = { 0 };

	(void)name;
	for (size_t i = 0; i < n; i++)
		buf_addc(&bytes, text[i] == '\n' ? '\r' : text[i]);
	return process_type(answer, r, PTY_PASTE, &bytes);
}

/* "C-u", "Enter", or the characters themselves. */
static struct err *add_key(struct buf *out, const char *key)
{
	static const struct {
		const char *name, *bytes;
	} keys[] = {
		{ "Enter", "\r" },
		{ "Escape", "\033" },
		{ "Tab", "\t" },
		{ "BTab", "\033[Z" },
		{ "Space", " " },
		{ "BSpace", "\177" },
		{ "DC", "\033[3~" },
		{ "Up", "\033[A" },
		{ "Down", "\033[B" },
		{ "Right", "\033[C" },
		{ "Left", "\033[D" },
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		if (str_equal(keys[i].name, key)) {
			buf_adds(out, keys[i].bytes);
			return NULL;
		}
	}
	if (str_starts(key, "C-") && key[2] >= '@' && key[2] <= '~' && !key[3])
		buf_addc(out, (char)(key[2] & 0x1f));
	else if (key[0] && (!key[1] || (unsigned char)key[0] >= 0x80))
		buf_adds(out, key);
	else
		return fail(ERR_CONFIG, "no key '%.20s'; there are Enter, Escape, C-u and the like",
			key);
	return NULL;
}

static struct err *press(
	enum runtime_answer *answer, const struct runtime_ref *r, char *const *keys)
{
	AUTO(buf_release) struct buf bytes = { 0 };

	for (; *keys; keys++)
		TRY(add_key(&bytes, *keys));
	return process_type(answer, r, PTY_PRESS, &bytes);
}

/* ---- looking at it --------------------------------------------------------------------------- */

static bool attach(struct strv *argv, const char *handle, const char *session, bool fresh)
{
	AUTO(process_handle_release) struct process_handle h = { 0 };
	char *program = NULL;
	struct err *e = runtime_program(&program, "ao-pty", "AO_PTY_BIN");

	(void)session;
	(void)fresh;
	err_drop(e, "whoever starts it says that it is not there");
	strv_take(argv, program ? program : str_dup("ao-pty"));
	strv_add(argv, "attach");
	if (!process_handle_parse(&h, handle) || process_elsewhere(&h))
		return false;
	strv_add(argv, h.folder);
	strv_add(argv, h.uid);
	return true;
}

static char *attach_line(const char *server, const char *session)
{
	(void)server;
	return str_format("ao session attach %s", session);
}

extern const struct runtime runtime_process;
const struct runtime runtime_process = {
	.plugin = { SLOT_RUNTIME, "process",
		"a terminal of its own for each session, without tmux" },
	.start = start,
	.name_taken = name_taken,
	.stop = stop,
	.probe = probe,
	.paste = paste,
	.press = press,
	.marks = marks,
	.attach = attach,
	.attach_line = attach_line,
};
