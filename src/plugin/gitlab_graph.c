/* A merge request of GraphQL in the words of REST, and so in those of fragment Pull. Nothing of it is believed to have a
 * shape. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/gitlab.h"

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value ? value : json_null());
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* "gid://gitlab/Ci::Pipeline/42" */
static json_int_t number_of(const char *id)
{
	const char *digits = strrchr(id, '/');
	size_t n = digits ? strspn(digits + 1, "0123456789") : 0;

	return n && n <= 15 && !digits[1 + n] ? strtoll(digits + 1, NULL, 10) : 0;
}

/* Words that are written large there. NULL is what GitLab did not find out. */
static void set_word(json_t *o, const char *key, const char *word)
{
	AUTO(str_release) char *small = str_dup(word);

	for (char *c = small; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
	set(o, key, json_string(small));
}

/* Its head's pipeline, or none; where there should be one it has not been made yet. */
static void set_pipeline(json_t *mr)
{
	const json_t *found = json_object_get(mr, "headPipeline");
	json_t *o = json_object();

	if (json_is_object(found)) {
		set(o, "id", json_integer(number_of(github_text(found, "id"))));
		set_word(o, "status", github_text(found, "status"));
		set(o, "sha", json_string(github_text(mr, "sha")));
		set(o, "updated_at", json_string(github_text(found, "updatedAt")));
		set(o, "project_path",
			json_string(github_text(json_object_get(found, "project"), "fullPath")));
	} else if (json_is_true(json_object_get(mr, "hasCi"))) {
		set(o, "sha", json_string("none yet"));
	} else {
		json_decref(o);
		o = NULL;
	}
	set(mr, "head_pipeline", o);
}

static json_t *approvals_of(const json_t *mr)
{
	const json_t *by = json_object_get(json_object_get(mr, "approvedBy"), "nodes");
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < json_array_size(by); i++)
		json_array_append_new(list, json_pack("{s:O}", "user", json_array_get(by, i)));
	set(o, "approved_by", list);
	json_object_set(o, "approvals_left", json_object_get(mr, "approvals_left"));
	return o;
}

/* Into mr the users alone, as REST tells them; out what each of them thinks. */
static json_t *take_reviewers(json_t *mr)
{
	json_t *users = json_object_get(json_object_get(mr, "reviewers"), "nodes");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(users); i++) {
		json_t *user = json_array_get(users, i), *o = json_object();

		json_object_set(o, "user", user);
		set_word(o, "state",
			github_text(
				json_object_get(user, "mergeRequestInteraction"), "reviewState"));
		json_array_append_new(list, o);
	}
	json_object_set(mr, "reviewers", users ? users : json_null());
	return list;
}

json_t *gitlab_graph_node(const json_t *merge, const char *head_path)
{
	static const char *const words[] = { "state", "merge_status", "detailed_merge_status" };
	json_t *mr = json_is_object(merge) ? json_copy((json_t *)merge) : json_object();
	const char *source = github_text(json_object_get(mr, "sourceProject"), "fullPath");
	json_int_t all = number(mr, "resolvableDiscussionsCount");
	AUTO(str_release) char *iid = str_format("/%s", github_text(mr, "iid"));
	json_t *approvals, *reviewers, *node;

	set(mr, "iid", json_integer(number_of(iid)));
	for (size_t i = 0; i < COUNT_OF(words); i++)
		set_word(mr, words[i],
			json_is_null(json_object_get(mr, words[i])) ? "checking"
								    : github_text(mr, words[i]));
	set_pipeline(mr);
	approvals = approvals_of(mr);
	reviewers = take_reviewers(mr);
	node = gitlab_node(mr, approvals, reviewers, NULL, NULL);
	set(node, "headRepositoryOwner",
		json_pack("{s:s}", "login",
			head_path && strcasecmp(source, head_path) == 0 ? head_path : ""));
	set(node, "reviewThreads",
		gitlab_counts(all, all - number(mr, "resolvedDiscussionsCount"),
			number(mr, "userNotesCount")));
	json_decref(approvals);
	json_decref(reviewers);
	json_decref(mr);
	return node;
}
