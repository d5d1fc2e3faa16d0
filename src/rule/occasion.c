#include "rule/occasion.h"

#include <ctype.h>
#include <string.h>

#include "base/hash.h"
#include "rule/items.h"
#include "rule/limit.h"

void occasion_release(struct occasion *o)
{
	str_release(&o->items);
	str_release(&o->strangers);
	*o = (struct occasion){ 0 };
}

static enum tri yes_if(bool holds)
{
	return holds ? TRI_YES : TRI_NO;
}

/* ---- the pull request ---------------------------------------------------------------------------- */

/* Closed and merged end all that is of an open one; what could not be read ends nothing. */
static bool is_open(struct occasion *o, const struct pull *p)
{
	o->holds = p->state == PULL_NONE ? TRI_UNKNOWN : TRI_NO;
	return p->state == PULL_OPEN;
}

/* What checks and remarks say in particular was not asked for, so none of it is new or gone. */
static bool is_bare(struct occasion *o, const struct pull *p)
{
	if (p->bare)
		o->holds = TRI_UNKNOWN;
	return p->bare;
}

static bool is_red(const struct check *c)
{
	return c->state == CHECK_FAILURE || c->state == CHECK_TIMEOUT;
}

/* A check that ran again and failed again is another failure: the time of its start tells. */
static void ci_failed(struct occasion *o, const struct scene *s)
{
	const struct pull *p = &s->facts->pull;
	AUTO(buf_release) struct buf red = { 0 };
	AUTO(buf_release) struct buf items = { 0 };

	if (!is_open(o, p) || is_bare(o, p))
		return;
	o->holds = p->ci == CI_FAILURE                    ? TRI_YES
		: p->ci == CI_SUCCESS || p->ci == CI_NONE ? TRI_NO
							  : TRI_UNKNOWN;
	for (size_t i = 0; i < p->checks.n; i++) {
		const struct check *c = &p->checks.v[i];
		o->settling |= c->state == CHECK_PENDING;
		if (is_red(c))
			buf_addf(&red, "%s %lld\n", c->name, (long long)c->started_at);
	}
	if (o->holds != TRI_YES)
		return;
	items_add(&items, "%.12s:%llx", p->head ? p->head : "",
		(unsigned long long)hash_fnv(buf_text(&red), red.n));
	o->items = buf_detach(&items);
}

static bool is_bot(const char *who)
{
	return str_ends(who, "[bot]");
}

/* An open thread, or a verdict that stands. What the session itself says is its answer. */
bool occasion_remark(const struct pull *p, size_t i, enum reaction_event e)
{
	const struct remark *r = &p->remarks.v[i];
	bool verdict = r->kind == REMARK_CHANGES && remark_is_last_word(p, i);

	if (is_bot(r->by) != (e == EVENT_BUGBOT))
		return false;
	if (!str_empty(p->session) && str_equal(r->by, p->session))
		return false;
	return verdict || (remark_is_thread(r) && !r->resolved);
}

static void remarks(struct occasion *o, const struct scene *s, enum reaction_event e)
{
	const struct pull *p = &s->facts->pull;
	AUTO(buf_release) struct buf items = { 0 };
	AUTO(buf_release) struct buf strangers = { 0 };

	if (!is_open(o, p) || is_bare(o, p))
		return;
	for (size_t i = 0; i < p->remarks.n; i++)
		if (occasion_remark(p, i, e))
			items_add(p->remarks.v[i].trusted ? &items : &strangers, "%d",
				p->remarks.v[i].number);
	if (e == EVENT_CHANGES && p->review == REVIEW_CHANGES && !items.n && !strangers.n)
		items_add(&items, "verdict"); /* of a forge that tells no more */
	o->holds = p->review == REVIEW_UNKNOWN ? TRI_UNKNOWN : yes_if(items.n || strangers.n);
	if (o->holds != TRI_YES)
		return;
	o->items = buf_detach(&items);
	o->strangers = buf_detach(&strangers);
}

static void changes(struct occasion *o, const struct scene *s)
{
	remarks(o, s, EVENT_CHANGES);
}

static void bugbot(struct occasion *o, const struct scene *s)
{
	remarks(o, s, EVENT_BUGBOT);
}

/* By the head alone: a base that moves on each hour is no reason to say it each hour. */
static void conflicts(struct occasion *o, const struct scene *s)
{
	const struct pull *p = &s->facts->pull;

	if (!is_open(o, p))
		return;
	o->holds = p->untested ? TRI_UNKNOWN : yes_if(p->conflict);
	if (o->holds == TRI_YES)
		o->items = str_dup(str_empty(p->head) ? "head" : p->head);
}

