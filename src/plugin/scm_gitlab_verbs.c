/* The verbs of `ao pr` on GitLab. What is asked for first decides, and GitLab decides again: a merge names
 * the commit that was looked at. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "plugin/scm_gitlab.h"

/* ---- looking --------------------------------------------------------------------------------- */

static struct err *open_forge(struct github *g, const struct forge *f)
{
	TRY(gitlab_open(g, f->project, f->repo, f->pr));
	return gitlab_login(g);
}

static struct err *take(struct held *h, const struct forge *f, const struct gitlab_mr *mr)
{
	AUTO(str_release) char *key = asking_key(&h->g, mr->number, NULL);
	struct gitlab_wish wish = {
		.place = mr->place, .g = &h->g, .number = mr->number, .discussions = mr->discussions
	};

	json_decref(h->entry);
	wish.entry = h->entry = json_incref(seen_make(&h->seen, "pulls", key));
	gitlab_keep(h->entry, mr->node, mr->place, clock_wall());
	TRY(gitlab_fetch_details(&wish, 1, f->data_dir));
	github_read_pull(&h->pull, mr->node, mr->place);
	github_read_details(&h->pull, json_object_get(h->entry, "details"),
		json_object_get(h->entry, "numbers"), f->project);
	seen_save(&h->seen);
	return NULL;
}

static struct err *look(struct held *h, const struct forge *f, int number)
{
	struct gitlab_mr mr = { .g = &h->g, .number = number };
	struct err *e;

	TRY(gitlab_place(&mr.place, &h->seen, &h->g, GITLAB_MS, f->data_dir));
	TRY(gitlab_fetch(&mr, 1, GITLAB_MS, f->data_dir));
	e = mr.failed;
	if (e && e->class == ERR_MISSING)
		e = wrap(e, "%s/%s has no merge request #%d", h->g.owner, h->g.name, number);
	if (!e)
		e = take(h, f, &mr);
	json_decref(mr.node);
	json_decref(mr.discussions);
	return e;
}

static const struct held_ways ways;

struct err *gitlab_view(struct pull *out, const struct forge *f, int number)
{
	return held_view(out, f, number, &ways);
}

/* They run there; here they are looked at, and those that failed are started again. Nobody waits. */
struct err *gitlab_check(struct pull *out, const struct forge *f, int number)
{
	AUTO(held_release) struct held h = { 0 };
	const json_t *commits, *rollup;
	const char *project;
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	struct err *e;

	TRY(held_take(&h, f, number, &ways));
	commits = json_object_get(json_object_get(held_node(&h), "commits"), "nodes");
	rollup = json_object_get(
		json_object_get(json_array_get(commits, 0), "commit"), "statusCheckRollup");
	if (f->red && h.pull.ci == CI_FAILURE) {
		project = github_text(held_node(&h), "pipelineProject");
		gitlab_add(&q, &h.g, project, "/pipelines/%lld/retry",
			(long long)json_integer_value(json_object_get(rollup, "pipeline")))
			->method = "POST";
		TRY(gitlab_run(&q, GITLAB_MS, f->data_dir));
		e = q.list.v[0].failed;
		q.list.v[0].failed = NULL;
		TRY(e);
		return held_again(out, &h, f, number, &ways);
	}
	held_give(out, &h);
	return NULL;
}

/* The newest hundred, as a list tells them: not their pipelines and threads. */
struct err *gitlab_list(struct pulls *out, const struct forge *f)
{
	AUTO(held_release) struct held h = { 0 };
	json_t *place = NULL, *list = NULL;

	TRY(held_open(&h, f, &ways));
	TRY(gitlab_place(&place, &h.seen, &h.g, GITLAB_MS, f->data_dir));
	seen_save(&h.seen);
	TRY(gitlab_do(
		&list, &h.g, f->data_dir, NULL, NULL, "/merge_requests?state=all&per_page=100"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *node = gitlab_node(json_array_get(list, i), NULL, NULL, NULL, place);
		struct pull *p = vec_push(&out->list);

		github_read_pull(p, node, place);
		p->review = REVIEW_UNKNOWN;
		json_decref(node);
	}
	held_sort(out);
	json_decref(list);
	return NULL;
}

/* ---- create ---------------------------------------------------------------------------------- */

static struct err *find_open(int *number, struct held *h, const struct forge *f, const char *branch)
{
	AUTO(str_release) char *encoded = gitlab_encode(branch);
	json_t *list = NULL, *place = NULL;

	TRY(gitlab_place(&place, &h->seen, &h->g, GITLAB_MS, f->data_dir));
	TRY(gitlab_do(&list, &h->g, f->data_dir, NULL, NULL,
		"/merge_requests?state=opened&per_page=100&source_branch=%s", encoded));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		json_int_t source = json_integer_value(json_object_get(o, "source_project_id"));

