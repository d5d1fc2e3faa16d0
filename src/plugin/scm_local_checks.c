/*
 * The checks of one head, each in a clean worktree of its own, as many at once as there are cores.
 * They are the user's own command lines and run by the shell. A moved head cancels them and is
 * checked in its turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/carry.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/path.h"
#include "base/stop.h"
#include "plugin/scm_local.h"

enum {
	CHECK_MS = 30 * 60 * 1000,
	LOG_MAX = 64 << 20,
	LOOK_MS = 250, /* how often head and log are looked at while a check runs */
	GRACE_MS = 2000,
	JOBS_MAX = 64,
	CONFLICTS_MAX = 200, /* files that are named */
};

struct job {
	struct check *check; /* in the round's pull; NULL: free */
	struct child child;
	char *tree;
	int64_t until;
};

/* One head's run. */
struct round {
	struct record record;
	struct local *l;
	const struct forge *f;
	struct lock lock; /* checks.lock */
	char *trees;      /* the folder of the worktrees */
	struct job jobs[JOBS_MAX];
	size_t running, most;
};

/* For tests of checks that hang. */
static int64_t check_limit(void)
{
	const char *test = getenv("AO_TEST_CHECK_MS");
	long ms = test ? strtol(test, NULL, 10) : 0;

	return ms > 0 ? ms : CHECK_MS;
}

static size_t cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (size_t)n;
}

/* ---- its worktree -------------------------------------------------------------------------------------- */

/* Also what a run that died left there: the place is ours alone. */
static struct err *tree_remove(const struct round *r, const char *tree)
{
	return check_tree_remove(r->l, tree, r->lock.fd);
}

static struct err *tree_make(const struct round *r, const char *tree)
{
	const struct project *p = r->f->project;
	struct checkout c = { .repo = r->f->repo,
		.path = tree,
		.base = r->record.pull.head,
		.data_dir = r->f->data_dir,
		.lock_fd = r->lock.fd };

	TRY(tree_remove(r, tree));
	TRY(file_make_dirs(r->trees));
	TRY(worktree_add(&c, r->l->common));
	STRV_EACH(name, &p->symlinks)
		TRY(wrap(carry(r->f->repo, tree, *name, false, r->lock.fd, NULL), "symlinks"));
	STRV_EACH(name, &p->copy)
		TRY(wrap(carry(r->f->repo, tree, *name, true, r->lock.fd, NULL), "copy"));
	return NULL;
}

/* ---- one check ----------------------------------------------------------------------------------------- */

static void environment(struct strv *env, const struct round *r)
{
	env_copy(env);
	env_unset_prefix(env, "AO_");
	env_unset_prefix(env, "GIT_");
	STRV_EACH(pair, &r->f->project->env)
		env_put(env, *pair);
	check_mark(env, r->trees);
}

