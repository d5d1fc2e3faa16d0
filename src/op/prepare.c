#include "op/prepare.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/env.h"
#include "base/path.h"
#include "base/run.h"

enum { COMMAND_TIMEOUT_MS = 600000 };

/* Below the worktree and nowhere else: the names come from a config that may be a stranger's. */
static bool stays_inside(const char *name)
{
	AUTO(str_release) char *folded = path_absolute(name, "/x");

	return name[0] != '/' && path_within(folded, "/x") && !str_equal(folded, "/x");
}

static struct err *place(const struct hold *h, const char *name, bool copy)
{
	AUTO(str_release) char *from = path_join(h->s.repo, name);
	AUTO(str_release) char *to = path_join(h->s.worktree, name);
	AUTO(str_release) char *folder = path_dir(to);
	AUTO(run_result_release) struct run_result r = { 0 };

	if (!stays_inside(name))
		return fail(ERR_CONFIG, "'%s' does not stay inside the worktree", name);
	if (!path_exists(from)) {
		sink_say(h->world->sink, SINK_NOTE, "%s: not in %s, left out", name, h->s.repo);
		return NULL;
	}
	if (path_exists(to)) {
		sink_say(h->world->sink, SINK_NOTE, "%s: git has it in the worktree, left alone",
			name);
		return NULL;
	}
	if (!path_is_dir(folder))
		TRY(RUN_OK(&r, .argv = ARGV("mkdir", "-p", "--", folder), .keep_fd = h->lock.fd));
	if (copy)
		return RUN_OK(&r, .argv = ARGV("cp", "-a", "--reflink=auto", "--", from, to),
			.timeout_ms = COMMAND_TIMEOUT_MS, .keep_fd = h->lock.fd);
	return symlink(from, to) < 0 ? fail_errno("cannot link %s", to) : NULL;
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* The user's own command line, so by the shell (house: the one place where there is one). */
static struct err *command(const struct hold *h, const char *line)
{
	AUTO(str_release) char *log = path_join(h->folder, "launch.log");
	AUTO(fd_close)
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv env = { 0 };

	if (fd < 0)
		return fail_errno("cannot write %s", log);
	env_copy(&env);
	env_unset_prefix(&env, "AO_");
	env_unset_prefix(&env, "GIT_");
	for (size_t i = 0; h->project && i < h->project->env.n; i++)
		strv_add(&env, h->project->env.v[i]);
	env_set(&env, "AO_SESSION", h->s.id);
	env_set(&env, "AO_PROJECT_ID", h->s.project);
	dprintf(fd, "$ %s\n", line);
	TRY(RUN(&r, .argv = ARGV("sh", "-c", line), .env = env.v, .dir = h->s.worktree,
		.timeout_ms = COMMAND_TIMEOUT_MS, .keep_fd = h->lock.fd, .log_fd = fd));
	if (r.code)
		return fail(ERR_FAILED, "'%s' ended with %d; its output: %s", line, r.code, log);
	return NULL;
}

struct err *prepare_workspace(const struct hold *h)
{
	const struct project *p = h->project;

	if (!p)
		return NULL;
	STRV_EACH(name, &p->symlinks)
		TRY(wrap(place(h, *name, false), "symlinks"));
	STRV_EACH(name, &p->copy)
		TRY(wrap(place(h, *name, true), "copy"));
	STRV_EACH(line, &p->post_create) {
		sink_say(h->world->sink, SINK_PROGRESS, "postCreate: %s", *line);
		TRY(wrap(command(h, *line), "postCreate"));
	}
	return NULL;
}

void prepare_removal(const struct hold *h)
{
	const struct project *p = h->project;

	if (!p || !h->world->config.trusted || !path_is_dir(h->s.worktree))
		return;
	STRV_EACH(line, &p->pre_destroy) {
		struct err *e = command(h, *line);
		if (e)
			sink_say(h->world->sink, SINK_WARNING, "preDestroy: %s", e->text);
		err_drop(e, "told as a warning");
	}
}
