#include "plugin/github.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/term.h"

enum { TAIL_MAX = 16 << 10, LOG_TAIL_MAX = 8 << 10 };

/* ---- bits ------------------------------------------------------------------------------------ */

const char *github_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static char *some_text(const json_t *o, const char *key)
{
	const char *s = github_text(o, key);

	return *s ? str_dup(s) : NULL;
}

int64_t github_time(const json_t *o, const char *key)
{
	int64_t at = 0;

	clock_parse(&at, github_text(o, key));
	return at;
}

static const json_t *inside(const json_t *o, const char *a, const char *b)
{
	return json_object_get(json_object_get(o, a), b);
}

static int count(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 && n < 1 << 30 ? (int)n : 0;
}

char *github_author(const json_t *said)
{
	const json_t *author = json_object_get(said, "author");
	const char *login = github_text(author, "login");

	if (!*login)
		return str_dup("ghost");
	if (str_equal(github_text(author, "__typename"), "Bot") && !str_ends(login, "[bot]"))
		return str_format("%s[bot]", login);
	return str_dup(login);
}

bool github_trusted(const json_t *said, const struct strv *trust)
{
	static const char *const inner[] = { "OWNER", "MEMBER", "COLLABORATOR" };
	const char *association = github_text(said, "authorAssociation");
	AUTO(str_release) char *login = github_author(said);

	for (size_t i = 0; i < COUNT_OF(inner); i++)
		if (str_equal(association, inner[i]))
			return true;
	return trust && strv_has(trust, login);
}

/* ---- a pull request -------------------------------------------------------------------------- */

static const json_t *rollup_of(const json_t *node)
{
	const json_t *commit = json_array_get(inside(node, "commits", "nodes"), 0);

	return inside(commit, "commit", "statusCheckRollup");
}

static enum ci ci_of(const json_t *node)
{
	const json_t *rollup = rollup_of(node);
	const char *state = github_text(rollup, "state");

	if (!json_is_object(json_array_get(inside(node, "commits", "nodes"), 0)))
		return CI_UNKNOWN;
	if (!json_is_object(rollup))
		return CI_NONE;
	if (str_equal(state, "SUCCESS"))
		return CI_SUCCESS;
	if (str_equal(state, "FAILURE") || str_equal(state, "ERROR"))
		return CI_FAILURE;
	return str_equal(state, "PENDING") || str_equal(state, "EXPECTED") ? CI_PENDING
									   : CI_UNKNOWN;
}

/* Where no rule demands a review GitHub decides nothing, and the reviews speak for themselves. An approval
 * of an earlier commit still counts, as it does there. */
static enum review review_of(const json_t *node)
{
	const char *decision = github_text(node, "reviewDecision");
	const json_t *nodes = inside(node, "latestOpinionatedReviews", "nodes");
	bool approved = false, asked = count(json_object_get(node, "reviewRequests"), "totalCount");

	if (str_equal(decision, "APPROVED"))
		return REVIEW_APPROVED;
	if (str_equal(decision, "CHANGES_REQUESTED"))
		return REVIEW_CHANGES;
	for (size_t i = 0; i < json_array_size(nodes); i++) {
		const char *state = github_text(json_array_get(nodes, i), "state");

		if (str_equal(state, "CHANGES_REQUESTED"))
			return REVIEW_CHANGES;
		approved |= str_equal(state, "APPROVED");
	}
	if (str_equal(decision, "REVIEW_REQUIRED"))
		return REVIEW_PENDING;
	return approved ? REVIEW_APPROVED : asked ? REVIEW_PENDING : REVIEW_NONE;
}

/* GitLab counts them itself. */
static int open_threads(const json_t *node)
{
	const json_t *nodes = inside(node, "reviewThreads", "nodes");
	int open = count(json_object_get(node, "reviewThreads"), "open");

	for (size_t i = 0; i < json_array_size(nodes); i++)
		open += json_is_false(json_object_get(json_array_get(nodes, i), "isResolved"));
	return open;
}

static enum pull_state state_of(const json_t *node)
{
	const char *state = github_text(node, "state");

