/*
 * ao-pty: a terminal for a session where there is no tmux (`runtime: process`).
 *
 *   ao-pty hold AO-RUN FOLDER UID COLUMNS ROWS   keeps the terminal; standard error is closed, without
 *                                                a word on it, when ao-run was started (exit 100:
 *                                                somebody holds that session)
 *   ao-pty attach FOLDER UID                     shows it to a person
 *
 * In FOLDER:
 *   pty        the socket by which it is spoken to (base/pty.h)
 *   pty.lock   held as long as the holder lives
 *   output     what the program wrote, bounded; output.1, what was before it
 *
 * The holder is no supervisor: it starts ao-run, which knows what is to end and what was its exit code,
 * and ends when ao-run has ended. Dies the holder, the kernel hangs up the terminal, and ao-run ends all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "pty/attach.h"
#include "pty/hold.h"

enum { EXIT_HELD = 100 };

static void up(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	close(null);
}

static int told(struct err *e)
{
	int code = e->class == ERR_TIMEOUT ? EXIT_HELD : 1;

	fprintf(stderr, "ao-pty: %s\n", e->text);
	err_free(e);
	return code;
}

int main(int argc, char **argv)
{
	struct err *e;

	if (argc == 7 && str_equal(argv[1], "hold")) {
		e = hold(&(const struct hold_options){ argv[2], argv[3], argv[4], atoi(argv[5]),
				 atoi(argv[6]) },
			up);
	} else if (argc == 4 && str_equal(argv[1], "attach")) {
		e = attach(argv[2], argv[3]);
	} else {
		fprintf(stderr,
			"usage: ao-pty hold AO-RUN FOLDER UID COLUMNS ROWS\n"
			"       ao-pty attach FOLDER UID\n");
		return 2;
	}
	return e ? told(e) : 0;
}
