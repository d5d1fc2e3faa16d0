#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/stop.h"
#include "model/schema.h"

enum { INPUT_MAX = 16 << 20, STEP = 1 << 16 };

/* A pipe may stay silent for long; Ctrl-C must end it all the same. */
static struct err *wait_readable(int fd)
{
	struct pollfd p[] = { { fd, POLLIN, 0 }, { stop_fd(), POLLIN, 0 } };

	while (!p[0].revents) {
		if (poll(p, COUNT_OF(p), -1) < 0 && errno != EINTR)
			return fail_errno("poll");
		if (stop_requested())
			return stop_err();
	}
	return NULL;
}

static struct err *read_all(struct buf *out, int fd, const char *name)
{
	ssize_t n;

	for (;;) {
		TRY(wait_readable(fd));
		buf_reserve(out, STEP);
		n = read(fd, out->s + out->n, STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot read %s", name);
		if (n == 0)
			return NULL;
		out->n += (size_t)n;
		out->s[out->n] = '\0';
		if (out->n > INPUT_MAX)
			return fail(ERR_USAGE, "%s is larger than %d MiB", name, INPUT_MAX >> 20);
	}
}

struct err *input_read(struct buf *out, const char *file)
{
	struct err *e;
	int fd;

	if (str_equal(file, "-"))
		return read_all(out, STDIN_FILENO, "standard input");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(ERR_USAGE, "cannot read %s: %s", file, strerror(errno));
	e = read_all(out, fd, file);
	close(fd);
	return e;
}

char *words_join(char *const *words, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", words[i]);
	return buf_detach(&b);
}

static bool is_number(const char *word)
{
	word += *word == '#';
	return *word && !word[strspn(word, "0123456789")];
}

/* Numbers behind a word that is nearly a project's name: no task that one would give an agent. */
static bool means_project(const struct config *c, const struct args *a)
{
	AUTO(strv_release) struct strv ids = { 0 };

	if (a->words.n < 2 || is_number(a->words.v[0]))
		return false;
	for (size_t i = 1; i < a->words.n; i++)
		if (!is_number(a->words.v[i]))
			return false;
	for (size_t i = 0; i < c->projects.n; i++)
		strv_add(&ids, c->projects.v[i].id);
	return text_suggest(a->words.v[0], ids.v) != NULL;
}

struct err *input_project(const struct project **p, size_t *used, const struct face *f,
	const struct world *w, const struct args *a)
{
	const char *word = args_word(a, 0);

	*used = 0;
	*p = word && (!f->project || str_equal(f->project, word)) ? config_project(&w->config, word)
								  : NULL;
	if (!*p && !f->project && means_project(&w->config, a))
		return world_project(p, w, word);
	if (!*p)
		return world_project(p, w, f->project);
	*used = 1;
	return NULL;
}
