/*
 * The questions about many panes, each one process of tmux. Answers are lines that begin with a
 * random word: titles, option values and screens are outside text, and none of it can pretend to be
 * an answer, as nobody knows the word before it is used.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "plugin/tmux.h"

enum { SCREENS_AT_ONCE = 60 /* a command list may be 16 KiB; a screen takes some 150 bytes */ };

struct nonce {
	char s[17];
};

static void nonce_make(struct nonce *nonce)
{
	AUTO(str_release) char *hex = random_hex(sizeof(nonce->s) / 2);

	memcpy(nonce->s, hex, sizeof(nonce->s));
}

/* Only panes with any mark: a server of the user's may hold hundreds of others. */
static void add_list(struct strv *argv, const struct nonce *nonce, const char *format)
{
	strv_add_all(argv, ARGV("list-panes", "-a", "-f", "#{@ao}", "-F", format, ";"));
	strv_add_all(argv, ARGV("display-message", "-p"));
	strv_addf(argv, "%s end", nonce->s);
}

/* What follows the nonce and a space on the next line that begins so, up to its newline; NULL:
 * none. */
static const char *next_answer(const char **at, const struct nonce *nonce)
{
	size_t n = strlen(nonce->s);
	const char *line = *at;

	while (*line) {
		const char *end = strchr(line, '\n');
		const char *next = end ? end + 1 : line + strlen(line);
		if (strncmp(line, nonce->s, n) == 0 && line[n] == ' ') {
			*at = next;
			return line + n + 1;
		}
		line = next;
	}
	*at = line;
	return NULL;
}

/* The text up to the nonce (or a newline); *rest is behind it. false: not on this line. */
static bool take_field(const char **from, size_t *n, const char **rest, const struct nonce *nonce)
{
	size_t line = strcspn(*rest, "\n");
	const char *mark = memmem(*rest, line, nonce->s, strlen(nonce->s));

	if (!mark)
		return false;
	*from = *rest;
	*n = (size_t)(mark - *rest);
	*rest = mark + strlen(nonce->s);
	return true;
}

/* Probing. A line: NONCE %5 dead mode output activity created attached UIDnonceTITLE */

#define PROBE_FIELDS                                                                               \
	"#{pane_id} #{pane_dead} #{pane_in_mode} #{window_activity} #{session_activity} "          \
	"#{session_created} #{session_attached} #{@ao}"

struct question {
	const struct runtime_ref *ref;
	struct runtime_fact *fact;
	struct tmux_handle handle;
	bool want_screen;
	size_t round; /* the process of tmux that is asked; 0: none yet */
};

struct questions {
	struct question *v;
	size_t n;
	size_t round; /* now */
	struct nonce nonce;
};

static void questions_release(struct questions *q)
{
	for (size_t i = 0; i < q->n; i++)
		tmux_handle_release(&q->v[i].handle);
	free(q->v);
	*q = (struct questions){ 0 };
}

struct pane_line {
	const char *pane, *uid;
	size_t pane_n;
	int dead, mode, attached;
	long long output, activity, created;
	const char *title;
};

static bool read_line(struct pane_line *l, const char *line, const struct nonce *nonce)
{
	size_t uid_n;
	int used = 0;

	l->pane = line;
	l->pane_n = strcspn(line, " ");
	line += l->pane_n;
	if (sscanf(line, " %d %d %lld %lld %lld %d %n", &l->dead, &l->mode, &l->output,
		    &l->activity, &l->created, &l->attached, &used) != 6 ||
		!used)
		return false;
	l->title = line + used;
	return take_field(&l->uid, &uid_n, &l->title, nonce) && uid_n == 32;
}

static bool is_about(const struct pane_line *l, const struct question *a)
{
	return strlen(a->handle.pane) == l->pane_n &&
		strncmp(a->handle.pane, l->pane, l->pane_n) == 0 &&
		strncmp(a->ref->uid, l->uid, 32) == 0;
}

/* session_activity moves with a person's keys and when somebody attaches, never with output or
 * with send-keys (tmux: session_update_activity); at first it is the time of creation. */
