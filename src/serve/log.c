#include "serve/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/term.h"

static struct err *take_stderr(const struct log *l)
{
	int fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || dup2(fd, 2) < 0)
		return fail_errno("cannot write %s", l->path);
	close(fd);
	return NULL;
}

struct err *log_open(struct log *l, const char *path)
{
	str_set(&l->path, path);
	TRY(take_stderr(l));
	log_bound(l);
	return NULL;
}

void log_release(struct log *l)
{
	str_release(&l->path);
}

void log_bound(struct log *l)
{
	AUTO(str_release) char *aside = NULL;
	struct stat st;

	if (!l->path || fstat(2, &st) < 0 || st.st_size < LOG_MAX)
		return;
	aside = str_format("%s.1", l->path);
	if (rename(l->path, aside) == 0)
		err_drop(take_stderr(l), "then it goes on in the one put aside");
}

void log_say(struct log *l, const char *format, ...)
{
	AUTO(str_release) char *text = NULL;
	AUTO(str_release) char *line = NULL;
	AUTO(str_release) char *now = l->path ? clock_iso(clock_wall()) : NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vformat(format, ap);
	va_end(ap);
	line = term_line(text);
	fprintf(stderr, "%s%s%s\n", now ? now : "", now ? " " : "", line);
	log_bound(l);
}
