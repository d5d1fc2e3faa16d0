/* Answers of GitLab, or of whoever sits in its place: whatever is in them, a node comes of them that reads
 * as a merge request of bounded numbers, and what a stranger says is not trusted. */
#include "fuzz.h"
#include "plugin/gitlab.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	json_t *o = json_loadb((const char *)bytes, n, JSON_ALLOW_NUL, NULL),
	       *numbers = json_array();
	json_t *members = gitlab_members(json_object_get(o, "members"));
	json_t *node = gitlab_node(o, json_object_get(o, "approvals"),
		json_object_get(o, "reviewers"), json_object_get(o, "discussions"), NULL);
	json_t *details = gitlab_details(
		node, json_object_get(o, "jobs"), json_object_get(o, "discussions"), NULL);
	json_t *graph = gitlab_graph_node(o, "g/app");
	struct pull p = { 0 };

	github_read_pull(&p, graph, json_object_get(o, "place"));
	require(p.number >= 0 && p.threads >= 0 && p.state <= PULL_CLOSED);
	require(json_is_object(node) && json_is_array(members));
	github_read_pull(&p, node, json_object_get(o, "place"));
	require(p.number >= 0 && p.threads >= 0 && p.state <= PULL_CLOSED);
	github_read_details(&p, details, numbers, NULL);
	for (size_t i = 0; i < p.checks.n; i++)
		require(p.checks.v[i].name != NULL);
	for (size_t i = 0; i < p.remarks.n; i++)
		require(p.remarks.v[i].number > 0 && p.remarks.v[i].by && !p.remarks.v[i].trusted);
	pull_release(&p);
	json_decref(details);
	json_decref(graph);
	json_decref(node);
	json_decref(members);
	json_decref(numbers);
	json_decref(o);
	return 0;
}
