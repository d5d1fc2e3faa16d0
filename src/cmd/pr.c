#include "cmd/pr.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"

enum { IN_MARK = 2, IN_CHECK = 24, IN_AGE = 6, LOG_TAIL = 4096 };

struct err *pr_find(
	struct pull_target *t, const struct face *f, const struct world *w, const struct args *a)
{
	const char *word = args_word(a, 0);

	if (!word)
		TRY(args_session(&word, a));
	return pull_find(t, w, word, f->project);
}

/* ---- as JSON ------------------------------------------------------------------------------------------ */

static json_t *time_json(int64_t at)
{
	AUTO(str_release) char *iso = at ? clock_iso(at) : NULL;

	return json_text(iso);
}

static json_t *check_json(const struct check *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:i, s:o, s:o, s:o}", "name",
		json_text(c->name), "command", json_text(c->command), "step", json_text(c->step),
		"url", json_text(c->url), "state", check_word(c->state), "code", c->code,
		"startedAt", time_json(c->started_at), "endedAt", time_json(c->ended_at), "log",
		json_text(c->log));
}

static json_t *remark_json(const struct remark *r)
{
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "number",
		r->number, "kind", remark_word(r->kind), "by", json_text(r->by), "to",
		json_text(r->to), "at", time_json(r->at), "head", json_text(r->head), "file",
		json_text(r->file), "line", r->line ? json_integer(r->line) : json_null(), "text",
		json_text(r->text), "thread", remark_is_thread(r), "resolved", r->resolved);
}

json_t *pull_json(const struct pull *p)
{
	json_t *checks = json_array(), *remarks = json_array();

	for (size_t i = 0; i < p->checks.n; i++)
		json_array_append_new(checks, check_json(&p->checks.v[i]));
	for (size_t i = 0; i < p->remarks.n; i++)
		json_array_append_new(remarks, remark_json(&p->remarks.v[i]));
	return json_pack(
		"{s:i, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o, "
		"s:o, s:o, s:o}",
		"number", p->number, "url", json_text(p->url), "title", json_text(p->title),
		"state", pull_state_word(p->state), "branch", json_text(p->branch), "base",
		json_text(p->base), "head", json_text(p->head), "session", json_text(p->session),
		"author", json_text(p->author), "body", json_text(p->body), "ciStatus",
		json_text(ci_word(p->ci)), "reviewDecision", json_text(review_word(p->review)),
		"pendingThreads", p->threads, "conflict", p->conflict, "mergedAs",
		json_text(p->merged_as), "createdAt", time_json(p->created_at), "endedAt",
		time_json(p->ended_at), "checks", checks, "remarks", remarks);
}

/* ---- for people --------------------------------------------------------------------------------------- */

void pull_print_head(const struct face *f, const struct pull *p)
{
	AUTO(str_release) char *title = term_line(p->title);
	AUTO(str_release) char *branch = term_line(p->branch);
	AUTO(str_release) char *base = term_line(p->base);

	face_ink(f, INK_BOLD, "#%d %s", p->number, title);
	face_print(f, "\n  %s, %s into %s, head %.10s%s\n", pull_state_word(p->state), branch, base,
		p->head ? p->head : "-", p->conflict ? ", in conflict" : "");
	if (str_starts(p->url, "http"))
		face_field(f, "URL", p->url);
	face_field(f, "Merged as", p->merged_as);
	face_field(f, "Session", p->session);
}

static const char *mark_of(enum check_state s, enum ink *ink)
{
	*ink = s == CHECK_SUCCESS ? INK_GREEN : s == CHECK_PENDING ? INK_YELLOW : INK_RED;
	return s == CHECK_SUCCESS ? "✓" : s == CHECK_PENDING ? "⋯" : "✗";
}

static void print_tail(const struct face *f, const struct check *c)
{
	AUTO(buf_release) struct buf b = { 0 };
	bool found = false;
	struct err *e = c->log ? file_read_tail_if(&b, &found, c->log, LOG_TAIL) : NULL;

	err_drop(e, "no end to show");
	if (!c->log && c->tail)
		buf_adds(&b, c->tail);
	buf_trim(&b);
	for (const char *at = buf_text(&b); *at;) {
		size_t n = strcspn(at, "\n");
		face_ink(f, INK_DIM, "      %.*s\n", (int)n, at);
		at += n + (at[n] == '\n');
	}
}

/* Where to read on. Text of others: step and url. */
static void print_where(const struct face *f, const struct check *c, bool red)
{
	AUTO(str_release) char *step = term_line(c->step);
	AUTO(str_release) char *url = term_line(c->url);

	if (red && *step)
		face_print(f, "  step '%s'", step);
	if (*url)
		face_print(f, "  %s", url);
	else if (red && c->log)
		face_print(f, "  %s", c->log);
}

void pull_print_checks(const struct face *f, const struct pull *p, bool logs)
{
	for (size_t i = 0; i < p->checks.n; i++) {
		const struct check *c = &p->checks.v[i];
		AUTO(str_release)
		char *took = c->ended_at ? clock_age(c->ended_at - c->started_at) : str_dup("-");
		enum ink ink;
		const char *mark = mark_of(c->state, &ink);
		bool red = c->state != CHECK_SUCCESS && c->state != CHECK_PENDING;

		face_print(f, "  ");
		face_cell(f, ink, IN_MARK, mark);
		face_cell(f, INK_NONE, IN_CHECK, c->name);
		face_cell(f, INK_NONE, IN_AGE, took);
		face_print(f, "%s", check_word(c->state));
		print_where(f, c, red);
		face_print(f, "\n");
		if (red && logs)
			print_tail(f, c);
	}
}

static void print_remark(const struct face *f, const struct remark *r)
{
	static const char *const says[] = { "comments", "asks", "approves", "requests changes" };
	AUTO(str_release) char *by = term_line(r->by);
	AUTO(str_release) char *to = term_line(r->to);
	AUTO(str_release) char *file = term_line(r->file);

	face_print(f, "  %d  %s %s%s%s", r->number, by, says[r->kind], *to ? " " : "", to);
	if (*file)
		face_ink(f, INK_CYAN, "  %s:%d", file, r->line);
	if (remark_is_thread(r))
		face_ink(f, r->resolved ? INK_DIM : INK_YELLOW, "  [%s]",
			r->resolved ? "resolved" : "open");
	face_print(f, "  %.10s\n", r->head ? r->head : "");
	for (const char *at = r->text ? r->text : ""; *at;) {
		size_t n = strcspn(at, "\n");
		face_print(f, "     %.*s\n", (int)n, at);
		at += n + (at[n] == '\n');
	}
}

void pull_print_remarks(const struct face *f, const struct pull *p)
{
	const char *review = review_word(p->review);

	face_print(f, "  Review: %s, %d open thread%s\n", review ? review : "unknown", p->threads,
		p->threads == 1 ? "" : "s");
	for (size_t i = 0; i < p->remarks.n; i++)
		print_remark(f, &p->remarks.v[i]);
}
