#include "op/batch.h"

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "base/path.h"
#include "base/stop.h"
#include "op/list.h"
#include "op/prompt.h"

/* One `ao spawn` under way; its outputs go to memory files, so it can never wait for us. */
struct spawning {
	struct child child;
	const char *issue;
	int out, err;
};

struct crew {
	struct spawning member[BATCH_AT_ONCE];
	int n;
	struct batch *batch;
	const struct batch_options *o;
	struct sink *sink;
};

void batch_release(struct batch *b)
{
	for (size_t i = 0; i < b->list.n; i++) {
		free(b->list.v[i].issue);
		free(b->list.v[i].session);
		free(b->list.v[i].why);
	}
	free(b->list.v);
	*b = (struct batch){ 0 };
}

/* Whoever is stopped in the middle stops its spawns too; each settles itself. */
static void crew_release(struct crew *c)
{
	for (int i = 0; i < c->n; i++) {
		child_signal_group(&c->member[i].child, SIGTERM);
		child_reap(&c->member[i].child);
		close(c->member[i].out);
		close(c->member[i].err);
	}
	c->n = 0;
}

static struct batch_row *add_row(struct crew *c, const char *issue, enum batch_end end)
{
	struct batch_row *row = vec_push(&c->batch->list);

	row->issue = str_dup(issue);
	row->end = end;
	return row;
}

static void told(struct crew *c, const struct batch_row *row)
{
	if (c->o->tell)
		c->o->tell(c->o->arg, row);
}

static void spawn_words(
	struct strv *argv, const struct world *w, const struct batch_options *o, const char *issue)
{
	AUTO(str_release) char *self = path_self();

	strv_add_all(argv,
		ARGV(self, "spawn", "--config", w->config.file, "-p", o->project->id, "--json",
			"-q"));
	if (o->after)
		strv_add_all(argv, ARGV("--after", o->after));
	strv_add_all(argv, ARGV("--", issue));
}

static struct err *start(struct crew *c, const struct world *w, const char *issue)
{
	AUTO(strv_release) struct strv argv = { 0 };
	struct spawning s = { .issue = issue };
	struct err *e;

	s.out = memfd_create("out", MFD_CLOEXEC);
	s.err = memfd_create("err", MFD_CLOEXEC);
	if (s.out < 0 || s.err < 0)
		return fail_errno("cannot start a spawn");
	spawn_words(&argv, w, c->o, issue);
	e = child_start(&s.child,
		&(struct child_options){
			.argv = argv.v,
			.fd = { -1, s.out, s.err },
		});
	if (e) {
		close(s.out);
		close(s.err);
		return e;
	}
	c->member[c->n++] = s;
	sink_say(w->sink, SINK_PROGRESS, "%s: spawning", issue);
	return NULL;
}

static void read_back(struct buf *b, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size <= 0)
		return;
	buf_reserve(b, (size_t)size);
	size = pread(fd, b->s, (size_t)size, 0);
	b->n = size > 0 ? (size_t)size : 0;
	b->s[b->n] = '\0';
}

/* Of a spawn that went well: what it warned of, as if it had been typed. */
static void pass_warnings(struct crew *c, const struct spawning *s, char *said)
{
	static const char mark[] = "ao: warning: ";
	char *rest = NULL;

	for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (str_starts(line, mark))
			sink_say(c->sink, SINK_WARNING, "%s: %s", s->issue, line + strlen(mark));
}

static void note(struct crew *c, const struct spawning *s, int code)
{
	AUTO(buf_release) struct buf out = { 0 }, err = { 0 };
	struct batch_row *row = add_row(c, s->issue, code ? BATCH_FAILED : BATCH_CREATED);
	json_t *said;

	read_back(&out, s->out);
	read_back(&err, s->err);
	buf_trim(&err);
	said = json_loadb(buf_text(&out), out.n, 0, NULL);
	str_set(&row->session, json_string_value(json_object_get(said, "name")));
	if (str_equal(json_string_value(json_object_get(said, "status")), "queued"))
		row->end = BATCH_QUEUED;
	if (code)
		str_set(&row->why, str_starts(err.s, "ao: ") ? err.s + 4 : buf_text(&err));
	else if (err.n)
		pass_warnings(c, s, err.s);
	json_decref(said);
	told(c, row);
}

/* Until one of them has ended. */
static struct err *wait_one(struct crew *c)
{
	struct pollfd p[BATCH_AT_ONCE + 1] = { { .fd = stop_fd(), .events = POLLIN } };

	for (int i = 0; i < c->n; i++)
		p[i + 1] = (struct pollfd){ .fd = c->member[i].child.pidfd, .events = POLLIN };
	poll(p, (nfds_t)c->n + 1, -1);
	if (stop_requested())
		return stop_err();
	for (int i = c->n; i-- > 0;) {
		struct spawning s = c->member[i];
		if (!p[i + 1].revents)
			continue;
		c->member[i] = c->member[--c->n];
		note(c, &s, child_reap(&s.child));
		close(s.out);
		close(s.err);
	}
	return NULL;
}

/* The live session of an issue; NULL: none. */
static const char *live_on(const struct views *views, const char *id)
{
	for (size_t i = 0; i < views->list.n; i++)
		if (str_equal(views->list.v[i].session.issue, id))
			return views->list.v[i].session.id;
	return NULL;
}

static void skip(struct crew *c, const char *issue, const char *live)
{
	struct batch_row *row = add_row(c, issue, BATCH_SKIPPED);

	str_set(&row->session, live);
	told(c, row);
}

struct err *op_batch(struct batch *out, const struct world *w, const struct batch_options *o)
{
	AUTO(crew_release) struct crew c = { .batch = out, .o = o, .sink = w->sink };
	AUTO(views_release) struct views views = { 0 };
	AUTO(strv_release) struct strv named = { 0 }; /* those under way are on no list yet */

	TRY(op_list(
		&views, w, &(struct list_options){ .project = o->project->id, .ask = ASK_KNOWN }));
	for (char *const *issue = o->issues; *issue; issue++) {
		AUTO(str_release) char *id = issue_id(*issue);
		const char *live = live_on(&views, id);
		if (live || strv_has(&named, id)) {
			skip(&c, *issue, live);
			continue;
		}
		strv_add(&named, id);
		while (c.n == BATCH_AT_ONCE)
			TRY(wait_one(&c));
		TRY(start(&c, w, *issue));
	}
	while (c.n)
		TRY(wait_one(&c));
	return NULL;
}
