/* What of a tmux server's own settings would come between us and the sessions that we start there. */
#include <string.h>

#include "plugin/tmux.h"

/* "command-alias[9] \"paste-buffer=display-message x\"": the command that it stands before. */
static char *alias_of(const char *line)
{
	const char *at = str_starts(line, "command-alias[") ? strstr(line, "] ") : NULL;

	if (!at)
		return NULL;
	at += 2 + (at[2] == '"');
	return str_ndup(at, strcspn(at, "="));
}

static void look_at(struct strv *lines, const char *line)
{
	static const char *const ours[] = { "capture-pane", "copy-mode", "delete-buffer",
		"display-message", "has-session", "if-shell", "kill-pane", "kill-session",
		"list-panes", "load-buffer", "new-session", "paste-buffer", "send-keys",
		"set-option" };
	AUTO(str_release) char *alias = alias_of(line);

	if (str_equal(line, "exit-unattached on"))
		strv_add(lines,
			"tmux ends its sessions with its last client: set-option -s "
			"exit-unattached off, or a server of our own (tmux: {socket: ao})");
	for (size_t i = 0; alias && i < COUNT_OF(ours); i++)
		if (str_equal(alias, ours[i]))
			strv_addf(lines,
				"tmux has an alias over its command %s, which we use: take it out "
				"of command-alias",
				alias);
}

struct err *tmux_obstacles(struct strv *lines, const char *server)
{
	AUTO(tmux_answer_release) struct tmux_answer a = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	char *save = NULL;

	tmux_at_server(&argv, server);
	strv_add_all(&argv, ARGV("show-options", "-s"));
	TRY(tmux_ask(&a, &argv, NULL, 0));
	if (a.end != TMUX_DONE || !a.said.out.n)
		return NULL;
	for (char *line = strtok_r(a.said.out.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		look_at(lines, line);
	return NULL;
}