static void approved(struct occasion *o, const struct scene *s)
{
	const struct pull *p = &s->facts->pull;

	if (!is_open(o, p))
		return;
	if (p->review == REVIEW_UNKNOWN || p->ci == CI_UNKNOWN || p->untested)
		o->holds = TRI_UNKNOWN;
	else if (p->review == REVIEW_APPROVED && p->ci == CI_PENDING)
		o->holds = TRI_UNKNOWN;
	else
		o->holds = yes_if(
			p->review == REVIEW_APPROVED && p->ci == CI_SUCCESS && !p->conflict);
	if (o->holds == TRI_YES)
		o->items = str_dup(str_empty(p->head) ? "head" : p->head);
}

/* ---- the agent ----------------------------------------------------------------------------------- */

static char *time_item(int64_t at)
{
	return str_format("%lld", (long long)at);
}

static void stuck(struct occasion *o, const struct scene *s)
{
	o->holds = yes_if(s->status == STATUS_STUCK);
	if (o->holds == TRI_YES)
		o->items = time_item(s->facts->turn_open_at);
}

/* Letters alone: the mark of the choice moves, and counters count. */
static char *dialog_item(const char *dialog)
{
	AUTO(buf_release) struct buf letters = { 0 };

	for (const char *c = dialog ? dialog : ""; *c; c++)
		if (isalpha((unsigned char)*c))
			buf_addc(&letters, *c);
	return str_format(
		"dialog:%llx", (unsigned long long)hash_fnv(buf_text(&letters), letters.n));
}

static bool is_limited(const struct scene *s)
{
	return s->status == STATUS_NEEDS_INPUT && s->facts->limited_until;
}

static char *limit_item(const struct facts *f)
{
	return str_format("limit:%lld", (long long)f->limited_until);
}

/* It goes on with the same conversation when its quota is there again. */
static void limited(struct occasion *o, const struct scene *s)
{
	o->holds = yes_if(is_limited(s));
	if (o->holds != TRI_YES)
		return;
	o->items = limit_item(s->facts);
	o->not_before = s->facts->limited_until > 0 ? s->facts->limited_until + AGAIN_AFTER_MS
						    : INT64_MAX;
}

static void needs_input(struct occasion *o, const struct scene *s)
{
	o->holds = yes_if(s->status == STATUS_NEEDS_INPUT);
	if (is_limited(s))
		o->items = limit_item(s->facts);
	else if (o->holds == TRI_YES)
		o->items = s->facts->waiting_since ? time_item(s->facts->waiting_since)
						   : dialog_item(s->dialog);
}

static int64_t ended_at(const struct facts *f)
{
	for (int i = 0; i < f->n; i++)
		if (f->v[i].source == SOURCE_PROCESS && f->v[i].says == ACTIVITY_EXITED)
			return f->v[i].at;
	return 0;
}

static void exited(struct occasion *o, const struct scene *s)
{
	o->holds = yes_if(s->activity == ACTIVITY_EXITED && s->status != STATUS_MERGED &&
		!s->facts->undeleted);
	if (o->holds == TRI_YES)
		o->items = time_item(ended_at(s->facts));
}

/* ---- the table ----------------------------------------------------------------------------------- */

static const struct {
	void (*look)(struct occasion *, const struct scene *);
	bool of_agent; /* not known where the runtime could not be asked */
} rows[EVENT_COUNT] = {
	[EVENT_CI_FAILED] = { ci_failed, false },
	[EVENT_CHANGES] = { changes, false },
	[EVENT_BUGBOT] = { bugbot, false },
	[EVENT_CONFLICTS] = { conflicts, false },
	[EVENT_APPROVED] = { approved, false },
	[EVENT_STUCK] = { stuck, true },
	[EVENT_NEEDS_INPUT] = { needs_input, true },
	[EVENT_LIMITED] = { limited, true },
	[EVENT_EXITED] = { exited, true },
};

/* Nothing follows any more of one that was killed, nor yet of one that waits for its place. */
static bool is_out(const struct scene *s)
{
	return s->status == STATUS_KILLED || s->status == STATUS_QUEUED || s->facts->half_done;
}

void occasion_of(struct occasion *out, enum reaction_event e, const struct scene *s)
{
	struct occasion o = { 0 };

	if (rows[e].look && !is_out(s) && !(rows[e].of_agent && s->facts->runtime == TRI_UNKNOWN))
		rows[e].look(&o, s);
	*out = o;
}

bool session_is_over(const struct scene *s)
{
	const struct facts *f = s->facts;

	if (s->status == STATUS_MERGED || s->status == STATUS_KILLED)
		return true;
	return f->runtime == TRI_NO && !f->reboot && !f->half_done && s->status != STATUS_QUEUED;
}
