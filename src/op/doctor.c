#include "op/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/run.h"
#include "op/exam.h"
#include "op/start.h"
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

static void check_tool(struct exam *x, const char *name, const char *flag, const char *why)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct err *e = RUN_OK(&r, .argv = ARGV(name, flag), .timeout_ms = 5000);
	struct finding *f;

	buf_trim(&r.out);
	f = exam_add(x, e ? FINDING_PROBLEM : FINDING_OK, "%s", e ? e->text : buf_text(&r.out));
	if (e)
		str_set(&f->fix, why);
	err_drop(e, "it is the finding's text");
}

static void check_agent(struct exam *x, const char *name)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(str_release) char *program = NULL;
	struct err *e = agent_load(&a, &x->world->config, name);

	if (!e)
		e = start_program(&program, x->world, &a);
	if (!e)
		e = start_allowed(x->world, &a, NULL, false);
	if (e)
		exam_add(x, FINDING_PROBLEM, "%s", e->text);
	else
		exam_add(x, FINDING_OK, "agent %s: %s", name, program);
	err_drop(e, "it is the finding's text");
}

void exam_runtimes(struct strv *names, const struct config *c)
{
	if (!c->projects.n)
		strv_add(names, str_empty(c->runtime) ? "tmux" : c->runtime);
	for (size_t i = 0; i < c->projects.n; i++)
		if (!strv_has(names, c->projects.v[i].runtime))
			strv_add(names, c->projects.v[i].runtime);
}

static void check_tmux(struct exam *x)
{
	AUTO(strv_release) struct strv runtimes = { 0 };

	exam_runtimes(&runtimes, &x->world->config);
	if (strv_has(&runtimes, "tmux"))
		check_tool(x, "tmux", "-V", "install tmux, or choose 'runtime: process'");
}

/* ---- the config and its folders -------------------------------------------------------------- */

static void check_private(struct exam *x, const char *path)
{
	struct finding *f;
	struct stat st;

	if (stat(path, &st) < 0 || !(st.st_mode & 077))
		return;
	f = exam_add(x, FINDING_PROBLEM, "%s can be read by other users", path);
	if (exam_fixable(x, f, "chmod 700"))
		exam_mended(f, chmod(path, 0700) < 0 ? fail_errno("%s", path) : NULL);
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

	check_tool(&x, "git", "--version", "install git");
	check_tmux(&x);
	if (!w->config.file)
		return NULL;
	check_config(&x);
	check_agents(&x);
	check_private(&x, w->config.data_dir);
	check_private(&x, w->store.dir);
	TRY(exam_sessions(&x));
	TRY(exam_leftovers(&x));
	return check_events(&x);
}
