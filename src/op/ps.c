#include "op/ps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "store/run.h"

struct pass {
	const struct world *world;
	const char *project;
	struct procs procs;
	bool *seen; /* procs.v[i] belongs to a session that lives */
	struct ps ps;
};

static void row_release(struct ps_row *r)
{
	str_release(&r->session);
	free(r->orphans.v);
}

void ps_release(struct ps *p)
{
	for (size_t i = 0; i < p->rows.n; i++)
		row_release(&p->rows.v[i]);
	free(p->rows.v);
	*p = (struct ps){ 0 };
}

static void pass_release(struct pass *a)
{
	procs_release(&a->procs);
	free(a->seen);
	ps_release(&a->ps);
}

static bool wanted(const struct pass *a, const char *id)
{
	const struct project *p = config_project_of_session(&a->world->config, id);

	return !a->project || (p && str_equal(p->id, a->project));
}

/* ---- those that live ----------------------------------------------------------------------------- */

static struct ps_row *row_of(struct ps *ps, const char *id)
{
	struct ps_row *r;

	for (size_t i = 0; i < ps->rows.n; i++)
		if (str_equal(ps->rows.v[i].session, id))
			return &ps->rows.v[i];
	r = vec_push(&ps->rows);
	r->session = str_dup(id);
	return r;
}

/* Below that process. A number that has come round since cannot lead us in a circle: each is seen once. */
static void add_below(struct pass *a, struct ps_row *r, pid_t parent)
{
	for (size_t i = procs_below(&a->procs, parent); i < a->procs.n; i++) {
		const struct proc *p = &a->procs.v[i];

		if (p->parent != parent)
			return;
		if (a->seen[i] || proc_has_env(p->pid, "AO_KEEP=1"))
			continue;
		a->seen[i] = true;
		r->cpu_ms += p->cpu_ms;
		if (p->state != 'Z') {
			r->processes++;
			r->rss += p->rss;
			r->pss += proc_pss(p);
		}
		add_below(a, r, p->pid);
	}
}

static void add_live(struct pass *a, struct ps_row *r, const struct run_info *run)
{
	r->alive = true;
	r->agent = run->pid;
	r->started_at = run->started_at;
	r->age_ms = clock_wall() - run->started_at;
	for (size_t i = 0; i < a->procs.n; i++) {
		if (a->procs.v[i].pid == run->supervisor) {
			a->seen[i] = true;
			r->cpu_ms += a->procs.v[i].cpu_ms;
		}
	}
	add_below(a, r, run->supervisor);
}

/* ---- those that nobody looks after ------------------------------------------------------------------ */

/* Asked again, now: in the pass a parent may have gone before its child was looked at, and a session
 * may have started since. */
static bool is_looked_after(pid_t pid, const char *folder)
{
	AUTO(run_info_release) struct run_info run = { 0 };
	struct proc p;

	run_read(&run, folder);
	if (run.alive == TRI_NO)
		return false;
	while (run.has_run && pid > 1 && pid != run.supervisor && proc_read(&p, pid))
		pid = p.parent;
	return !run.has_run || pid == run.supervisor;
}

static void check_orphan(struct pass *a, const struct proc *p)
{
	AUTO(str_release) char *folder = proc_env(p->pid, "AO_SESSION_DIR");
	const char *id = folder ? path_base(folder) : NULL;
	AUTO(str_release) char *own = id ? store_folder(&a->world->store, id) : NULL;
	struct ps_orphan *o;

	if (!own || !str_equal(own, folder) || !wanted(a, id))
		return;
	if (proc_has_env(p->pid, "AO_KEEP=1") || is_looked_after(p->pid, folder) ||
		proc_start(p->pid) != p->start)
		return;
	o = vec_push(&row_of(&a->ps, id)->orphans);
	o->pid = p->pid;
	memcpy(o->comm, p->comm, sizeof(o->comm));
}

/* ---- all ------------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct ps_row *x = a, *y = b;

	return session_id_order(&x->session, &y->session);
}

static struct err *look(struct pass *a)
{
	AUTO(strv_release) struct strv ids = { 0 };

	TRY(store_ids(&ids, &a->world->store, true));
	TRY(proc_all(&a->procs));
	a->seen = mem_alloc(a->procs.n + 1);
	STRV_EACH(id, &ids) {
		AUTO(str_release) char *folder = store_folder(&a->world->store, *id);
		AUTO(run_info_release) struct run_info run = { 0 };

		run_read(&run, folder);
		if (run.alive == TRI_YES && run.has_run && wanted(a, *id))
			add_live(a, row_of(&a->ps, *id), &run);
	}
	for (size_t i = 0; i < a->procs.n; i++)
		if (!a->seen[i] && a->procs.v[i].pid != getpid())
			check_orphan(a, &a->procs.v[i]);
	return NULL;
}

struct err *op_ps(struct ps *out, const struct world *w, const char *project)
{
	AUTO(pass_release) struct pass a = { .world = w, .project = project };

	TRY(look(&a));
	if (a.ps.rows.n)
		qsort(a.ps.rows.v, a.ps.rows.n, sizeof(*a.ps.rows.v), by_id);
	*out = a.ps;
	a.ps = (struct ps){ 0 };
	return NULL;
}
