#include "base/proc.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

enum { ENVIRON_MAX = 8 << 20, LIST_MAX = 4 << 20 };

static void read_or_nothing(struct buf *out, const char *path, size_t max)
{
	err_drop(file_read(out, path, max), "the process is gone or not ours");
}

uint64_t proc_start(pid_t pid)
{
	AUTO(str_release) char *path = str_format("/proc/%d/stat", (int)pid);
	AUTO(buf_release) struct buf b = { 0 };
	const char *field;

	read_or_nothing(&b, path, 8192);
	field = b.n ? strrchr(b.s, ')') : NULL; /* the name before it may hold anything */
	for (int i = 2; field && i < 22; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	return field ? strtoull(field, NULL, 10) : 0;
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
		AUTO(str_release) char *path = str_format("%s/%s/children", tasks, *thread);
		AUTO(buf_release) struct buf b = { 0 };
		read_or_nothing(&b, path, LIST_MAX);
		add_list(out, buf_text(&b));
	}
}

bool proc_has_env(pid_t pid, const char *entry)
{
	AUTO(str_release) char *path = str_format("/proc/%d/environ", (int)pid);
	AUTO(buf_release) struct buf b = { 0 };

	read_or_nothing(&b, path, ENVIRON_MAX);
	for (size_t at = 0; at < b.n; at += strlen(b.s + at) + 1)
		if (str_equal(b.s + at, entry))
			return true;
	return false;
}

void pids_release(struct pids *p)
{
	free(p->v);
	*p = (struct pids){ 0 };
}
