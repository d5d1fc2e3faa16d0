/* GitLab's answers in the words of fragment Pull. Nothing of them is believed to have a shape. */
#include <string.h>

#include "plugin/gitlab.h"

enum { DEVELOPER = 30 /* who may write */ };

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (str_equal(s, *words))
			return true;
	return false;
}

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value ? value : json_null());
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static json_t *nodes(json_t *list)
{
	json_t *o = json_object();

	set(o, "nodes", list);
	return o;
}

static const char *login_of(const json_t *user)
{
	return github_text(user, "username");
}

json_t *gitlab_members(const json_t *members)
{
	json_t *logins = json_array();

	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *m = json_array_get(members, i);
		const char *state = github_text(m, "state");

		if (number(m, "access_level") >= DEVELOPER && *login_of(m) &&
			(!*state || str_equal(state, "active")))
			json_array_append_new(logins, json_string(login_of(m)));
	}
	return logins;
}

/* author and authorAssociation, as github_trusted() wants them. */
static void set_author(json_t *o, const json_t *user, const json_t *place)
{
	const json_t *members = json_object_get(place, "members");
	bool member = false;

	for (size_t i = 0; i < json_array_size(members) && !member; i++)
		member = *login_of(user) &&
			str_equal(json_string_value(json_array_get(members, i)), login_of(user));
	set(o, "author", json_pack("{s:s}", "login", login_of(user)));
	set(o, "authorAssociation", json_string(member ? "MEMBER" : "NONE"));
}

/* ---- checks ---------------------------------------------------------------------------------- */

static const char *pipeline_word(const char *status)
{
	static const char *const good[] = { "success", "skipped", NULL };
	static const char *const bad[] = { "failed", "canceled", NULL };
	static const char *const wait[] = { "created", "waiting_for_resource", "preparing",
		"pending", "running", "scheduled", "manual", "canceling", "waiting_for_callback",
		NULL };

	return one_of(status, good)    ? "SUCCESS"
		: one_of(status, bad)  ? "FAILURE"
		: one_of(status, wait) ? "PENDING"
				       : "";
}

/* Right after a push the newest pipeline may still be that of the commit before. One of the merged result
 * (refs/merge-requests/7/merge, or train) has a commit of its own. */
static json_t *rollup_of(const json_t *mr)
{
	const json_t *pipeline = json_object_get(mr, "head_pipeline");
	bool ours = str_equal(github_text(pipeline, "sha"), github_text(mr, "sha")) ||
		(str_equal(github_text(pipeline, "source"), "merge_request_event") &&
			!str_ends(github_text(pipeline, "ref"), "/head"));

	if (!json_is_object(pipeline))
		return NULL;
	return json_pack("{s:s, s:I, s:I}", "state",
		ours ? pipeline_word(github_text(pipeline, "status")) : "", "pipeline",
		number(pipeline, "id"), "updatedAt",
		(json_int_t)(github_time(pipeline, "updated_at") / 1000));
}

/* The project of a fork's pipeline is the fork: by its path, else by its number. */
static json_t *pipeline_project(const json_t *mr)
{
	const json_t *pipeline = json_object_get(mr, "head_pipeline");
	const char *path = github_text(pipeline, "project_path");
	json_int_t id = number(pipeline, "project_id");

	return *path ? json_string(path) : id > 0 ? json_sprintf("%lld", (long long)id) : NULL;
}

/* A list of them does not tell of pipelines: nothing is known then. */
static json_t *commits_of(const json_t *mr)
{
	json_t *commit;

	if (!json_object_get(mr, "head_pipeline"))
		return NULL;
	commit = json_object();
	set(commit, "statusCheckRollup", rollup_of(mr));
	return nodes(json_pack("[{s:o}]", "commit", commit));
}

