/*
 * Scm: GitHub, by one question in GraphQL for all pull requests of all projects on a host. What was seen
 * last is kept (github_seen.c), so a list has something to show when nobody answers.
 */
#include "plugin/scm_github.h"

static bool owns(const char *pr)
{
	return github_number(pr, "pull") != 0;
}

static int number(const char *pr)
{
	return github_number(pr, "pull");
}

static struct err *refresh(
	struct pull *out, const struct pull_ref *refs, size_t n, const struct look *look)
{
	static const struct way way = { github_open, number, github_round, github_round_details };

	return asking_refresh(out, refs, n, look, &way);
}

static char *text(const struct project *p, int number)
{
	struct github g = { 0 };
	struct err *e = github_open(&g, p, p->path, NULL);
	char *url = e ? NULL
		      : str_format("https://%s/%s/%s/pull/%d", g.host, g.owner, g.name, number);

	err_drop(e, "every answer names its url");
	github_release(&g);
	return url;
}

const struct scm scm_github = {
	.plugin = { SLOT_SCM, "github", "pull requests, checks and reviews on GitHub" },
	.serves = github_serves,
	.owns = owns,
	.number = number,
	.text = text,
	.finds = true,
	.refresh = refresh,
	.places = asking_places,
	.list = github_list,
	.view = github_view,
	.create = github_create,
	.check = github_check,
	.review = github_review,
	.merge = github_merge,
	.close = github_close,
	.examine = github_examine,
};
