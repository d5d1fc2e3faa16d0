#include "op/restore.h"

#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/random.h"
#include "op/channel.h"
#include "op/lease.h"
#include "op/list.h"
#include "op/prompt.h"
#include "op/pull.h"
#include "op/reap.h"
#include "op/sense.h"
#include "op/send.h"
#include "op/settle.h"
#include "op/start.h"
#include "op/transcript.h"
#include "store/agent_files.h"
#include "store/conversation.h"
#include "store/outbox.h"

void restored_release(struct restored *r)
{
	session_release(&r->session);
	str_release(&r->attach);
}

static struct err *refuse(const struct hold *h, const char *why)
{
	return fail(ERR_REFUSED, "cannot restore %s: %s", h->s.id, why);
}

/* It runs when ao-run holds its lock and its terminal stands. Where the terminal is gone for certain, or the agent
 * has ended, ao-run is ending the rest, and that is waited for. */
static struct err *check_runtime(const struct hold *h)
{
	AUTO(run_info_release) struct run_info run = { 0 };
	AUTO(runtime_fact_release) struct runtime_fact fact = { 0 };
	struct runtime_ref ref = hold_runtime(h);

	run_read(&run, h->folder);
	if (run.alive == TRI_NO || (run.alive == TRI_YES && run.has_exit))
		return NULL;
	if (run.alive == TRI_UNKNOWN)
		return refuse(h, "whether it runs could not be found out");
	if (!str_empty(ref.handle))
		TRY(h->runtime->probe(&fact, &ref, NULL, 1));
	return fact.exists == TRI_NO ? NULL : refuse(h, "it is running");
}

/* The page's refusals, before anything is touched. */
static struct err *check(const struct hold *h)
{
	struct checkout c = hold_checkout(h);

	if (h->workspace->borrowed && !h->s.workspace_handle)
		return fail(ERR_REFUSED,
			"cannot restore %s: it was ended; ao orchestrator %s starts a new one",
			h->s.id, h->s.project);
	if (session_is(&h->s, STATUS_KILLED))
		return fail(ERR_REFUSED,
			"cannot restore %s: it was killed; first: ao session undelete %s", h->s.id,
			h->s.id);
	if (session_is(&h->s, STATUS_QUEUED))
		return refuse(h, "it is queued, and starts when a session ends");
	if (session_is(&h->s, STATUS_MERGED) || pull_is_merged(h->world, &h->s, h->project))
		return refuse(h, "its PR was merged");
	TRY(check_runtime(h));
	if (!h->s.worktree || h->workspace->exists(&c) == TRI_NO)
		return fail(ERR_REFUSED,
			"cannot restore %s: its worktree is not at %s: move it back, or, if it was "
			"deleted, ao session undelete %s may bring it back",
			h->s.id, h->s.worktree ? h->s.worktree : "any place", h->s.id);
	if (h->workspace->exists(&c) == TRI_UNKNOWN)
		return refuse(h, "its worktree could not be looked at");
	if (h->workspace->branch_exists(&c) == TRI_NO)
		return fail(ERR_REFUSED, "cannot restore %s: its branch %s was deleted", h->s.id,
			h->s.branch);
	return NULL;
}

/* An agent that was ended in a dialog of its start never began one. */
static bool left_nothing(const struct hold *h, const struct agent *a)
{
	AUTO(transcript_release) struct transcript t = { 0 };

	transcript_find(&t, &h->s, h->folder, a);
	return t.path && !path_exists(t.path);
}

/* An id that was reserved is not a conversation: it was told something, or it reported itself. */
static bool has_conversation(
	const struct hold *h, const struct agent *a, const struct conversation *told)
{
	AUTO(str_release) char *prompt = path_join(h->folder, "prompt.md");
	AUTO(messages_release) struct messages sent = { 0 };

	if (str_empty(h->s.agent_session_id) || !a->resume.n)
		return false;
	if (told->id) /* it reported the conversation itself, and where it would be found */
		return !told->path || path_exists(told->path);
	if (left_nothing(h, a))
		return false;
	if (path_exists(prompt) || str_equal(a->session_id, "hook"))
		return true;
	err_drop(outbox_read(&sent, &h->world->store, h->s.id, false), "as if none");
	return sent.list.n > 0;
}

