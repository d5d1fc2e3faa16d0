#include "op/start.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/launch.h"
#include "base/path.h"
#include "base/term.h"
#include "op/lease.h"
#include "store/port.h"
#include "store/signals.h"

enum { UP_WAIT_MS = 5000, COLUMNS = 200, ROWS = 50, SAID_MAX = 300 };

static struct err *key_allowed(const struct config *c, const struct project *p, const char *key)
{
	AUTO(str_release) char *path = str_format("projects.%s.%s", p->id, key);

	return config_need_trust(c, path);
}

struct err *start_allowed(
	const struct world *w, const struct agent *a, const struct project *p, bool making)
{
	const struct config *c = &w->config;

	if (a->from_config && !c->trusted)
		return fail(ERR_CONFIG,
			"%s: agents.%s is not used until you trust the file: read it, then run: ao "
			"trust",
			c->file, a->name);
	if (making)
		TRY(config_need_trust(c, "worktreeDir"));
	if (p)
		TRY(key_allowed(c, p, "agentConfig.permissions"));
	if (p && p->env.n)
		TRY(key_allowed(c, p, "env"));
	return p && making && p->post_create.n ? key_allowed(c, p, "postCreate") : NULL;
}

struct err *start_program(char **program, const struct agent *a)
{
	const char *name = agent_program(a);
	AUTO(str_release) char *why = NULL;

	if (str_empty(name))
		return fail(ERR_CONFIG, "agent '%s' has no command", a->name);
	*program = path_program(name);
	if (*program)
		return NULL;
	why = path_no_program(name);
	return fail(ERR_FAILED, "agent '%s' is not installed: %s", a->name, why);
}

/* ---- the environment of the agent ------------------------------------------------------------ */

/* On the agent's PATH, whatever the project's env makes of it. */
static void put_ao_on_path(struct strv *env)
{
	AUTO(str_release) char *found = path_program_in(env_get(env, "PATH"), "ao");
	AUTO(str_release) char *self = path_self();
	AUTO(str_release) char *path = NULL;
	const char *old = env_get(env, "PATH");

	if (found && str_equal(found, self))
		return;
	path = str_format("%s%s%s", path_self_dir(), old ? ":" : "", old ? old : "");
	env_set(env, "PATH", path);
}

static void add_ours(struct strv *env, const struct hold *h)
{
	AUTO(str_release) char *self = path_self();
	const struct config *c = &h->world->config;

	env_set(env, "AO_SESSION", h->s.id);
	env_set(env, "AO_SESSION_DIR", h->folder);
	env_set(env, "AO_PROJECT_ID", h->s.project);
	env_set(env, "AO_NAMESPACE", c->name);
	env_set(env, "AO_CONFIG_PATH", c->file);
	env_set(env, "AO_DATA_DIR", c->data_dir);
	env_set(env, "AO_BIN", self);
	lease_env(env, &h->s);
}

/* The caller's, without what would lead git, tmux or a nested ao astray; TERM and TMUX* are the
 * pane's and ao-run adds them. */
void start_env(struct strv *env, const struct hold *h, const struct start *o)
{
	static const char *const dropped[] = { "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE",
		"COLUMNS", "LINES", "TERM" };
	AUTO(port_release) struct port port = { 0 };
	AUTO(strv_release) struct strv agents = { 0 };
	struct agent_values values = { .session = h->s.id, .worktree = h->s.worktree };

	env_copy(env);
	env_unset_prefix(env, "AO_");
	env_unset_prefix(env, "TMUX");
	for (size_t i = 0; i < COUNT_OF(dropped); i++)
		env_set(env, dropped[i], NULL);
	port_read(&port, h->folder);
	values.port = port.number;
	values.secret = port.secret;
	agent_env(&agents, o->agent, &values);
	STRV_EACH(entry, &agents)
		env_put(env, *entry);
	for (size_t i = 0; o->env && i < o->env->n; i++)
		env_put(env, o->env->v[i]);
	put_ao_on_path(env);
	add_ours(env, h);
}

/* ---- launch ---------------------------------------------------------------------------------- */

static struct err *forget_last_run(const struct hold *h)
{
	static const char *const names[] = { "run", "exit", "hurry", "input", "agent-events",
		"codex-titles", "screen" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *path = path_join(h->folder, names[i]);
		TRY(file_remove(path));
	}
	return NULL;
}

static mode_t current_umask(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return mask;
}

static struct err *write_launch(const struct hold *h, const struct start *o)
{
	AUTO(str_release) char *path = path_join(h->folder, "launch");
	AUTO(launch_file_release) struct launch_file l = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	l.cwd = str_dup(h->s.worktree);
	l.mask = current_umask();
	l.process = str_dup(o->agent->process);
	strv_add_all(&l.argv, o->argv);
	start_env(&l.env, h, o);
	launch_encode(&b, &l);
	return file_replace(path, b.s, b.n, FILE_VOLATILE);
}