static void read_pane(struct questions *q, const char *line)
{
	struct pane_line l;

	if (!read_line(&l, line, &q->nonce))
		return;
	for (size_t i = 0; i < q->n; i++) {
		struct runtime_fact *f = q->v[i].fact;
		if (q->v[i].round != q->round || f->exists == TRI_YES || !is_about(&l, &q->v[i]))
			continue;
		f->exists = TRI_YES;
		f->dead = l.dead != 0;
		f->in_mode = l.mode != 0;
		f->output_at = l.output * 1000;
		f->typed_at = l.attached && l.activity != l.created ? l.activity * 1000 : 0;
		f->title = str_ndup(l.title, strcspn(l.title, "\n"));
	}
}

/* The screen of the question whose number the answer names: all up to the next answer. */
static void read_screen(struct questions *q, const char *from)
{
	AUTO(str_release) char *border = str_format("\n%s ", q->nonce.s);
	const char *text = strchr(from, '\n');
	size_t i = strtoul(from, NULL, 10);
	const char *end;

	if (!text || i >= q->n)
		return;
	end = strstr(text, border);
	str_release(&q->v[i].fact->screen);
	q->v[i].fact->screen = end ? str_ndup(text + 1, (size_t)(end - text)) : str_dup(text + 1);
}

/* Only a list that came to its end says that a pane is not there. */
static void read_answers(struct questions *q, const struct tmux_answer *a)
{
	const char *at = buf_text(&a->said.out), *line;
	bool whole = a->end == TMUX_NO_SERVER;

	while ((line = next_answer(&at, &q->nonce))) {
		if (str_starts(line, "end"))
			whole = true;
		else if (str_starts(line, "screen "))
			read_screen(q, line + strlen("screen "));
		else
			read_pane(q, line);
	}
	for (size_t i = 0; i < q->n; i++)
		if (whole && q->v[i].round == q->round && q->v[i].fact->exists == TRI_UNKNOWN)
			q->v[i].fact->exists = TRI_NO;
}

/* A pane that vanished must not end the list for the others: if-shell asks before capture-pane. */
static void add_screen(struct strv *argv, const struct questions *q, size_t i)
{
	const struct tmux_handle *h = &q->v[i].handle;

	strv_add_all(argv, ARGV(";", "if-shell", "-F", "-t", h->both));
	strv_addf(argv, "#{==:" TMUX_MARK ",%s%s}", h->pane, q->v[i].ref->uid);
	strv_addf(argv, "display-message -p '%s screen %zu' ; capture-pane -p -e -t %s", q->nonce.s,
		i, h->pane);
}

static void add_questions(struct strv *argv, struct questions *q, size_t first)
{
	const char *socket = q->v[first].handle.socket;
	size_t screens = 0;

	for (size_t i = first; i < q->n; i++) {
		if (q->v[i].round || !str_equal(q->v[i].handle.socket, socket))
			continue;
		if (q->v[i].want_screen && screens++ == SCREENS_AT_ONCE)
			return;
		q->v[i].round = q->round;
		if (q->v[i].want_screen)
			add_screen(argv, q, i);
	}
}

/* One process: the server of the first question, and all others about it that fit in. */
static struct err *ask_server(struct questions *q, size_t first)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(str_release) char *format = NULL;

	nonce_make(&q->nonce);
	format = str_format("%s " PROBE_FIELDS "%s#{pane_title}", q->nonce.s, q->nonce.s);
	tmux_at_socket(&argv, q->v[first].handle.socket);
	add_list(&argv, &q->nonce, format);
	q->round++;
	add_questions(&argv, q, first);
	TRY(tmux_ask(&a, &argv, NULL, 0));
	read_answers(q, &a);
	return NULL;
}

static void add_question(struct questions *q, size_t i, struct runtime_fact *fact,
	const struct runtime_ref *ref, bool want_screen)
{
	q->v[i] = (struct question){ .ref = ref, .fact = fact, .want_screen = want_screen };
	*fact = (struct runtime_fact){ 0 };
	if (!runtime_is_mark(ref->uid) || !tmux_handle_parse(&q->v[i].handle, ref->handle))
		q->v[i].round = SIZE_MAX; /* a broken record: unknown */
}

