/*
 * step.so: by LD_PRELOAD, ao and all that it starts counts its steps in the file that FAULT_STEP names, and who takes
 * the chosen one is killed (kill -9) before it. A step is what another process can see and a crash can part from
 * what was to follow: a file put in place or taken away, a program started.
 *
 * The file holds two numbers (int32, the low byte first): how many steps there were, and the one that kills (0:
 * none). What was killed is written to FILE.hit: "PID PROGRAM STEP FILE".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int rename(const char *from, const char *to);
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags);

struct steps {
	int32_t n, fatal;
};

static struct steps *steps(void)
{
	static struct steps *shared;
	const char *path = getenv("FAULT_STEP");
	int fd;

	if (shared || !path)
		return shared;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return shared == MAP_FAILED ? shared = NULL : shared;
}

static void leave_word(const char *what, const char *file)
{
	char path[4096], text[4096];
	int fd, n;

	snprintf(path, sizeof(path), "%s.hit", getenv("FAULT_STEP"));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	n = snprintf(text, sizeof(text), "%d %s %s %s\n", (int)getpid(),
		program_invocation_short_name, what, file);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		abort();
}

static void step(const char *what, const char *file)
{
	struct steps *s = steps();

	if (!s || __atomic_add_fetch(&s->n, 1, __ATOMIC_SEQ_CST) != s->fatal)
		return;
	leave_word(what, file);
	raise(SIGKILL);
}

#define REAL(type, name, ...)                                                                      \
	static type (*real)(__VA_ARGS__);                                                          \
	if (!real)                                                                                 \
	*(void **)&real = dlsym(RTLD_NEXT, name)

int rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *);
	step("rename", to);
	return real(from, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	REAL(int, "renameat2", int, const char *, int, const char *, unsigned int);
	step("rename", to);
	return real(from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to)
{
	REAL(int, "link", const char *, const char *);
	step("link", to);
	return real(from, to);
}

int unlink(const char *path)
{
	REAL(int, "unlink", const char *);
	step("unlink", path);
	return real(path);
}

int unlinkat(int dir, const char *path, int flags)
{
	REAL(int, "unlinkat", int, const char *, int);
	step("unlink", path);
	return real(dir, path, flags);
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
	const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
	REAL(int, "posix_spawn", pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const *, char *const *);
	step("start", path);
	return real(pid, path, files, attributes, argv, env);
}
