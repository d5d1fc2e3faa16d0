#include "op/spawn.h"

#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/random.h"
#include "base/term.h"
#include "base/valid.h"
#include "op/agent_dialogs.h"
#include "op/issue.h"
#include "op/lease.h"
#include "op/prepare.h"
#include "op/prompt.h"
#include "op/queue.h"
#include "op/send.h"
#include "op/settle.h"
#include "op/start.h"
#include "slot/scm.h"
#include "store/agent_files.h"

enum { BRANCH_TRIES = 100 }; /* each one lost is another spawn that went on */

/* Everything that is found out before anything is made. */
struct plan {
	const struct spawn_options *o;
	struct agent agent;
	char *program;
	struct issue issue;            /* id NULL: an ad-hoc task, or none */
	const struct tracker *tracker; /* that has it */
	struct buf prompt;
	struct start_point origin;
	bool prompt_in_argv;
};

static void plan_release(struct plan *p)
{
	agent_release(&p->agent);
	str_release(&p->program);
	issue_release(&p->issue);
	buf_release(&p->prompt);
	start_point_release(&p->origin);
}

void spawned_release(struct spawned *s)
{
	session_release(&s->session);
	str_release(&s->attach);
	str_release(&s->issue_shown);
	str_release(&s->queued);
}

/* A queued session was given its prompt when it was made. */
static struct err *plan_prompt(struct plan *p, const struct hold *h)
{
	AUTO(str_release) char *path = h->folder ? path_join(h->folder, "prompt.md") : NULL;
	bool found;

	if (path)
		return file_read_if(&p->prompt, &found, path, PROMPT_MAX);
	TRY(issue_for_spawn(&p->issue, &p->tracker, h->world, p->o->project, p->o->issue));
	return prompt_first(&p->prompt, p->o->project, &p->agent,
		&(struct task){ p->o->issue, &p->issue, p->o->prompt });
}

/* Pull requests of this repository are merged into its own branches. No forge known: nobody merges here. */
static bool merges_here(const struct project *p)
{
	const struct scm *scm = NULL;

	err_drop(scm_of_project(&scm, p), "its verbs say so");
	return scm && scm->in_files;
}

static struct err *make_plan(struct plan *p, struct hold *h)
{
	const struct spawn_options *o = p->o;
	const struct project *project = o->project;
	const struct world *w = h->world;

	TRY(agent_load(&p->agent, &w->config, o->agent ? o->agent : project->agent));
	TRY(agent_allows(&p->agent, project->permissions));
	TRY(start_allowed(w, &p->agent, project, true));
	TRY(start_program(&p->program, &p->agent));
	if (o->branch && !valid_branch(o->branch))
		return fail(ERR_USAGE, "'%s' is not a branch name that git takes", o->branch);
	str_set(&h->s.runtime, project->runtime);
	str_set(&h->s.workspace, project->workspace);
	TRY(hold_plugins(h));
	TRY(runtime_present(h->runtime));
	TRY(plan_prompt(p, h));
	p->prompt_in_argv = agent_uses(&p->agent.command, "{prompt}") &&
		p->prompt.n <= PROMPT_ARG_MAX;
	if (o->branch) /* before a number is taken for it */
		TRY(h->workspace->free_branch(&h->s.branch, project->path, o->branch, true));
	return h->workspace->origin(&p->origin, project->path, project->default_branch, o->base,
		merges_here(project), w->sink);
}

/* ---- the id ---------------------------------------------------------------------------------- */

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

/* ---- the record ------------------------------------------------------------------------------ */

/* What lists show of it: the issue's title, else the prompt's first line. A queued one has it already. */
static void fill_title(struct hold *h, const struct plan *p)
{
	AUTO(str_release)
	char *title = p->issue.title
		? term_line(p->issue.title)
		: str_ndup(buf_text(&p->prompt), strcspn(buf_text(&p->prompt), "\n"));

	if (!h->s.title && !str_empty(title))
		str_set(&h->s.title, title);
	if (p->tracker)
		str_set(&h->s.tracker, p->tracker->plugin.name);
}

static void fill_record(struct hold *h, const struct plan *p)
{
	const struct spawn_options *o = p->o;
	AUTO(str_release) char *now = clock_iso(clock_wall());
	/* the tracker's own word for it, where a URL was given */
	AUTO(str_release) char *issue = p->tracker ? str_dup(p->issue.id) : issue_id(o->issue);

	str_set(&h->s.project, o->project->id);
	str_set(&h->s.status, status_word(STATUS_SPAWNING));
	str_set(&h->s.issue, issue);
	if (!h->s.created_at)
		str_set(&h->s.created_at, now);
	str_set(&h->s.last_activity_at, now);
	str_set(&h->s.status_at, now);
	if (!h->s.uid)
		h->s.uid = random_hex(16);
	fill_title(h, p);
	str_set(&h->s.agent, p->agent.name);
	if (str_equal(p->agent.session_id, "preset") && !h->s.agent_session_id)
		h->s.agent_session_id = random_uuid();
	str_set(&h->s.repo, o->project->path);
	str_release(&h->s.worktree);
	h->s.worktree = path_join(h->world->config.worktree_dir, h->s.id);
	str_set(&h->s.base, p->origin.commit);
	str_set(&h->s.after, o->after);
}

