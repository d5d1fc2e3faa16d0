/* Answers of GitHub, or of whoever sits in its place: whatever is in them, what is made of them is a pull
 * request of bounded numbers, and reading it twice is the same as once. */
#include "fuzz.h"
#include "plugin/scm_github.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	json_t *o = json_loadb((const char *)bytes, n, JSON_ALLOW_NUL, NULL);
	json_t *nodes = json_object_get(o, "nodes"), *numbers = json_array();
	struct pull p = { 0 };
	size_t remarks;

	github_read_pull(&p, o, json_object_get(o, "place"));
	require(p.number >= 0 && p.threads >= 0 && p.state <= PULL_CLOSED);
	github_read_details(&p, o, numbers, NULL);
	for (size_t i = 0; i < p.checks.n; i++)
		require(p.checks.v[i].name != NULL);
	for (size_t i = 0; i < p.remarks.n; i++)
		require(p.remarks.v[i].number > 0 && p.remarks.v[i].by);
	remarks = json_array_size(numbers);
	github_read_details(&p, o, numbers, NULL);
	require(json_array_size(numbers) == remarks);
	github_keep_older(o, json_object_get(o, "before"));
	github_choose(nodes, "me", 0);
	free(github_mark(o));
	pull_release(&p);
	json_decref(numbers);
	json_decref(o);
	return 0;
}
