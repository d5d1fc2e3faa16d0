#include "serve/ward.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/path.h"
#include "rule/due_at.h"
#include "rule/status_of.h"
#include "store/episodes.h"
#include "store/evidence.h"
#include "store/room.h"

enum { STILL_MS = 10000, TTY_GRAIN_MS = 8000, AGAIN_MS = 5000, LOCK_MS = 100, ROOM_MS = 10000 };

void ward_free(struct ward *w)
{
	if (!w)
		return;
	str_release(&w->id);
	strv_release(&w->places);
	str_release(&w->places_told);
	str_release(&w->tty);
	free(w);
}

/* ---- look ---------------------------------------------------------------------------------------- */

static uint64_t sum(const struct buf *b)
{
	return hash_fnv(buf_text(b), b->n);
}

static void add_stat(struct buf *b, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		buf_adds(b, "- ");
	else
		buf_addf(b, "%llu %lld.%09ld %lld ", (unsigned long long)st.st_ino,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
}

/* The agent's terminal; NULL: not known. */
static char *terminal_of(const struct run_info *run)
{
	AUTO(str_release) char *link = str_format("/proc/%d/fd/0", (int)run->pid);
	char tty[PATH_MAX];
	ssize_t n = run->pid > 0 ? readlink(link, tty, sizeof(tty) - 1) : -1;

	if (n <= 0)
		return NULL;
	tty[n] = '\0';
	return str_starts(tty, "/dev/") ? str_dup(tty) : NULL;
}

/* When it was last written to: the kernel keeps that to 8 s (tty_update_time()), so up to so much later. */
static void hear_terminal(
	struct facts *f, struct seen *out, struct ward *w, const struct run_info *run)
{
	str_release(&w->tty);
	w->tty = terminal_of(run);
	out->tty_at = w->tty ? file_mtime(w->tty) : 0;
	f->output_at = out->tty_at ? out->tty_at + TTY_GRAIN_MS : 0;
}

static bool is_still(const struct facts *f)
{
	return f->output_at && f->now - f->output_at > STILL_MS;
}

/* A command of an open turn is as good as output, where it is asked whether the turn is stuck. */
static void hear_command(struct facts *f, const struct run_info *run)
{
	if (f->has_hooks && f->turn_open_at && run_has_command(run, f->now - f->turn_open_at))
		f->output_at = f->now;
}

/* Ready for long is idle, and nothing follows from that. */
static enum activity meaning(enum activity a)
{
	return a == ACTIVITY_IDLE ? ACTIVITY_READY : a;
}

static uint64_t heard(
	const struct facts *f, const struct due *d, const struct strv *places, bool still)
{
	AUTO(buf_release) struct buf b = { 0 };
	struct verdict a = activity_of(f);

	buf_addf(&b, "%d %d %d %d %lld %lld %x %d ", (int)meaning(a.activity),
		(int)status_of(f, a.activity).status, (int)f->runtime, f->has_exit,
		(long long)f->started_at, (long long)f->waiting_since, d->passed,
		needs_terminal(f) ? 1 + still : 0);
	STRV_EACH(place, places)
		add_stat(&b, *place);
	return sum(&b);
}

static uint64_t written(const struct store *st, const char *id)
{
	static const char *const names[] = { "metadata", "reactions", "outbox" };
	AUTO(buf_release) struct buf b = { 0 };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *path = store_path(st, id, names[i]);
		add_stat(&b, path);
	}
	return sum(&b);
}

static uint64_t tally(const struct facts *f, const struct session *s)
{
	AUTO(buf_release) struct buf b = { 0 };
	bool final = f->recorded == STATUS_MERGED || f->recorded == STATUS_KILLED ||
		f->recorded == STATUS_QUEUED;

	buf_addf(&b, "%s %d %d", s->id, (int)f->runtime, final ? (int)f->recorded : -1);
	return sum(&b);
}

/* Half of it is there, or a verb is at work: who is at work says when it has ended, by the file of its
 * lock; who died in the middle leaves that free. */
static bool is_busy(const struct store *st, const struct facts *f, const struct ward *w)
{
	AUTO(str_release) char *lock = store_path(st, w->id, "lock");

	return (f->half_done || w->held) && lock_held(lock) != TRI_NO;
}

/* Nobody tells when memory or disk is there again. */
static void sense_room(struct seen *out, const struct config *c, int64_t now)
{
	AUTO(str_release) char *why = room_short(c);

	out->room = !why;
	out->due = now + ROOM_MS;
}

