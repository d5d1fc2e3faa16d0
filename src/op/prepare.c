#include "op/prepare.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/carry.h"
#include "base/env.h"
#include "base/path.h"
#include "base/run.h"
#include "op/lease.h"

enum { COMMAND_TIMEOUT_MS = 600000 };

/* The user's own command line, so by the shell (house: the one place where there is one). */
static struct err *command(const struct hold *h, const char *line)
{
	AUTO(str_release) char *log = path_join(h->folder, "launch.log");
	AUTO(fd_release)
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv env = { 0 };

	if (fd < 0)
		return fail_errno("cannot write %s", log);
	env_copy(&env);
	env_unset_prefix(&env, "AO_");
	env_unset_prefix(&env, "GIT_");
	for (size_t i = 0; h->project && i < h->project->env.n; i++)
		env_put(&env, h->project->env.v[i]);
	env_set(&env, "AO_SESSION", h->s.id);
	env_set(&env, "AO_PROJECT_ID", h->s.project);
	lease_env(&env, &h->s);
	dprintf(fd, "$ %s\n", line);
	TRY(RUN(&r, .argv = ARGV("sh", "-c", line), .env = env.v, .dir = h->s.worktree,
		.timeout_ms = COMMAND_TIMEOUT_MS, .keep_fd = h->lock.fd, .log_fd = fd));
	if (r.code)
		return fail(ERR_FAILED, "'%s' ended with %d; its output: %s", line, r.code, log);
	return NULL;
}

static struct err *bring(const struct hold *h, const char *name, bool copy)
{
	return carry(h->s.repo, h->s.worktree, name, copy, h->lock.fd, h->world->sink);
}

struct err *prepare_workspace(const struct hold *h)
{
	const struct project *p = h->project;

	if (!p)
		return NULL;
	STRV_EACH(name, &p->symlinks)
		TRY(wrap(bring(h, *name, false), "symlinks"));
	STRV_EACH(name, &p->copy)
		TRY(wrap(bring(h, *name, true), "copy"));
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
		struct err *e;

		sink_say(h->world->sink, SINK_PROGRESS, "preDestroy: %s", *line);
		e = command(h, *line);
		if (e)
			sink_say(h->world->sink, SINK_WARNING, "preDestroy: %s", e->text);
		err_drop(e, "told as a warning");
	}
}