static const char *conclusion_of(const json_t *job)
{
	const char *status = github_text(job, "status");

	if (str_equal(status, "failed") && json_is_true(json_object_get(job, "allow_failure")))
		return "NEUTRAL";
	if (str_equal(status, "failed"))
		return str_equal(github_text(job, "failure_reason"), "job_execution_timeout")
			? "TIMED_OUT"
			: "FAILURE";
	if (str_equal(status, "canceled"))
		return "CANCELLED";
	if (str_equal(status, "manual") && json_is_true(json_object_get(job, "allow_failure")))
		return "SKIPPED"; /* nobody has to start it */
	return *pipeline_word(status) == 'S' ? "SUCCESS" : "";
}

static json_t *check_of(const json_t *job)
{
	const char *conclusion = conclusion_of(job);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "__typename", "CheckRun",
		"name", github_text(job, "name"), "status", *conclusion ? "COMPLETED" : "QUEUED",
		"conclusion", conclusion, "detailsUrl", github_text(job, "web_url"), "startedAt",
		github_text(job, "started_at"), "completedAt", github_text(job, "finished_at"),
		"databaseId", number(job, "id"));

	if (*github_text(job, "stage"))
		set(o, "steps",
			nodes(json_pack("[{s:s, s:s}]", "name", github_text(job, "stage"),
				"conclusion", "FAILURE")));
	if (*github_text(job, "log"))
		set(o, "log", json_string(github_text(job, "log")));
	if (*github_text(job, "failure_reason"))
		set(o, "title", json_string(github_text(job, "failure_reason")));
	return o;
}

/* ---- reviews --------------------------------------------------------------------------------- */

static json_t *opinion(const char *state, const char *at, const json_t *user, const char *head)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:{s:s}}", "state", state, "submittedAt", at, "commit", "oid", head);

	/* one that is withdrawn and given again is the same */
	set(o, "id", json_sprintf("%s of %s", state, login_of(user)));
	set_author(o, user, NULL);
	return o;
}

static json_t *opinions_of(const json_t *mr, const json_t *approvals, const json_t *reviewers)
{
	const json_t *by = json_object_get(approvals, "approved_by");
	const char *head = github_text(mr, "sha");
	json_t *all = json_array();

	for (size_t i = 0; i < json_array_size(by); i++) {
		const json_t *o = json_array_get(by, i);

		json_array_append_new(all,
			opinion("APPROVED", github_text(o, "approved_at"),
				json_object_get(o, "user"), head));
	}
	for (size_t i = 0; i < json_array_size(reviewers); i++) {
		const json_t *o = json_array_get(reviewers, i);

		if (str_equal(github_text(o, "state"), "requested_changes"))
			json_array_append_new(all,
				opinion("CHANGES_REQUESTED", github_text(o, "created_at"),
					json_object_get(o, "user"), head));
	}
	return all;
}

/* By which they are told apart: not by their times, which one of GitLab's two ways does not tell. */
static json_t *briefly(const json_t *opinions)
{
	json_t *all = json_array();

	for (size_t i = 0; i < json_array_size(opinions); i++) {
		const json_t *o = json_array_get(opinions, i);

		json_array_append_new(all,
			json_pack("{s:s, s:s}", "state", github_text(o, "state"), "id",
				github_text(o, "id")));
	}
	return all;
}

/* Who they are is known where details are asked for. */
static json_t *with_members(const json_t *reviews, const json_t *place)
{
	json_t *all = json_array();

	for (size_t i = 0; i < json_array_size(reviews); i++) {
		json_t *o = json_deep_copy(json_array_get(reviews, i));
		json_t *user = json_pack(
			"{s:s}", "username", github_text(json_object_get(o, "author"), "login"));

		set_author(o, user, place);
		json_decref(user);
		json_array_append_new(all, o);
	}
	return all;
}

/* approvals_left stands only where rules can be made. */
static const char *decision_of(const json_t *mr, const json_t *approvals, const json_t *opinions)
{
	for (size_t i = 0; i < json_array_size(opinions); i++)
		if (str_equal(
			    github_text(json_array_get(opinions, i), "state"), "CHANGES_REQUESTED"))
			return "CHANGES_REQUESTED";
	if (str_equal(github_text(mr, "detailed_merge_status"), "requested_changes"))
		return "CHANGES_REQUESTED";
	if (number(approvals, "approvals_left") > 0)
		return "REVIEW_REQUIRED";
	return json_array_size(json_object_get(approvals, "approved_by")) ? "APPROVED" : "";
}

