/*
 * Scm: GitLab, also one hosted by oneself. One refresh() is one question in GraphQL for all merge requests of all
 * projects of a server; verbs, and what changed, are asked for by its REST API. What was seen is kept as GitHub's is, in the same words (gitlab_read.c).
 */
#include <string.h>

#include "plugin/scm_gitlab.h"

static int number(const char *pr)
{
	return gitlab_number(pr, "merge_requests");
}

static bool owns(const char *pr)
{
	return number(pr) != 0;
}

static char *text(const struct project *p, int number)
{
	struct github g = { 0 };
	struct err *e = gitlab_open(&g, p, p->path, NULL);
	const char *end = e ? NULL : strstr(g.rest, "/api/v4");
	char *url = end ? str_format("%.*s/%s/%s/-/merge_requests/%d", (int)(end - g.rest), g.rest,
				  g.owner, g.name, number)
			: NULL;

	err_drop(e, "every answer names its url");
	github_release(&g);
	return url;
}

static struct err *refresh(
	struct pull *out, const struct pull_ref *refs, size_t n, const struct look *look)
{
	static const struct way way = { gitlab_open, number, gitlab_ask, gitlab_ask_details };

	return asking_refresh(out, refs, n, look, &way);
}

const struct scm scm_gitlab = {
	.plugin = { SLOT_SCM, "gitlab", "merge requests, pipelines and reviews on GitLab" },
	.serves = gitlab_serves,
	.owns = owns,
	.number = number,
	.text = text,
	.finds = true,
	.refresh = refresh,
	.places = asking_places,
	.list = gitlab_list,
	.view = gitlab_view,
	.create = gitlab_create,
	.check = gitlab_check,
	.review = gitlab_review,
	.merge = gitlab_merge,
	.close = gitlab_close,
	.examine = gitlab_examine,
};
