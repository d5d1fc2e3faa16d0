/*
 * ao-serve [--log] FOLDER: the daemon of one data folder (serve/daemon.h). With --log it goes on in the
 * background: standard output is closed once it serves ("ready" was written to it), and what it has to say
 * goes to FOLDER/daemon.log.
 *
 *   daemon.lock   held as long as it serves (exit 7: another one does)
 *   daemon.sock   hints; daemon.ctl: clients (serve/door.h)
 *
 * It and what it starts outlive the session, the agent or the terminal in which it was started
 * (AO_KEEP, run/main.c), and know nothing of that one's environment.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/path.h"
#include "base/term.h"
#include "serve/daemon.h"
#include "serve/notify.h"

/* What a test set, and where our own things lie, stays. AO_KEEP is for us: what we start has its own. */
static void clean_environment(void)
{
	static const char *const kept[] = { "AO_TEST_", "AO_SHARE=", "AO_TRACE=", "AO_RUN_BIN=" };
	static const char *const dropped[] = { "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE",
		"COLUMNS", "LINES", "TMUX", "TMUX_PANE" };
	AUTO(strv_release) struct strv env = { 0 };

	env_copy(&env);
	STRV_EACH(entry, &env) {
		AUTO(str_release) char *name = str_ndup(*entry, strcspn(*entry, "="));
		bool keep = !str_starts(*entry, "AO_");
		for (size_t i = 0; i < COUNT_OF(kept); i++)
			keep |= str_starts(*entry, kept[i]);
		if (!keep)
			unsetenv(name);
	}
	for (size_t i = 0; i < COUNT_OF(dropped); i++)
		unsetenv(dropped[i]);
	setenv("AO_ACTOR", "daemon", 1);
}

/* Beside us in a build tree, else ../../bin. */
static struct err *find_ao(char **path)
{
	AUTO(str_release) char *beside = path_join(path_self_dir(), "ao");
	AUTO(str_release) char *bin = str_format("%s/../../bin/ao", path_self_dir());

	if (access(beside, X_OK) == 0)
		*path = path_absolute(beside, NULL);
	else if (access(bin, X_OK) == 0)
		*path = path_absolute(bin, NULL);
	else
		return fail(ERR_MISSING, "neither %s nor %s; is ao installed whole?", beside, bin);
	return NULL;
}

/* Whoever started us waits for the word. */
static struct err *go_on_alone(struct daemon *d)
{
	AUTO(str_release) char *log = path_join(d->data_dir, "daemon.log");
	int nothing;

	TRY(log_open(&d->log, log));
	if (write(1, "ready\n", 6) < 0)
		log_say(&d->log, "who started us did not wait");
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0)
		return fail_errno("cannot let go of the terminal");
	close(nothing);
	return NULL;
}

static struct err *serve(struct daemon *d, bool alone)
{
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(str_release) char *path = path_join(d->data_dir, "daemon.lock");

	TRY(file_make_dirs(d->data_dir));
	TRY(find_ao(&d->ao));
	TRY(lock_take(&lock, path, 0));
	TRY(daemon_open(d));
	if (alone)
		TRY(go_on_alone(d));
	log_say(&d->log, "the daemon of %s serves (ao %s, pid %d)", d->data_dir, AO_VERSION,
		(int)getpid());
	notify_manager("READY=1");
	daemon_run(d);
	return NULL;
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };
	bool alone = argc == 3 && str_equal(argv[1], "--log");
	struct err *e;
	int code = 0;

	if (argc != 2 && !alone) {
		fprintf(stderr, "usage: ao-serve [--log] FOLDER\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	term_locale();
	clean_environment();
	d.data_dir = path_absolute(argv[argc - 1], NULL);
	if (chdir("/") < 0 || uv_loop_init(&d.loop) < 0)
		return 1;
	e = serve(&d, alone);
	if (e) {
		fprintf(stderr, "ao: %s\n", e->text);
		code = err_exit_code(e->class);
	}
	err_free(e);
	daemon_release(&d);
	return code;
}
