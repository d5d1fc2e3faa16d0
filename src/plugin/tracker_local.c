/*
 * Issues as files in the repository: <git common dir>/ao/issues/42, one each (model/issue.h). All
 * worktrees of the repository see the same ones, and an editor is as good as `ao issue`.
 *
 * Who makes or changes one holds .lock. A new issue appears whole, by one rename: a writer that died
 * leaves at most .42.new, which the next one writes over. A number is one above the highest ever
 * used, by the names that there are and by .next, which remembers those removed by hand.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "plugin/worktree.h"
#include "slot/tracker.h"

enum {
	ISSUE_MAX = 16 << 20,
	DIGITS_MAX = 9,
	NUMBER_MAX = 999999999,
	LOCK_WAIT_MS = 10000,
	ASK_MS = 5000
};

/* ---- names ----------------------------------------------------------------------------------- */

/* Only as we would write it: 7, never 007. */
static bool is_id(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	return n && n <= DIGITS_MAX && id[0] != '0' && strspn(id, "0123456789") == n;
}

static struct err *folder(char **dir, const struct tracked *t)
{
	AUTO(str_release) char *common = NULL;

	TRY(repo_find(NULL, &common, t->path));
	*dir = path_join(common, "ao/issues");
	return NULL;
}

static enum tri serves(const struct tracked *t)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *git_dir = NULL;
	struct err *e = repo_find(&git_dir, NULL, t->path);

	if (!e)
		e = git_ok(&r, &(struct git){ .git_dir = git_dir, .timeout_ms = ASK_MS },
			ARGV("remote"));
	if (e) {
		err_drop(e, "unknown then");
		return TRI_UNKNOWN;
	}
	return r.out.n ? TRI_NO : TRI_YES;
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct err *read_issue(
	struct issue *out, bool *found, const char *dir, const char *id, struct sink *sink)
{
	AUTO(str_release) char *path = path_join(dir, id);
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(strv_release) struct strv bad = { 0 };

	TRY(file_read_if(&b, found, path, ISSUE_MAX));
	if (!*found)
		return NULL;
	issue_parse(out, id, buf_text(&b), b.n, &bad);
	str_set(&out->place, path);
	STRV_EACH(line, &bad)
		sink_say(sink, SINK_WARNING, "%s: %s", path, *line);
	return NULL;
}

static struct err *fetch(
	struct issue *out, bool *found, const struct tracked *t, const char *id, struct sink *sink)
{
	AUTO(str_release) char *dir = NULL;

	*found = false;
	if (!is_id(id))
		return NULL;
	TRY(folder(&dir, t));
	return read_issue(out, found, dir, id, sink);
}

static void state_of(struct issue_state *out, const char *dir, const char *id)
{
	AUTO(issue_release) struct issue i = { 0 };
	bool found = false;
	struct err *e = is_id(id) ? read_issue(&i, &found, dir, id, NULL) : NULL;

	if (e)
		err_drop(e, "what cannot be read is unknown");
	if (!found)
		return;
	out->closed = issue_closed(&i) ? TRI_YES : TRI_NO;
	if (i.closed_at)
		clock_parse(&out->closed_at, i.closed_at);
}

static void states(struct issue_state *out, const struct tracked *t, char *const *ids, size_t n)
{
	AUTO(str_release) char *dir = NULL;
	struct err *e = folder(&dir, t);

	memset(out, 0, n * sizeof(*out));
	if (e) {
		err_drop(e, "a repository that is gone tells nothing");
		return;
	}
	for (size_t i = 0; i < n; i++)
		state_of(&out[i], dir, ids[i]);
}

static int newest_first(const void *a, const void *b)
{
	long x = atol(*(char *const *)a), y = atol(*(char *const *)b);

	return (x < y) - (x > y);
}

/* One that cannot be read costs itself, not the list. */
static struct err *list(struct issues *out, const struct tracked *t, bool closed, struct sink *sink)
{
	AUTO(str_release) char *dir = NULL;
	AUTO(strv_release) struct strv names = { 0 };

	TRY(folder(&dir, t));
	TRY(file_list(&names, dir));
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), newest_first);
	STRV_EACH(name, &names) {
		AUTO(issue_release) struct issue i = { 0 };
		bool found = false;
		struct err *e = is_id(*name) ? read_issue(&i, &found, dir, *name, sink) : NULL;

		if (e) {
			sink_say(sink, SINK_WARNING, "%s", e->text);
			err_drop(e, "told as a warning");
		}
		if (!found || (!closed && issue_closed(&i)))
			continue;
		*vec_push(&out->list) = i;
		i = (struct issue){ 0 };
	}
	return NULL;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The folders are new once in a repository's life; a power cut may not take the first issue. */
static struct err *make_folder(const char *dir)
{
	AUTO(str_release) char *ao = path_dir(dir);
	AUTO(str_release) char *common = path_dir(ao);

