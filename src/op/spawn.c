#include "op/spawn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/random.h"
#include "base/valid.h"
#include "op/deliver.h"
#include "op/prepare.h"
#include "op/prompt.h"
#include "op/settle.h"
#include "op/start.h"
#include "store/agent_files.h"

enum { PROMPT_ARG_MAX = 100 << 10, BRANCH_TRIES = 5 };

/* Everything that is found out before anything is made. */
struct plan {
	const struct spawn_options *o;
	struct agent agent;
	char *program;
	struct buf prompt;
	struct start_point origin;
	bool prompt_in_argv;
};

static void plan_release(struct plan *p)
{
	agent_release(&p->agent);
	str_release(&p->program);
	buf_release(&p->prompt);
	start_point_release(&p->origin);
}

void spawned_release(struct spawned *s)
{
	session_release(&s->session);
	str_release(&s->attach);
	str_release(&s->issue_shown);
}

static struct err *make_plan(struct plan *p, struct hold *h)
{
	const struct spawn_options *o = p->o;
	const struct project *project = o->project;
	const struct world *w = h->world;

	TRY(agent_load(&p->agent, &w->config, o->agent ? o->agent : project->agent));
	TRY(start_allowed(w, &p->agent, project, true));
	TRY(start_program(&p->program, w, &p->agent));
	if (o->branch && !valid_branch(o->branch))
		return fail(ERR_USAGE, "'%s' is not a branch name that git takes", o->branch);
	str_set(&h->s.runtime, project->runtime);
	str_set(&h->s.workspace, project->workspace);
	TRY(hold_plugins(h));
	TRY(prompt_first(&p->prompt, project, &p->agent, o->issue, o->prompt));
	p->prompt_in_argv =
		agent_uses(&p->agent.command, "{prompt}") && p->prompt.n <= PROMPT_ARG_MAX;
	if (o->branch) /* before a number is taken for it */
		TRY(h->workspace->free_branch(&h->s.branch, project->path, o->branch, true));
	return h->workspace->origin(
		&p->origin, project->path, project->default_branch, o->base, w->sink);
}

/* ---- the id ------------------------------------------------------------------------------------ */

struct place {
	const struct world *world;
	const struct runtime *runtime;
};

static bool is_taken(void *arg, const char *id)
{
	const struct place *p = arg;
	const struct config *c = &p->world->config;
	AUTO(str_release) char *path = path_join(c->worktree_dir, id);

	return path_exists(path) || p->runtime->name_taken(c->tmux_socket, id) == TRI_YES;
}

static struct err *reserve(struct hold *h, const struct plan *p)
{
	const struct world *w = h->world;
	struct place place = { w, h->runtime };
	AUTO(str_release) char *id = NULL;

	TRY(store_reserve(&id, &w->store, p->o->project->prefix, is_taken, &place));
	TRY(store_lock(&h->lock, &w->store, id, HOLD_WAIT_MS));
	str_set(&h->s.id, id);
	h->folder = store_folder(&w->store, id);
	return NULL;
}

/* ---- the record -------------------------------------------------------------------------------- */

static void fill_record(struct hold *h, const struct plan *p)
{
	const struct spawn_options *o = p->o;
	AUTO(str_release) char *now = clock_iso(clock_wall());
	AUTO(str_release) char *issue = issue_id(o->issue);
	AUTO(str_release) char *title = NULL;

	str_set(&h->s.project, o->project->id);
	str_set(&h->s.status, status_word(STATUS_SPAWNING));
	str_set(&h->s.issue, issue);
	str_set(&h->s.created_at, now);
	str_set(&h->s.last_activity_at, now);
	str_set(&h->s.status_at, now);
	h->s.uid = random_hex(16);
	title = str_ndup(buf_text(&p->prompt), strcspn(buf_text(&p->prompt), "\n"));
	str_set(&h->s.title, str_empty(title) ? NULL : title);
	str_set(&h->s.agent, p->agent.name);
	if (str_equal(p->agent.session_id, "preset"))
		h->s.agent_session_id = random_uuid();
	str_set(&h->s.repo, o->project->path);
	h->s.worktree = path_join(h->world->config.worktree_dir, h->s.id);
	str_set(&h->s.base, p->origin.commit);
	str_set(&h->s.doing, "spawn");
}

