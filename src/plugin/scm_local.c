/* Scm: pull requests, checks and reviews in the repository itself, as flat files and refs. What takes
 * git stands in the scm_local_*.c files; the record, the remarks and the table are here. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/valid.h"
#include "plugin/scm_local.h"

enum { CONFIG_MAX = 1 << 20, TITLE_MAX = 200, NUMBER_MAX = 9999999 };

/* ---- its texts ---------------------------------------------------------------------------------------- */

static bool local_serves(const char *repo)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(str_release) char *path = NULL;
	AUTO(buf_release) struct buf text = { 0 };
	bool found;
	struct err *e = local_open(&l, repo);

	if (!e) {
		path = path_join(l.common, "config");
		e = file_read_if(&text, &found, path, CONFIG_MAX);
	}
	if (e) {
		err_drop(e, "not ours, then");
		return false;
	}
	return !strcasestr(buf_text(&text), "[remote \"origin\"]");
}

static bool local_owns(const char *pr)
{
	return str_starts(pr, "local:");
}

static int local_number(const char *pr)
{
	const char *hash = pr ? strrchr(pr, '#') : NULL;
	long n = hash ? strtol(hash + 1, NULL, 10) : 0;

	return n > 0 && n <= NUMBER_MAX ? (int)n : 0;
}

static char *local_text(const struct project *p, int number)
{
	return str_format("local:%s#%d", p->id, number);
}

static void give(struct pull *out, struct record *r)
{
	*out = r->pull;
	r->pull = (struct pull){ 0 };
}

/* ---- reading ------------------------------------------------------------------------------------------ */

/* Refs of one repository mostly follow each other, so it is opened once for all of them. */
static struct err *local_refresh(
	struct pull *out, const struct pull_ref *refs, size_t n, const struct look *look)
{
	AUTO(local_release) struct local l = { 0 };
	const char *repo = NULL;

	(void)look; /* there is nobody to ask but the files */
	for (size_t i = 0; i < n; i++) {
		AUTO(record_release) struct record r = { 0 };
		struct err *e = NULL;

		if (!repo || !str_equal(repo, refs[i].repo)) {
			local_release(&l);
			repo = refs[i].repo;
			e = repo ? local_open(&l, repo) : NULL;
		}
		if (!e && l.dir)
			e = record_read(&r, &l, local_number(refs[i].pr), refs[i].project);
		if (!e && r.pull.state) {
			str_set(&r.pull.url, refs[i].pr);
			give(&out[i], &r);
		}
		err_drop(e, "that one is unknown");
	}
	return NULL;
}

static void add_branch(struct strv *folders, const struct local *l, const char *branch)
{
	AUTO(str_release) char *ref = str_format("%s/refs/heads/%s", l->common, branch);
	AUTO(str_release) char *folder = path_dir(ref);

	strv_add(folders, folder);
}

/* What was said of it, and the commits that it is about. */
static void local_places(struct strv *folders, const struct pull_ref *ref, const struct pull *p,
	const char *data_dir)
{
	AUTO(local_release) struct local l = { 0 };
	struct err *e = ref->repo ? local_open(&l, ref->repo) : NULL;

	(void)data_dir;
	if (!e && l.dir && p->state) {
		strv_addf(folders, "%s/%d", l.dir, p->number);
		add_branch(folders, &l, p->branch);
		add_branch(folders, &l, p->base);
	}
	err_drop(e, "nothing is seen there, then");
}

static struct err *local_list(struct pulls *out, const struct forge *f)
{
	AUTO(local_release) struct local l = { 0 };
	struct numbers numbers = { 0 };
	struct err *e;

	TRY(local_open(&l, f->repo));
	e = local_numbers(&numbers, &l);
	for (size_t i = 0; !e && i < numbers.list.n; i++) {
		AUTO(record_release) struct record r = { 0 };
		e = record_read(&r, &l, numbers.list.v[i], f->project);
		if (e && e->class == ERR_FAILED) {
			sink_say(f->sink, SINK_WARNING, "%s", e->text);
			err_drop(e, "told as a warning");
			e = NULL;
			continue;
		}
		if (!e) {
			r.pull.url = local_text(f->project, r.pull.number);
			give(vec_push(&out->list), &r);
		}
	}
	free(numbers.list.v);
	return e;
}

/* The pull request with its lock held and an interrupted merge settled. */
static struct err *take(
	struct record *r, struct local *l, struct lock *lock, const struct forge *f, int number)
{
	TRY(local_open(l, f->repo));
	TRY(pull_lock(lock, l, number));
	TRY(record_read(r, l, number, f->project));
	return local_settle(r, l, f, lock->fd);
}

static struct err *local_view(struct pull *out, const struct forge *f, int number)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(record_release) struct record r = { 0 };

	TRY(local_open(&l, f->repo));
	TRY(record_read(&r, &l, number, f->project));
	give(out, &r);
	return NULL;
}

/* ---- create ------------------------------------------------------------------------------------------- */

