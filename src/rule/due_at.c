#include "rule/due_at.h"

#include "rule/limit.h"
#include "rule/reaction_of.h"
#include "rule/status_of.h"

enum { HELD_BIT = 2 + EVENT_COUNT, AGAIN_BIT, LIMIT_BIT = 31 };

/* What the facts mean may be another thing then; they tell that themselves. */
static void wait(struct due *d, const struct facts *f, int64_t at)
{
	if (at > f->now && (!d->at || at < d->at))
		d->at = at;
}

/* Something may follow then that these facts do not show. */
static void moment(struct due *d, const struct facts *f, unsigned bit, int64_t at)
{
	if (at <= f->now)
		d->passed |= 1U << bit;
	wait(d, f, at);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static const struct fact *last_report(const struct facts *f)
{
	for (int i = f->n - 1; i >= 0; i--)
		if (f->v[i].source == SOURCE_HOOK)
			return &f->v[i];
	return NULL;
}

static void of_agent(struct due *d, const struct facts *f)
{
	const struct fact *told = last_report(f);
	int64_t heard = later(f->output_at, later(f->activity_at, f->turn_open_at));

	if (f->runtime != TRI_YES)
		return;
	if (f->has_exit)
		wait(d, f, f->now + GOING_MS);
	if (!f->sign_of_life && f->started_at)
		wait(d, f, f->started_at + UP_WITHIN_MS + 1);
	if (!f->has_hooks && f->started_at) /* that it stays is its sign of life */
		moment(d, f, 0, f->started_at + QUIET_MS + 1);
	if (told && told->says == ACTIVITY_UNKNOWN)
		wait(d, f, told->at + PROMPT_COMES_MS + 1);
	if (told && told->says == ACTIVITY_ACTIVE)
		wait(d, f, told->at + STALE_ACTIVE_MS + 1);
	if (f->turn_open_at && f->stuck_after > 0)
		wait(d, f, heard + f->stuck_after + 1);
}

/* Bit 1: red checks no longer wait for their neighbours; from 2 on: it has lasted too long; from AGAIN_BIT on: who
 * could not be told may be told again. */
static void of_event(struct due *d, const struct facts *f, enum reaction_event event,
	const struct episode *e, const struct reaction *r)
{
	if (e->again)
		moment(d, f, AGAIN_BIT + (unsigned)event, e->again);
	if (!e->began)
		return;
	if (event == EVENT_CI_FAILED)
		moment(d, f, 1, e->began + SETTLING_MS);
	if (r->escalate_ms && !e->escalated)
		moment(d, f, 2 + (unsigned)event, e->began + r->escalate_ms);
}

struct due due_of(const struct facts *f, const struct episodes *e, const struct reactions *rules)
{
	struct due d = { 0 };

	if (f->half_done || f->recorded == STATUS_KILLED)
		return d;
	if (f->limit_known)
		moment(&d, f, LIMIT_BIT, f->limit_known + AGAIN_AFTER_MS);
	if (f->recorded == STATUS_QUEUED)
		return d;
	of_agent(&d, f);
	if (e->held_until)
		moment(&d, f, HELD_BIT, e->held_until);
	for (int i = 0; rules && i < EVENT_COMPLETE; i++) {
		struct reaction r = reaction_effective((enum reaction_event)i, rules);

		of_event(&d, f, (enum reaction_event)i, &e->of[i], &r);
	}
	d.timed = d.at;
	if (f->runtime == TRI_YES && needs_terminal(f))
		wait(&d, f, f->now + LOOK_MS);
	return d;
}

int forge_again_ms(const struct pull *p)
{
	if (p->state != PULL_OPEN)
		return 0;
	for (size_t i = 0; i < p->checks.n; i++)
		if (p->checks.v[i].state == CHECK_PENDING)
			return FORGE_RUN_MS;
	return p->ci == CI_PENDING ? FORGE_RUN_MS : FORGE_OPEN_MS;
}
