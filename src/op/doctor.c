#include "op/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/run.h"
#include "op/agent_check.h"
#include "op/agent_dialogs.h"
#include "op/exam.h"
#include "op/issue.h"
#include "op/notify.h"
#include "op/pull.h"
#include "op/start.h"
#include "slot/runtime.h"
#include "store/agent_files.h"
#include "store/events.h"

void findings_release(struct findings *f)
{
	for (size_t i = 0; i < f->list.n; i++) {
		free(f->list.v[i].text);
		free(f->list.v[i].fix);
	}
	free(f->list.v);
	*f = (struct findings){ 0 };
}

struct finding *exam_add(struct exam *x, enum finding_level level, const char *format, ...)
{
	struct finding *f = vec_push(&x->out->list);
	va_list ap;

	va_start(ap, format);
	f->text = str_vformat(format, ap);
	va_end(ap);
	f->level = level;
	return f;
}

bool exam_fixable(struct exam *x, struct finding *f, const char *what)
{
	str_set(&f->fix, what);
	f->fixable = true;
	return x->fix;
}

void exam_mended(struct finding *f, struct err *e)
{
	f->fixed = !e;
	if (e)
		str_set(&f->fix, e->text);
	err_drop(e, "it is the finding's text");
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* The oldest that know what we ask of them: git's merge-tree --write-tree, tmux's -N and list-panes
 * -f. debian/control says the same. */
static const struct tool {
	const char *name, *flag;
	int major, minor;
} tools[] = {
	{ "git", "--version", 2, 38 },
	{ "tmux", "-V", 3, 2 },
};

/* "git version 2.39.5", "tmux 3.3a", "tmux next-3.6"; one without a number is somebody's own build. */
static bool too_old(const struct tool *t, const char *said)
{
	int major, minor;

	said += strcspn(said, "0123456789");
	if (sscanf(said, "%d.%d", &major, &minor) != 2)
		return false;
	return major < t->major || (major == t->major && minor < t->minor);
}

/* Those of ao itself: without ao-http nothing says why opencode or a forge does not answer. */
static void check_parts(struct exam *x)
{
	static const char *const parts[][2] = {
		{ "ao-run", "AO_RUN_BIN" },
		{ "ao-pty", "AO_PTY_BIN" },
		{ "ao-http", "AO_HTTP_BIN" },
		{ "ao-serve", "AO_SERVE_BIN" },
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		AUTO(str_release) char *path = NULL;
		struct err *e = runtime_program(&path, parts[i][0], parts[i][1]);
		if (e)
			exam_add(x, FINDING_PROBLEM, "%s", e->text);
		err_drop(e, "it is the finding's text");
	}
}

static void check_tool(struct exam *x, const struct tool *t)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct err *e = RUN_OK(&r, .argv = ARGV(t->name, t->flag), .timeout_ms = 5000);
	bool old = !e && too_old(t, buf_text(&r.out));
	struct finding *f;

	buf_trim(&r.out);
	f = exam_add(
		x, e || old ? FINDING_PROBLEM : FINDING_OK, "%s", e ? e->text : buf_text(&r.out));
	if (e || old)
		f->fix = str_format("install %s %d.%d or newer", t->name, t->major, t->minor);
	err_drop(e, "it is the finding's text");
}

/* Of a version that its patterns were not seen on? Runs it, so only where that is allowed. */
static void check_patterns(struct exam *x, const struct agent *a)
{
	AUTO(agent_check_release) struct agent_check c = { 0 };
	struct finding *f;

	sink_say(x->world->sink, SINK_PROGRESS, "asking %s for its version", a->name);
	op_agent_check(&c, a, &x->world->config, NULL, true);
	if (c.known != TRI_NO)
		return;
	f = exam_add(x, FINDING_NOTE, "agent %s is of version %s", a->name, c.version);
	f->fix = str_format(
		"its screens were seen on %s: activity may be told wrongly", a->versions);
}