static int open_log(struct round *r, struct check *c, size_t i)
{
	AUTO(str_release) char *name = str_format("log-%.12s-%zu", r->record.pull.head, i + 1);

	str_release(&c->log);
	c->log = local_path(r->l, r->record.pull.number, name);
	return open(c->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static struct err *start_child(struct round *r, struct job *job, int log)
{
	AUTO(strv_release) struct strv env = { 0 };

	environment(&env, r);
	dprintf(log, "$ %s\n", job->check->command);
	return child_start(&job->child,
		&(struct child_options){
			.argv = ARGV("sh", "-c", job->check->command),
			.env = env.v,
			.dir = job->tree,
			.fd = { -1, log, log },
			.keep_fd = r->lock.fd,
		});
}

static struct err *start_job(struct round *r, struct job *job, size_t i)
{
	struct check *c = &r->record.pull.checks.v[i];
	struct err *e;
	int log;

	job->tree = str_format("%s/%zu", r->trees, i + 1);
	TRY(tree_make(r, job->tree));
	log = open_log(r, c, i);
	if (log < 0)
		return fail_errno("cannot write %s", c->log);
	job->check = c;
	c->state = CHECK_PENDING;
	c->started_at = clock_wall();
	c->ended_at = 0;
	job->until = clock_mono() + check_limit();
	e = start_child(r, job, log);
	close(log);
	if (e) {
		job->check = NULL;
		return e;
	}
	r->running++;
	sink_say(r->f->sink, SINK_PROGRESS, "#%d %s: running", r->record.pull.number, c->name);
	return checks_save(&r->record.pull, r->l);
}

static void end_child(struct job *job)
{
	struct pollfd p = { .fd = job->child.pidfd, .events = POLLIN };

	child_signal_group(&job->child, SIGTERM);
	child_signal_group(&job->child, SIGCONT);
	poll(&p, 1, GRACE_MS);
	child_signal_group(&job->child, SIGKILL);
}

/* What it started and left behind in its group goes with it. */
static struct err *finish_job(
	struct round *r, struct job *job, enum check_state forced, const char *why)
{
	struct check *c = job->check;

	if (why)
		end_child(job);
	child_signal_group(&job->child, SIGKILL);
	c->code = child_reap(&job->child);
	c->ended_at = clock_wall();
	c->state = why ? forced : c->code ? CHECK_FAILURE : CHECK_SUCCESS;
	if (why) {
		AUTO(str_release) char *line = str_format("\nao: %s\n", why);
		err_drop(file_append(c->log, line, strlen(line), FILE_VOLATILE), "a log's remark");
	}
	sink_say(r->f->sink, SINK_PROGRESS, "#%d %s: %s", r->record.pull.number, c->name,
		check_word(c->state));
	job->check = NULL;
	r->running--;
	return tree_remove(r, job->tree);
}

static void job_forget(struct job *job)
{
	str_release(&job->tree);
	*job = (struct job){ 0 };
}

/* ---- the round ----------------------------------------------------------------------------------------- */

static void round_release(struct round *r)
{
	bool left = r->lock.fd && path_exists(r->trees);

	if (left)
		stop_forget(); /* what was begun is cleared away */
	for (size_t i = 0; i < JOBS_MAX; i++) {
		if (r->jobs[i].check)
			err_drop(finish_job(r, &r->jobs[i], CHECK_PENDING, "cancelled"),
				"on the way out");
		job_forget(&r->jobs[i]);
	}
	if (left)
		err_drop(check_trees_remove(r->l, r->trees, r->lock.fd), "doctor finds it");
	record_release(&r->record);
	lock_release(&r->lock);
	str_release(&r->trees);
}

static bool is_due(const struct round *r, size_t i)
{
	const struct check *c = &r->record.pull.checks.v[i];

	if (c->state != CHECK_PENDING && c->state != CHECK_CANCELLED)
		return false;
	for (size_t k = 0; k < r->most; k++)
		if (r->jobs[k].check == c)
			return false;
	return true;
}

static struct err *fill(struct round *r)
{
	for (size_t i = 0; i < r->record.pull.checks.n && r->running < r->most; i++) {
		size_t k = 0;
		if (!is_due(r, i))
			continue;
		while (r->jobs[k].check)
			k++;
		job_forget(&r->jobs[k]);
		TRY(start_job(r, &r->jobs[k], i));
	}
	return NULL;
}

static bool head_moved(struct round *r)
{
	AUTO(str_release) char *tip = NULL;

	local_reread(r->l);
	tip = local_tip(r->l, r->record.pull.branch);
	return tip && !str_equal(tip, r->record.pull.head);
}

static int64_t size_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_size : 0;
}

static struct err *look_after(struct round *r, struct job *job, bool ended)
{
	if (!job->check)
		return NULL;
	if (ended)
		return finish_job(r, job, CHECK_FAILURE, NULL);
	if (clock_mono() >= job->until)
		return finish_job(r, job, CHECK_TIMEOUT, "it took too long and was ended");
	if (size_of(job->check->log) > LOG_MAX)
		return finish_job(r, job, CHECK_FAILURE, "it wrote more than 64 MiB and was ended");
	return NULL;
}

/* Wait for the next end, at most a little. */
static struct err *attend(struct round *r)
{
	struct pollfd p[JOBS_MAX + 1];
	size_t before = r->running;

	for (size_t i = 0; i < r->most; i++)
		p[i] = (struct pollfd){ .fd = r->jobs[i].check ? r->jobs[i].child.pidfd : -1,
			.events = POLLIN };
	p[r->most] = (struct pollfd){ .fd = stop_fd(), .events = POLLIN };
	if (poll(p, r->most + 1, LOOK_MS) < 0 && errno != EINTR)
		return fail_errno("cannot wait for checks");
	if (stop_requested())
		return stop_err();
	for (size_t i = 0; i < r->most; i++)
		TRY(look_after(r, &r->jobs[i], p[i].revents != 0));
	return r->running == before ? NULL : checks_save(&r->record.pull, r->l);
}

static struct err *cancel(struct round *r)
{
	for (size_t i = 0; i < r->most; i++)
		if (r->jobs[i].check)
			TRY(finish_job(r, &r->jobs[i], CHECK_CANCELLED, "the head moved"));
	return checks_save(&r->record.pull, r->l);
}

/* *again: there is a newer head. */
static struct err *run_round(struct round *r, bool *again)
{
	*again = false;
	for (;;) {
		TRY(fill(r));
		if (!r->running)
			return NULL;
		TRY(attend(r));
		if (head_moved(r)) {
			*again = true;
			sink_say(r->f->sink, SINK_PROGRESS, "#%d: the head moved, checking again",
				r->record.pull.number);
			return cancel(r);
		}
	}
}

static struct err *begin(struct round *r, int number)
{
	AUTO(lock_release) struct lock lock = { 0 };

	local_reread(r->l);
	record_release(&r->record);
	TRY(pull_lock(&lock, r->l, number));
	TRY(record_read(&r->record, r->l, number, r->f->project));
	return r->record.pull.state == PULL_OPEN ? keep_head(r->l, &r->record.pull) : NULL;
}

static struct err *take_checks_lock(struct round *r, int number)
{
	AUTO(str_release) char *path = local_path(r->l, number, "checks.lock");
	struct err *e = lock_take(&r->lock, path, 0);
	bool ended;

	if (!e || e->class != ERR_TIMEOUT)
		return e;
	TRY(check_orphans_end(&ended, r->trees));
	if (ended) {
		err_drop(e, "its holders ended");
		sink_say(r->f->sink, SINK_NOTE,
			"#%d: what an interrupted run of its checks left was ended", number);
		e = lock_take(&r->lock, path, GRACE_MS);
	}
	if (!e || e->class != ERR_TIMEOUT || r->f->no_wait)
		return e;
	err_drop(e, "waiting");
	sink_say(r->f->sink, SINK_PROGRESS, "#%d: its checks are running already", number);
	return wrap(lock_take(&r->lock, path, check_limit()), "the checks of #%d", number);
}

static bool any_due(const struct round *r)
{
	for (size_t i = 0; i < r->record.pull.checks.n; i++)
		if (is_due(r, i))
			return true;
	return false;
}

/* What is red is due once more. */
static void make_red_due(struct round *r)
{
	for (size_t i = 0; i < r->record.pull.checks.n; i++) {
		struct check *c = &r->record.pull.checks.v[i];
		if (c->state == CHECK_FAILURE || c->state == CHECK_TIMEOUT)
			c->state = CHECK_PENDING;
	}
}

static struct err *run_due(const struct forge *f, struct local *l, int number)
{
	AUTO(round_release) struct round r = { .l = l, .f = f, .most = cores() };
	bool again = true, red = f->red;

	struct err *e;

	TRY(begin(&r, number));
	if (red)
		make_red_due(&r);
	if (r.record.pull.state != PULL_OPEN || !any_due(&r))
		return NULL;
	r.trees = check_trees(l, f->data_dir, number);
	e = take_checks_lock(&r, number);
	if (e && e->class == ERR_TIMEOUT && f->no_wait) {
		err_drop(e, "who runs them is not waited for");
		return NULL;
	}
	TRY(e);
	while (again) {
		TRY(begin(&r, number)); /* another run may have done it meanwhile */
		if (red)
			make_red_due(&r);
		red = false; /* a newer head has its own first run */
		TRY(run_round(&r, &again));
	}
	return check_trees_remove(l, r.trees, r.lock.fd);
}

/* The tree, then the files, each with a NUL behind it (git-merge-tree(1)). */
static void keep_conflicts(struct record *r, const struct buf *out)
{
	AUTO(buf_release) struct buf lines = { 0 };
	size_t n = 0;

	strv_release(&r->pull.conflicts);
	for (size_t at = 0; r->pull.conflict && at < out->n && n <= CONFLICTS_MAX; n++) {
		const char *name = out->s + at;
		at += strnlen(name, out->n - at) + 1;
		if (!n)
			continue;
		strv_add(&r->pull.conflicts, name);
		buf_addf(&lines, "%s%s", lines.n ? "\n" : "", name);
	}
	kv_set(&r->kv, "conflicts", lines.n ? buf_text(&lines) : NULL);
}

/* Is head in conflict with its base? Found out once for each pair. Under the pull's lock. */
static struct err *test_merge(struct record *r, struct local *l, bool *known)
{
	struct pull *p = &r->pull;
	AUTO(run_result_release) struct run_result result = { 0 };
	AUTO(str_release) char *tip = local_tip(l, p->base);
	AUTO(str_release) char *says = NULL;
	const char *had = kv_get(&r->kv, "conflict");

	*known = tip != NULL;
	if (!tip)
		return NULL;
	says = str_format("%s %s", p->head, tip);
	if (had && str_starts(had, says))
		return NULL;
	TRY(git_run(&result, &(struct git){ .git_dir = l->common, .timeout_ms = GIT_LONG_MS },
		ARGV("merge-tree", "-z", "--write-tree", "--name-only", "--no-messages",
			"--allow-unrelated-histories", tip, p->head)));
	*known = result.code <= 1;
	if (!*known)
		return NULL;
	p->untested = false;
	p->conflict = result.code == 1;
	keep_conflicts(r, &result.out);
	str_release(&says);
	says = str_format("%s %s %s", p->head, tip, p->conflict ? "yes" : "no");
	kv_set(&r->kv, "conflict", says);
	return record_save(r, l);
}

struct err *local_check(struct pull *out, const struct forge *f, int number)
{
	AUTO(local_release) struct local l = { 0 };
	AUTO(record_release) struct record r = { 0 };
	AUTO(lock_release) struct lock lock = { 0 };
	bool known;

	TRY(local_open(&l, f->repo));
	TRY(run_due(f, &l, number));
	local_reread(&l);
	TRY(pull_lock(&lock, &l, number));
	TRY(record_read(&r, &l, number, f->project));
	TRY(local_settle(&r, &l, f, lock.fd));
	if (r.pull.state == PULL_OPEN)
		TRY(test_merge(&r, &l, &known));
	*out = r.pull;
	r.pull = (struct pull){ 0 };
	return NULL;
}
