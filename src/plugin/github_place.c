#include "plugin/github.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/env.h"
#include "base/path.h"
#include "base/run.h"
#include "base/valid.h"
#include "plugin/git.h"
#include "plugin/worktree.h"

enum { CONFIG_MAX = 1 << 20, NUMBER_MAX = 999999999 };

/* ---- addresses ------------------------------------------------------------------------------- */

#define WORD_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
#define HOST_CHARS WORD_CHARS ":"

static bool word(const char *s, size_t n)
{
	if (!n || n > 100 || s[0] == '.' || s[0] == '-')
		return false;
	return strspn(s, WORD_CHARS) >= n;
}

/* "org/app", "org/app.git", "org/app/…": into owner and name. */
static bool take_names(struct github *g, const char *path)
{
	size_t owner, name;

	path += strspn(path, "/");
	owner = strcspn(path, "/");
	if (!path[owner])
		return false;
	name = strcspn(path + owner + 1, "/?#");
	if (name > 4 && strncmp(path + owner + 1 + name - 4, ".git", 4) == 0)
		name -= 4;
	if (!word(path, owner) || !word(path + owner + 1, name))
		return false;
	str_release(&g->owner);
	str_release(&g->name);
	g->owner = str_ndup(path, owner);
	g->name = str_ndup(path + owner + 1, name);
	return true;
}

const char *forge_address(char **host, const char *url)
{
	const char *scheme = strstr(url, "://"), *path;
	bool http = str_starts(url, "http");
	AUTO(str_release) char *whole = NULL;
	char *at, *port;

	if (scheme)
		url = scheme + 3;
	path = url + strcspn(url, scheme ? "/" : ":/");
	if (!*path || (!scheme && *path != ':'))
		return NULL;
	whole = str_ndup(url, (size_t)(path - url));
	at = strrchr(whole, '@');
	at = at ? at + 1 : whole;
	port = scheme ? strrchr(at, ':') : NULL;
	if (port && !http) /* that of ssh is not that of the API */
		*port = '\0';
	if (!*at || at[0] == '.' || strspn(at, HOST_CHARS) != strlen(at))
		return NULL;
	*host = str_dup(at);
	return path;
}

static bool take_address(struct github *g, const char *url)
{
	AUTO(str_release) char *host = NULL;
	const char *path = forge_address(&host, url);
	bool other = str_equal(host, "ssh.github.com") || str_equal(host, "www.github.com");

	if (!path)
		return false;
	str_set(&g->host, other ? "github.com" : host);
	return take_names(g, path + 1);
}

int github_number(const char *url, const char *what)
{
	struct github g = { 0 };
	AUTO(str_release) char *part = str_format("/%s/", what);
	const char *at = url && str_starts(url, "http") ? strstr(url, part) : NULL;
	size_t n = at ? strspn(at + strlen(part), "0123456789") : 0;
	bool good = n && n < 10 && !strchr("0", at[strlen(part)]) && take_address(&g, url);

	github_release(&g);
	return good ? atoi(at + strlen(part)) : 0;
}

/* ---- origin ---------------------------------------------------------------------------------- */

/* `url` of [remote "origin"] in the repository's own config, read without a process. */
char *forge_origin(const char *repo)
{
	AUTO(str_release) char *common = NULL;
	AUTO(str_release) char *path = NULL;
	AUTO(buf_release) struct buf text = { 0 };
	struct err *e = repo_find(NULL, &common, repo);
	bool inside = false, found = false;

	if (!e) {
		path = path_join(common, "config");
		e = file_read_if(&text, &found, path, CONFIG_MAX);
	}
	err_drop(e, "no origin, then");
	for (const char *at = buf_text(&text); *at; at += *at == '\n') {
		size_t n = strcspn(at, "\n");
		AUTO(str_release) char *line = str_ndup(at, n);
		char *s = line + strspn(line, " \t"), *equal = strchr(s, '=');

		at += n;
		if (*s == '[')
			inside = str_starts(s, "[remote \"origin\"]");
		else if (inside && equal && strncasecmp(s, "url", 3) == 0 &&
			strspn(s + 3, " \t") == (size_t)(equal - s - 3)) {
			AUTO(buf_release) struct buf url = { 0 };

			buf_adds(&url, equal + 1 + strspn(equal + 1, " \t"));
			buf_trim(&url);
			return buf_detach(&url);
		}
	}
	return NULL;
}

bool github_serves(const char *repo)
{
	struct github g = { 0 };
	AUTO(str_release) char *origin = forge_origin(repo);
	bool serves = origin && take_address(&g, origin) && str_equal(g.host, "github.com");

	github_release(&g);
	return serves;
}

/* ---- the API --------------------------------------------------------------------------------- */

bool forge_is_loopback(const char *url)
{
	const char *host = strstr(url, "://");
	size_t n = !host         ? 0
		: host[3] == '[' ? strcspn(host + 3, "]") + 1
				 : strcspn(host + 3, ":/");
	AUTO(str_release) char *name = host ? str_ndup(host + 3, n) : NULL;

	return name && valid_loopback(name);
}

/* An address of another host would be sent the token of this one. */
static struct err *check_url(const struct github *g, const char *url)
{
	AUTO(str_release) char *plain = str_format("https://%s/", g->host);
	AUTO(str_release) char *api = str_format("https://api.%s/", g->host);
	AUTO(str_release) char *with_slash = str_format("%s/", url);