static void check_agent(struct exam *x, const char *name)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(str_release) char *program = NULL;
	AUTO(str_release) char *ignored = NULL;
	struct err *e = agent_load(&a, &x->world->config, name);

	if (!e)
		e = start_program(&program, &a);
	if (!e)
		e = start_allowed(x->world, &a, NULL, false);
	if (e)
		exam_add(x, FINDING_PROBLEM, "%s", e->text);
	else
		exam_add(x, FINDING_OK, "agent %s: %s", name, program);
	if (!e)
		check_patterns(x, &a);
	ignored = e ? NULL : agent_hooks_ignored(&a);
	if (ignored)
		exam_add(x, FINDING_NOTE, "%s", ignored);
	err_drop(e, "it is the finding's text");
}

/* What it will ask in the project's repository, before it reads any message. */
static void check_dialogs(struct exam *x, const struct project *p)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(str_release) char *what = NULL;
	struct err *e = agent_load(&a, &x->world->config, p->agent);
	const char *hint = NULL;
	struct finding *f;

	if (!e && agent_asks_nothing(&hint, &a, p->path) == TRI_NO) {
		f = exam_add(x, FINDING_NOTE,
			"project %s: %s asks something at its first start there, before it reads a "
			"message",
			p->id, p->agent);
		if (exam_fixable(x, f, hint))
			exam_mended(f, agent_answer_dialogs(&what, &a, p->path));
		if (what)
			str_set(&f->fix, what);
	}
	err_drop(e, "it is a finding already");
}

void exam_runtimes(struct strv *names, const struct config *c)
{
	if (!c->projects.n)
		strv_add(names, str_empty(c->runtime) ? "tmux" : c->runtime);
	for (size_t i = 0; i < c->projects.n; i++)
		if (!strv_has(names, c->projects.v[i].runtime))
			strv_add(names, c->projects.v[i].runtime);
}

/* tmux only where sessions are started in it. */
static void check_tools(struct exam *x)
{
	AUTO(strv_release) struct strv runtimes = { 0 };

	exam_runtimes(&runtimes, &x->world->config);
	for (size_t i = 0; i < COUNT_OF(tools); i++)
		if (!str_equal(tools[i].name, "tmux") || strv_has(&runtimes, "tmux"))
			check_tool(x, &tools[i]);
}

/* ---- the config and its folders -------------------------------------------------------------- */

static void check_private(struct exam *x, const char *path)
{
	struct finding *f;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode) || !(st.st_mode & 077))
		return;
	f = exam_add(x, FINDING_PROBLEM, "%s can be read by other users", path);
	if (exam_fixable(x, f, "chmod 700"))
		exam_mended(f, chmod(path, 0700) < 0 ? fail_errno("%s", path) : NULL);
}

/* Where it is not there yet, whoever makes it needs the folder above. */
static void check_writable(struct exam *x, const char *key, const char *path)
{
	AUTO(str_release) char *there = str_dup(path);
	const char *why = NULL;

	while (!path_exists(there) && !str_equal(there, "/")) {
		AUTO(str_release) char *above = path_dir(there);
		str_set(&there, above);
	}
	if (!path_is_dir(there))
		why = "is no folder";
	else if (access(there, W_OK | X_OK) < 0)
		why = errno == EROFS ? "is on a read-only file system" : "is not yours to write in";
	if (why)
		exam_add(x, FINDING_PROBLEM, "%s %s: %s %s", key, path, there, why);
}

static void check_agents(struct exam *x)
{
	AUTO(strv_release) struct strv seen = { 0 };
	const struct config *c = &x->world->config;

	for (size_t i = 0; i < c->projects.n; i++) {
		if (strv_has(&seen, c->projects.v[i].agent))
			continue;
		strv_add(&seen, c->projects.v[i].agent);
		check_agent(x, c->projects.v[i].agent);
	}
	for (size_t i = 0; i < c->projects.n; i++)
		check_dialogs(x, &c->projects.v[i]);
}