/* ---- the attempt ------------------------------------------------------------------------------- */

struct attempt {
	struct agent agent;
	char *program;
	struct strv argv;
	struct buf recap;
	char *agent_session_id; /* a new one for a fresh start; NULL: the agent takes none */
	bool resumed, recap_in_argv;
	int unfinished; /* the number of the message that asks for the lost turn; 0: none was lost */
};

static void attempt_release(struct attempt *t)
{
	agent_release(&t->agent);
	str_release(&t->program);
	strv_release(&t->argv);
	buf_release(&t->recap);
	str_release(&t->agent_session_id);
}

/* As its agent is started with. */
static void attempt_env(struct strv *env, const struct hold *h, const struct attempt *t)
{
	const struct start start = { .agent = &t->agent,
		.env = h->project ? &h->project->env : NULL };

	start_env(env, h, &start);
}

/* ---- the turn that was cut off ----------------------------------------------------------------- */

/* What was going on when it ended, or waited for its quota. A record of the transcript may say more than its
 * hooks did: that the user had interrupted it. */
static bool was_cut_off(bool *reboot, const struct hold *h, const struct attempt *t)
{
	const struct agent *a = &t->agent;
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(evidence_release) struct evidence in = { 0 };
	AUTO(facts_release) struct facts f = { 0 };

	evidence_read(&f, &in, &h->s, h->folder, h->project);
	sense_transcript(&f, NULL, &in, &h->s, h->folder, a);
	*reboot = f.reboot;
	if (f.turn_open_at || f.limit_known)
		return true;
	attempt_env(&env, h, t);
	return channel_cut_off(h->world, &h->s, a, t->program, &env);
}

/* One that an earlier restore left, and that will yet come: what was typed went to the agent that is gone. */
static int kept_message(const struct hold *h)
{
	AUTO(messages_release) struct messages live = { 0 };

	err_drop(outbox_read(&live, &h->world->store, h->s.id, true), "as if none");
	for (size_t i = 0; i < live.list.n; i++)
		if (str_equal(live.list.v[i].kind, "continue") &&
			(live.list.v[i].state == MESSAGE_QUEUED || live.list.v[i].ticket))
			return live.list.v[i].number;
	return 0;
}

/* In the outbox before anything is started: whatever happens to us, it is asked for once. */
static struct err *keep_continue(int *number, const struct hold *h, const struct attempt *t)
{
	AUTO(str_release) char *text = NULL;
	bool reboot;

	*number = kept_message(h);
	if (*number || !was_cut_off(&reboot, h, t))
		return NULL;
	text = str_format("[ao] %s while you were at work. Look at what is done already, then "
			  "continue where it stopped.",
		reboot ? "The machine was restarted" : "You were ended");
	sink_say(h->world->sink, SINK_NOTE, "%s: its turn was cut off; it is told to continue",
		h->s.id);
	return op_send_keep(number, h->world, h->s.id, "continue", text, strlen(text));
}

/* ---- making it ---------------------------------------------------------------------------------- */

/* Nobody wrote down which one it was in: its own program may know. */
static void ask_conversation(
	struct conversation *told, const struct hold *h, const struct attempt *t)
{
	AUTO(strv_release) struct strv env = { 0 };

	if (told->id || !str_equal(t->agent.session_id, "api"))
		return;
	attempt_env(&env, h, t);
	channel_find(&told->id, h->world, &h->s, &t->agent, t->program, &env);
}

static struct err *fill_argv(struct attempt *t, const struct hold *h)
{
	return start_argv(&t->argv, h, &t->agent, t->program,
		t->resumed ? &t->agent.resume : &t->agent.command,
		(struct agent_values){
			.prompt = t->recap_in_argv ? t->recap.s : NULL,
			.agent_session_id = t->resumed ? h->s.agent_session_id
						       : t->agent_session_id,
		});
}

static struct err *make_attempt(struct attempt *t, struct hold *h)
{
	AUTO(conversation_release) struct conversation told = { 0 };

