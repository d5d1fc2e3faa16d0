/*
 * ao: coding agents side by side. This is the map; the rooms and who may enter which are in
 * docs/tour.md.
 *
 * base/    what C lacks; knows libc and the libraries
 *   err mem buf vec kv    owned errors, memory, text, lists, key=value
 *   file path hash valid  files replaced whole, kernel locks, paths, what may be a name
 *   child run stop clock  starting programs, waiting for them, the user's wish to stop, time
 *   env sink tri guess    environments, where remarks go, three-valued answers, "did you mean"
 *   term                  what may reach a terminal, how wide it is, what it can show
 * model/   the nouns, no I/O: config agent session facts activity pull
 * rule/    the decisions, pure: activity_of status_of …
 * store/   the nouns on disk: records, signals, outbox, events, what ao-run left
 * slot/    the doorways for plugins: runtime workspace
 * plugin/  what stands in them: one file each, a line in plugins.def
 * op/      the verbs: spawn send kill restore cleanup list doctor …; never print, never see argv
 * cmd/     what the user types and sees: one file per command, a line in commands.def
 *   command parse usage   the table, argv, --help
 *   face                  how everything is printed
 *   row status_table why  a session as a row and as JSON; the page's lists; --why
 *   listing status_watch  asking for rows; redrawing them
 *   input killed          --file and -; what became of the work of a session that went
 * run/     ao-run, the small process in each pane; an executable of its own
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
