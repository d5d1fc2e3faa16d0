#include "plugin/tmux.h"

#include <string.h>

#include "base/env.h"

enum { ANSWER_MS = 5000, ASK_MAX = 5 };

/* " $3" at the end of text: taken off and given back, NULL where it is not that. */
static char *take_last(char *text, char sigil)
{
	char *space = strrchr(text, ' ');

	if (!space || space[1] != sigil || !space[2])
		return NULL;
	if (strspn(space + 2, "0123456789") != strlen(space + 2))
		return NULL;
	*space = '\0';
	return str_dup(space + 1);
}

bool tmux_handle_parse(struct tmux_handle *h, const char *text)
{
	AUTO(tmux_handle_release) struct tmux_handle parts = { 0 };

	if (!text || *text != '/')
		return false;
	parts.socket = str_dup(text);
	parts.pane = take_last(parts.socket, '%');
	parts.session = parts.pane ? take_last(parts.socket, '$') : NULL;
	if (!parts.session)
		return false;
	parts.both = str_format("%s:.%s", parts.session, parts.pane);
	*h = parts;
	parts = (struct tmux_handle){ 0 };
	return true;
}

void tmux_handle_release(struct tmux_handle *h)
{
	str_release(&h->socket);
	str_release(&h->session);
	str_release(&h->pane);
	str_release(&h->both);
}

/* -u: answers come as UTF-8 whatever our locale (else every é is a _); it concerns this client
 * only. */
static void begin(struct strv *argv)
{
	strv_add(argv, "tmux");
	strv_add(argv, "-u");
}

void tmux_at_socket(struct strv *argv, const char *socket)
{
	begin(argv);
	strv_add(argv, "-N");
	strv_add(argv, "-S");
	strv_add(argv, socket);
}

bool tmux_is_users(const char *server)
{
	return str_empty(server) || str_equal(server, "default");
}

static void add_server(struct strv *argv, const char *server)
{
	if (tmux_is_users(server))
		return;
	strv_add(argv, "-L");
	strv_add(argv, server);
}

void tmux_at_server(struct strv *argv, const char *server)
{
	begin(argv);
	strv_add(argv, "-N");
	add_server(argv, server);
}

void tmux_start_at(struct strv *argv, const char *server)
{
	begin(argv);
	add_server(argv, server);
}

void tmux_add(struct strv *argv, const char *argument)
{
	size_t n = strlen(argument);

	if (n && argument[n - 1] == ';')
		strv_addf(argv, "%.*s\\;", (int)(n - 1), argument);
	else
		strv_add(argv, argument);
}

void tmux_quote(struct buf *out, const char *word)
{
	buf_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *word);
	}
	buf_addc(out, '\'');
}

/* Also said to who comes while a server that lost its last session is on its way out. */
static bool server_ended(const struct run_result *r)
{
	const char *said = buf_text(&r->err);

	return r->code && (strstr(said, "server exited") || strstr(said, "lost server"));
}

static enum tmux_end end_of(const struct run_result *r)
{
	const char *said = buf_text(&r->err);

	if (!r->code)
		return TMUX_DONE;
	if (strstr(said, "no server running on") || strstr(said, "no current target"))
		return TMUX_NO_SERVER;
	if (strstr(said, "error connecting to") &&
		(strstr(said, "(No such file or directory)") || strstr(said, "(Not a directory)")))
		return TMUX_NO_SERVER;
	if (strstr(said, "error connecting to") || server_ended(r) || r->code > 1)
		return TMUX_LOST;
	return TMUX_REFUSED;
}

/* A server that this starts outlives us and the session that we may be in (AO_KEEP, run/main.c),
 * and nothing of ours shall be in the environment of its windows. */
static void our_environment(struct strv *env)
{
	env_copy(env);
	env_unset_prefix(env, "AO_");
	env_set(env, "AO_KEEP", "1");
}

struct err *tmux_ask(struct tmux_answer *a, const struct strv *argv, const void *in, size_t in_n)
{
	AUTO(strv_release) struct strv env = { 0 };

	our_environment(&env);
	for (int i = 0; i < ASK_MAX; i++) {
		run_result_release(&a->said);
		/* a server stays for ever in the folder where it was started: not in one that shall
		 * go */
		TRY(RUN(&a->said, .argv = argv->v, .env = env.v, .dir = "/", .in = in, .in_n = in_n,
			.timeout_ms = ANSWER_MS));
		if (!server_ended(&a->said) || a->said.out.n)
			break;
	}
	a->end = end_of(&a->said);
	return NULL;
}

struct err *tmux_failed(const struct tmux_answer *a, const char *what)
{
	AUTO(str_release) char *said = str_dup(buf_text(&a->said.err));

	said[strcspn(said, "\n")] = '\0';
	if (*said)
		return fail(ERR_FAILED, "%s: tmux: %s", what, said);
	return fail(ERR_FAILED, "%s: tmux gave no answer (exit %d)", what, a->said.code);
}

void tmux_answer_release(struct tmux_answer *a)
{
	run_result_release(&a->said);
}