	return str_equal(state, "OPEN")      ? PULL_OPEN
		: str_equal(state, "MERGED") ? PULL_MERGED
		: str_equal(state, "CLOSED") ? PULL_CLOSED
					     : PULL_NONE;
}

void github_read_pull(struct pull *out, const json_t *node, const json_t *place)
{
	const char *usual = github_text(json_object_get(place, "defaultBranchRef"), "name");
	const char *mergeable = github_text(node, "mergeable");

	pull_release(out);
	out->state = state_of(node);
	if (!out->state)
		return;
	out->number = count(node, "number");
	out->url = some_text(node, "url");
	out->title = some_text(node, "title");
	out->branch = some_text(node, "headRefName");
	out->base = some_text(node, "baseRefName");
	out->head = some_text(node, "headRefOid");
	out->author = github_author(node);
	out->created_at = github_time(node, "createdAt");
	out->ended_at = github_time(node, "closedAt");
	out->merged_as = some_text(json_object_get(node, "mergeCommit"), "oid");
	out->merged_into_default = out->state == PULL_MERGED && *usual &&
		str_equal(usual, out->base);
	out->conflict = str_equal(mergeable, "CONFLICTING");
	out->untested = out->state == PULL_OPEN && str_equal(mergeable, "UNKNOWN");
	out->ci = ci_of(node);
	out->review = review_of(node);
	out->threads = open_threads(node);
	out->bare = github_needs_details(node);
}

bool github_needs_details(const json_t *node)
{
	return state_of(node) == PULL_OPEN &&
		(ci_of(node) == CI_FAILURE || open_threads(node) ||
			review_of(node) == REVIEW_CHANGES);
}

char *github_mark(const json_t *node)
{
	static const char *const keys[] = { "headRefOid", "commits", "reviewDecision",
		"latestOpinionatedReviews", "updatedAt" /* a word more in a thread */ };
	const json_t *nodes = inside(node, "reviewThreads", "nodes");
	const json_t *threads = nodes ? nodes : json_object_get(node, "reviewThreads");
	uint64_t h = 0;

	for (size_t i = 0; i <= COUNT_OF(keys); i++) {
		AUTO(str_release)
		char *text = json_dumps(
			i < COUNT_OF(keys) ? json_object_get(node, keys[i]) : threads,
			JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
		if (text)
			h = h * 31 + hash_fnv(text, strlen(text));
	}
	return str_format("%016llx", (unsigned long long)h);
}

static bool is_ours(const json_t *node, const char *head_owner)
{
	const char *owner = github_text(json_object_get(node, "headRepositoryOwner"), "login");

	return head_owner && strcasecmp(owner, head_owner) == 0;
}

json_t *github_choose(const json_t *nodes, const char *head_owner, int64_t since)
{
	json_t *best = NULL;

	for (size_t i = 0; i < json_array_size(nodes); i++) {
		json_t *node = json_array_get(nodes, i);
		bool open = state_of(node) == PULL_OPEN;
		bool better = !best || (open && state_of(best) != PULL_OPEN) ||
			(open == (state_of(best) == PULL_OPEN) &&
				count(node, "number") > count(best, "number"));

		if (!state_of(node) || !is_ours(node, head_owner))
			continue;
		if (!open && github_time(node, "createdAt") < since)
			continue;
		if (better)
			best = node;
	}
	return best;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static enum check_state run_state(const json_t *run)
{
	static const char *const good[] = { "SUCCESS", "NEUTRAL", "SKIPPED" };
	const char *conclusion = github_text(run, "conclusion");

	if (!str_equal(github_text(run, "status"), "COMPLETED"))
		return CHECK_PENDING;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (str_equal(conclusion, good[i]))
			return CHECK_SUCCESS;
	return str_equal(conclusion, "TIMED_OUT") ? CHECK_TIMEOUT : CHECK_FAILURE;
}

static enum check_state context_state(const json_t *context)
{
	const char *state = github_text(context, "contextState");

	return str_equal(state, "SUCCESS")                                 ? CHECK_SUCCESS
		: str_equal(state, "FAILURE") || str_equal(state, "ERROR") ? CHECK_FAILURE
									   : CHECK_PENDING;
}

static char *failed_step(const json_t *run)
{
	const json_t *steps = inside(run, "steps", "nodes");

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		if (str_equal(github_text(step, "conclusion"), "FAILURE"))
			return some_text(step, "name");
	}
	return NULL;
}

/* ---- logs ------------------------------------------------------------------------------------ */

/* "2026-11-22T07:17:56.1234567Z " of GitHub; "2026-11-22T07:17:56.123456Z 00O " where GitLab's runner says so. */
static size_t stamp_of(const char *at, const char *end)
{
	if (end - at >= 29 && at[10] == 'T' && at[27] == 'Z' && at[28] == ' ')
		return 29;
	return end - at >= 32 && at[10] == 'T' && at[26] == 'Z' && at[27] == ' ' ? 32 : 0;
}

/* A line as it stands in the end: what was printed before a carriage return is gone, and so are GitLab's
 * own marks of sections. */
static void add_line(struct buf *out, const char *at, const char *end)
{
	const char *stop = end;

	while (stop > at && (stop[-1] == '\r' || stop[-1] == '\n'))
		stop--;
	for (const char *c = stop; c > at; c--) {
		if (c[-1] == '\r') {
			at = c;
			break;
		}
	}
	at += stamp_of(at, stop);
	buf_add(out, at, (size_t)(stop - at));
	buf_addc(out, '\n');
}

char *forge_tail(const struct buf *log)
{
	const char *at = buf_text(log) + (log->n > LOG_TAIL_MAX ? log->n - LOG_TAIL_MAX : 0);
	const char *end = buf_text(log) + log->n;
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(buf_release) struct buf safe = { 0 };

	if (log->n > LOG_TAIL_MAX && memchr(at, '\n', (size_t)(end - at)))
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline + 1 : end;

		add_line(&b, at, next);
		at = next;
	}
	term_safe(&safe, buf_text(&b), b.n, TERM_TEXT);
	return str_dup(buf_text(&safe));
}