static void sense(struct seen *out, struct ward *w, const struct store *st, const struct config *c,
	const struct session *s)
{
	const struct project *p = config_project(c, s->project ? s->project : "");
	AUTO(str_release) char *folder = store_folder(st, s->id);
	AUTO(evidence_release) struct evidence e = { 0 };
	AUTO(episodes_release) struct episodes episodes = { 0 };
	AUTO(facts_release) struct facts f = { 0 };
	struct due d;

	f.has_workspace = !str_empty(s->worktree) && path_is_dir(s->worktree);
	evidence_read(&f, &e, s, folder, p);
	if (needs_terminal(&f) || f.turn_open_at)
		hear_terminal(&f, out, w, &e.run);
	out->still = is_still(&f);
	hear_command(&f, &e.run);
	err_drop(episodes_read(&episodes, st, s->id), "the poll meets it again");
	d = due_of(&f, &episodes, p ? &p->reactions : NULL);
	out->heard = heard(&f, &d, &w->places, out->still);
	out->tally = tally(&f, s);
	out->due = d.at;
	out->timed = d.timed;
	out->owed = f.recorded != STATUS_STUCK &&
		status_of(&f, activity_of(&f).activity).status == STATUS_STUCK;
	out->queued = f.recorded == STATUS_QUEUED;
	out->busy = is_busy(st, &f, w);
	if (out->busy)
		out->due = f.now + AGAIN_MS;
	else if (out->queued && w->cramped)
		sense_room(out, c, f.now);
}

void ward_look(struct ward *w, const struct store *st, const struct config *c)
{
	AUTO(session_release) struct session s = { 0 };
	struct seen now = { .written = written(st, w->id) };
	struct err *e = store_load(&s, st, w->id);

	if (e || str_empty(s.status)) /* a number that was only just taken */
		now.busy = true;
	else
		sense(&now, w, st, c, &s);
	err_drop(e, "somebody is making it, or doctor tells");
	if (w->lock) { /* it is told of before it is free */
		now.due = clock_wall() + LOCK_MS;
		now.still = false;
	}
	w->now = now;
	w->dirty = w->lock = false;
}

/* All of them in one moment, so that it is one awakening for all. */
bool ward_glance(struct ward *w, int64_t now)
{
	int64_t again = (now / LOOK_MS + 1) * LOOK_MS;

	if (w->dirty || w->lock || w->now.busy || w->now.queued || !w->now.still)
		return false;
	if ((w->now.timed && w->now.timed <= now) || file_mtime(w->tty) != w->now.tty_at)
		return false;
	w->now.due = w->now.timed && w->now.timed < again ? w->now.timed : again;
	return true;
}

/* ---- decide -------------------------------------------------------------------------------------- */

static void wait_until(struct ward *w, int64_t now, int64_t at)
{
	if (!at)
		return;
	if (at <= now)
		w->wanted = true;
	else if (!w->due || at < w->due)
		w->due = at;
}

void ward_decide(struct ward *w, int64_t now)
{
	w->wanted = false;
	w->due = w->now.due;
	if (w->now.busy)
		return;
	if (w->now.heard != w->polled.heard || w->forget)
		w->wanted = true;
	if (w->now.written != w->polled.written && w->now.written != w->after)
		w->wanted = true;
	if (w->now.room && !w->polled.room)
		w->wanted = true;
	wait_until(w, now, w->not_before);
	wait_until(w, now, w->forge_at);
}

void ward_begin(struct ward *w)
{
	w->polled = w->now;
	w->forget = false;
	w->not_before = 0;
}

static void pause_for(struct ward *w, int64_t now)
{
	w->pause_ms = w->pause_ms ? w->pause_ms * 2 : PAUSE_MS;
	if (w->pause_ms > PAUSE_MAX_MS)
		w->pause_ms = PAUSE_MAX_MS;
	w->not_before = now + w->pause_ms;
}

void ward_rest(struct ward *w, const struct store *st, const struct config *c, int64_t now)
{
	ward_look(w, st, c);
	w->after = w->now.written;
	pause_for(w, now);
}

/* Others may have written while it did; so it is looked at once more, by and by. */
void ward_end(struct ward *w, int64_t now, int forge_factor)
{
	w->after = w->now.written;
	w->now.room = w->polled.room = false; /* the next look tells */
	if (w->after == w->polled.written && !w->now.owed && !w->waits)
		w->pause_ms = 0;
	else
		pause_for(w, now);
	if (w->waits && w->not_before > now + WAITS_MAX_MS)
		w->not_before = now + WAITS_MAX_MS;
	if (w->held)
		w->not_before = now + HELD_MS;
	if (!w->forge_ms)
		w->forge_at = 0;
	else if (forge_factor || !w->forge_at)
		w->forge_at = now + (int64_t)w->forge_ms * (forge_factor ? forge_factor : 1);
}
