/*
 * ao: coding agents side by side. This is the map; docs/tour.md walks through it.
 *
 * base/    what C lacks; knows libc and the libraries
 *   err mem buf vec kv    owned errors, memory, text, lists, key=value
 *   file path hash random files replaced whole, kernel locks, paths, digests, numbers nobody guesses
 *   child run launch      starting programs, waiting for them; what ao-run is to start
 *   proc env stop clock   processes of others, environments, the user's wish to stop, time
 *   when                  points in time as programs write them for people
 *   valid tri guess sink  what may be a name, three-valued answers, "did you mean", remarks
 *   sha256                a digest, and one by a key
 *   carry                 what git does not hold, linked or copied into a worktree
 *   local wake            sockets of this machine; what tells the daemon that something happened
 *   thin torn             a file of another program, of which only the end is wanted; half a line at an end
 *   pty modes             what ao and ao-pty say to each other; what a program asked of its terminal
 *   term yaml             what may reach a terminal and how wide it is; YAML as a tree, with lines
 * model/   the nouns, no I/O: session facts activity pull notice
 *   issue                 what is to be done, as a file
 *   reaction              the events that something follows from, and where one stands
 *   turn                  a record of an agent's transcript, whoever's format
 *   config* agent*        the configuration and an agent's file, by the key tables of schema; text
 *                         expands what stands in them
 * rule/    the decisions, pure
 *   activity_of status_of cleanup_reason settle_of    facts in, a word and its reason out
 *   occasion reaction_of items    what happened to a session, and what follows from it
 *   due_at                when to look again, where nobody tells
 *   screen screen_lines   what a captured screen means
 *   limit                 what an agent says of its quota
 * store/   the nouns on disk: store (records) signals outbox events rate
 *   run ports             what ao-run left, is it alive; who has which port
 *   port                  where an agent's own interface listens
 *   room                  is there memory and disk for one more
 *   evidence              what all these files tell of a session, as facts
 *   conversation          which one of its own an agent is in
 *   episodes              where the reactions of a session stand
 *   config_file checkout trust agent_files    where configuration is found, and whether it counts
 * slot/    the doorways for plugins: agent channel runtime workspace tracker scm notifier, each with its .def
 *          of those there are; terminal is a row of terminals.def each, no code
 * plugin/  what stands in them
 *   runtime_tmux tmux_list tmux_settings tmux  the terminal
 *   runtime_process process        the same without tmux, by ao-pty
 *   workspace_worktree worktree_*  the worktree: layout create look remove undelete adopt; shared with
 *                         clones: nested private bring, files shot save, past
 *   workspace_clone clone_*        the clone: layout config create publish save remove undelete
 *   workspace_main        the main checkout, for an orchestrator
 *   tracker_local         issues as files in the repository
 *   scm_local*            pull requests in the repository itself: files checks trees build follow
 *                         way merge
 *   asking                what one refresh of a forge elsewhere asks for, and makes of it
 *   held                  one pull request in hand: what the verbs on a forge elsewhere do alike
 *   github_*              GitHub: place (where, whose token) ask read seen (what was seen last)
 *   tracker_github        its issues
 *   scm_github*           its pull requests: query round bell pages details verbs create
 *   gitlab_*              GitLab, in GitHub's words: place ask read graph
 *   tracker_gitlab scm_gitlab*     its issues; its merge requests: query round rest
 *                         details verbs
 *   tracker_linear        issues on Linear
 *   agent_claude agent_codex agent_copilot agent_gemini agent_pi agent_qwen    what an agent's transcript
 *                         says, a file for each format
 *   channel_qwen channel_codex codex_rpc channel_opencode opencode_read    how an agent is told something
 *                         beside its keyboard: a file; JSON-RPC; HTTP, and its answers; the last two are asked, too
 *   notifier_*            ways to tell a human: desktop; command, and programs on PATH; slack, discord,
 *                         webhook and ntfy, all four by notifier_http
 *   git git_lock http     one way to run git: no hooks, no filters, a pinned git dir; n requests by one
 *                         ao-http
 * op/      the verbs; never print, never see argv
 *   world hold settle     all that is open; one session in hand; what an interrupted verb left
 *   spawn batch queue prompt prepare lease start    a session comes to be
 *   issue fence           whose tracker, and what it says; text from outside as data
 *   send sight deliver box answer    a message, or an option of a dialog; the input line
 *   kill reap cleanup restore undelete
 *   orchestrate           the agent of a project that gives its work to others
 *   list sense ps         what goes on, judged; what it costs
 *   daemon                the daemon from outside: start it, ask it, stop it
 *   poll react react_outbox announce    one pass over all: what happened, and what follows
 *   reaction_text         what agent and people are told of it
 *   notify                a notice to those it is routed to
 *   pull pull_source      pull requests: their verbs, and what lists show of them; of clones
 *   hook hook_input       what agents report
 *   channel               the way to an agent beside its keyboard, of a session
 *   transcript            an agent's own log, read from its end
 *   names open attach history init doctor* agents agent_* config_show schema
 * cmd/     what the user types and sees: one file per command, a line in commands.def
 *   command parse usage   the table, argv, --help
 *   face                  how everything is printed
 *   row status_table why  a session as a row and as JSON; the page's lists; --why
 *   listing status_watch  asking for rows; redrawing them
 *   pr                    how the pr commands show a pull request
 *   issue_row             an issue as text and as JSON
 *   orchestrator*         the command, and what an orchestrator is told, out of the table of commands
 *   daemon_state          how start and restart show the daemon
 *   completion complete   scripts for the shells; what could stand next on a command line
 *   open                  also for spawn --open
 *   input killed          --file and -; what became of the work of a session that went
 * net/     ao-http, the one program that knows a network; an executable of its own: main, request (what
 *          it is asked and answers), transfer (one on its way), cache (ETags), limits (when to be silent)
 * run/     ao-run, the small process in each pane; an executable of its own: main, and record,
 *          which writes what store/run reads
 * pty/     ao-pty, an executable too, where the runtime is `process`: main, hold (keeps the terminal in which
 *          ao-run runs), kept (what was written to it), attach (shows it to a person)
 * serve/   ao-serve, the daemon, an executable too: main, and daemon, which holds all of it
 *   space ward            a namespace; a session in its eyes: what was seen, and is a poll worth while
 *   acting job            what is done about it: an `ao` of its own
 *   door watch alarm      what wakes it: datagrams and clients; inotify; the next thing due
 *   log notify            what it says, to people and to systemd
 *
 * Below: set the process up, run the command, print its one error.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/stop.h"
#include "base/term.h"
#include "cmd/command.h"

/* Were one of them closed, the next file opened would become standard output. */
static int open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	return fd < 0 ? fd : close(fd);
}

static void print_error(const struct err *e)
{
	for (const char *line = e->text, *end; line; line = *end ? end + 1 : NULL) {
		AUTO(buf_release) struct buf safe = { 0 };
		AUTO(buf_release) struct buf ascii = { 0 };

		end = strchrnul(line, '\n');
		if (end == line)
			continue;
		term_safe(&safe, line, (size_t)(end - line), TERM_LINE);
		if (!term_utf8())
			term_ascii(&ascii, buf_text(&safe));
		fprintf(stderr, "ao: %s\n", buf_text(term_utf8() ? &safe : &ascii));
	}
}

static int finish(struct err *error)
{
	AUTO(err_release) struct err *e = error;

	if (!e)
		return 0;
	print_error(e);
	return err_exit_code(e->class);
}

int main(int argc, char **argv)
{
	if (open_standard_descriptors() < 0)
		return err_exit_code(ERR_FAILED);
	/* Agents call this at every step and wait for it: nothing is set up, nothing fails. */
	if (argc > 1 && str_equal(argv[1], "hook")) {
		finish(command_main(argc, argv));
		return 0;
	}
	stop_install();
	term_locale();
	return finish(command_main(argc, argv));
}
