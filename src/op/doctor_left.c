/* What no record names: terminals and worktrees of ours, and saved work past its days. */
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/random.h"
#include "base/valid.h"
#include "op/exam.h"
#include "op/hold.h"
#include "slot/scm.h"
#include "store/ports.h"

enum { DAY_MS = 86400000, RECORD_MAX = 1 << 20 };

/* ---- runtimes -------------------------------------------------------------------------------- */

/* What cannot be read may well name it. */
static bool is_recorded(const struct world *w, const struct runtime_mark *m)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(err_release) struct err *e = store_load(&s, &w->store, path_base(m->folder));

	if (e)
		return e->class != ERR_MISSING;
	return str_equal(s.uid, m->uid) && (s.doing || !session_is(&s, STATUS_KILLED));
}

static void check_mark(struct exam *x, const struct runtime *rt, const struct runtime_mark *m)
{
	struct runtime_ref ref = { m->handle, m->uid };
	enum runtime_answer answer;
	struct finding *f;

	if (!path_within(m->folder, x->world->store.dir) || is_recorded(x->world, m))
		return;
	f = exam_add(x, FINDING_PROBLEM, "the %s session %s is ours, but no record names it",
		rt->plugin.name, m->session);
	if (exam_fixable(x, f, "end it"))
		exam_mended(f, rt->stop(&answer, &ref));
}

/* Nothing that is asked of it for a session works as meant then. */
static void check_obstacles(struct exam *x, const struct runtime *rt)
{
	AUTO(strv_release) struct strv lines = { 0 };

	if (rt->obstacles)
		err_drop(rt->obstacles(&lines, x->world->config.tmux_socket),
			"that it cannot be asked is a finding already");
	STRV_EACH(line, &lines)
		exam_add(x, FINDING_PROBLEM, "%s", *line);
}

static struct err *check_marks(struct exam *x, const char *name)
{
	const struct runtime *rt;
	struct runtime_mark *marks = NULL;
	bool known = false;
	size_t n = 0;

	TRY(runtime_find(&rt, name));
	check_obstacles(x, rt);
	TRY(rt->marks(&marks, &n, &known, x->world->config.tmux_socket));
	for (size_t i = 0; i < n; i++)
		check_mark(x, rt, &marks[i]);
	runtime_marks_free(marks, n);
	if (!known)
		exam_add(x, FINDING_NOTE, "%s could not be asked for left sessions",
			rt->plugin.name);
	return NULL;
}

static struct err *check_runtimes(struct exam *x)
{
	AUTO(strv_release) struct strv names = { 0 };

	exam_runtimes(&names, &x->world->config);
	STRV_EACH(name, &names)
		TRY(check_marks(x, *name));
	return NULL;
}

/* ---- worktrees ------------------------------------------------------------------------------- */

/* A record with this worktree, in any namespace of this data folder. */
static bool is_named(const struct world *w, const char *path)
{
	AUTO(str_release) char *all = path_join(w->store.data_dir, "sessions");
	AUTO(strv_release) struct strv spaces = { 0 };

	err_drop(file_list(&spaces, all), "none, then");
	STRV_EACH(space, &spaces) {
		AUTO(str_release)
		char *folder = str_format("%s/%s/%s", all, *space, path_base(path));
		AUTO(str_release) char *record = path_join(folder, "metadata");
		if (path_exists(record) || (path_exists(folder) && !path_is_dir(folder)))
			return true;
	}
	return false;
}

/* Nothing is removed that no record names: it gets a record again, and then kill and the rest know it. */
static struct err *adopt(const struct world *w, const struct project *p, const struct workspace *ws,
	const char *path)
{
	AUTO(session_release) struct session s = { 0 };
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(str_release) char *now = clock_iso(clock_wall());
	AUTO(str_release) char *folder = store_folder(&w->store, path_base(path));
	struct checkout c = {
		.id = path_base(path), .repo = p->path, .path = path, .folder = folder
	};

	TRY(file_make_dirs(folder));
	TRY(store_lock(&l, &w->store, path_base(path), 0));
	if (is_named(w, path))
		return fail(ERR_REFUSED, "it has one by now");
	str_set(&s.id, path_base(path));
	str_set(&s.project, p->id);
	str_set(&s.status, status_word(STATUS_IDLE));
	str_set(&s.reason, "its record was lost; adopted by ao doctor");
	str_set(&s.created_at, now);
	str_set(&s.agent, p->agent);
	str_set(&s.runtime, p->runtime);
	str_set(&s.workspace, p->workspace);
	str_set(&s.repo, p->path);
	str_set(&s.worktree, path);
	s.uid = random_hex(16);
	TRY(ws->adopt(&s.workspace_handle, &s.branch, &s.base, &c));
	return store_save(&w->store, &s);
}

