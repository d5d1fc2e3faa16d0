#include "base/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"

static bool slurp(struct buf *b, pid_t pid, const char *name)
{
	AUTO(str_release) char *path = str_format("/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return false;
	do {
		buf_reserve(b, 4096);
		n = read(fd, b->s + b->n, 4096);
		if (n > 0)
			b->n += (size_t)n;
	} while (n > 0 && b->n < (4 << 20));
	close(fd);
	if (b->s)
		b->s[b->n] = '\0';
	return n >= 0;
}

bool proc_read(struct proc *p, pid_t pid)
{
	AUTO(buf_release) struct buf b = { 0 };
	const char *open_, *close_;
	unsigned long long start = 0;
	int parent = 0;

	*p = (struct proc){ .pid = pid };
	if (!slurp(&b, pid, "stat"))
		return false;
	open_ = strchr(b.s, '(');
	close_ = strrchr(b.s, ')');
	if (!open_ || !close_ || close_ < open_)
		return false;
	snprintf(p->comm, sizeof(p->comm), "%.*s", (int)(close_ - open_ - 1), open_ + 1);
	if (sscanf(close_ + 2,
		    "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		    &parent, &start) != 2)
		return false;
	p->parent = parent;
	p->start = (int64_t)start;
	return true;
}

bool proc_is(pid_t pid, const char *name)
{
	AUTO(str_release) char *path = str_format("/proc/%d/exe", (int)pid);
	AUTO(buf_release) struct buf b = { 0 };
	char exe[4096];
	struct proc p;
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);

	if (str_empty(name) || !proc_read(&p, pid))
		return false;
	if (strncmp(p.comm, name, 15) == 0 && (strlen(name) <= 15 || strlen(p.comm) == 15))
		return true;
	if (n > 0) {
		exe[n] = '\0';
		if (str_equal(path_base(exe), name))
			return true;
	}
	if (!slurp(&b, pid, "cmdline") || !b.n)
		return false;
	if (str_equal(path_base(b.s), name))
		return true;
	n = (ssize_t)strlen(b.s) + 1;
	return (size_t)n < b.n && str_equal(path_base(b.s + n), name);
}

void pids_release(struct pids *p)
{
	free(p->list.v);
	*p = (struct pids){ 0 };
}

static bool has_entry(const struct buf *env, const char *entry)
{
	for (size_t i = 0; entry && i < env->n; i += strlen(env->s + i) + 1)
		if (str_equal(env->s + i, entry))
			return true;
	return false;
}

void proc_with_env(struct pids *out, const char *entry, const char *without)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		AUTO(buf_release) struct buf env = { 0 };
		pid_t pid = (pid_t)atoi(e->d_name);
		if (pid <= 0 || pid == getpid() || !slurp(&env, pid, "environ"))
			continue;
		if (has_entry(&env, entry) && !has_entry(&env, without))
			*vec_push(&out->list) = pid;
	}
	if (d)
		closedir(d);
}

void proc_children(struct pids *out, pid_t pid)
{
	AUTO(str_release) char *name = str_format("task/%d/children", (int)pid);
	AUTO(buf_release) struct buf b = { 0 };
	char *p, *end;

	if (!slurp(&b, pid, name) || !b.n)
		return;
	for (p = b.s; *p; p = end) {
		long child = strtol(p, &end, 10);
		if (end == p)
			break;
		*vec_push(&out->list) = (pid_t)child;
	}
}

int64_t proc_started_after(const struct proc *p, const struct proc *first)
{
	long tick = sysconf(_SC_CLK_TCK);

	return (p->start - first->start) * 1000 / (tick > 0 ? tick : 100);
}

void proc_signal(pid_t pid, int64_t start, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct proc p;

	if (fd < 0)
		return;
	if (proc_read(&p, pid) && p.start == start)
		syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	close(fd);
}
