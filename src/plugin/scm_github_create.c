/* A pull request is made of what is pushed, so the branch is pushed first: by git, as the user. */
#include <strings.h>

#include "plugin/git.h"
#include "plugin/scm_github.h"
#include "plugin/worktree.h"

enum { PUSH_MS = 120000 };

/* The open one of the branch; *number 0: none. */
static struct err *find_open(
	int *number, struct github *g, const struct forge *f, const char *branch)
{
	struct github_part part = { .g = g, .branch = branch };
	AUTO(str_release) char *body = github_query(GITHUB_SESSIONS, &part, 1);
	struct http_request r = github_request(g, body, GITHUB_VERB_MS);
	struct http_answer answer = { 0 };
	json_t *root = NULL, *best;
	struct err *e;

	TRY(http_ask(&answer, &r, 1, f->data_dir));
	e = github_answered(&root, &answer, g);
	best = github_choose(
		json_object_get(github_part_of(json_object_get(root, "data"), &part, 0), "nodes"),
		g->head_owner, INT64_MAX);
	*number = (int)json_integer_value(json_object_get(best, "number"));
	json_decref(root);
	http_answers_release(&answer, 1);
	return e;
}

/* As far as is known here: what origin has of the base. */
static struct err *is_ahead(const char *common, const char *branch, const char *base)
{
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);
	AUTO(str_release) char *of = str_format("refs/remotes/origin/%s", base);
	AUTO(run_result_release) struct run_result r = { 0 };
	struct err *e;

	if (ref_exists(common, of) != TRI_YES)
		return NULL;
	e = git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("rev-list", "--max-count=1", ref, "--not", of, "--"));
	if (!e && !r.out.n)
		return fail(ERR_FAILED, "%s has no commits that %s does not have: commit first",
			branch, base);
	err_drop(e, "the forge will say it");
	return NULL;
}

/* By git, with the user's own credentials, never by force. */
struct err *github_push(const struct forge *f, const char *branch, const char *base)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);
	AUTO(str_release) char *spec = str_format("%s:%s", ref, ref);
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(repo_find(NULL, &common, f->repo));
	if (ref_exists(common, ref) == TRI_NO)
		return fail(ERR_FAILED, "%s has no commit yet: commit first", branch);
	if (base)
		TRY(is_ahead(common, branch, base));
	sink_say(f->sink, SINK_PROGRESS, "pushing %s to origin", branch);
	return git_ok(&r,
		&(struct git){ .git_dir = common, .as_user = true, .timeout_ms = PUSH_MS },
		ARGV("push", "--quiet", "origin", spec));
}

struct err *github_subject(char **subject, const struct forge *f, const char *branch)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);
	AUTO(run_result_release) struct run_result r = { 0 };

	TRY(repo_find(NULL, &common, f->repo));
	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("log", "-1", "--no-show-signature", "--format=%s", ref, "--")));
	buf_trim(&r.out);
	*subject = str_dup(r.out.n ? r.out.s : branch);
	return NULL;
}

static struct err *repository(json_t **out, struct github *g, const struct forge *f)
{
	json_t *data = NULL, *r;

	TRY(github_ask(&data, g, f->data_dir, GITHUB_VERBS, "Repository",
		json_pack("{s:s, s:s}", "owner", g->owner, "name", g->name)));
	r = json_object_get(data, "repository");
	*out = json_incref(r);
	json_decref(data);
	if (!json_is_object(r))
		return fail(ERR_MISSING, "%s has no repository %s/%s", g->host, g->owner, g->name);
	return json_is_true(json_object_get(r, "isArchived"))
		? fail(ERR_REFUSED, "%s/%s is archived", g->owner, g->name)
		: NULL;
}

static struct err *make(int *number, struct github *g, const struct forge *f,
	const struct pull_draft *d, const json_t *repo)
{
	bool fork = strcasecmp(g->head_owner, g->owner) != 0;
	AUTO(str_release)
	char *head = fork ? str_format("%s:%s", g->head_owner, d->branch) : str_dup(d->branch);
	AUTO(str_release) char *title = str_dup(d->title);
	const char *base = d->base ? d->base
		: f->project->default_branch
		? f->project->default_branch
		: github_text(json_object_get(repo, "defaultBranchRef"), "name");
	json_t *data = NULL, *made;

	TRY(github_push(f, d->branch, fork ? NULL : base));
	if (str_empty(title)) {
		str_release(&title);
		TRY(github_subject(&title, f, d->branch));
	}
	TRY(github_ask(&data, g, f->data_dir, GITHUB_VERBS, "CreatePull",
		json_pack("{s:{s:s, s:s, s:s, s:s, s:s}}", "input", "repositoryId",
			github_text(repo, "id"), "baseRefName", base, "headRefName", head, "title",
			title, "body", d->body ? d->body : "")));
	made = json_object_get(json_object_get(data, "createPullRequest"), "pullRequest");
	*number = (int)json_integer_value(json_object_get(made, "number"));
	json_decref(data);
	return *number > 0 ? NULL : fail(ERR_FAILED, "%s names no number", g->host);
}

struct err *github_create(
	struct pull *out, bool *made, const struct forge *f, const struct pull_draft *d)
{
	struct forge here = *f;
	AUTO(held_release) struct held h = { 0 };
	json_t *repo = NULL;
	struct err *e;
	int number = 0;

	here.pr = NULL;
	TRY(github_open_forge(&h.g, &here));
	TRY(find_open(&number, &h.g, f, d->branch));
	*made = !number;
	if (*made) {
		e = repository(&repo, &h.g, f);
		if (!e)
			e = make(&number, &h.g, f, d, repo);
		json_decref(repo);
		TRY(e);
	}
	return github_view(out, &here, number);
}