/* The end of its log where it was fetched, else what the check says of itself. */
static char *tail_of(const json_t *run)
{
	static const char *const keys[] = { "title", "summary", "text" };
	AUTO(buf_release) struct buf b = { 0 };

	if (*github_text(run, "log"))
		return some_text(run, "log");
	for (size_t i = 0; i < COUNT_OF(keys) && b.n < TAIL_MAX; i++) {
		const char *s = github_text(run, keys[i]);

		if (*s)
			buf_addf(&b, "%.*s\n", TAIL_MAX, s);
	}
	return b.n ? buf_detach(&b) : NULL;
}

static void read_check(struct check *c, const json_t *o)
{
	bool run = str_equal(github_text(o, "__typename"), "CheckRun");

	c->name = str_dup(github_text(o, run ? "name" : "context"));
	c->state = run ? run_state(o) : context_state(o);
	c->url = some_text(o, run ? "detailsUrl" : "targetUrl");
	c->started_at = github_time(o, run ? "startedAt" : "createdAt");
	c->ended_at = github_time(o, "completedAt");
	if (c->state == CHECK_SUCCESS || c->state == CHECK_PENDING)
		return;
	c->step = failed_step(o);
	c->tail = run ? tail_of(o) : some_text(o, "description");
}

/* ---- remarks --------------------------------------------------------------------------------- */

static int number_of(json_t *numbers, const char *id)
{
	size_t n = json_array_size(numbers);

	for (size_t i = 0; i < n; i++)
		if (str_equal(json_string_value(json_array_get(numbers, i)), id))
			return (int)i + 1;
	json_array_append_new(numbers, json_string(id));
	return (int)n + 1;
}

/* The pull request's author answers, mostly as its agent; a bot answers whoever answers it. */
static bool goes_on(const char *by, const char *author)
{
	return !str_equal(by, author) && !str_ends(by, "[bot]");
}