/* One line without control bytes, as a commit's subject may be. */
static char *one_line(const char *text)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (const char *s = text; *s && b.n < TITLE_MAX; s++) {
		if ((unsigned char)*s > ' ' && *s != 0x7f)
			buf_addc(&b, *s);
		else if (b.n && b.s[b.n - 1] != ' ')
			buf_addc(&b, ' ');
	}
	if (b.n == TITLE_MAX) /* not in the middle of a character */
		while (b.n && ((unsigned char)b.s[b.n - 1] & 0x80))
			buf_cut(&b, b.n - 1);
	buf_trim(&b);
	return buf_detach(&b);
}

static struct err *subject_of(char **subject, const struct local *l, const char *commit)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_ok(&r, &(struct git){ .git_dir = l->common },
		ARGV("log", "-1", "--no-show-signature", "--format=%s", commit, "--")));
	*subject = one_line(buf_text(&r.out));
	return NULL;
}

static char *default_branch(const struct local *l, const struct project *p)
{
	AUTO(str_release) char *file = path_join(l->common, "refs/remotes/origin/HEAD");
	AUTO(str_release) char *line = first_line(file);
	const char *prefix = "ref: refs/remotes/origin/";

	if (p->default_branch)
		return str_dup(p->default_branch);
	return str_starts(line, prefix) ? str_dup(line + strlen(prefix)) : head_branch(l->common);
}

static struct err *something_to_merge(struct local *l, const struct pull *p, const char *tip)
{
	AUTO(str_release) char *upstream = local_upstream(l, p->base);
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_ok(&r, &(struct git){ .git_dir = l->common },
		ARGV("rev-list", "-n", "1", p->head, "--not", tip, upstream ? upstream : tip,
			"--")));
	if (!r.out.n)
		return fail(ERR_FAILED, "%s has no commits that %s does not have: commit first",
			p->branch, p->base);
	return NULL;
}

static struct err *fill_draft(
	struct record *r, struct local *l, const struct forge *f, const struct pull_draft *d)
{
	struct pull *p = &r->pull;
	AUTO(str_release) char *usual = default_branch(l, f->project);
	AUTO(str_release) char *tip = NULL;

	p->state = PULL_OPEN;
	p->branch = str_dup(d->branch);
	p->base = str_dup(d->base ? d->base : usual);
	if (!p->base)
		return fail(ERR_FAILED, "%s is on no branch: name one as defaultBranch", f->repo);
	if (!valid_branch(p->branch) || !valid_branch(p->base))
		return fail(ERR_USAGE, "'%s' into '%s': not names of branches",
			p->branch ? p->branch : "", p->base ? p->base : "");
	if (str_equal(p->branch, p->base))
		return fail(ERR_USAGE, "%s cannot be merged into itself", p->base);
	p->head = local_tip(l, p->branch);
	tip = local_tip(l, p->base);
	if (!p->head || !tip)
		return fail(ERR_FAILED, "there is no branch '%s' in %s",
			p->head ? p->base : p->branch, f->repo);
	TRY(something_to_merge(l, p, tip));
	if (!str_empty(d->title))
		p->title = one_line(d->title);
	if (str_empty(p->title)) {
		str_release(&p->title);
		TRY(subject_of(&p->title, l, p->head));
	}
	p->body = str_dup(d->body);
	p->session = str_dup(d->session);
	p->author = str_dup(f->actor);
	p->created_at = clock_wall();
	kv_set(&r->kv, "number", "0");
	kv_set(&r->kv, "default", str_equal(p->base, usual) ? "yes" : "no");
	return NULL;
}

/* An open one of the same branch and base. */
static struct err *find_open(struct record *r, bool *found, struct local *l, const struct forge *f,
	const struct pull_draft *d)
{
	struct numbers numbers = { 0 };
	struct err *e = local_numbers(&numbers, l);

	*found = false;
	for (size_t i = numbers.list.n; !e && !*found && i-- > 0;) {
		record_release(r);
		e = record_read(r, l, numbers.list.v[i], f->project);
		*found = !e && r->pull.state == PULL_OPEN && str_equal(r->pull.branch, d->branch) &&
			(!d->base || str_equal(r->pull.base, d->base));
		if (e && e->class == ERR_FAILED) {
			err_drop(e, "one that cannot be read is not it");
			e = NULL;
		}
	}
	free(numbers.list.v);
	if (!*found)
		record_release(r);
	return e;
}

/* Whoever creates the ref has the number. */
static struct err *take_number(struct pull *p, const struct local *l)
{
	struct numbers numbers = { 0 };
	struct err *e = local_numbers(&numbers, l);
	int n = numbers.list.n ? numbers.list.v[numbers.list.n - 1] : 0;

	free(numbers.list.v);
	TRY(e);
	while (++n <= NUMBER_MAX) {
		AUTO(str_release) char *ref = str_format("refs/ao/pull/%d/head", n);
		AUTO(run_result_release) struct run_result r = { 0 };
		char *const *args = ARGV("update-ref", "--no-deref", ref, p->head, "");

		TRY(git_ref(&r, &(struct git){ .git_dir = l->common }, ref, args));
		if (r.code == 0) {
			p->number = n;
			return NULL;
		}
		if (ref_exists(l->common, ref) != TRI_YES)
			return git_failed(&r, args);
	}
	return fail(ERR_FAILED, "no number is left in %s", l->dir);
}

