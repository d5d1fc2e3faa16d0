/*
 * Sessions in tmux. The pane's process is ao-run; the tmux session is named as the session and
 * carries its uid in the option @ao and its folder in @ao_dir. Names are only used to make and to
 * look at a session, always exact ("=fe-1": a plain "fe-1" also means fe-10); everything that acts
 * goes by pane id and asks for @ao in the same command list.
 */
#include "slot/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/valid.h"
#include "plugin/tmux.h"

/* -c is expanded as a format, which can run commands: '#' is doubled. */
static char *format_literal(const char *text)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (; *text; text++) {
		if (*text == '#')
			buf_addc(&b, '#');
		buf_addc(&b, *text);
	}
	return buf_detach(&b);
}

static void add_options(struct strv *argv, const struct launch *l, const char *target)
{
	strv_add_all(argv, ARGV(";", "set-option", "-t", target, "@ao", l->uid));
	strv_add_all(argv, ARGV(";", "set-option", "-t", target, "@ao_dir"));
	tmux_add(argv, l->folder);
	strv_add_all(argv, ARGV(";", "set-option", "-t", target, "destroy-unattached", "off"));
	strv_add_all(argv, ARGV(";", "set-option", "-w", "-t", target, "allow-rename", "off"));
	/* mistakes in tmux.conf are shown in the first pane, in a mode that would swallow our keys
	 */
	strv_add_all(argv, ARGV(";", "copy-mode", "-q", "-t", target));
}

/* The window is named too: a name that follows the program's would be a format in the status line,
 * and the program's name is the agent's to choose. */
static void start_command(struct strv *argv, const struct launch *l, const char *supervisor)
{
	AUTO(str_release) char *target = str_format("=%s:", l->session);
	AUTO(str_release) char *dir = format_literal(l->dir ? l->dir : "/");

	tmux_start_at(argv, l->server);
	strv_add_all(argv, ARGV("new-session", "-d", "-s", l->session, "-n", l->session, "-x"));
	strv_addf(argv, "%d", l->columns);
	strv_add(argv, "-y");
	strv_addf(argv, "%d", l->rows);
	strv_add(argv, "-c");
	tmux_add(argv, dir);
	strv_add_all(argv, ARGV("-P", "-F", "#{session_id} #{pane_id} #{socket_path}", "--"));
	strv_add(argv, supervisor);
	tmux_add(argv, l->folder);
	add_options(argv, l, target);
	if (!tmux_is_users(
		    l->server)) /* it may have the user's tmux.conf, but has our sessions alone */
		strv_add_all(argv, ARGV(";", "set-option", "-s", "exit-unattached", "off"));
}

/* "$3 %5 /tmp/tmux-0/default" -> "/tmp/tmux-0/default $3 %5"; NULL: tmux did not say it. */
static char *handle_from(const struct buf *said)
{
	AUTO(str_release) char *line = str_dup(buf_text(said));
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };
	AUTO(str_release) char *handle = NULL;
	char *pane, *socket;

	line[strcspn(line, "\n")] = '\0';
	pane = strchr(line, ' ');
	socket = pane ? strchr(pane + 1, ' ') : NULL;
	if (!socket)
		return NULL;
	handle = str_format("%s %.*s %.*s", socket + 1, (int)(pane - line), line,
		(int)(socket - pane - 1), pane + 1);
	return tmux_handle_parse(&h, handle) ? str_dup(handle) : NULL;
}

/* The session was made, but could not be marked: nobody else will end it. */
static void take_back(const char *handle)
{
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };

	if (!tmux_handle_parse(&h, handle))
		return;
	tmux_at_socket(&argv, h.socket);
	strv_add_all(&argv, ARGV("kill-session", "-t", h.session));
	err_drop(tmux_ask(&a, &argv, NULL, 0), "the error that brought us here says more");
}

static struct err *start_failed(const struct tmux_answer *a, const struct launch *l)
{
	AUTO(str_release) char *what = str_format("cannot start session %s", l->session);
	AUTO(str_release) char *made = handle_from(&a->said.out);

	if (strstr(buf_text(&a->said.err), "duplicate session"))
		return fail(ERR_REFUSED, "a tmux session %s exists already", l->session);
	if (!made)
		return tmux_failed(a, what);
	take_back(made);
	return wrap(tmux_failed(a, what), "tmux undid it at once (a hook in tmux.conf?)");
}