static void check_worktree(
	struct exam *x, const struct project *p, const struct workspace *ws, const char *path)
{
	struct finding *f;
	int prefix_n;
	long number;

	if (!valid_session(path_base(path), &prefix_n, &number) || is_named(x->world, path) ||
		config_project_of_session(&x->world->config, path_base(path)) != p)
		return;
	f = exam_add(x, FINDING_PROBLEM, "the worktree %s has no record", path);
	if (exam_fixable(x, f, "give it a record again; nothing in it is touched"))
		exam_mended(f, adopt(x->world, p, ws, path));
}

/* .ao-gone-fe-1-<uid8>: the bytes of a kill whose record is written, so they are saved. */
static void check_gone(
	struct exam *x, const struct world *w, const struct workspace *ws, const char *path)
{
	const char *name = path_base(path) + strlen(".ao-gone-");
	AUTO(str_release) char *id = str_ndup(name, strlen(name) > 9 ? strlen(name) - 9 : 0);
	AUTO(hold_release) struct hold h = { 0 };
	struct checkout c;
	struct finding *f;
	struct err *e = valid_id(id) ? hold_take_unsettled(&h, w, id) : NULL;
	bool ours = !e && h.s.uid && strncmp(name + strlen(id) + 1, h.s.uid, 8) == 0;

	err_drop(e, "then it is not told whose it is");
	if (ours &&
		h.s.doing) /* that it was interrupted is told already, and the next kill removes it */
		return;
	f = exam_add(x, FINDING_PROBLEM, "%s: what a kill had not yet removed", path);
	if (!ours) {
		str_set(&f->fix,
			"no record of this namespace names it; look at it and remove it by hand");
		return;
	}
	c = hold_checkout(&h);
	if (exam_fixable(x, f, "remove it (its work was saved before)"))
		exam_mended(f, ws->discard(&c));
}

/* seen: what kills left lies beside the worktrees of all projects, and is told once. */
static struct err *check_project(struct exam *x, const struct project *p, struct strv *seen)
{
	AUTO(strv_release) struct strv paths = { 0 };
	const struct workspace *ws;

	TRY(workspace_find(&ws, p->workspace));
	TRY(ws->leftovers(&paths, p->path, x->world->config.worktree_dir));
	STRV_EACH(path, &paths) {
		if (!str_starts(path_base(*path), ".ao-gone-")) {
			check_worktree(x, p, ws, *path);
		} else if (!strv_has(seen, *path)) {
			strv_add(seen, *path);
			check_gone(x, x->world, ws, *path);
		}
	}
	return NULL;
}

/* ---- locks of a git that was killed ---------------------------------------------------------- */

/* Looked at once more, in the instant before. */
static struct err *unlock(const struct workspace *ws, const struct project *p, const char *path)
{
	AUTO(strv_release) struct strv still = { 0 };

	TRY(ws->left_locks(&still, p->path));
	return strv_has(&still, path) ? file_remove(path) : NULL;
}

static struct err *check_locks(struct exam *x, const struct project *p)
{
	AUTO(strv_release) struct strv paths = { 0 };
	const struct workspace *ws;

	TRY(workspace_find(&ws, p->workspace));
	TRY(ws->left_locks(&paths, p->path));
	STRV_EACH(path, &paths) {
		struct finding *f = exam_add(x, FINDING_PROBLEM,
			"%s: a git that was killed left a lock: %s", p->id, *path);
		if (exam_fixable(x, f, "remove it"))
			exam_mended(f, unlock(ws, p, *path));
	}
	return NULL;
}

/* ---- saved work past its days ---------------------------------------------------------------- */