/* Of those who may speak to an agent, where one of them did; else of all. */
static void read_comments(
	struct remark *r, const json_t *comments, const struct strv *trust, const char *author)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (size_t i = 0; i < json_array_size(comments); i++)
		r->trusted |= github_trusted(json_array_get(comments, i), trust);
	for (size_t i = 0; i < json_array_size(comments); i++) {
		const json_t *c = json_array_get(comments, i);
		AUTO(str_release) char *by = NULL;

		if (r->trusted && !github_trusted(c, trust))
			continue;
		by = github_author(c);
		if (r->by) {
			buf_addf(&b, "\n\n%s:\n", by);
			if (goes_on(by, author))
				r->again_at = github_time(c, "createdAt");
		} else {
			r->by = str_dup(by);
			r->at = github_time(c, "createdAt");
			r->head = some_text(json_object_get(c, "originalCommit"), "oid");
		}
		buf_adds(&b, github_text(c, "body"));
	}
	if (!r->by)
		r->by = str_dup("ghost");
	r->text = buf_detach(&b);
}

static void read_thread(struct remark *r, const json_t *o, json_t *numbers,
	const struct strv *trust, const char *author)
{
	r->number = number_of(numbers, github_text(o, "id"));
	r->kind = REMARK_COMMENT;
	r->file = some_text(o, "path");
	r->line = count(o, "line");
	if (!r->line)
		r->line = count(o, "originalLine");
	r->resolved = json_is_true(json_object_get(o, "isResolved"));
	read_comments(r, inside(o, "comments", "nodes"), trust, author);
}

static void read_review(
	struct remark *r, const json_t *o, json_t *numbers, const struct strv *trust)
{
	const char *state = github_text(o, "state");

	r->number = number_of(numbers, github_text(o, "id"));
	r->kind = str_equal(state, "APPROVED")          ? REMARK_APPROVE
		: str_equal(state, "CHANGES_REQUESTED") ? REMARK_CHANGES
							: REMARK_COMMENT;
	r->by = github_author(o);
	r->at = github_time(o, "submittedAt");
	r->head = some_text(json_object_get(o, "commit"), "oid");
	r->text = some_text(o, "body");
	r->trusted = github_trusted(o, trust);
	/* what GitHub does not call a thread cannot be resolved there either */
	r->resolved = r->kind == REMARK_COMMENT;
}

static int by_number(const void *a, const void *b)
{
	return ((const struct remark *)a)->number - ((const struct remark *)b)->number;
}

/* Two of one number would be two ways to resolve one thing. */
static void add_remark(struct pull *out, struct remark *r)
{
	for (size_t i = 0; i < out->remarks.n; i++) {
		if (out->remarks.v[i].number == r->number) {
			remark_release(r);
			return;
		}
	}
	*vec_push(&out->remarks) = *r;
}

void github_read_details(
	struct pull *out, const json_t *details, json_t *numbers, const struct project *project)
{
	const struct strv *trust = project ? &project->trust : NULL;
	const json_t *contexts = inside(rollup_of(details), "contexts", "nodes");
	const json_t *reviews = inside(details, "reviews", "nodes");
	const json_t *threads = inside(details, "reviewThreads", "nodes");

	str_release(&out->body);
	out->body = some_text(details, "body");
	for (size_t i = 0; i < json_array_size(contexts); i++)
		if (json_is_object(json_array_get(contexts, i)))
			read_check(vec_push(&out->checks), json_array_get(contexts, i));
	for (size_t i = 0; i < json_array_size(reviews); i++) {
		struct remark r = { 0 };

		read_review(&r, json_array_get(reviews, i), numbers, trust);
		if (r.kind == REMARK_COMMENT && !r.text) /* only its threads say something */
			remark_release(&r);
		else
			add_remark(out, &r);
	}
	for (size_t i = 0; i < json_array_size(threads); i++) {
		struct remark r = { 0 };

		read_thread(&r, json_array_get(threads, i), numbers, trust, out->author);
		add_remark(out, &r);
	}
	if (out->remarks.n)
		qsort(out->remarks.v, out->remarks.n, sizeof(*out->remarks.v), by_number);
	out->bare = false;
}