static struct err *start(char **handle, const struct launch *l)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(str_release) char *supervisor = NULL;
	char *made;

	if (!valid_id(l->session) || !runtime_is_mark(l->uid))
		return fail(ERR_FAILED, "not a session's id and uid: %s, %s", l->session, l->uid);
	TRY(runtime_program(&supervisor, "ao-run", "AO_RUN_BIN"));
	start_command(&argv, l, supervisor);
	TRY(tmux_ask(&a, &argv, NULL, 0));
	if (a.end != TMUX_DONE)
		return start_failed(&a, l);
	made = handle_from(&a.said.out);
	if (!made)
		return fail(ERR_FAILED, "tmux did not name the new session %s", l->session);
	*handle = made;
	return NULL;
}

static enum tri name_taken(const char *server, const char *session)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	struct err *e;

	tmux_at_server(&argv, server);
	strv_add_all(&argv, ARGV("has-session", "-t"));
	strv_addf(&argv, "=%s", session);
	e = tmux_ask(&a, &argv, NULL, 0);
	if (e || a.end == TMUX_LOST) {
		err_drop(e, "unknown is an answer");
		return TRI_UNKNOWN;
	}
	return a.end == TMUX_DONE ? TRI_YES : TRI_NO;
}

/*
 * One guarded deed: in one command list tmux asks whether the pane still carries our mark (and with
 * `alive`, whether its process lives), does it and says "done", or says why not. A pane that is
 * gone has no mark. The exit code tells nothing of it, the word does.
 */
struct deed {
	const struct runtime_ref *ref;
	const struct tmux_handle *handle;
	const char *what; /* for errors: "cannot paste" */
	bool alive;
	const char *command;   /* says "done" itself */
	const char *otherwise; /* after a refusal; "" */
};

static void add_guarded(struct strv *argv, const struct deed *d)
{
	const char *uid = d->ref->uid, *pane = d->handle->pane, *target = d->handle->both;

	strv_add_all(argv, ARGV("if-shell", "-F", "-t", target));
	if (d->alive)
		strv_addf(argv, "#{||:#{pane_dead},#{!=:" TMUX_MARK ",%s%s}}", pane, uid);
	else
		strv_addf(argv, "#{!=:" TMUX_MARK ",%s%s}", pane, uid);
	/* not by a format of display-message: that one takes %5 for a part of the time */
	strv_addf(argv,
		"if-shell -F -t '%s' '#{==:" TMUX_MARK ",%s%s}' 'display-message -p dead' "
		"'display-message -p notours'%s",
		target, pane, uid, d->otherwise);
	strv_add(argv, d->command);
}

static bool has_line(const struct buf *said, const char *line)
{
	size_t n = strlen(line);
	const char *text = buf_text(said);

	for (const char *at = strstr(text, line); at; at = strstr(at + 1, line))
		if ((at == text || at[-1] == '\n') && (at[n] == '\n' || !at[n]))
			return true;
	return false;
}

static struct err *read_word(
	enum runtime_answer *answer, const struct tmux_answer *a, const struct deed *d)
{
	if (has_line(&a->said.out, "done"))
		*answer = RUNTIME_DONE;
	else if (has_line(&a->said.out, "dead"))
		*answer = RUNTIME_DEAD;
	else if (has_line(&a->said.out, "notours") || a->end == TMUX_NO_SERVER)
		*answer = RUNTIME_NOTOURS;
	else
		return tmux_failed(a, d->what);
	return NULL;
}

static struct err *broken_handle(const struct runtime_ref *r)
{
	return fail(ERR_FAILED, "not a tmux handle and mark: %s, %s",
		r->handle ? r->handle : "none", r->uid ? r->uid : "none");
}

/* kill-session leaves a window alive that a grouped session shares: the pane itself goes too. */
static struct err *stop(enum runtime_answer *answer, const struct runtime_ref *r)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(str_release) char *command = NULL;

	if (!tmux_handle_parse(&h, r->handle) || !runtime_is_mark(r->uid))
		return broken_handle(r);
	command = str_format("display-message -p done ; kill-session -t '%s' ; "
			     "if-shell -F -t %s '#{pane_id}' 'kill-pane -t %s'",
		h.session, h.pane, h.pane);
	struct deed d = { r, &h, "cannot stop", false, command, "" };
	tmux_at_socket(&argv, h.socket);
	add_guarded(&argv, &d);
	TRY(tmux_ask(&a, &argv, NULL, 0));
	return read_word(answer, &a, &d);
}