static struct err *drop_old(struct exam *x, const struct project *p, const struct workspace *ws,
	const struct strv *refs, size_t *old, bool drop)
{
	int64_t limit = clock_wall() - (int64_t)x->world->config.trash_days * DAY_MS;

	*old = 0;
	STRV_EACH(ref, refs) {
		int64_t at;
		if (!clock_parse(&at, path_base(*ref)) || at >= limit)
			continue;
		++*old;
		if (drop)
			TRY(ws->drop_trash(p->path, *ref));
	}
	return NULL;
}

static struct err *check_trash(struct exam *x, const struct project *p)
{
	AUTO(strv_release) struct strv refs = { 0 };
	const struct workspace *ws;
	struct finding *f;
	size_t old;

	TRY(workspace_find(&ws, p->workspace));
	TRY(ws->trash(&refs, p->path, NULL));
	TRY(drop_old(x, p, ws, &refs, &old, false));
	if (!old)
		return NULL;
	f = exam_add(x, FINDING_NOTE, "%s: %zu saved %s older than %d days", p->id, old,
		old == 1 ? "worktree is" : "worktrees are", x->world->config.trash_days);
	if (exam_fixable(x, f, "drop them"))
		exam_mended(f, drop_old(x, p, ws, &refs, &old, true));
	return NULL;
}

/* ---- checks and merges ----------------------------------------------------------------------- */

static struct err *check_forge(struct exam *x, const struct project *p)
{
	struct forge f = { .project = p,
		.repo = p->path,
		.data_dir = x->world->store.data_dir,
		.actor = world_actor(),
		.sink = x->world->sink };
	AUTO(strv_release) struct strv paths = { 0 }, gone = { 0 };
	const struct scm *scm;
	struct finding *n;

	TRY(scm_of_project(&scm, p));
	if (!scm->leftovers)
		return NULL;
	TRY(scm->leftovers(&paths, &f, false));
	if (!paths.n)
		return NULL;
	n = exam_add(x, FINDING_PROBLEM, "%s: what checks or merges that died have left: %s%s",
		p->id, paths.v[0], paths.n > 1 ? " and more" : "");
	if (exam_fixable(x, n, "remove it; a merge is completed or taken back"))
		exam_mended(n, scm->leftovers(&gone, &f, true));
	return NULL;
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* Of any namespace and data folder: the list is the user's. What cannot be read is not gone. */
static bool is_gone(const char *folder)
{
	AUTO(str_release) char *path = path_join(folder, "metadata");
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(session_release) struct session s = { 0 };
	bool found = true;
	struct err *e = file_read_if(&b, &found, path, RECORD_MAX);

	if (e) {
		err_drop(e, "then it is not told");
		return false;
	}
	session_parse(&s, path_base(folder), buf_text(&b), b.n, NULL);
	return !found ||
		(!s.doing &&
			(session_is(&s, STATUS_KILLED) || !s.worktree || !path_is_dir(s.worktree)));
}

static struct err *check_ports(struct exam *x)
{
	AUTO(kv_release) struct kv leases = { 0 };
	AUTO(strv_release) struct strv seen = { 0 };

	TRY(ports_read(&leases));
	for (size_t i = 0; i < leases.n; i++) {
		const char *folder = leases.v[i].value;
		struct finding *f;
		if (!leases.v[i].key || strv_has(&seen, folder))
			continue;
		strv_add(&seen, folder);
		if (!is_gone(folder))
			continue;
		f = exam_add(x, FINDING_PROBLEM, "%s: it is gone, and has ports leased (%s)",
			path_base(folder), folder);
		if (exam_fixable(x, f, "give them back"))
			exam_mended(f, ports_release(folder));
	}
	return NULL;
}

struct err *exam_leftovers(struct exam *x)
{
	const struct config *c = &x->world->config;
	AUTO(strv_release) struct strv seen = { 0 };

	TRY(check_runtimes(x));
	TRY(check_ports(x));
	for (size_t i = 0; i < c->projects.n; i++) {
		const struct project *p = &c->projects.v[i];
		struct err *e = check_project(x, p, &seen);
		if (!e)
			e = check_trash(x, p);
		if (!e)
			e = check_locks(x, p);
		if (!e)
			e = check_forge(x, p);
		if (e)
			exam_add(x, FINDING_PROBLEM, "%s: %s", p->id, e->text);
		err_drop(e, "it is a finding");
	}
	return NULL;
}