		if (source && source == json_integer_value(json_object_get(place, "head")))
			*number = (int)json_integer_value(json_object_get(o, "iid"));
	}
	json_decref(list);
	return NULL;
}

static struct err *make(
	int *number, struct held *h, const struct forge *f, const struct pull_draft *d)
{
	AUTO(str_release) char *title = str_dup(d->title);
	struct github head = h->g; /* made in the project of the branch, for that of the target */
	const char *base = d->base ? d->base : f->project->default_branch;
	AUTO(str_release) char *target = gitlab_path(&h->g);
	bool fork = strcasecmp(target, h->g.head_owner) != 0;
	AUTO(str_release) char *owner = NULL;
	json_t *project = NULL, *made = NULL, *wish;
	struct err *e;

	TRY(gitlab_do(&project, &h->g, f->data_dir, NULL, NULL, "%s", ""));
	if (!base)
		base = github_text(project, "default_branch");
	e = json_is_true(json_object_get(project, "archived"))
		? fail(ERR_REFUSED, "%s/%s is archived", h->g.owner, h->g.name)
		: github_push(f, d->branch, fork ? NULL : base);
	if (!e && str_empty(title)) {
		str_release(&title);
		e = github_subject(&title, f, d->branch);
	}
	wish = e ? NULL
		 : json_pack("{s:s, s:s, s:s, s:s, s:O}", "source_branch", d->branch,
			   "target_branch", base, "title", title, "description",
			   d->body ? d->body : "", "target_project_id",
			   json_object_get(project, "id"));
	json_decref(project);
	TRY(e);
	if (!wish)
		return fail(ERR_USAGE, "title and text must be UTF-8");
	owner = str_ndup(
		h->g.head_owner, (size_t)(strrchr(h->g.head_owner, '/') - h->g.head_owner));
	head.owner = owner;
	head.name = strrchr(h->g.head_owner, '/') + 1;
	TRY(gitlab_do(&made, &head, f->data_dir, "POST", wish, "/merge_requests"));
	*number = (int)json_integer_value(json_object_get(made, "iid"));
	json_decref(made);
	return *number > 0 ? NULL : fail(ERR_FAILED, "%s names no number", h->g.host);
}

struct err *gitlab_create(
	struct pull *out, bool *made, const struct forge *f, const struct pull_draft *d)
{
	struct forge here = *f;
	AUTO(held_release) struct held h = { 0 };
	int number = 0;

	here.pr = NULL;
	TRY(held_open(&h, &here, &ways));
	TRY(find_open(&number, &h, f, d->branch));
	*made = !number;
	if (*made)
		TRY(make(&number, &h, f, d));
	return held_again(out, &h, f, number, &ways);
}

/* ---- review ---------------------------------------------------------------------------------- */

static struct err *put(struct held *h, const struct forge *f, json_t *body)
{
	return gitlab_do(
		NULL, &h->g, f->data_dir, "PUT", body, "/merge_requests/%d", h->pull.number);
}

static struct err *settle_thread(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	const char *id;

	TRY(held_thread(&id, h, w, false));
	return gitlab_do(NULL, &h->g, f->data_dir, "PUT",
		json_pack("{s:b}", "resolved", w->resolve != 0),
		"/merge_requests/%d/discussions/%s", h->pull.number, id);
}

/* Beside those who are reviewers already. */
static struct err *ask_for_review(struct held *h, const struct forge *f, const char *who)
{
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	AUTO(str_release) char *path = gitlab_path(&h->g);
	AUTO(str_release) char *name = gitlab_encode(who);
	json_t *ids = json_array(), *id;
	const json_t *reviewers;

	gitlab_add(&q, &h->g, NULL, "/users?username=%s", name);
	gitlab_add(&q, &h->g, path, "/merge_requests/%d", h->pull.number);
	TRY(gitlab_run(&q, GITLAB_MS, f->data_dir));
	reviewers = json_object_get(q.list.v[1].json, "reviewers");
	for (size_t i = 0; i < json_array_size(reviewers); i++)
		json_array_append(ids, json_object_get(json_array_get(reviewers, i), "id"));
	id = json_object_get(json_array_get(q.list.v[0].json, 0), "id");
	if (!json_is_integer(id)) {
		json_decref(ids);
		return fail(ERR_MISSING, "%s knows no user %s", h->g.host, who);
	}
	json_array_append(ids, id);
	return put(h, f, json_pack("{s:o}", "reviewer_ids", ids));
}