/* Another one may be wanted, to compare; not unknowingly. */
static void tell_others(const struct hold *h)
{
	AUTO(strv_release) struct strv ids = { 0 };

	if (h->s.issue)
		err_drop(store_ids(&ids, &h->world->store, true), "nobody is known to be at it");
	STRV_EACH(id, &ids) {
		AUTO(session_release) struct session s = { 0 };
		AUTO(str_release) char *shown = issue_shown(h->s.issue);

		err_drop(store_load(&s, &h->world->store, *id), "it has no record");
		if (str_equal(s.issue, h->s.issue) && str_equal(s.project, h->s.project) &&
			!session_is(&s, STATUS_KILLED) && !session_is(&s, STATUS_MERGED))
			sink_say(h->world->sink, SINK_WARNING,
				"%s has issue %s already (%s); %s works on it beside that", *id,
				shown, s.status, h->s.id);
	}
}

static char *trackers_branch(const struct plan *p)
{
	return p->tracker && p->tracker->branch ? p->tracker->branch(&p->issue) : NULL;
}

/* What stays while it waits: an id, a record and a prompt. */
static void unfill_record(struct hold *h, const struct plan *p)
{
	AUTO(str_release) char *own = trackers_branch(p);

	if (own) /* it may have to wait more than once */
		str_set(&h->s.wanted_branch, own);
	str_release(&h->s.worktree);
	str_set(&h->s.branch, p->o->branch);
	str_set(&h->s.base, p->o->base);
	str_release(&h->s.agent_session_id);
}

static char *wanted_branch(const struct hold *h, const struct plan *p)
{
	const struct spawn_options *o = p->o;
	AUTO(str_release) char *own = trackers_branch(p);

	if (o->branch)
		return str_dup(o->branch);
	if (!own) /* of a queued one the tracker is not asked again */
		own = str_dup(h->s.wanted_branch);
	if (own && valid_branch(own))
		return str_dup(own);
	return o->issue ? issue_branch(o->issue) : str_format("session/%s", h->s.id);
}

/* The branch is chosen and written down before git makes it; another spawn may be quicker with the
 * same name, then the next one is taken. */
static struct err *make_workspace(struct hold *h, const struct plan *p)
{
	const struct spawn_options *o = p->o;
	AUTO(str_release) char *wanted = wanted_branch(h, p);

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
			str_set(&h->s.wanted_branch, NULL);
			str_set(&h->s.workspace_handle, handle);
			return store_save(&h->world->store, &h->s);
		}
		/* of any other error it may be ours, which undo() takes away */
		if (e->class != ERR_REFUSED || o->branch || i == BRANCH_TRIES ||
			path_exists(c.path) || h->workspace->branch_exists(&c) != TRI_YES)
			return e;
		err_drop(e, "another spawn took the branch's name");
	}
}

/* ---- the agent ------------------------------------------------------------------------------- */

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

	TRY(start_argv(&argv, h, &p->agent, p->program, &p->agent.command,
		(struct agent_values){
			.prompt = p->prompt_in_argv ? buf_text(&p->prompt) : NULL,
			.prompt_file = p->prompt.n ? prompt_file : NULL,
			.agent_session_id = h->s.agent_session_id,
		}));
	return start_agent(h,
		&(struct start){
			.agent = &p->agent,
			.argv = argv.v,
			.env = &h->project->env,
			.columns = p->o->columns,
			.rows = p->o->rows,
		});
}

/* Nothing that is sent reaches it before somebody has answered. */
static void tell_dialogs(const struct hold *h, const struct plan *p)
{
	if (agent_asks_nothing(NULL, &p->agent, h->project->path) == TRI_NO)
		sink_say(h->world->sink, SINK_WARNING,
			"%s: %s asks something at its first start in this repository, before it "
			"reads a message: ao session attach %s (for the next one: ao agent check "
			"--fix %s)",
			h->s.id, p->agent.name, h->s.id, p->agent.name);
}

static struct err *make(struct hold *h, const struct plan *p)
{
	struct sink *sink = h->world->sink;

