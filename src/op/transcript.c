#include "op/transcript.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/conversation.h"
#include "store/signals.h"

enum {
	FIRST_BLOCK = 16 << 10,
	GROWTH = 4,
	LAST_BLOCK = 1 << 20,
	CLOCK_SLACK_MS = 1500,
	ANEW_MS = 1000, /* that it may take to write a conversation down once more */
};

void transcript_find(
	struct transcript *t, const struct session *s, const char *folder, const struct agent *a)
{
	AUTO(conversation_release) struct conversation c = { 0 };

	t->log = agent_log_named(a->transcript);
	if (!t->log)
		return;
	conversation_read(&c, folder);
	if (c.path)
		str_set(&t->path, c.path);
	else if (s->worktree && (c.id || s->agent_session_id))
		t->path = t->log->find(s->worktree, c.id ? c.id : s->agent_session_id);
}

void transcript_release(struct transcript *t)
{
	str_release(&t->path);
	t->log = NULL;
}

/* ---- backwards through the file -------------------------------------------------------------- */

enum want { WANT_NO_MORE, WANT_THIS_BLOCK, WANT_MORE };

/* Gets the turns newest first, and may take what is in them. WANT_THIS_BLOCK: what is read already is worth a
 * look, more is not worth reading. */
typedef enum want visit(struct turn *turn, void *with);

struct walk {
	const struct agent_log *log;
	int fd;
	off_t end;    /* what lies behind it has been visited, or is no whole line */
	size_t size;  /* of the next block */
	int64_t anew; /* from then on it was written down once more; 0: it was not */
	visit *visit;
	void *with;
	enum want want;
};

/* Not said or done then: old words under a new time, and the line that tells so. */
static bool is_repeated(struct walk *w, const struct turn *turn)
{
	bool goes_on = turn->kind == TURN_PROMPT || turn->kind == TURN_WORK ||
		turn->kind == TURN_SAID || turn->kind == TURN_CALL;

	if (turn->kind == TURN_ANEW)
		w->anew = turn->at;
	return turn->kind == TURN_ANEW ||
		(goes_on && w->anew && turn->at >= w->anew && turn->at < w->anew + ANEW_MS);
}

static void visit_line(struct walk *w, const char *line, size_t n)
{
	struct turn turn = { 0 };

	if (n && w->log->read(&turn, line, n) && !is_repeated(w, &turn))
		w->want = w->visit(&turn, w->with);
	turn_release(&turn);
}

/* The lines that lie whole in b[0, n), from the last on. *left: what stays before the first of them. */
static bool visit_block(struct walk *w, size_t *left, const char *b, size_t n, bool from_start)
{
	while (n) {
		const char *before = memrchr(b, '\n', n - 1);
		size_t start = before ? (size_t)(before - b) + 1 : 0;
		if (!before && !from_start)
			break;
		visit_line(w, b + start, n - 1 - start);
		if (w->want == WANT_NO_MORE)
			return false;
		n = start;
	}
	*left = n;
	return w->want == WANT_MORE;
}

/* One block further back. False: it is over. */
static bool walk_back(struct walk *w, struct buf *b)
{
	size_t want = w->end > (off_t)w->size ? w->size : (size_t)w->end, n, left = 0;
	off_t from = w->end - (off_t)want;
	const char *end;
	ssize_t got;

	buf_cut(b, 0);
	buf_reserve(b, want);
	got = pread(w->fd, b->s, want, from);
	if (got <= 0)
		return false;
	end = memrchr(b->s, '\n', (size_t)got);
	n = end ? (size_t)(end - b->s) + 1 : 0;
	if (!visit_block(w, &left, b->s, n, from == 0) || from == 0)
		return false;
	w->end = n ? from + (off_t)left : w->end;
	w->size *= GROWTH;
	return w->size <= LAST_BLOCK;
}

static void walk(const struct transcript *t, visit *each, void *with)
{
	struct walk w = {
		.log = t->log, .size = FIRST_BLOCK, .visit = each, .with = with, .want = WANT_MORE
	};
	AUTO(buf_release) struct buf b = { 0 };
	struct stat st;

	if (!t->log || !t->path)
		return;
	w.fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (w.fd < 0)
		return;
	if (fstat(w.fd, &st) == 0 && S_ISREG(st.st_mode)) {
		w.end = st.st_size;
		while (w.end > 0 && walk_back(&w, &b))
			;
	}
	close(w.fd);
}

/* ---- the questions --------------------------------------------------------------------------- */

struct looking {
	struct lately *out;
	bool words;
};

static enum want look(struct turn *turn, void *with)
{
	struct looking *l = with;
	struct lately *out = l->out;
	bool agents = turn->kind != TURN_PROMPT && turn->kind != TURN_INTERRUPTED;

	if (turn->kind == TURN_STILL) {
		if (out->last.kind == TURN_NOTHING && !out->still_at)
			out->still_at = turn->at;
		return WANT_MORE;
	}
	if (turn->kind == TURN_ASIDE && out->last.kind == TURN_NOTHING && out->still_at)
		return WANT_MORE;
	if (!usage_sum(&out->usage))
		out->usage = turn->usage;
	if (agents && !out->words && turn->text)
		out->words = str_dup(turn->text);
	if (out->last.kind == TURN_NOTHING) {
		out->last = *turn;
		*turn = (struct turn){ 0 };
	}
	if (out->last.kind == TURN_NOTHING || (l->words && !out->words))
		return WANT_MORE;
	return l->words && !usage_sum(&out->usage) ? WANT_THIS_BLOCK : WANT_NO_MORE;
}

void transcript_lately(struct lately *out, const struct transcript *t, bool words)
{
	walk(t, look, &(struct looking){ .out = out, .words = words });
}

void lately_release(struct lately *l)
{
	turn_release(&l->last);
	str_release(&l->words);
}

struct receipt {
	int64_t since;
	size_t length;
	uint64_t hash;
	bool found;
};

static enum want compare(struct turn *turn, void *with)
{
	struct receipt *r = with;
	uint64_t hash;
	size_t length;

	if (turn->at && turn->at < r->since - CLOCK_SLACK_MS)
		return WANT_NO_MORE;
	if (turn->kind != TURN_PROMPT || !turn->text || turn->at < r->since)
		return WANT_MORE;
	signal_digest(&length, &hash, turn->text, strlen(turn->text));
	r->found = length == r->length && hash == r->hash;
	return r->found ? WANT_NO_MORE : WANT_MORE;
}

bool transcript_has(const struct transcript *t, int64_t since, size_t length, uint64_t hash)
{
	struct receipt r = { .since = since, .length = length, .hash = hash };

	walk(t, compare, &r);
	return r.found;
}