	conversation_read(&told, h->folder);
	TRY(agent_load(&t->agent, &h->world->config, h->s.agent));
	TRY(start_allowed(h->world, &t->agent, h->project, false));
	TRY(start_program(&t->program, &t->agent));
	TRY(runtime_present(h->runtime));
	ask_conversation(&told, h, t);
	if (told.id)
		str_set(&h->s.agent_session_id, told.id);
	t->resumed = has_conversation(h, &t->agent, &told);
	if (t->resumed) {
		TRY(keep_continue(&t->unfinished, h, t));
	} else {
		if (str_equal(t->agent.session_id, "preset"))
			t->agent_session_id = random_uuid();
		TRY(prompt_recap(&t->recap, h, &t->agent));
		t->recap_in_argv = agent_uses(&t->agent.command, "{prompt}") &&
			t->recap.n <= PROMPT_ARG_MAX;
	}
	return fill_argv(t, h);
}

static struct err *make(struct hold *h, struct attempt *t)
{
	AUTO(str_release) char *began = clock_iso_ms(clock_wall());
	AUTO(str_release) char *now = NULL;

	str_set(&h->s.started_at, began); /* by it op_settle tells this run from the one before */
	if (!t->resumed && h->s.agent_session_id) /* the old id may be taken by what is lost */
		str_set(&h->s.agent_session_id, t->agent_session_id);
	TRY(hold_begin(h, "restore"));
	TRY(reap_runtime(h, false));
	if (!t->resumed)
		TRY(conversation_forget(h->folder));
	TRY(lease_ports(h, &t->agent));
	TRY(fill_argv(t, h)); /* its port may be another one now */
	sink_say(h->world->sink, SINK_PROGRESS, "%s: starting %s", h->s.id, t->agent.name);
	TRY(start_agent(h,
		&(struct start){
			.agent = &t->agent,
			.argv = t->argv.v,
			.env = h->project ? &h->project->env : NULL,
		}));
	TRY(start_stays(h, t->agent.hooks_dir ? START_REPORT_MS : START_RESTORE_MS));
	now = clock_iso_ms(clock_wall());
	str_set(&h->s.restored_at, now);
	str_set(&h->s.doing, NULL);
	TRY(hold_status(h, STATUS_SPAWNING,
		t->resumed ? "restored: its conversation is resumed"
			   : "restored: a fresh start with a recap"));
	hold_log(h, "restored",
		json_pack("{s:b, s:b}", "resumed", t->resumed, "unfinished", t->unfinished != 0));
	return NULL;
}

struct err *op_restore(struct restored *out, const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	AUTO(attempt_release) struct attempt t = { 0 };
	struct err *e;

	TRY(hold_take(&h, w, id));
	TRY(check(&h));
	TRY(make_attempt(&t, &h));
	e = make(&h, &t);
	if (e)
		return op_settle_after(&h, e);
	lock_release(&h.lock);
	if (!t.resumed && !t.recap_in_argv && t.recap.n)
		TRY(op_send_first(w, id, t.recap.s, t.recap.n, true));
	if (t.unfinished)
		TRY(op_send_kept(w, id, t.unfinished, true));
	out->resumed = t.resumed;
	out->attach = h.runtime->attach_line(w->config.tmux_socket, id);
	out->session = h.s;
	h.s = (struct session){ 0 };
	return NULL;
}

/* No runtime, or one that is just ending because its terminal is gone. */
static bool is_down(const struct world *w, const struct view *v)
{
	AUTO(hold_release) struct hold h = { 0 };
	struct err *e;

	if (v->facts.runtime != TRI_YES || v->facts.half_done)
		return v->facts.runtime == TRI_NO;
	e = hold_read(&h, w, v->session.id);
	if (!e)
		e = check_runtime(&h);
	if (!e)
		return true;
	err_drop(e, "it runs");
	return false;
}

struct err *op_restorable(struct strv *ids, const struct world *w, const char *project)
{
	AUTO(views_release) struct views views = { 0 };

	TRY(op_list(&views, w, &(struct list_options){ .project = project, .ask = ASK_KNOWN }));
	for (size_t i = 0; i < views.list.n; i++) {
		const struct view *v = &views.list.v[i];
		if (v->facts.has_workspace && v->facts.recorded != STATUS_KILLED &&
			v->status.status != STATUS_MERGED && v->facts.recorded != STATUS_QUEUED &&
			is_down(w, v))
			strv_add(ids, v->session.id);
	}
	return NULL;
}
