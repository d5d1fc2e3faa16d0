#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"

static void set_files(posix_spawn_file_actions_t *files, const struct child_options *o)
{
	for (int i = 0; i < 3; i++) {
		if (o->fd[i] >= 0)
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

static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes,
		POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
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
	set_attributes(&attributes);
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
	fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
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

static void become(char *const *argv, char *const *env, const char *dir, mode_t mask)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	tcsetpgrp(0, getpid()); /* SIGTTOU is still blocked */
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(mask);
	if (chdir(dir) == 0) {
		environ = (char **)(uintptr_t)env;
		execvp(argv[0], argv);
	}
	dprintf(2, "ao-run: cannot start %s in %s: %s\n", argv[0], dir, strerror(errno));
	_exit(127);
}

pid_t child_fork_foreground(char *const *argv, char *const *env, const char *dir, mode_t mask)
{
	pid_t pid = fork();

	if (pid == 0)
		become(argv, env, dir, mask);
	if (pid > 0) {
		setpgid(pid, pid);
		tcsetpgrp(0, pid);
	}
	return pid;
}
