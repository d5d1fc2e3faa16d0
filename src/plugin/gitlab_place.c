#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/gitlab.h"

#define WORD_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

enum { PATH_MAX_BYTES = 1000, NUMBER_DIGITS = 9 };

/* ---- addresses ------------------------------------------------------------------------------- */

/* "group/sub/app.git", "group/app/-/merge_requests/1": into group and name. */
static bool take_path(struct github *g, const char *path)
{
	AUTO(str_release) char *whole = NULL;
	const char *end;
	char *slash;

	path += strspn(path, "/");
	end = strstr(path, "/-/");
	whole = str_ndup(path, end ? (size_t)(end - path) : strcspn(path, "?#"));
	if (str_ends(whole, "/"))
		whole[strlen(whole) - 1] = '\0';
	if (str_ends(whole, ".git"))
		whole[strlen(whole) - 4] = '\0';
	slash = strrchr(whole, '/');
	if (!slash || !slash[1] || strlen(whole) > PATH_MAX_BYTES ||
		strspn(whole, WORD_CHARS "/") != strlen(whole) || strchr(".-/", whole[0]) ||
		strstr(whole, "//") || strstr(whole, "/.") || strstr(whole, "/-"))
		return false;
	str_set(&g->name, slash + 1);
	*slash = '\0';
	str_set(&g->owner, whole);
	return true;
}

/* root: what GitLab lies below there; NULL: nothing. */
static bool take_address(struct github *g, const char *url, const char *root)
{
	AUTO(str_release) char *host = NULL;
	const char *path = forge_address(&host, url);

	if (!path)
		return false;
	if (str_starts(url, "http") && root && *root && str_starts(path, root) &&
		path[strlen(root)] == '/')
		path += strlen(root);
	str_set(&g->host, str_equal(host, "altssh.gitlab.com") ? "gitlab.com" : host);
	return take_path(g, path + 1);
}

int gitlab_number(const char *url, const char *what)
{
	struct github g = { 0 };
	AUTO(str_release) char *part = str_format("/-/%s/", what);
	const char *at = url && str_starts(url, "http") ? strstr(url, part) : NULL;
	const char *digits = at ? at + strlen(part) : "";
	size_t n = strspn(digits, "0123456789");
	bool good = n && n <= NUMBER_DIGITS && digits[0] != '0' && take_address(&g, url, NULL);

	github_release(&g);
	return good ? atoi(digits) : 0;
}

bool gitlab_serves(const char *repo)
{
	struct github g = { 0 };
	AUTO(str_release) char *origin = forge_origin(repo);
	bool serves = origin && take_address(&g, origin, NULL) && str_equal(g.host, "gitlab.com");

	github_release(&g);
	return serves;
}

char *gitlab_path(const struct github *g)
{
	return str_format("%s/%s", g->owner, g->name);
}

/* ---- the API --------------------------------------------------------------------------------- */

static char *host_of(const char *url)
{
	const char *at = strstr(url, "://");

	at = at ? at + 3 : url;
	return str_ndup(at, strcspn(at, "/?#"));
}

/* "/gitlab" of https://corp/gitlab/api/v4; "" where it lies at the top. */
static char *root_of(const char *api)
{
	const char *at = api ? strstr(api, "://") : NULL;
	const char *path = at ? strchr(at + 3, '/') : NULL;
	const char *end = path ? strstr(path, "/api/v4") : NULL;

	return end ? str_ndup(path, (size_t)(end - path)) : str_dup("");
}

/* An address of another host would be sent the token of this one. */
static struct err *set_api(struct github *g, const struct slot_config *c)
{
	AUTO(str_release) char *host = c->api_url ? host_of(c->api_url) : NULL;

	g->socket = c->socket;
	if (host && !forge_is_loopback(c->api_url) && strcasecmp(host, g->host) != 0)
		return fail(ERR_CONFIG, "apiUrl %s: its host is not %s", c->api_url, g->host);
	g->rest = host ? str_dup(c->api_url) : str_format("https://%s/api/v4", g->host);
	if (str_ends(g->rest, "/"))
		g->rest[strlen(g->rest) - 1] = '\0';
	g->graphql = str_ends(g->rest, "/api/v4")
		? str_format(
			  "%.*s/api/graphql", (int)(strlen(g->rest) - strlen("/api/v4")), g->rest)
		: str_dup(g->rest); /* by which what was seen is told apart, too */
	return NULL;
}

/* GITLAB_TOKEN is for the server in GITLAB_HOST; without that for gitlab.com, or the server that a trusted
 * configuration names. That an origin names one is no reason to send it there. */
static void find_token(struct github *g, const struct slot_config *c)
{
	const char *token = getenv("GITLAB_TOKEN"), *named = getenv("GITLAB_HOST");
	AUTO(str_release) char *host = str_empty(named) ? NULL : host_of(named);
	bool mine = host ? strcasecmp(host, g->host) == 0
			 : str_equal(g->host, "gitlab.com") || c->host || c->api_url;

	if (mine && !str_empty(token))
		g->token = str_dup(token);
}

static struct err *take_pull(
	struct github *g, const struct slot_config *c, const char *pr, const char *root)
{
	AUTO(str_release) char *host = str_dup(g->host);
	AUTO(str_release) char *api = c->api_url ? host_of(c->api_url) : NULL;
	bool same;

	if (!take_address(g, pr, root))
		return fail(ERR_FAILED, "%s: not a merge request of GitLab", pr);
	/* the configuration says whom the token is for */
	same = strcasecmp(g->host, host) == 0 || (api && strcasecmp(g->host, api) == 0);
	if (!same)
		return fail(ERR_FAILED, "%s is not on %s", pr, host);
	str_set(&g->host, host);
	return NULL;
}

struct err *gitlab_of(struct github *g, const struct slot_config *c, const char *named,
	const char *path, const char *pr)
{
	AUTO(str_release) char *origin = path ? forge_origin(path) : NULL;
	AUTO(str_release) char *root = root_of(c->api_url);
	bool known = origin && take_address(g, origin, root);

	g->head_owner = known ? gitlab_path(g) : NULL;
	if (c->host || !known)
		str_set(&g->host, c->host ? c->host : "gitlab.com");
	if (named && *named && !take_path(g, named))
		return fail(ERR_CONFIG, "repo: '%s' is not group/name", named);
	if (pr && *pr)
		TRY(take_pull(g, c, pr, root));
	if (!g->owner)
		return fail(ERR_CONFIG,
			"%s: neither `repo: group/name` nor origin says which project it is",
			path ? path : "");
	if (!g->head_owner)
		g->head_owner = gitlab_path(g);
	find_token(g, c);
	return set_api(g, c);
}

struct err *gitlab_open(struct github *g, const struct project *p, const char *repo, const char *pr)
{
	static const struct slot_config none;

	return gitlab_of(g, p ? &p->scm : &none, p ? p->repo : NULL, repo, pr);
}

struct err *gitlab_login(const struct github *g)
{
	return g->token ? NULL
			: fail(ERR_FAILED, "no login for %s: set GITLAB_TOKEN%s%s", g->host,
				  str_equal(g->host, "gitlab.com") ? "" : " and GITLAB_HOST=",
				  str_equal(g->host, "gitlab.com") ? "" : g->host);
}
