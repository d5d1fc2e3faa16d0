/*
 * Merging: build the commit, say in the record what is about to happen, let the checkouts follow, move
 * the ref, say that it happened. Branch and base are compared in the same transaction that moves the
 * ref, so that nothing is merged that was not checked and reviewed.
 *
 * A crash leaves `doing=merge` with both commits: where the base holds the new one it happened, else the
 * checkouts go back and nothing did.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plugin/scm_local.h"

enum { TRIES = 5 };

struct merging {
	struct record r;
	struct local l;
	struct lock lock, base_lock;
	const struct forge *f;
	char *old, *new;
};

static void merging_release(struct merging *m)
{
	record_release(&m->r);
	local_release(&m->l);
	lock_release(&m->lock);
	lock_release(&m->base_lock);
	str_release(&m->old);
	str_release(&m->new);
}

static void forget_doing(struct record *r)
{
	kv_set(&r->kv, "doing", NULL);
	kv_set(&r->kv, "merge", NULL);
	kv_set(&r->kv, "mergeOld", NULL);
	kv_set(&r->kv, "mergeHead", NULL);
}

static struct err *record_merged(
	struct record *r, struct local *l, const char *commit, const char *head)
{
	struct pull *p = &r->pull;

	p->state = PULL_MERGED;
	p->ended_at = clock_wall();
	p->merged_into_default = str_equal(kv_get(&r->kv, "default"), "yes");
	p->conflict = false;
	str_set(&p->merged_as, commit);
	str_set(&p->head, head);
	forget_doing(r);
	return record_save(r, l);
}

static struct err *holds(bool *yes, const struct local *l, const char *tip, const char *commit)
{
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(git_run(&r, &(struct git){ .git_dir = l->common },
		ARGV("merge-base", "--is-ancestor", commit, tip)));
	*yes = r.code == 0;
	return NULL;
}

struct err *local_settle(struct record *r, struct local *l, const struct forge *f, int keep_fd)
{
	AUTO(str_release) char *new = str_dup(kv_get(&r->kv, "merge"));
	AUTO(str_release) char *old = str_dup(kv_get(&r->kv, "mergeOld"));
	AUTO(str_release) char *head = str_dup(kv_get(&r->kv, "mergeHead"));
	AUTO(str_release) char *tip = NULL;
	bool happened = false;

	if (str_empty(kv_get(&r->kv, "doing")))
		return NULL;
	if (!is_object_id(new) || !is_object_id(old) || !is_object_id(head))
		return fail(ERR_FAILED, "%s/%d/pull was edited: take its line 'doing' out", l->dir,
			r->pull.number);
	local_reread(l);
	tip = local_tip(l, r->pull.base);
	if (tip)
		TRY(holds(&happened, l, tip, new));
	sink_say(f->sink, SINK_NOTE, "#%d: an interrupted merge was %s", r->pull.number,
		happened ? "completed" : "taken back");
	if (happened) {
		TRY(checkouts_publish(l, r->pull.base));
		return record_merged(r, l, new, head);
	}
	TRY(checkouts_return(l, r->pull.base, old, new, keep_fd));
	forget_doing(r);
	return record_save(r, l);
}

/* ---- may it be merged? --------------------------------------------------------------------------------- */

static void name_red(struct buf *b, const struct pull *p)
{
	for (size_t i = 0; i < p->checks.n; i++) {
		const struct check *c = &p->checks.v[i];
		if (c->state == CHECK_FAILURE || c->state == CHECK_TIMEOUT)
			buf_addf(b, "%s%s", b->n ? ", " : "", c->name);
	}
}

static struct err *may_merge(const struct pull *p)
{
	AUTO(buf_release) struct buf red = { 0 };

	if (p->state == PULL_MERGED)
		return fail(ERR_FAILED, "#%d is merged already", p->number);
	if (p->state != PULL_OPEN)
		return fail(ERR_FAILED, "#%d is closed", p->number);
	name_red(&red, p);
	if (p->ci == CI_FAILURE)
		return fail(ERR_REFUSED, "#%d is red: %s (ao pr checks %d)", p->number,
			buf_text(&red), p->number);
	if (p->ci == CI_PENDING)
		return fail(ERR_REFUSED, "checks of #%d are due: ao pr checks %d", p->number,
			p->number);
	if (p->review == REVIEW_CHANGES)
		return fail(ERR_REFUSED, "changes of #%d were requested: ao pr view %d", p->number,
			p->number);
	if (p->review == REVIEW_PENDING)
		return fail(ERR_REFUSED,
			"#%d: its head %.10s waits for a review: ao pr review %d --approve",
			p->number, p->head, p->number);
	return NULL;
}

/* ---- the ref ------------------------------------------------------------------------------------------- */

static bool has_moved(struct merging *m)
{
	AUTO(str_release) char *tip = NULL;

	local_reread(&m->l);
	tip = local_tip(&m->l, m->r.pull.base);
	return str_equal(tip, m->new);
}

/* Base moves and the branch is what it was, or neither (git-update-ref(1), --stdin: one transaction).
 * Compared away: *lost. A git that fails may have done it all the same: the ref tells. */
static struct err *move_ref(bool *lost, struct merging *m)
{
	const struct pull *p = &m->r.pull;
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf in = { 0 };
	AUTO(str_release) char *branch = local_tip(&m->l, p->branch);
	AUTO(str_release) char *why = str_format("ao: merge pull request %d", p->number);
	AUTO(str_release) char *base = str_format("refs/heads/%s", p->base);
	char *const *args = ARGV("update-ref", "-m", why, "--stdin");
	struct err *e;