/* Nobody asked for the one that is there by default: a server has no desktop. */
static void check_notifiers(struct exam *x)
{
	AUTO(notifier_states_release) struct notifier_states all = { 0 };
	const struct config *c = &x->world->config;

	op_notifiers_usable(&all, x->world);
	for (size_t i = 0; i < all.list.n; i++) {
		const struct notifier_state *s = &all.list.v[i];
		bool asked = op_notifier_asked(c, s->name);
		enum finding_level bad = asked ? FINDING_PROBLEM : FINDING_NOTE;

		exam_add(x, s->why ? bad : FINDING_OK, "notifier %s: %s%s", s->name,
			s->why ? s->why : "usable",
			s->why && !asked ? "; it is off, as nobody configured it" : "");
	}
}

static void check_config(struct exam *x)
{
	const struct config *c = &x->world->config;
	struct finding *f = exam_add(x, FINDING_OK, "config %s", c->file);

	if (c->sensitive.n && !c->trusted) {
		f = exam_add(
			x, FINDING_PROBLEM, "%s is not trusted: its commands are not run", c->file);
		str_set(&f->fix, "look at it, then: ao trust");
	}
	for (size_t i = 0; i < c->projects.n; i++)
		if (!path_is_dir(c->projects.v[i].path))
			exam_add(x, FINDING_PROBLEM, "project %s: %s is not there",
				c->projects.v[i].id, c->projects.v[i].path);
}

/* Each host once, not each project of it: what is left of its quota is another number each time. */
static void tell_login(struct exam *x, const char *what, struct strv *said, struct strv *seen)
{
	AUTO(str_release)
	char *host = said->n ? str_ndup(said->v[0], strcspn(said->v[0], " ")) : NULL;

	if (!host || strv_has(seen, host))
		return;
	strv_add(seen, host);
	STRV_EACH(line, said)
		exam_add(x, FINDING_OK, "%s %s", what, *line);
}

/* One that was only found out may do without. Takes e. */
static void tell_trouble(
	struct exam *x, const struct project *p, bool named, struct err *e, struct strv *seen)
{
	if (e && !strv_has(seen, e->text)) {
		strv_add(seen, e->text);
		exam_add(x, named ? FINDING_PROBLEM : FINDING_NOTE, "project %s: %s", p->id,
			e->text);
	}
	err_drop(e, "it is the finding's text");
}

static void check_forge(struct exam *x, const struct project *p, struct strv *seen)
{
	AUTO(strv_release) struct strv forge = { 0 };
	AUTO(strv_release) struct strv tracker = { 0 };
	struct err *e = op_pull_examine(&forge, x->world, p);

	tell_login(x, "forge", &forge, seen);
	tell_trouble(x, p, p->scm.plugin, e, seen);
	e = op_issue_examine(&tracker, x->world, p);
	tell_login(x, "tracker", &tracker, seen);
	tell_trouble(x, p, p->tracker.plugin, e, seen);
}

static void check_forges(struct exam *x)
{
	const struct config *c = &x->world->config;
	AUTO(strv_release) struct strv seen = { 0 };

	for (size_t i = 0; i < c->projects.n; i++)
		check_forge(x, &c->projects.v[i], &seen);
}

static struct err *check_events(struct exam *x)
{
	struct events_report r;
	struct finding *f;

	TRY(events_verify(&r, &x->world->store));
	if (!r.gaps && !r.doubles && !r.broken)
		return NULL;
	f = exam_add(x, FINDING_NOTE, "the event log has %ld gaps, %ld doubles, %ld broken lines",
		r.gaps, r.doubles, r.broken);
	str_set(&f->fix, "ao events verify shows where; nothing else reads it");
	return NULL;
}

struct err *op_doctor(struct findings *out, const struct world *w, bool fix)
{
	struct exam x = { .out = out, .world = w, .fix = fix };

	check_tools(&x);
	check_parts(&x);
	if (!w->config.file)
		return NULL;
	check_config(&x);
	check_agents(&x);
	check_notifiers(&x);
	check_forges(&x);
	check_writable(&x, "dataDir", w->config.data_dir);
	check_writable(&x, "worktreeDir", w->config.worktree_dir);
	check_private(&x, w->config.data_dir);
	check_private(&x, w->store.dir);
	exam_daemon(&x);
	TRY(exam_sessions(&x));
	TRY(exam_leftovers(&x));
	return check_events(&x);
}
