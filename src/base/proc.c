#include "base/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"

enum { ENVIRON_MAX = 8 << 20 };

/* Gone, or not ours to read: false. */
static bool slurp(struct buf *b, pid_t pid, const char *name)
{
	AUTO(str_release) char *path = str_format("/proc/%d/%s", (int)pid, name);
	struct err *e = file_read(b, path, ENVIRON_MAX);

	err_drop(e, "the process is gone or not ours");
	return !e;
}

static int64_t ticks_ms(int64_t ticks)
{
	long each = sysconf(_SC_CLK_TCK);

	return ticks * 1000 / (each > 0 ? each : 100);
}

bool proc_read(struct proc *p, pid_t pid)
{
	AUTO(buf_release) struct buf b = { 0 };
	const char *open_, *close_;
	unsigned long long start = 0, used[4] = { 0 };
	long pages = 0;
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
		    "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d "
		    "%llu %*u %ld",
		    &p->state, &parent, &used[0], &used[1], &used[2], &used[3], &start,
		    &pages) != 8)
		return false;
	p->parent = parent;
	p->start = (int64_t)start;
	p->cpu_ms = ticks_ms((int64_t)(used[0] + used[1] + used[2] + used[3]));
	p->rss = pages * sysconf(_SC_PAGESIZE);
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

int64_t proc_start(pid_t pid)
{
	struct proc p;

	return proc_read(&p, pid) ? p.start : 0;
}

int64_t proc_pss(const struct proc *p)
{
	AUTO(buf_release) struct buf b = { 0 };
	const char *line = slurp(&b, p->pid, "smaps_rollup") ? strstr(buf_text(&b), "\nPss:")
							     : NULL;

	return line ? strtoll(line + strlen("\nPss:"), NULL, 10) * 1024 : p->rss;
}

static int by_parent(const void *a, const void *b)
{
	const struct proc *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

struct err *proc_all(struct procs *out)
{
	AUTO(strv_release) struct strv names = { 0 };
	struct proc p;

	TRY(file_list(&names, "/proc"));
	STRV_EACH(name, &names)
		if (atoi(*name) > 0 && proc_read(&p, (pid_t)atoi(*name)))
			*vec_push(out) = p;
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_parent);
	return NULL;
}

void procs_release(struct procs *p)
{
	free(p->v);
	*p = (struct procs){ 0 };
}

size_t procs_below(const struct procs *p, pid_t parent)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->v[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void pids_release(struct pids *p)
{
	free(p->v);
	*p = (struct pids){ 0 };
}

bool proc_has_env(pid_t pid, const char *entry)
{
	AUTO(buf_release) struct buf env = { 0 };

	if (!slurp(&env, pid, "environ"))
		return false;
	for (size_t i = 0; i < env.n; i += strlen(env.s + i) + 1)
		if (str_equal(env.s + i, entry))
			return true;
	return false;
}

char *proc_env(pid_t pid, const char *name)
{
	AUTO(buf_release) struct buf env = { 0 };
	size_t n = strlen(name);

	if (!slurp(&env, pid, "environ"))
		return NULL;
	for (size_t i = 0; i < env.n; i += strlen(env.s + i) + 1)
		if (strncmp(env.s + i, name, n) == 0 && env.s[i + n] == '=')
			return str_dup(env.s + i + n + 1);
	return NULL;
}

void proc_words(struct strv *out, pid_t pid)
{
	AUTO(buf_release) struct buf words = { 0 };

	if (!slurp(&words, pid, "cmdline"))
		return;
	for (size_t i = 0; i < words.n; i += strlen(words.s + i) + 1)
		strv_add(out, words.s + i);
}

void proc_with_env(struct pids *out, const char *entry, const char *without)
{
	AUTO(strv_release) struct strv names = { 0 };

	err_drop(file_list(&names, "/proc"), "nobody is found, then");
	STRV_EACH(name, &names) {
		pid_t pid = (pid_t)atoi(*name);
		if (pid <= 0 || pid == getpid() || !proc_has_env(pid, entry))
			continue;
		if (!without || !proc_has_env(pid, without))
			*vec_push(out) = pid;
	}
}

static void add_list(struct pids *out, const char *text)
{
	char *end;

	for (long pid = strtol(text, &end, 10); end > text; pid = strtol(text, &end, 10)) {
		*vec_push(out) = (pid_t)pid;
		text = end;
	}
}

void proc_children(struct pids *out, pid_t pid)
{
	AUTO(str_release) char *tasks = str_format("/proc/%d/task", (int)pid);
	AUTO(strv_release) struct strv threads = { 0 };

	err_drop(file_list(&threads, tasks), "the process is gone");
	STRV_EACH(thread, &threads) {
		AUTO(str_release) char *name = str_format("task/%s/children", *thread);
		AUTO(buf_release) struct buf b = { 0 };
		if (slurp(&b, pid, name))
			add_list(out, buf_text(&b));
	}
}

int64_t proc_started_after(const struct proc *p, const struct proc *first)
{
	return ticks_ms(p->start - first->start);
}

int64_t proc_age(const struct proc *p)
{
	return clock_mono() - ticks_ms(p->start);
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