/* The branch is chosen and written down before git makes it; another spawn may be quicker with the
 * same name, then the next one is taken. */
static struct err *make_workspace(struct hold *h, const struct plan *p)
{
	const struct spawn_options *o = p->o;
	AUTO(str_release) char *wanted = o->branch ? str_dup(o->branch) :
					 o->issue  ? issue_branch(o->issue) :
						     str_format("session/%s", h->s.id);

	for (int i = 0;; i++) {
		AUTO(str_release) char *branch = NULL;
		AUTO(str_release) char *handle = NULL;
		struct checkout c;
		struct err *e;

		TRY(h->workspace->free_branch(&branch, h->s.repo, wanted, o->branch != NULL));
		str_set(&h->s.branch, branch);
		str_set(&h->s.made_branch, "yes");
		TRY(store_save(&h->world->store, &h->s));
		c = hold_checkout(h);
		e = h->workspace->create(&handle, &c, h->world->sink);
		if (!e) {
			str_set(&h->s.workspace_handle, handle);
			return store_save_volatile(&h->world->store, &h->s);
		}
		if (o->branch || i == BRANCH_TRIES || path_exists(c.path) ||
			h->workspace->branch_exists(&c) != TRI_YES)
			return e;
		err_drop(e, "another spawn took the branch's name");
	}
}

/* ---- the agent --------------------------------------------------------------------------------- */

static struct err *keep_prompt(const struct hold *h, const struct plan *p)
{
	AUTO(str_release) char *path = path_join(h->folder, "prompt.md");

	if (!p->prompt.n)
		return NULL;
	return file_replace(path, p->prompt.s, p->prompt.n, FILE_VOLATILE);
}

static struct err *launch(struct hold *h, const struct plan *p)
{
	AUTO(str_release) char *prompt_file = path_join(h->folder, "prompt.md");
	AUTO(strv_release) struct strv argv = { 0 };
	struct agent_values values = {
		.prompt = p->prompt_in_argv ? buf_text(&p->prompt) : NULL,
		.prompt_file = p->prompt.n ? prompt_file : NULL,
		.model = h->project->model,
		.permissions = h->project->permissions,
		.session = h->s.id,
		.worktree = h->s.worktree,
		.agent_session_id = h->s.agent_session_id,
	};

	TRY(keep_prompt(h, p));
	TRY(agent_expand(&argv, &p->agent, &p->agent.command, &values));
	str_set(&argv.v[0], p->program);
	return start_agent(h, &(struct start){
					  .agent = &p->agent,
					  .argv = argv.v,
					  .env = &h->project->env,
					  .columns = p->o->columns,
					  .rows = p->o->rows,
				  });
}

static struct err *make(struct hold *h, const struct plan *p)
{
	TRY(make_workspace(h, p));
	TRY(prepare_workspace(h));
	TRY(launch(h, p));
	TRY(hold_begin(h, NULL));
	hold_log(h, "spawned", json_pack("{s:s, s:s, s:s?, s:s}", "agent", p->agent.name, "branch",
				       h->s.branch, "issue", h->s.issue, "base", h->s.base));
	return NULL;
}

/* A prompt that is no argument goes as the first message, as soon as the agent can take it. */
static struct err *first_message(struct hold *h, const struct plan *p)
{
	bool by_file = agent_uses(&p->agent.command, "{promptFile}");

	if (!p->prompt.n || p->prompt_in_argv || by_file)
		return NULL;
	return deliver_first_prompt(h->world, h->s.id, p->prompt.s, p->prompt.n);
}

struct err *op_spawn(struct spawned *out, const struct world *w, const struct spawn_options *o)
{
	AUTO(hold_release) struct hold h = { .world = w, .project = o->project };
	AUTO(plan_release) struct plan p = { .o = o };
	struct err *e;

	TRY(make_plan(&p, &h));
	TRY(reserve(&h, &p));
	fill_record(&h, &p);
	e = make(&h, &p);
	if (e)
		return op_settle_after(&h, e);
	lock_release(&h.lock);
	TRY(first_message(&h, &p));
	out->attach = h.runtime->attach_line(w->config.tmux_socket, h.s.id);
	out->issue_shown = issue_shown(h.s.issue);
	out->session = h.s;
	h.s = (struct session){ 0 };
	return NULL;
}
