#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"

static void set_files(posix_spawn_file_actions_t *files, const struct child_options *o)
{
	for (int i = 0; i < 3; i++) {
		if (o->tty && i) /* the first of them makes it the session's controlling terminal */
			posix_spawn_file_actions_adddup2(files, 0, i);
		else if (o->tty)
			posix_spawn_file_actions_addopen(files, 0, o->tty, O_RDWR, 0);
		else if (o->fd[i] >= 0)
			posix_spawn_file_actions_adddup2(files, o->fd[i], i);
		else
			posix_spawn_file_actions_addopen(files, i, "/dev/null", O_RDWR, 0);
	}
	if (o->keep_fd > 0)
		posix_spawn_file_actions_adddup2(files, o->keep_fd, 3);
	posix_spawn_file_actions_addclosefrom_np(files, o->keep_fd > 0 ? 4 : 3);
	if (o->dir)
		posix_spawn_file_actions_addchdir_np(files, o->dir);
}

static void set_attributes(posix_spawnattr_t *attributes, const struct child_options *o)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes,
		POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
			(o->own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP));
}

/* An inherited SIG_IGN would throw exit codes away (wait(2)), and each failure would be a success. */
static void keep_exit_codes(void)
{
	signal(SIGCHLD, SIG_DFL);
}

struct err *child_start(struct child *c, const struct child_options *o)
{
	AUTO(str_release) char *program = path_program(o->argv[0]);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid;
	int rc;

	if (!program)
		return fail(ERR_MISSING, "%s: not found on PATH", o->argv[0]);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	set_files(&files, o);
	set_attributes(&attributes, o);
	keep_exit_codes();
	rc = posix_spawn(&pid, program, &files, &attributes, o->argv, o->env ? o->env : environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (rc) {
		errno = rc;
		return fail_errno("cannot start %s", o->argv[0]);
	}
	c->pid = pid;
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->pidfd < 0) {
		int saved = errno;
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		errno = saved;
		return fail_errno("cannot watch %s", o->argv[0]);
	}
	return NULL;
}

void child_signal_group(const struct child *c, int signal)
{
	kill(-c->pid, signal);
}

int child_reap(struct child *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->pidfd);
	c->pidfd = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct err *child_exec(char *const *argv, char *const *env)
{
	AUTO(str_release) char *program = path_program(argv[0]);

	if (!program)
		return fail(ERR_MISSING, "%s: not found on PATH", argv[0]);
	execve(program, argv, env ? env : environ);
	return fail_errno("cannot start %s", argv[0]);
}

/* Wait for child_go(); false: our parent is gone. */
static bool await_go(int gate)
{
	ssize_t n;
	char go;

	do {
		n = read(gate, &go, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

static void clear_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become(int gate, char *const *argv, char *const *env, const char *dir, mode_t mask)
{
	AUTO(str_release) char *why = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	tcsetpgrp(0, getpid()); /* SIGTTOU is still blocked */
	if (!await_go(gate))
		_exit(127);
	clear_signals();
	umask(mask);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (chdir(dir) < 0) {
		why = str_format("cannot enter %s: %s", dir, strerror(errno));
	} else {
		environ = (char **)(uintptr_t)env;
		execvp(argv[0], argv);
		why = str_format("cannot start %s: %s", argv[0], strerror(errno));
	}
	dprintf(2, "ao-run: %s\n", why);
	send(gate, why, strlen(why), MSG_NOSIGNAL);
	_exit(127);
}

struct err *child_fork_foreground(
	struct child_held *c, char *const *argv, char *const *env, const char *dir, mode_t mask)
{
	int gate[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate) < 0)
		return fail_errno("cannot make a socket pair");
	keep_exit_codes();
	pid = fork();
	if (pid == 0) {
		close(gate[0]);
		become(gate[1], argv, env, dir, mask);
	}
	close(gate[1]);
	if (pid < 0) {
		close(gate[0]);
		return fail_errno("cannot start %s", argv[0]);
	}
	setpgid(pid, pid);
	tcsetpgrp(0, pid);
	*c = (struct child_held){ pid, gate[0] };
	return NULL;
}

void child_go(struct child_held *c)
{
	send(c->fd, "", 1, MSG_NOSIGNAL);
}

char *child_why(struct child_held *c)
{
	char text[PATH_MAX + 256];
	ssize_t n = recv(c->fd, text, sizeof(text), MSG_DONTWAIT);

	close(c->fd);
	c->fd = -1;
	return n > 0 ? str_ndup(text, (size_t)n) : NULL;
}
