#include "cmd/status_table.h"

enum {
	SUMMARY_COLUMN = 17,
	RULE_WIDTH = 77,
};

/* Offsets 2, 17, 41, 47, 54, 60, 65, 75 (contract, section 4). */
enum {
	IN_SESSION = 15,
	IN_BRANCH = 24,
	IN_PR = 6,
	IN_CI = 7,
	IN_REV = 6,
	IN_THR = 5,
	IN_ACTIVITY = 10
};

struct mark {
	enum ink ink;
	const char *shown;
};

static struct mark ci_mark(const struct pull *p)
{
	static const struct mark marks[] = {
		[CI_UNKNOWN] = { INK_NONE, "-" },
		[CI_NONE] = { INK_NONE, "-" },
		[CI_PENDING] = { INK_YELLOW, "⋯" },
		[CI_SUCCESS] = { INK_GREEN, "✓" },
		[CI_FAILURE] = { INK_RED, "✗" },
	};

	return marks[p->state ? p->ci : CI_UNKNOWN];
}

static struct mark review_mark(const struct pull *p)
{
	static const struct mark marks[] = {
		[REVIEW_UNKNOWN] = { INK_NONE, "-" },
		[REVIEW_NONE] = { INK_NONE, "⋯" },
		[REVIEW_PENDING] = { INK_YELLOW, "△" },
		[REVIEW_APPROVED] = { INK_GREEN, "✓" },
		[REVIEW_CHANGES] = { INK_RED, "✗" },
	};

	return marks[p->state ? p->review : REVIEW_UNKNOWN];
}

static void print_header(const struct face *f)
{
	AUTO(buf_release) struct buf rule = { 0 };

	face_ink(f, INK_DIM,
		"  Session        Branch                  PR    CI     Rev   Thr  Activity  Age\n");
	for (int i = 0; i < RULE_WIDTH; i++)
		buf_adds(&rule, "─");
	face_ink(f, INK_DIM, "  %s\n", buf_text(&rule));
}

static void print_summary(const struct face *f, const struct view *v)
{
	AUTO(str_release) char *safe = term_line(v->summary);
	AUTO(buf_release) struct buf shown = { 0 };
	AUTO(buf_release) struct buf fit = { 0 };

	if (!*safe)
		return;
	if (f->ascii)
		term_ascii(&shown, safe);
	else
		buf_adds(&shown, safe);
	if (f->columns > SUMMARY_COLUMN)
		term_fit(&fit, buf_text(&shown), f->columns - SUMMARY_COLUMN, f->ascii);
	else
		buf_adds(&fit, buf_text(&shown));
	face_ink(f, INK_DIM, "%*s%s\n", SUMMARY_COLUMN, "", buf_text(&fit));
}

static void print_row(const struct face *f, const struct view *v)
{
	const struct pull *p = &v->facts.pull;
	int number = row_pr_number(v);
	AUTO(str_release) char *pr = number ? str_format("#%d", number) : str_dup("-");
	AUTO(str_release) char *threads = p->state ? str_format("%d", p->threads) : str_dup("-");
	AUTO(str_release) char *age = row_age(v);
	const char *branch = row_branch(v);
	enum activity activity = v->activity.activity;

	face_print(f, "  ");
	face_cell(f, INK_BOLD, IN_SESSION, v->session.id);
	face_cell(f, INK_CYAN, IN_BRANCH, str_empty(branch) ? "-" : branch);
	face_cell(f, INK_BLUE, IN_PR, pr);
	face_cell(f, ci_mark(p).ink, IN_CI, ci_mark(p).shown);
	face_cell(f, review_mark(p).ink, IN_REV, review_mark(p).shown);
	face_cell(f, INK_NONE, IN_THR, threads);
	face_cell(f, activity_ink(activity), IN_ACTIVITY, activity_word(activity));
	face_cell(f, INK_NONE, 0, age);
	face_print(f, "\n");
	print_summary(f, v);
}

static void print_heading(const struct face *f, const struct group *g)
{
	AUTO(str_release) char *name = term_line(g->name);

	face_ink(f, INK_BOLD, "%s:", name);
	face_print(f, "\n");
}

/* Beside the table: its name alone would fill a column. */
static void print_orchestrator(const struct face *f, const struct view *v)
{
	AUTO(str_release) char *age = row_age(v);
	enum activity activity = v->activity.activity;

	face_print(f, "  Orchestrator: ");
	face_ink(f, INK_BOLD, "%s", v->session.id);
	face_ink(f, activity_ink(activity), "  %s", activity_word(activity));
	face_print(f, "  %s\n", age);
}

static void print_none(const struct face *f, const struct group *g)
{
	if (g->rows.n == 0)
		face_ink(f, INK_DIM, "  (no active sessions)\n");
}

void status_print(const struct face *f, const struct groups *groups)
{
	face_ink(f, INK_BOLD, "AGENT ORCHESTRATOR STATUS");
	face_print(f, "\n\n");
	for (size_t i = 0; i < groups->list.n; i++) {
		const struct group *g = &groups->list.v[i];

		print_heading(f, g);
		if (g->orchestrator)
			print_orchestrator(f, g->orchestrator);
		print_none(f, g);
		if (g->rows.n > 0)
			print_header(f);
		for (size_t k = 0; k < g->rows.n; k++)
			print_row(f, g->rows.v[k]);
		face_print(f, "\n");
	}
	face_print(f, "  %zu active session%s across %zu project%s", groups->sessions,
		groups->sessions == 1 ? "" : "s", groups->projects,
		groups->projects == 1 ? "" : "s");
	if (groups->orchestrators)
		face_print(f, " · %zu orchestrator%s", groups->orchestrators,
			groups->orchestrators == 1 ? "" : "s");
	face_print(f, "\n");
}

/* "  fe-1  (2m ago)  feat/add-login  [working]  URL"; what is empty is left out. */
static void print_ls_row(const struct face *f, const struct view *v)
{
	AUTO(str_release) char *age = row_age(v);
	AUTO(str_release) char *branch = term_line(row_branch(v));
	AUTO(str_release) char *pr = term_line(row_pr(v));
	AUTO(str_release) char *reason = term_line(v->session.reason);
	const char *ago = v->last_at ? " ago" : "";

	face_print(f, "  ");
	face_ink(f, INK_BOLD, "%s", v->session.id);
	face_ink(f, INK_DIM, "  (%s%s)", age, ago);
	if (*branch)
		face_ink(f, INK_CYAN, "  %s", branch);
	face_print(f, "  [");
	face_ink(f, status_ink(v->status.status), "%s", status_word(v->status.status));
	face_print(f, "]");
	if (*pr)
		face_ink(f, INK_BLUE, "  %s", pr);
	if (v->facts.recorded == STATUS_QUEUED && *reason)
		face_ink(f, INK_DIM, "  %s", reason);
	face_print(f, "\n");
}

void ls_print(const struct face *f, const struct groups *groups)
{
	for (size_t i = 0; i < groups->list.n; i++) {
		const struct group *g = &groups->list.v[i];

		if (i > 0)
			face_print(f, "\n");
		print_heading(f, g);
		if (g->orchestrator)
			print_ls_row(f, g->orchestrator);
		else
			print_none(f, g);
		for (size_t k = 0; k < g->rows.n; k++)
			print_ls_row(f, g->rows.v[k]);
	}
}