	if (forge_is_loopback(url) || str_starts(with_slash, plain) || str_starts(with_slash, api))
		return NULL;
	return fail(
		ERR_CONFIG, "apiUrl %s: its host is neither %s nor api.%s", url, g->host, g->host);
}

/* Enterprise serves both below its own name; its clouds and github.com have a name for the API. */
static struct err *set_api(struct github *g, const struct slot_config *c)
{
	bool dotcom = str_equal(g->host, "github.com") || str_ends(g->host, ".ghe.com");
	AUTO(str_release) char *stem = NULL;

	g->socket = c->socket;
	if (c->api_url) {
		TRY(check_url(g, c->api_url));
		g->rest = str_ends(c->api_url, "/") ? str_ndup(c->api_url, strlen(c->api_url) - 1)
						    : str_dup(c->api_url);
		if (str_ends(g->rest, "/api/v3"))
			stem = str_ndup(g->rest, strlen(g->rest) - 2);
		g->graphql = str_format("%s%sgraphql", stem ? stem : g->rest, stem ? "" : "/");
	} else if (str_ends(g->host, ".localhost")) {
		g->rest = str_format("http://api.%s", g->host);
		g->graphql = str_format("http://api.%s/graphql", g->host);
	} else {
		g->rest = str_format(dotcom ? "https://api.%s" : "https://%s/api/v3", g->host);
		g->graphql = str_format(
			dotcom ? "https://api.%s/graphql" : "https://%s/api/graphql", g->host);
	}
	return NULL;
}

struct err *github_of(struct github *g, const struct slot_config *c, const char *named,
	const char *path, const char *pr)
{
	AUTO(str_release) char *origin = path ? forge_origin(path) : NULL;
	bool known = origin && take_address(g, origin);

	g->head_owner = str_dup(g->owner);
	g->named = c->host || c->api_url;
	if (c->host || !known)
		str_set(&g->host, c->host ? c->host : "github.com");
	if (named && *named && !take_names(g, named))
		return fail(ERR_CONFIG, "repo: '%s' is not owner/name", named);
	if (pr && *pr) {
		AUTO(str_release) char *host = str_dup(g->host);

		if (!take_address(g, pr))
			return fail(ERR_FAILED, "%s: not a pull request of GitHub", pr);
		/* the configuration says whom the token is for */
		if (strcasecmp(g->host, host) != 0)
			return fail(ERR_FAILED, "%s is not on %s", pr, host);
	}
	if (!g->owner)
		return fail(ERR_CONFIG,
			"%s: neither `repo: owner/name` nor origin says which repository it is",
			path ? path : "");
	if (!g->head_owner)
		g->head_owner = str_dup(g->owner);
	return set_api(g, c);
}

struct err *github_open(struct github *g, const struct project *p, const char *repo, const char *pr)
{
	static const struct slot_config none;

	return github_of(g, p ? &p->scm : &none, p ? p->repo : NULL, repo, pr);
}

void github_release(struct github *g)
{
	char **texts[] = { &g->host, &g->owner, &g->name, &g->head_owner, &g->rest, &g->graphql };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		str_release(texts[i]);
	if (g->token)
		explicit_bzero(g->token, strlen(g->token));
	str_release(&g->token);
}

/* ---- the token ------------------------------------------------------------------------------- */

static const char *const dotcom[] = { "GH_TOKEN", "GITHUB_TOKEN" };
static const char *const enterprise[] = { "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN" };

/* These are for github.com and its clouds, those for the Enterprise server in GH_HOST; without that for the one that
 * a trusted configuration names. That an origin names one is no reason to send it there. */
static const char *from_environment(const struct github *g)
{
	const char *of = getenv("GH_HOST");
	bool cloud = str_equal(g->host, "github.com") || str_ends(g->host, ".ghe.com") ||
		str_equal(g->host, "github.localhost");
	const char *const *names = cloud ? dotcom : enterprise;

	if (!cloud && !(str_empty(of) ? g->named : str_equal(of, g->host)))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(dotcom); i++)
		if (!str_empty(getenv(names[i])))
			return getenv(names[i]);
	return NULL;
}

/* What it keeps for that host. Of those in the environment it would give one for any. */
static char *from_gh(const struct github *g)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *gh = path_program("gh");
	AUTO(strv_release) struct strv env = { 0 };
	struct err *e;

	if (!gh)
		return NULL;
	env_copy(&env);
	for (size_t i = 0; i < COUNT_OF(dotcom); i++) {
		env_set(&env, dotcom[i], NULL);
		env_set(&env, enterprise[i], NULL);
	}
	e = RUN_OK(&r, .argv = ARGV(gh, "auth", "token", "--hostname", g->host), .env = env.v,
		.timeout_ms = 5000);
	if (e) {
		err_drop(e, "gh is not logged in there");
		return NULL;
	}
	buf_trim(&r.out);
	return r.out.n && !strchr(r.out.s, '\n') ? str_dup(r.out.s) : NULL;
}

struct err *github_login(struct github *g)
{
	if (g->token)
		return NULL;
	g->token = str_dup(from_environment(g));
	if (!g->token)
		g->token = from_gh(g);
	if (g->token)
		return NULL;
	return fail(ERR_FAILED, "no login for %s: gh auth login -h %s%s", g->host, g->host,
		str_equal(g->host, "github.com") ? ", or set GITHUB_TOKEN" : "");
}