/* A buffer that a failed paste left: our text must not turn up in a person's paste. */
static void drop_buffer(const struct tmux_handle *h, const char *name)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };

	tmux_at_socket(&argv, h->socket);
	strv_add_all(&argv, ARGV("delete-buffer", "-b", name));
	err_drop(tmux_ask(&a, &argv, NULL, 0), "the error that brought us here says more");
}

/*
 * load-buffer waits for our text, then check and paste are one step. A paste into a dead pane makes
 * tmux 3.3a crash, the user's whole server with it (paste-buffer writes to the freed event buffer).
 * -p and no -r, as with the agents measured: they got LF for every line's end.
 */
static struct err *paste(enum runtime_answer *answer, const struct runtime_ref *r, const char *name,
	const char *text, size_t n)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(str_release) char *command = NULL;
	AUTO(str_release) char *otherwise = NULL;
	struct err *e;

	if (!tmux_handle_parse(&h, r->handle) || !runtime_is_mark(r->uid) || !valid_id(name))
		return broken_handle(r);
	command = str_format(
		"paste-buffer -p -d -b %s -t %s ; display-message -p done", name, h.pane);
	otherwise = str_format(" ; delete-buffer -b %s", name);
	struct deed d = { r, &h, "cannot paste", true, command, otherwise };
	tmux_at_socket(&argv, h.socket);
	strv_add_all(&argv, ARGV("load-buffer", "-b", name, "-", ";"));
	add_guarded(&argv, &d);
	e = tmux_ask(&a, &argv, text, n);
	if (!e)
		e = read_word(answer, &a, &d);
	if (e)
		drop_buffer(&h, name);
	return e;
}

static struct err *press(
	enum runtime_answer *answer, const struct runtime_ref *r, char *const *keys)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };
	AUTO(buf_release) struct buf command = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };

	if (!tmux_handle_parse(&h, r->handle) || !runtime_is_mark(r->uid))
		return broken_handle(r);
	buf_addf(&command, "send-keys -t %s --", h.pane);
	for (; *keys; keys++) {
		buf_addc(&command, ' ');
		tmux_quote(&command, *keys);
	}
	buf_adds(&command, " ; display-message -p done");
	struct deed d = { r, &h, "cannot press keys", true, buf_text(&command), "" };
	tmux_at_socket(&argv, h.socket);
	add_guarded(&argv, &d);
	TRY(tmux_ask(&a, &argv, NULL, 0));
	return read_word(answer, &a, &d);
}

/* TMUX is "SOCKET,PID,SESSION"; the path may hold commas. */
static bool inside(const char *socket)
{
	const char *here = getenv("TMUX");
	size_t n = strlen(socket);

	return here && strncmp(here, socket, n) == 0 && here[n] == ',' &&
		strspn(here + n, ",0123456789") == strlen(here + n);
}

/* A tmux does not show another one inside of itself, unless it is deceived. */
static bool attach(struct strv *argv, const char *handle, const char *session, bool fresh)
{
	AUTO(tmux_handle_release) struct tmux_handle h = { 0 };
	bool known = tmux_handle_parse(&h, handle);

	strv_add(argv, "tmux");
	if (known) {
		strv_add(argv, "-S");
		strv_add(argv, h.socket);
	}
	strv_add(argv, known && !fresh && inside(h.socket) ? "switch-client" : "attach-session");
	strv_add(argv, "-t");
	strv_addf(argv, "=%s", session);
	return fresh || str_empty(getenv("TMUX")) || (known && inside(h.socket));
}

static char *attach_line(const char *server, const char *session)
{
	if (tmux_is_users(server))
		return str_format("tmux attach -t %s", session);
	return str_format("tmux -L %s attach -t %s", server, session);
}

extern const struct runtime runtime_tmux;
const struct runtime runtime_tmux = {
	.plugin = { SLOT_RUNTIME, "tmux", "sessions in tmux, to look at and to type into" },
	.shows = true,
	.names = true,
	.needs = "tmux",
	.start = start,
	.name_taken = name_taken,
	.stop = stop,
	.probe = tmux_probe,
	.paste = paste,
	.press = press,
	.marks = tmux_marks,
	.obstacles = tmux_obstacles,
	.attach = attach,
	.attach_line = attach_line,
};