/* ---- threads --------------------------------------------------------------------------------- */

static json_t *comment_of(const json_t *note, const json_t *place)
{
	json_t *o = json_pack("{s:s, s:s, s:{s:s}}", "body", github_text(note, "body"), "createdAt",
		github_text(note, "created_at"), "originalCommit", "oid",
		github_text(json_object_get(note, "position"), "head_sha"));

	set_author(o, json_object_get(note, "author"), place);
	return o;
}

/* A discussion whose notes can be resolved; NULL: another one, which asks for nothing. */
static json_t *thread_of(const json_t *discussion, const json_t *place)
{
	const json_t *notes = json_object_get(discussion, "notes"), *at;
	json_t *comments, *o;
	const char *path;
	bool open = false;

	if (!json_is_true(json_object_get(json_array_get(notes, 0), "resolvable")))
		return NULL;
	comments = json_array();
	for (size_t i = 0; i < json_array_size(notes); i++) {
		const json_t *note = json_array_get(notes, i);

		open |= json_is_true(json_object_get(note, "resolvable")) &&
			!json_is_true(json_object_get(note, "resolved"));
		if (!json_is_true(json_object_get(note, "system")))
			json_array_append_new(comments, comment_of(note, place));
	}
	at = json_object_get(json_array_get(notes, 0), "position");
	path = github_text(at, "new_path");
	o = json_pack("{s:s, s:b, s:s, s:o}", "id", github_text(discussion, "id"), "isResolved",
		!open, "path", *path ? path : github_text(at, "old_path"), "comments",
		nodes(comments));
	set(o, "line",
		json_integer(
			number(at, "new_line") ? number(at, "new_line") : number(at, "old_line")));
	return o;
}

static json_t *threads_of(const json_t *discussions, const json_t *place)
{
	json_t *threads = json_array();

	for (size_t i = 0; i < json_array_size(discussions); i++) {
		json_t *thread = thread_of(json_array_get(discussions, i), place);
		if (thread)
			json_array_append_new(threads, thread);
	}
	return threads;
}

json_t *gitlab_counts(json_int_t all, json_int_t open, json_int_t notes)
{
	return json_pack(
		"{s:I, s:I, s:I}", "all", all, "open", open > 0 ? open : 0, "notes", notes);
}

static json_t *counted(const json_t *discussions, const json_t *mr)
{
	json_t *threads = threads_of(discussions, NULL);
	json_int_t open = 0, all = (json_int_t)json_array_size(threads);

	for (size_t i = 0; i < json_array_size(threads); i++)
		open += json_is_false(json_object_get(json_array_get(threads, i), "isResolved"));
	json_decref(threads);
	return gitlab_counts(all, open, number(mr, "user_notes_count"));
}

/* ---- the whole ------------------------------------------------------------------------------- */

static const char *state_of(const json_t *mr)
{
	const char *state = github_text(mr, "state");

	return str_equal(state, "opened") || str_equal(state, "locked") ? "OPEN"
		: str_equal(state, "merged")                            ? "MERGED"
		: str_equal(state, "closed")                            ? "CLOSED"
									: "";
}

/* detailed_merge_status tells the first reason only; while GitLab is still finding out, has_conflicts is
 * the answer for the commit before. */
