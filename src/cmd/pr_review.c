#include <stdlib.h>
#include <string.h>

#include "cmd/pr.h"

static const struct option options[] = {
	{ "ask", 0, "WHO", "ask for a review" },
	{ "approve", 0, NULL, "approve the head as it is" },
	{ "request-changes", 0, NULL, "request changes" },
	{ "comment", 0, NULL, "begin a thread" },
	{ "message", 'm', "TEXT", "what is said" },
	{ "at", 0, "FILE:LINE", "about this line" },
	{ "head", 0, "COMMIT", "refuse when the head is another commit by now" },
	{ "resolve", 0, "N", "thread N is settled" },
	{ "reopen", 0, "N", "thread N is not settled after all" },
	{ 0 },
};

static const char *const acts[] = { "comment", "ask", "approve", "request-changes", "resolve",
	"reopen" };

/* Exactly one of them. */
static struct err *which_act(size_t *act, const struct args *a)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(acts); i++) {
		if (args_has(a, acts[i])) {
			*act = i;
			n++;
		}
	}
	if (n != 1)
		return fail(ERR_USAGE,
			"one of --ask, --approve, --request-changes, --comment, "
			"--resolve and --reopen is wanted");
	return NULL;
}

/* "src/a:b.c:12": the last colon counts. */
static struct err *read_place(struct remark_wish *w, char **file, const char *at)
{
	const char *colon = at ? strrchr(at, ':') : NULL;
	char *end;
	long line;

	if (!at)
		return NULL;
	line = colon ? strtol(colon + 1, &end, 10) : 0;
	if (!colon || colon == at || line < 1 || line > 100000000 || *end)
		return fail(ERR_USAGE, "--at takes FILE:LINE, not '%s'", at);
	*file = str_ndup(at, (size_t)(colon - at));
	w->file = *file;
	w->line = (int)line;
	return NULL;
}

static struct err *read_wish(struct remark_wish *w, char **file, const struct args *a)
{
	long resolve = 0, reopen = 0;
	size_t act = 0;

	TRY(which_act(&act, a));
	TRY(args_number(&resolve, a, "resolve", 1));
	TRY(args_number(&reopen, a, "reopen", 1));
	TRY(read_place(w, file, args_value(a, "at")));
	w->kind = act <= REMARK_CHANGES ? (enum remark_kind)act : REMARK_COMMENT;
	w->resolve = (int)resolve;
	w->reopen = (int)reopen;
	w->to = args_value(a, "ask");
	w->text = args_value(a, "message");
	w->head = args_value(a, "head");
	if (w->file && str_empty(w->text))
		return fail(ERR_USAGE, "--at needs something that is said there: -m TEXT");
	if (act == REMARK_COMMENT && str_empty(w->text))
		return fail(ERR_USAGE, "--comment needs -m TEXT");
	return NULL;
}

static void print_done(const struct face *f, const struct pull *p, const struct remark_wish *w)
{
	const struct remark *last = p->remarks.n ? &p->remarks.v[p->remarks.n - 1] : NULL;
	const char *review = review_word(p->review);

	face_ink(f, INK_GREEN, "✓");
	if (w->resolve || w->reopen)
		face_print(f, " Thread %d %s", w->resolve ? w->resolve : w->reopen,
			w->resolve ? "resolved" : "reopened");
	else if (last && remark_is_thread(last))
		face_print(f, " Thread %d opened", last->number);
	else
		face_print(f, " Recorded");
	face_print(f, ": #%d review %s, %d open thread%s\n", p->number, review ? review : "unknown",
		p->threads, p->threads == 1 ? "" : "s");
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(pull_target_release) struct pull_target t = { 0 };
	AUTO(pull_release) struct pull p = { 0 };
	AUTO(str_release) char *file = NULL;
	struct remark_wish wish = { 0 };

	TRY(read_wish(&wish, &file, a));
	TRY(pr_find(&t, f, w, a));
	TRY(op_pull_review(&p, w, &t, &wish));
	if (f->json)
		face_json(f, pull_json(&p));
	else
		print_done(f, &p, &wish);
	return NULL;
}

const struct command cmd_pr_review = {
	.name = "pr review",
	.words = "[session|#number]",
	.max = 1,
	.summary = "ask for a review, give one, or settle a thread",
	.example = "ao pr review fe-1 --request-changes -m 'check for NULL' --at src/main.c:12",
	.options = options,
	.needs = NEEDS_STORE,
	.run = run,
};
