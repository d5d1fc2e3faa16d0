#include "op/orchestrate.h"

#include "base/clock.h"
#include "base/path.h"
#include "base/random.h"
#include "op/lease.h"
#include "op/prompt.h"
#include "op/restore.h"
#include "op/send.h"
#include "op/settle.h"
#include "op/start.h"
#include "store/agent_files.h"
#include "store/conversation.h"
#include "store/port.h"

void orchestrated_release(struct orchestrated *o)
{
	session_release(&o->session);
	str_release(&o->attach);
}

struct plan {
	const struct orchestrate_options *o;
	struct agent agent;
	char *program;
	struct buf prompt;
	bool in_argv, by_file;
};

static void plan_release(struct plan *p)
{
	agent_release(&p->agent);
	str_release(&p->program);
	buf_release(&p->prompt);
}

/* Everything that is found out before anything is made. */
static struct err *make_plan(struct plan *p, const struct world *w)
{
	const struct project *project = p->o->project;
	const struct runtime *runtime;

	TRY(agent_load(&p->agent, &w->config, p->o->agent ? p->o->agent : project->agent));
	TRY(start_allowed(w, &p->agent, project, false));
	TRY(start_program(&p->program, &p->agent));
	TRY(runtime_find(&runtime, str_empty(project->runtime) ? "tmux" : project->runtime));
	TRY(runtime_present(runtime));
	prompt_orchestrator(&p->prompt, project, &p->agent, p->o->prompt);
	p->in_argv = agent_uses(&p->agent.command, "{prompt}") && p->prompt.n <= PROMPT_ARG_MAX;
	p->by_file = agent_uses(&p->agent.command, "{promptFile}");
	return NULL;
}

/* ---- one that was there ---------------------------------------------------------------------- */

static struct err *look(bool *runs, bool *ended, struct hold *h, const char *id)
{
	AUTO(run_info_release) struct run_info run = { 0 };
	struct err *e = hold_read(h, h->world, id);

	if (e && e->class == ERR_MISSING) {
		err_drop(e, "it never was");
		return NULL;
	}
	TRY(e);
	TRY(op_settle(h));
	run_read(&run, h->folder);
	if (run.alive == TRI_UNKNOWN)
		return fail(ERR_REFUSED, "%s: whether it runs could not be found out", id);
	*runs = run.alive == TRI_YES;
	*ended = !*runs && h->s.workspace_handle;
	return NULL;
}

static struct err *go_on(struct orchestrated *out, const struct world *w, const char *id)
{
	AUTO(restored_release) struct restored r = { 0 };

	TRY(op_restore(&r, w, id));
	out->how = ORCHESTRATOR_RESTORED;
	out->session = r.session;
	out->attach = r.attach;
	r = (struct restored){ 0 };
	return NULL;
}

/* ---- a new one ------------------------------------------------------------------------------- */

/* What an earlier one left in the record is not this one's; what others wrote there stays. */
static void fill_record(struct hold *h, const struct plan *p, const char *id)
{
	AUTO(str_release) char *now = clock_iso(clock_wall());
	const struct project *project = p->o->project;
	char **gone[] = { &h->s.pr, &h->s.issue, &h->s.branch, &h->s.killed_at, &h->s.restored_at,
		&h->s.started_at, &h->s.reason, &h->s.agent_session_id, &h->s.uid,
		&h->s.runtime_handle, &h->s.limited_until };

	for (size_t i = 0; i < COUNT_OF(gone); i++)
		str_release(gone[i]);
	str_set(&h->s.id, id);
	str_set(&h->s.project, project->id);
	str_set(&h->s.status, status_word(STATUS_SPAWNING));
	str_set(&h->s.status_at, now);
	str_set(&h->s.created_at, now);
	str_set(&h->s.last_activity_at, now);
	h->s.uid = random_hex(16);
	str_set(&h->s.title, "gives work to others");
	str_set(&h->s.agent, p->agent.name);
	if (str_equal(p->agent.session_id, "preset"))
		h->s.agent_session_id = random_uuid();
	str_set(&h->s.runtime, project->runtime);
	str_set(&h->s.workspace, "main");
	str_set(&h->s.repo, project->path);
	str_set(&h->s.worktree, project->path);
}