static struct err *local_create(
	struct pull *out, bool *made, const struct forge *f, const struct pull_draft *d)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(record_release) struct record r = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };
	AUTO(str_release) char *path = NULL;
	AUTO(str_release) char *folder = NULL;
	bool found;

	TRY(local_open(&l, f->repo));
	TRY(file_make_dirs(l.dir));
	path = path_join(l.dir, "lock");
	TRY(lock_take(&lock, path, PULL_WAIT_MS));
	TRY(find_open(&r, &found, &l, f, d));
	if (!found) {
		TRY(fill_draft(&r, &l, f, d));
		TRY(take_number(&r.pull, &l));
		folder = str_format("%s/%d", l.dir, r.pull.number);
		TRY(file_make_dirs(folder));
		TRY(file_sync_dir(l.dir));
		TRY(record_save(&r, &l));
	}
	*made = !found;
	lock_release(&lock);
	return local_view(out, f, r.pull.number);
}

/* ---- review and close ----------------------------------------------------------------------------------- */

static struct err *settle_thread(struct pull *p, int number, bool resolved)
{
	struct remark *r = number > 0 && (size_t)number <= p->remarks.n ? &p->remarks.v[number - 1]
									: NULL;

	if (!r || !remark_is_thread(r))
		return fail(ERR_USAGE, "#%d has no thread %d: ao pr view %d", p->number, number,
			p->number);
	r->resolved = resolved;
	return NULL;
}

/* A thread is about a file of the head that it is said of. */
static struct err *file_is_there(const struct local *l, const struct pull *p, const char *file)
{
	AUTO(str_release) char *object = str_format("%s:%s", p->head, file);
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_run(&r, &(struct git){ .git_dir = l->common },
		ARGV("rev-parse", "--verify", "-q", object)));
	return r.code ? fail(ERR_USAGE, "%s: no such file in %s", file, p->branch) : NULL;
}

static struct err *add_remark(
	struct pull *p, const struct local *l, const struct forge *f, const struct remark_wish *w)
{
	struct remark *r;

	if (w->kind == REMARK_APPROVE && !str_empty(p->session) && str_equal(p->session, f->actor))
		return fail(ERR_REFUSED, "%s does not approve its own pull request", f->actor);
	if (w->head && (strlen(w->head) < 7 || !str_starts(p->head, w->head)))
		return fail(ERR_REFUSED, "the head of #%d is %.10s by now, not %s", p->number,
			p->head, w->head);
	if (w->file)
		TRY(file_is_there(l, p, w->file));
	r = vec_push(&p->remarks);
	r->number = (int)p->remarks.n;
	r->kind = w->kind;
	r->by = str_dup(f->actor);
	r->to = str_dup(w->to);
	r->head = str_dup(p->head);
	r->file = str_dup(w->file);
	r->line = w->line;
	r->text = str_dup(w->text);
	r->at = clock_wall();
	return NULL;
}

static struct err *local_review(
	struct pull *out, const struct forge *f, int number, const struct remark_wish *w)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(record_release) struct record r = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };

	TRY(take(&r, &l, &lock, f, number));
	if (r.pull.state != PULL_OPEN)
		return fail(ERR_FAILED, "#%d is %s", number, pull_state_word(r.pull.state));
	if (w->resolve || w->reopen) {
		TRY(settle_thread(&r.pull, w->resolve ? w->resolve : w->reopen, w->resolve != 0));
	} else {
		TRY(keep_head(&l, &r.pull));
		TRY(add_remark(&r.pull, &l, f, w));
	}
	TRY(remarks_save(&r.pull, &l));
	pull_judge(&r.pull);
	give(out, &r);
	return NULL;
}

static struct err *local_close(struct pull *out, const struct forge *f, int number)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(record_release) struct record r = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };

	TRY(take(&r, &l, &lock, f, number));
	if (r.pull.state == PULL_MERGED)
		return fail(ERR_FAILED, "#%d is merged already", number);
	if (r.pull.state == PULL_OPEN) {
		TRY(keep_head(&l, &r.pull));
		r.pull.state = PULL_CLOSED;
		r.pull.ended_at = clock_wall();
		TRY(record_save(&r, &l));
	}
	give(out, &r);
	return NULL;
}

const struct scm scm_local = {
	.plugin = { SLOT_SCM, "local",
		"pull requests, checks and reviews in the repository itself" },
	.in_files = true,
	.serves = local_serves,
	.owns = local_owns,
	.number = local_number,
	.text = local_text,
	.refresh = local_refresh,
	.places = local_places,
	.list = local_list,
	.view = local_view,
	.create = local_create,
	.runs_checks = true,
	.check = local_check,
	.review = local_review,
	.merge = local_merge,
	.close = local_close,
	.leftovers = local_leftovers,
};