	if (branch)
		buf_addf(&in, "verify refs/heads/%s %s\n", p->branch, p->head);
	buf_addf(&in, "update refs/heads/%s %s %s\n", p->base, m->new, m->old);
	e = git_ref(&r,
		&(struct git){ .git_dir = m->l.common,
			.in = in.s,
			.in_n = in.n,
			.keep_fd = m->lock.fd,
			.as_user = true },
		base, args);
	if ((e || r.code) && has_moved(m)) {
		err_drop(e, "it is done");
		return NULL;
	}
	TRY(e);
	*lost = r.code != 0 && strstr(buf_text(&r.err), "but expected") != NULL;
	return r.code && !*lost ? git_failed(&r, args) : NULL;
}

static struct err *announce(struct merging *m)
{
	kv_set(&m->r.kv, "doing", "merge");
	kv_set(&m->r.kv, "merge", m->new);
	kv_set(&m->r.kv, "mergeOld", m->old);
	kv_set(&m->r.kv, "mergeHead", m->r.pull.head);
	return record_save(&m->r, &m->l);
}

/* Nothing happened: what was announced is taken back. Where that fails, the next verb does it. */
static struct err *take_back(struct merging *m, bool followed, struct err *e)
{
	struct err *second = followed
		? checkouts_return(&m->l, m->r.pull.base, m->old, m->new, m->lock.fd)
		: NULL;

	if (!second) {
		forget_doing(&m->r);
		second = record_save(&m->r, &m->l);
	}
	err_drop(second, "`doing` stays, the next verb settles it");
	return e;
}

char *local_upstream(struct local *l, const char *branch)
{
	AUTO(str_release) char *ref = str_format("refs/remotes/origin/%s", branch);

	return local_ref(l, ref);
}

/*
 * Where the pull request's own commits begin: a base that is behind origin comes along to what the branch holds
 * of that, which a squash or a rebase would else make anew.
 */
static struct err *find_start(char **start, struct merging *m)
{
	const struct pull *p = &m->r.pull;
	AUTO(str_release) char *upstream = local_upstream(&m->l, p->base);
	AUTO(run_result_release) struct run_result r = { 0 };
	bool yes = false;

	*start = str_dup(m->old);
	if (!upstream || str_equal(upstream, m->old))
		return NULL;
	TRY(git_run(&r, &(struct git){ .git_dir = m->l.common },
		ARGV("merge-base", p->head, upstream)));
	buf_cut(&r.out, strcspn(buf_text(&r.out), "\n"));
	if (!r.code && is_object_id(buf_text(&r.out)))
		TRY(holds(&yes, &m->l, buf_text(&r.out), m->old));
	if (yes)
		str_set(start, buf_text(&r.out));
	return NULL;
}

static struct err *attempt(struct merging *m, enum merge_method method, bool *lost)
{
	struct pull *p = &m->r.pull;
	AUTO(str_release) char *start = NULL;
	struct err *e;

	local_reread(&m->l);
	str_release(&m->old);
	str_release(&m->new);
	m->old = local_tip(&m->l, p->base);
	if (!m->old)
		return fail(ERR_FAILED, "there is no branch '%s' here to merge into", p->base);
	TRY(find_start(&start, m));
	TRY(wrap(
		merge_build(&m->new,
			&(struct merge_plan){ .l = &m->l, .p = p, .old = start, .method = method }),
		"#%d cannot be merged into %s", p->number, p->base));
	if (str_equal(m->new, m->old))
		return fail(ERR_REFUSED, "#%d: %s holds all of it already", p->number, p->base);
	TRY(announce(m));
	e = checkouts_follow(&m->l, p->base, m->old, m->new, m->lock.fd);
	if (e)
		return take_back(
			m, e->class != ERR_REFUSED, wrap(e, "#%d was not merged", p->number));
	e = move_ref(lost, m);
	if (e || *lost)
		return take_back(m, true, e);
	TRY(checkouts_publish(&m->l, p->base)); /* what settles it does that, too */
	return record_merged(&m->r, &m->l, m->new, p->head);
}

static struct err *read_again(struct merging *m, int number, const char *head)
{
	record_release(&m->r);
	local_reread(&m->l);
	TRY(record_read(&m->r, &m->l, number, m->f->project));
	TRY(local_settle(&m->r, &m->l, m->f, m->lock.fd));
	TRY(may_merge(&m->r.pull));
	if (head && !str_equal(head, m->r.pull.head))
		return fail(ERR_REFUSED, "the head of #%d is %.10s by now, not %.10s", number,
			m->r.pull.head, head);
	return NULL;
}

/* One merge of a repository at a time; pushes of others are met by the comparison. */
static struct err *take_base_lock(struct merging *m)
{
	AUTO(str_release) char *path = str_format("%s/ao/merge.lock", m->l.common);

	return lock_take(&m->base_lock, path, PULL_WAIT_MS);
}

struct err *local_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head)
{
	AUTO(merging_release) struct merging m = { .f = f };
	bool lost = true;

	TRY(local_open(&m.l, f->repo));
	TRY(pull_lock(&m.lock, &m.l, number));
	TRY(take_base_lock(&m));
	for (int i = 0; lost && i < TRIES; i++) {
		lost = false;
		TRY(read_again(&m, number, head));
		TRY(keep_head(&m.l, &m.r.pull));
		TRY(attempt(&m, method, &lost));
	}
	if (lost)
		return fail(ERR_REFUSED, "#%d was not merged: %s keeps moving; try again", number,
			m.r.pull.base);
	*out = m.r.pull;
	m.r.pull = (struct pull){ 0 };
	return NULL;
}