static struct err *keep_prompt(const struct hold *h, const struct plan *p)
{
	AUTO(str_release) char *path = path_join(h->folder, "prompt.md");

	return file_replace(path, buf_text(&p->prompt), p->prompt.n, FILE_VOLATILE);
}

static struct err *launch(struct hold *h, const struct plan *p)
{
	AUTO(str_release) char *prompt_file = path_join(h->folder, "prompt.md");
	AUTO(str_release) char *input_file = path_join(h->folder, "input");
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(port_release) struct port port = { 0 };
	struct agent_values values = {
		.prompt = p->in_argv ? buf_text(&p->prompt) : NULL,
		.prompt_file = prompt_file,
		.model = h->project->model,
		.permissions = h->project->permissions,
		.session = h->s.id,
		.worktree = h->s.worktree,
		.agent_session_id = h->s.agent_session_id,
		.input_file = input_file,
	};

	port_read(&port, h->folder);
	values.port = port.number;
	TRY(agent_expand(&argv, &p->agent, &p->agent.command, &values));
	str_set(&argv.v[agent_program_at(&p->agent)], p->program);
	return start_agent(h,
		&(struct start){
			.agent = &p->agent,
			.argv = argv.v,
			.env = &h->project->env,
			.columns = p->o->columns,
			.rows = p->o->rows,
		});
}

static struct err *make(struct hold *h, const struct plan *p)
{
	struct checkout c = hold_checkout(h);

	TRY(conversation_forget(h->folder));
	TRY(h->workspace->create(&h->s.workspace_handle, &c, h->world->sink));
	TRY(lease_ports(h, &p->agent));
	sink_say(h->world->sink, SINK_PROGRESS, "%s: starting %s", h->s.id, p->agent.name);
	TRY(launch(h, p));
	TRY(start_stays(h, START_SPAWN_MS));
	TRY(hold_begin(h, NULL));
	hold_log(h, "spawned", json_pack("{s:s, s:b}", "agent", p->agent.name, "orchestrator", 1));
	return NULL;
}

/* The session's lock is held. */
static struct err *start_new(struct hold *h, const struct plan *p, const char *id)
{
	const struct world *w = h->world;
	struct err *e;

	h->project = p->o->project;
	if (!h->folder)
		h->folder = store_folder(&w->store, id);
	fill_record(h, p, id);
	TRY(hold_plugins(h));
	TRY(keep_prompt(h, p));
	TRY(store_reopen(&w->store, id));
	TRY(hold_begin(h, "spawn"));
	e = make(h, p);
	return e ? op_settle_after(h, e) : NULL;
}

static struct err *take_id(struct hold *h, const char *id)
{
	TRY(store_claim(&h->world->store, id));
	return store_lock(&h->lock, &h->world->store, id, HOLD_WAIT_MS);
}

struct err *op_orchestrate(
	struct orchestrated *out, const struct world *w, const struct orchestrate_options *o)
{
	AUTO(str_release) char *id = str_format("%s-orchestrator", o->project->prefix);
	AUTO(hold_release) struct hold h = { .world = w };
	AUTO(plan_release) struct plan p = { .o = o };
	bool runs = false, ended = false;

	TRY(make_plan(&p, w));
	TRY(take_id(&h, id));
	TRY(look(&runs, &ended, &h, id));
	if (!runs && !ended)
		TRY(start_new(&h, &p, id));
	lock_release(&h.lock);
	if (ended)
		return go_on(out, w, id);
	if (!runs && !p.in_argv && !p.by_file)
		TRY(op_send_first(w, id, buf_text(&p.prompt), p.prompt.n, true));
	out->how = runs ? ORCHESTRATOR_RUNS : ORCHESTRATOR_STARTED;
	out->attach = h.runtime->attach_line(w->config.tmux_socket, id);
	out->session = h.s;
	h.s = (struct session){ 0 };
	return NULL;
}
