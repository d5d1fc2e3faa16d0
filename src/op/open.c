#include "op/open.h"

#include <stdlib.h>

#include "base/path.h"
#include "op/attach.h"
#include "op/hold.h"
#include "slot/terminal.h"

void opens_release(struct opens *o)
{
	for (size_t i = 0; i < o->list.n; i++) {
		free(o->list.v[i].session);
		free(o->list.v[i].line);
		free(o->list.v[i].by);
	}
	free(o->list.v);
	strv_release(&o->become);
	*o = (struct opens){ 0 };
}

/* ---- which ----------------------------------------------------------------------------------- */

static void add_target(struct opens *out, const struct world *w, const char *id)
{
	AUTO(session_release) struct session s = { 0 };
	struct err *e = store_load(&s, &w->store, id);
	char *line = e ? NULL : op_attach_line(w, &s);
	struct opened *o;

	err_drop(e, "it is being made, or broken: nothing to look at");
	if (!line)
		return;
	o = vec_push(&out->list);
	o->session = str_dup(id);
	o->line = line;
}

static struct err *add_running(struct opens *out, const struct world *w, const struct project *p)
{
	AUTO(strv_release) struct strv ids = { 0 };

	TRY(store_ids(&ids, &w->store, true));
	STRV_EACH(id, &ids) {
		AUTO(str_release) char *folder = store_folder(&w->store, *id);
		AUTO(run_info_release) struct run_info run = { 0 };

		run_read(&run, folder);
		if (run.alive != TRI_NO && (!p || config_project_of_session(&w->config, *id) == p))
			add_target(out, w, *id);
	}
	if (!out->list.n)
		return fail(ERR_FAILED, "no session%s%s runs: 'ao status' tells what there is",
			p ? " of " : "", p ? p->id : "");
	return NULL;
}

static struct err *find_targets(struct opens *out, const struct world *w, const char *target)
{
	AUTO(strv_release) struct strv argv = { 0 };
	const struct project *p = target ? config_project(&w->config, target) : NULL;

	if (!target || str_equal(target, "all") || (p && !store_exists(&w->store, target)))
		return add_running(out, w, p);
	if (!store_exists(&w->store, target))
		return fail(ERR_MISSING,
			"no session or project '%s': 'ao session ls' lists them; 'all' opens all",
			target);
	TRY(op_attach(&argv, w, target, true));
	add_target(out, w, target);
	return NULL;
}

/* ---- where ----------------------------------------------------------------------------------- */

/* What the configuration names, for this session; NULL: nothing that is here. */
static struct err *configured(
	const struct terminal **out, const struct world *w, const char *session)
{
	const struct project *p = config_project_of_session(&w->config, session);
	const char *name = p && p->terminal ? p->terminal : w->config.terminal;

	*out = NULL;
	if (str_empty(name))
		return NULL;
	TRY(terminal_find(out, name));
	if (!terminal_usable(*out)) {
		sink_say(w->sink, SINK_NOTE, "the configured terminal %s is not here", name);
		*out = NULL;
	}
	return NULL;
}

static const struct terminal *choose(const struct open_options *o, bool several)
{
	bool in_tmux = !str_empty(getenv("TMUX"));
	const struct terminal *t = in_tmux && !o->new_window ? NULL : terminal_here();

	if (!t && (o->new_window || (several && !in_tmux)))
		t = terminal_any();
	return t;
}

/* The terminal may have another PATH than we have. */
static struct err *open_one(
	struct opened *one, const struct world *w, const struct terminal *t, bool window)
{
	AUTO(strv_release) struct strv argv = { 0 };
	char *program;
	struct err *e;

	TRY(op_attach(&argv, w, one->session, true));
	program = path_program(argv.v[0]);
	if (program) {
		free(argv.v[0]);
		argv.v[0] = program;
	}
	e = terminal_open(t, window, one->session, argv.v);
	if (e && !window && t->tab[0]) {
		err_drop(e, "it takes no orders; a window needs none");
		e = terminal_open(t, true, one->session, argv.v);
	}
	if (!e)
		one->by = str_dup(t->summary);
	return e;
}

/* Refused inside another tmux. */
static void show_here(struct opens *all, const struct world *w)
{
	struct err *e = op_attach(&all->become, w, all->list.v[0].session, false);

	if (e)
		strv_release(&all->become);
	err_drop(e, "its line is told");
}

struct err *op_open(struct opens *out, const struct world *w, const struct open_options *o)
{
	AUTO(opens_release) struct opens all = { 0 };
	bool several, opened = false;

	TRY(find_targets(&all, w, o->target));
	several = all.list.n > 1;
	for (size_t i = 0; i < all.list.n; i++) {
		const struct terminal *t;
		struct err *e;

		TRY(configured(&t, w, all.list.v[i].session));
		t = t ? t : choose(o, several);
		e = t ? open_one(&all.list.v[i], w, t, o->new_window) : NULL;
		if (e)
			sink_say(w->sink, SINK_NOTE, "%s: %s", all.list.v[i].session, e->text);
		err_drop(e, "its line is told");
		opened |= all.list.v[i].by != NULL;
	}
	if (!opened && !several && o->here && !o->new_window && all.list.n)
		show_here(&all, w);
	*out = all;
	all = (struct opens){ 0 };
	return NULL;
}