	if (path_is_dir(dir))
		return NULL;
	TRY(file_make_dirs(dir));
	TRY(file_sync_dir(ao));
	return file_sync_dir(common);
}

static struct err *lock_folder(struct lock *l, const char *dir)
{
	AUTO(str_release) char *path = path_join(dir, ".lock");

	return lock_take(l, path, LOCK_WAIT_MS);
}

static struct err *next_number(long *out, const char *dir)
{
	AUTO(str_release) char *hint = path_join(dir, ".next");
	AUTO(str_release) char *last = first_line(hint);
	AUTO(strv_release) struct strv names = { 0 };
	long highest = is_id(last) ? atol(last) : 0;

	TRY(file_list(&names, dir));
	STRV_EACH(name, &names)
		if (is_id(*name) && atol(*name) > highest)
			highest = atol(*name);
	if (highest >= NUMBER_MAX)
		return fail(ERR_FAILED, "%s: no number is left", dir);
	*out = highest + 1;
	return NULL;
}

static struct err *write_issue(struct issue *i, const char *dir)
{
	AUTO(buf_release) struct buf b = { 0 };

	str_release(&i->place);
	i->place = path_join(dir, i->id);
	issue_write(&b, i);
	if (b.n > ISSUE_MAX)
		return fail(ERR_FAILED, "%s: it would be too large to be read again", i->place);
	return file_replace(i->place, b.s, b.n, FILE_DURABLE);
}

static void remember(const char *dir, const char *number)
{
	AUTO(str_release) char *hint = path_join(dir, ".next");

	err_drop(file_replace(hint, number, strlen(number), FILE_VOLATILE),
		"the issue is there, and its name says the number too");
}

static struct err *create(struct issue *out, const struct tracked *t, const struct new_issue *n)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(str_release) char *dir = NULL;
	AUTO(lock_release) struct lock lock = { 0 };
	long number = 0;

	TRY(folder(&dir, t));
	TRY(make_folder(dir));
	TRY(lock_folder(&lock, dir));
	TRY(next_number(&number, dir));
	i.id = str_format("%ld", number);
	str_set(&i.title, n->title);
	str_set(&i.state, "open");
	str_set(&i.author, n->author);
	i.created_at = clock_iso(n->now_ms);
	buf_add(&i.body, n->body, n->body ? n->body_n : 0);
	TRY(write_issue(&i, dir));
	remember(dir, i.id);
	*out = i;
	i = (struct issue){ 0 };
	return NULL;
}

/* The one of that name, under the lock of its folder. */
static struct err *hold_issue(
	struct issue *out, char **dir, struct lock *lock, const struct tracked *t, const char *id)
{
	bool found = false;

	TRY(folder(dir, t));
	if (is_id(id) && path_is_dir(*dir)) {
		TRY(lock_folder(lock, *dir));
		TRY(read_issue(out, &found, *dir, id, NULL));
	}
	return found ? NULL : tracker_missing(id);
}

/* At the end of its text, as people would add it: what is read of it is read of what they write. */
static struct err *comment(
	struct issue *out, const struct tracked *t, const char *id, const struct new_comment *c)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(str_release) char *dir = NULL;
	AUTO(str_release) char *at = clock_iso(c->now_ms);
	AUTO(lock_release) struct lock lock = { 0 };

	TRY(hold_issue(&i, &dir, &lock, t, id));
	buf_trim(&i.body);
	buf_addf(&i.body, "%sComment by %s, %s:\n%s", i.body.n ? "\n\n" : "", c->author, at,
		c->text);
	TRY(write_issue(&i, dir));
	*out = i;
	i = (struct issue){ 0 };
	return NULL;
}

static struct err *mark_closed(struct issue *i, const char *dir, const char *reason, int64_t now_ms)
{
	str_set(&i->state, "closed");
	str_release(&i->closed_at);
	i->closed_at = clock_iso(now_ms);
	str_set(&i->reason, reason);
	return write_issue(i, dir);
}

static struct err *close_issue(struct issue *out, bool *before, const struct tracked *t,
	const char *id, const char *reason, int64_t now_ms)
{
	AUTO(issue_release) struct issue i = { 0 };
	AUTO(str_release) char *dir = NULL;
	AUTO(lock_release) struct lock lock = { 0 };

	TRY(hold_issue(&i, &dir, &lock, t, id));
	*before = issue_closed(&i);
	if (!*before)
		TRY(mark_closed(&i, dir, reason, now_ms));
	*out = i;
	i = (struct issue){ 0 };
	return NULL;
}

const struct tracker tracker_local = {
	.plugin = { SLOT_TRACKER, "local", "issues as files in the repository" },
	.in_files = true,
	.serves = serves,
	.is_id = is_id,
	.fetch = fetch,
	.states = states,
	.list = list,
	.create = create,
	.comment = comment,
	.close = close_issue,
};