/* With the end of what it said: an error is one line. */
static struct err *ended_at_once(const struct hold *h, const struct run_info *run)
{
	AUTO(strv_release) struct strv lines = { 0 };
	AUTO(buf_release) struct buf said = { 0 };

	run_last_words(&lines, h->folder);
	for (size_t i = lines.n > 3 ? lines.n - 3 : 0; i < lines.n; i++)
		buf_addf(&said, "%s%s", said.n ? " / " : ": ",
			lines.v[i] + strspn(lines.v[i], " \t"));
	term_cut(&said, SAID_MAX);
	return fail(ERR_FAILED, "the agent of %s ended at once with %s %d%s%s", h->s.id,
		run->exit_signal ? "signal" : "exit code",
		run->exit_signal ? run->exit_signal : run->exit_code, buf_text(&said),
		lines.n > 3 ? " (more: ao session show)" : "");
}

/* ao-run is up when it holds its lock; one that was quicker than we has left `exit`. */
static struct err *wait_up(const struct hold *h)
{
	int64_t until = clock_mono() + UP_WAIT_MS;

	for (;;) {
		AUTO(run_info_release) struct run_info run = { 0 };
		run_read(&run, h->folder);
		if (run.has_exit && run.exit_code)
			return ended_at_once(h, &run);
		if (run.has_exit || (run.alive == TRI_YES && run.has_run))
			return NULL;
		if (clock_mono() > until)
			return fail(ERR_FAILED, "ao-run did not come up within %d s",
				UP_WAIT_MS / 1000);
		TRY(clock_sleep(1));
	}
}

struct err *start_agent(struct hold *h, const struct start *o)
{
	AUTO(str_release) char *now = clock_iso_ms(clock_wall());
	AUTO(str_release) char *handle = NULL;
	struct launch l = {
		.session = h->s.id,
		.uid = h->s.uid,
		.folder = h->folder,
		.server = h->world->config.tmux_socket,
		.dir = h->s.worktree,
		.columns = o->columns ? o->columns : COLUMNS,
		.rows = o->rows ? o->rows : ROWS,
	};

	TRY(forget_last_run(h));
	TRY(write_launch(h, o));
	TRY(h->runtime->start(&handle, &l));
	str_set(&h->s.runtime_handle, handle);
	str_set(&h->s.started_at, now);
	TRY(store_save(&h->world->store, &h->s));
	return wait_up(h);
}

struct err *start_argv(struct strv *argv, const struct hold *h, const struct agent *a,
	const char *program, const struct strv *words, struct agent_values values)
{
	AUTO(str_release) char *input_file = path_join(h->folder, "input");
	AUTO(str_release) char *events_file = path_join(h->folder, "agent-events");
	AUTO(port_release) struct port port = { 0 };

	port_read(&port, h->folder);
	values.port = port.number;
	values.input_file = input_file;
	values.events_file = events_file;
	values.session = h->s.id;
	values.worktree = h->s.worktree;
	values.model = h->project ? h->project->model : NULL;
	values.permissions = h->project ? h->project->permissions : NULL;
	strv_release(argv);
	TRY(agent_expand(argv, a, words, &values));
	str_set(&argv->v[agent_program_at(a)], program);
	return NULL;
}

static bool has_reported(const struct hold *h, const struct run_info *run)
{
	AUTO(str_release) char *path = path_join(h->folder, "signals");
	AUTO(signals_release) struct signals told = { 0 };

	if (file_mtime(path) < run->started_at)
		return false;
	err_drop(signals_read(&told, h->folder), "as if nothing was reported");
	for (size_t i = 0; i < told.list.n; i++)
		if (told.list.v[i].kind != SIGNAL_EXIT && told.list.v[i].at >= run->started_at)
			return true;
	return false;
}

struct err *start_stays(const struct hold *h, int wait_ms)
{
	int64_t until = clock_mono() + wait_ms;

	for (;;) {
		AUTO(run_info_release) struct run_info run = { 0 };
		run_read(&run, h->folder);
		if (run.has_exit && (run.exit_code || run.exit_signal))
			return ended_at_once(h, &run);
		if (run.has_exit || clock_mono() > until || has_reported(h, &run))
			return NULL;
		TRY(clock_sleep(2));
	}
}

struct err *start_adopt(struct hold *h)
{
	struct runtime_mark *marks = NULL;
	bool known = false;
	size_t n = 0;

	TRY(h->runtime->marks(&marks, &n, &known, h->world->config.tmux_socket));
	for (size_t i = 0; i < n; i++)
		if (str_equal(marks[i].uid, h->s.uid))
			str_set(&h->s.runtime_handle, marks[i].handle);
	runtime_marks_free(marks, n);
	if (!known)
		return fail(ERR_FAILED, "%s could not be asked", h->runtime->plugin.name);
	return NULL;
}

struct err *start_withdraw(const struct hold *h)
{
	AUTO(str_release) char *launch = path_join(h->folder, "launch");
	AUTO(str_release) char *half = path_join(h->folder, ".launch.new"); /* of file_replace() */

	TRY(file_remove(launch));
	return file_remove(half);
}