struct err *tmux_probe(struct runtime_fact *facts, const struct runtime_ref *refs,
	const bool *want_screen, size_t n)
{
	AUTO(questions_release) struct questions q = { 0 };

	q.v = mem_alloc((n + 1) * sizeof(*q.v));
	q.n = n;
	for (size_t i = 0; i < n; i++)
		add_question(&q, i, &facts[i], &refs[i], want_screen && want_screen[i]);
	for (size_t i = 0; i < n; i++) {
		struct err *e = q.v[i].round ? NULL : ask_server(&q, i);
		if (e && e->class == ERR_INTERRUPTED)
			return e;
		err_drop(e, "unknown is an answer");
	}
	return NULL;
}

/* Marks. A line: NONCE %5 $3 dead UIDnonceNAMEnonceSOCKETnonceFOLDER */

struct mark_list {
	struct runtime_mark *v;
	size_t n, room;
};

struct mark_line {
	int pane, session, dead;
	const char *uid, *name, *socket, *folder;
	size_t uid_n, name_n, socket_n;
};

static bool read_mark_line(struct mark_line *m, const char *line, const struct nonce *nonce)
{
	int used = 0;

	if (sscanf(line, "%%%d $%d %d %n", &m->pane, &m->session, &m->dead, &used) != 3 || !used)
		return false;
	line += used;
	if (!take_field(&m->uid, &m->uid_n, &line, nonce) ||
		!take_field(&m->name, &m->name_n, &line, nonce) ||
		!take_field(&m->socket, &m->socket_n, &line, nonce))
		return false;
	m->folder = line;
	return true;
}

/* The panes that a person added to our session are younger than ours: the lowest number counts. */
static struct runtime_mark *mark_of(
	struct mark_list *list, const struct mark_line *m, const char *uid)
{
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };

	for (size_t i = 0; i < list->n; i++) {
		if (!str_equal(list->v[i].uid, uid))
			continue;
		tmux_handle_release(&h);
		if (tmux_handle_parse(&h, list->v[i].handle) && atoi(h.session + 1) == m->session)
			return atoi(h.pane + 1) > m->pane ? &list->v[i] : NULL;
	}
	return vec_push(list);
}

static void read_mark(struct mark_list *list, const char *line, const struct nonce *nonce)
{
	AUTO(str_release) char *uid = NULL;
	struct runtime_mark *mark;
	struct mark_line m;

	if (!read_mark_line(&m, line, nonce))
		return;
	uid = str_ndup(m.uid, m.uid_n);
	if (!runtime_is_mark(uid))
		return;
	mark = mark_of(list, &m, uid);
	if (!mark)
		return;
	str_release(&mark->handle);
	mark->handle = str_format("%.*s $%d %%%d", (int)m.socket_n, m.socket, m.session, m.pane);
	str_set(&mark->uid, uid);
	str_release(&mark->session);
	mark->session = str_ndup(m.name, m.name_n);
	str_release(&mark->folder);
	mark->folder = str_ndup(m.folder, strcspn(m.folder, "\n"));
	mark->dead = m.dead != 0;
}

/* *whole: the list came to its end. */
static struct err *list_marks(struct mark_list *list, bool *whole, const char *server)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(str_release) char *format = NULL;
	const char *at, *line;
	struct nonce nonce;

	nonce_make(&nonce);
	format = str_format("%s #{pane_id} #{session_id} #{pane_dead} #{@ao}%s#{session_name}%s"
			    "#{socket_path}%s#{@ao_dir}",
		nonce.s, nonce.s, nonce.s, nonce.s);
	tmux_at_server(&argv, server);
	add_list(&argv, &nonce, format);
	TRY(tmux_ask(&a, &argv, NULL, 0));
	*whole = a.end == TMUX_NO_SERVER;
	at = buf_text(&a.said.out);
	while ((line = next_answer(&at, &nonce))) {
		if (str_starts(line, "end"))
			*whole = true;
		else
			read_mark(list, line, &nonce);
	}
	return NULL;
}

struct err *tmux_marks(struct runtime_mark **marks, size_t *n, bool *known, const char *server)
{
	struct mark_list list = { 0 };
	bool whole = false;
	struct err *e = list_marks(&list, &whole, server);

	if (e && e->class == ERR_INTERRUPTED)
		return e;
	err_drop(e, "unknown is an answer");
	*marks = list.v;
	*n = list.n;
	*known = whole;
	return NULL;
}