static void set_merging(json_t *o, const json_t *mr)
{
	static const char *const asking[] = { "checking", "unchecked", "preparing",
		"approvals_syncing", "cannot_be_merged_recheck", "cannot_be_merged_rechecking",
		NULL };
	static const char *const not_rules[] = { "mergeable", "conflict", "broken_status",
		"ci_still_running", "not_approved", "requested_changes", "draft_status", "", NULL };
	const char *detail = github_text(mr, "detailed_merge_status");
	bool unknown = one_of(detail, asking) || one_of(github_text(mr, "merge_status"), asking);
	bool conflict = json_is_true(json_object_get(mr, "has_conflicts")) ||
		str_equal(detail, "conflict");

	set(o, "mergeable",
		json_string(unknown        ? "UNKNOWN"
				: conflict ? "CONFLICTING"
					   : "MERGEABLE"));
	set(o, "mergeStateStatus",
		json_string(unknown                                ? "UNKNOWN"
				: str_equal(detail, "need_rebase") ? "BEHIND"
				: one_of(detail, not_rules)        ? "CLEAN"
								   : "BLOCKED"));
	set(o, "detail", json_string(detail));
}

static void set_texts(json_t *o, const json_t *mr)
{
	static const char *const rows[][2] = { { "url", "web_url" }, { "title", "title" },
		{ "body", "description" }, { "headRefName", "source_branch" },
		{ "baseRefName", "target_branch" }, { "headRefOid", "sha" },
		{ "createdAt", "created_at" }, { "updatedAt", "updated_at" } };
	const char *merged = github_text(mr, "merged_at");
	const char *as = github_text(mr, "merge_commit_sha");

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		set(o, rows[i][0], json_string(github_text(mr, rows[i][1])));
	set(o, "closedAt", json_string(*merged ? merged : github_text(mr, "closed_at")));
	if (!*as)
		as = github_text(mr, "squash_commit_sha");
	if (!*as && json_object_get(mr, "squash_commit_sha")) /* a fast-forward */
		as = github_text(mr, "sha");
	set(o, "mergeCommit", *merged && *as ? json_pack("{s:s}", "oid", as) : NULL);
	set(o, "diffRefs", json_deep_copy(json_object_get(mr, "diff_refs")));
	set(o, "isDraft", json_boolean(json_is_true(json_object_get(mr, "draft"))));
}

json_t *gitlab_node(const json_t *mr, const json_t *approvals, const json_t *reviewers,
	const json_t *discussions, const json_t *place)
{
	json_int_t source = number(mr, "source_project_id"), head = number(place, "head");
	json_t *o = json_object(), *opinions = opinions_of(mr, approvals, reviewers);

	set(o, "number", json_integer(number(mr, "iid")));
	set(o, "state", json_string(state_of(mr)));
	set_texts(o, mr);
	set_merging(o, mr);
	set_author(o, json_object_get(mr, "author"), NULL);
	set(o, "headRepositoryOwner",
		json_pack("{s:s}", "login",
			source && source == head ? github_text(place, "headPath") : ""));
	set(o, "commits", commits_of(mr));
	set(o, "pipelineProject", pipeline_project(mr));
	set(o, "reviewDecision", json_string(decision_of(mr, approvals, opinions)));
	set(o, "latestOpinionatedReviews", nodes(briefly(opinions)));
	set(o, "reviews", nodes(opinions));
	set(o, "reviewRequests",
		json_pack("{s:I}", "totalCount",
			(json_int_t)json_array_size(json_object_get(mr, "reviewers"))));
	set(o, "reviewThreads", counted(discussions, mr));
	return o;
}

json_t *gitlab_details(
	const json_t *node, const json_t *jobs, const json_t *discussions, const json_t *place)
{
	json_t *o = json_object(), *contexts = json_array();

	json_object_set(o, "body", json_object_get(node, "body"));
	set(o, "reviews",
		nodes(with_members(
			json_object_get(json_object_get(node, "reviews"), "nodes"), place)));
	set(o, "reviewThreads", nodes(threads_of(discussions, place)));
	for (size_t i = 0; i < json_array_size(jobs); i++)
		if (json_is_object(json_array_get(jobs, i)))
			json_array_append_new(contexts, check_of(json_array_get(jobs, i)));
	set(o, "commits",
		nodes(json_pack("[{s:{s:{s:o}}}]", "commit", "statusCheckRollup", "contexts",
			nodes(contexts))));
	return o;
}