	sink_say(sink, SINK_PROGRESS, "%s: making its worktree", h->s.id);
	TRY(make_workspace(h, p));
	TRY(lease_ports(h, &p->agent));
	TRY(prepare_workspace(h));
	sink_say(sink, SINK_PROGRESS, "%s: starting %s", h->s.id, p->agent.name);
	TRY(launch(h, p));
	TRY(start_stays(h, START_SPAWN_MS));
	tell_dialogs(h, p);
	TRY(hold_begin(h, NULL));
	hold_log(h, "spawned",
		json_pack("{s:s, s:s, s:s?, s:s}", "agent", p->agent.name, "branch", h->s.branch,
			"issue", h->s.issue, "base", h->s.base));
	return NULL;
}

/* A prompt that is no argument goes as the first message, as soon as the agent can take it. */
static struct err *first_message(struct hold *h, const struct plan *p, bool wait)
{
	bool by_file = agent_uses(&p->agent.command, "{promptFile}");

	if (!p->prompt.n || p->prompt_in_argv || by_file)
		return NULL;
	return op_send_first(h->world, h->s.id, p->prompt.s, p->prompt.n, wait);
}

/* Into the record, with the prompt beside it: admitted, or queued with *why. */
static struct err *enter(char **why, struct hold *h, const struct plan *p)
{
	TRY(keep_prompt(h, p));
	TRY(queue_admit(why, h));
	if (!*why)
		return NULL;
	unfill_record(h, p);
	TRY(store_save(&h->world->store, &h->s));
	hold_log(h, "queued", json_pack("{s:s}", "reason", *why));
	return NULL;
}

struct err *op_spawn(struct spawned *out, const struct world *w, const struct spawn_options *o)
{
	AUTO(hold_release) struct hold h = { .world = w, .project = o->project };
	AUTO(plan_release) struct plan p = { .o = o };
	struct err *e;

	if (o->after)
		TRY(queue_check_after(w, o->after));
	TRY(make_plan(&p, &h));
	queue_before(w);
	TRY(reserve(&h, &p));
	fill_record(&h, &p);
	tell_others(&h);
	e = enter(&out->queued, &h, &p);
	if (!e && !out->queued)
		e = make(&h, &p);
	if (e)
		return op_settle_after(&h, e);
	lock_release(&h.lock);
	if (!out->queued) {
		TRY(first_message(&h, &p, true));
		out->attach = h.runtime->attach_line(w->config.tmux_socket, h.s.id);
	}
	out->issue_shown = issue_shown(h.s.issue);
	out->session = h.s;
	h.s = (struct session){ 0 };
	return NULL;
}

/* Its agent was there when it was queued: who looks now (cron, a service) has another PATH, perhaps. NULL:
 * nothing is lacking. */
static char *lacks(const struct hold *h)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(str_release) char *program = NULL;
	char *why = NULL;
	struct err *e = agent_load(&a, &h->world->config, h->s.agent);

	if (!e) {
		e = start_program(&program, &a);
		if (!e)
			e = runtime_present(h->runtime);
		if (e)
			why = str_format("waits: %s", e->text);
	}
	err_drop(e, "it waits; an agent that is not known is the plan's error");
	return why;
}

/* Said once, then it stands in the lists. */
static struct err *wait_on(struct hold *h, const char *why)
{
	if (str_equal(h->s.reason, why))
		return NULL;
	TRY(hold_status(h, STATUS_QUEUED, why));
	return fail(ERR_FAILED, "it %s", why);
}

struct err *spawn_queued(bool *started, const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(plan_release) struct plan p = { 0 };
	AUTO(session_release) struct session before = { 0 };
	AUTO(str_release) char *why = NULL;
	struct spawn_options o = { 0 };
	struct err *e;

	TRY(hold_take(&h, w, id));
	if (!session_is(&h.s, STATUS_QUEUED) || !h.project)
		return NULL;
	why = lacks(&h);
	if (why)
		return wait_on(&h, why);
	TRY(store_load(&before, &w->store, id)); /* the plan's words must outlive the record's */
	o = (struct spawn_options){ .project = h.project,
		.issue = before.issue,
		.agent = before.agent,
		.branch = before.branch,
		.base = before.base,
		.after = before.after };
	p.o = &o;
	e = make_plan(&p, &h);
	if (!e) {
		fill_record(&h, &p);
		e = enter(&why, &h, &p);
	}
	if (!e && !why)
		e = make(&h, &p);
	*started = !e && !why;
	if (e && !h.s.doing)
		err_drop(hold_status(&h, STATUS_ERRORED, e->text), "it stays queued");
	if (e)
		return op_settle_after(&h, e);
	lock_release(&h.lock);
	return why ? NULL : first_message(&h, &p, false);
}