/* A thread, on a line of the file where one is named. */
static struct err *begin_thread(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	const json_t *refs = json_object_get(held_node(h), "diffRefs");
	json_t *body = json_pack("{s:s}", "body", w->text ? w->text : "");

	if (w->file && body)
		json_object_set_new(body, "position",
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "position_type", "text",
				"base_sha", github_text(refs, "base_sha"), "start_sha",
				github_text(refs, "start_sha"), "head_sha",
				github_text(refs, "head_sha"), "old_path", w->file, "new_path",
				w->file, "new_line", w->line > 0 ? w->line : 1));
	return gitlab_do(NULL, &h->g, f->data_dir, "POST", body, "/merge_requests/%d/discussions",
		h->pull.number);
}

static struct err *approve(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	TRY(gitlab_do(NULL, &h->g, f->data_dir, "POST",
		json_pack("{s:s}", "sha", h->pull.head ? h->pull.head : ""),
		"/merge_requests/%d/approve", h->pull.number));
	return str_empty(w->text)
		? NULL
		: gitlab_do(NULL, &h->g, f->data_dir, "POST", json_pack("{s:s}", "body", w->text),
			  "/merge_requests/%d/notes", h->pull.number);
}

/* GitLab's API has no verb that requests changes; what does so there, for all tiers, is an open thread. */
static struct err *review(struct held *h, const struct forge *f, const struct remark_wish *w)
{
	if (w->resolve || w->reopen)
		return settle_thread(h, f, w);
	if (w->kind == REMARK_ASK)
		return ask_for_review(h, f, w->to);
	if (w->kind == REMARK_APPROVE)
		return approve(h, f, w);
	return str_empty(w->text) ? fail(ERR_USAGE, "on GitLab changes are requested by a text")
				  : begin_thread(h, f, w);
}

struct err *gitlab_review(
	struct pull *out, const struct forge *f, int number, const struct remark_wish *w)
{
	return held_review(out, f, number, w, &ways);
}

/* ---- merge and close ------------------------------------------------------------------------- */

/* What GitLab calls a rebase writes the branch anew, which its session would not know: its next push would be
 * refused, its checks and reviews would be of another head. So it is done where there is nothing to rebase, and
 * where the project makes no merge commit of it. */
static struct err *may_rebase(const struct held *h, const struct forge *f)
{
	json_t *project = NULL;
	bool forward;

	if (str_equal(github_text(held_node(h), "mergeStateStatus"), "BEHIND"))
		return held_refuse(h, "its base has moved on: rebase its branch and push it");
	TRY(gitlab_do(&project, &h->g, f->data_dir, NULL, NULL, "%s", ""));
	forward = str_equal(github_text(project, "merge_method"), "ff");
	json_decref(project);
	return forward
		? NULL
		: held_refuse(h,
			  "its project makes a commit of each merge (merge method): --merge does");
}

static struct err *may_merge(const struct held *h, const struct forge *f, enum merge_method method)
{
	const char *detail = github_text(held_node(h), "detail");

	if (str_equal(detail, "discussions_not_resolved"))
		return held_refuse(h, "its threads must be resolved first");
	if (method == MERGE_REBASE)
		TRY(may_rebase(h, f));
	return held_may_merge(h);
}

static struct err *merge(struct held *h, const struct forge *f, enum merge_method method)
{
	return gitlab_do(NULL, &h->g, f->data_dir, "PUT",
		json_pack("{s:s, s:b}", "sha", h->pull.head ? h->pull.head : "", "squash",
			method == MERGE_SQUASH),
		"/merge_requests/%d/merge", h->pull.number);
}

struct err *gitlab_merge(struct pull *out, const struct forge *f, int number,
	enum merge_method method, const char *head)
{
	return held_merge(out, f, number, method, head, &ways);
}

static struct err *close_pull(struct held *h, const struct forge *f)
{
	return put(h, f, json_pack("{s:s}", "state_event", "close"));
}

struct err *gitlab_close(struct pull *out, const struct forge *f, int number)
{
	return held_close(out, f, number, &ways);
}

static const struct held_ways ways = { open_forge, look, review, may_merge, merge, close_pull };

/* ---- for doctor ------------------------------------------------------------------------------ */

struct err *gitlab_examine(struct strv *said, const struct forge *f)
{
	AUTO(held_release) struct held h = { 0 };
	AUTO(gitlab_questions_release) struct gitlab_questions q = { 0 };
	const struct gitlab_question *one;
	struct err *e;

	TRY(open_forge(&h.g, f));
	gitlab_add(&q, &h.g, NULL, "/user");
	TRY(gitlab_run(&q, GITLAB_MS, f->data_dir));
	one = &q.list.v[0];
	e = one->failed;
	q.list.v[0].failed = NULL;
	TRY(e);
	strv_addf(said, "%s: logged in as %s", h.g.host, github_text(one->json, "username"));
	if (one->remaining >= 0 && one->limit > 0)
		strv_addf(said, "%s: %lld of %lld requests left", h.g.host,
			(long long)one->remaining, (long long)one->limit);
	return NULL;
}
