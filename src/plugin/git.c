#include "plugin/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"

/* What the user says about reaching remotes and about the place of their own config. */
static const char *const kept[] = { "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT",
	"GIT_PROXY_COMMAND", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_NO_VERIFY",
	"GIT_ALLOW_PROTOCOL", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
	"GIT_EXEC_PATH" };

static void no_prompts(struct strv *env)
{
	env_set(env, "GIT_TERMINAL_PROMPT", "0");
	env_set(env, "GIT_ASKPASS", "true"); /* answers with nothing, at once */
	env_set(env, "SSH_ASKPASS", "false");
	env_set(env, "SSH_ASKPASS_REQUIRE", "force");
}

static void identity(struct strv *env, int64_t time_ms)
{
	static const char *const who[] = { "GIT_AUTHOR", "GIT_COMMITTER" };

	for (size_t i = 0; i < COUNT_OF(who); i++) {
		strv_addf(env, "%s_NAME=ao", who[i]);
		strv_addf(env, "%s_EMAIL=ao@localhost", who[i]);
		if (time_ms)
			strv_addf(env, "%s_DATE=@%lld +0000", who[i], (long long)(time_ms / 1000));
	}
}

static void user_identity(struct strv *env)
{
	static const char *const names[] = { "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
		"GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
		"GIT_COMMITTER_DATE" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (getenv(names[i]))
			env_set(env, names[i], getenv(names[i]));
}

static void environment(struct strv *env, const struct git *g)
{
	env_copy(env);
	env_unset_prefix(env, "GIT_");
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (getenv(kept[i]))
			env_set(env, kept[i], getenv(kept[i]));
	env_set(env, "LC_ALL", "C");
	env_set(env, "LANGUAGE", NULL);
	env_set(env, "GIT_OPTIONAL_LOCKS", "0");
	no_prompts(env);
	if (g->as_user)
		user_identity(env);
	else
		identity(env, g->time_ms);
	if (g->offline)
		env_set(env, "GIT_ALLOW_PROTOCOL", "none");
	if (g->work_tree)
		env_set(env, "GIT_WORK_TREE", g->work_tree);
	if (g->objects)
		env_set(env, "GIT_OBJECT_DIRECTORY", g->objects);
	if (g->index)
		env_set(env, "GIT_INDEX_FILE", g->index);
	for (char *const *e = g->env; e && *e; e++)
		env_put(env, *e);
}

/*
 * By default git syncs neither refs nor loose objects (git-config(1), core.fsync): after a power cut a
 * save that was announced was an empty file. batch: one sync for all objects that one command adds.
 */
static void arguments(struct strv *argv, const struct git *g, char *const *args)
{
	strv_add_all(argv,
		ARGV("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c",
			"core.fsync=objects,reference", "-c", "core.fsyncMethod=batch", "-c",
			"protocol.ext.allow=never"));
	strv_addf(argv, "--git-dir=%s", g->git_dir);
	strv_add_all(argv, args);
}

struct err *git_run(struct run_result *r, const struct git *g, char *const *args)
{
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };

	environment(&env, g);
	arguments(&argv, g, args);
	return RUN(r, .argv = argv.v, .env = env.v, .dir = g->work_tree ? g->work_tree : "/",
		.in = g->in, .in_n = g->in_n, .in_fd = g->in_fd, .timeout_ms = g->timeout_ms,
		.keep_fd = g->keep_fd);
}

struct err *git_ok(struct run_result *r, const struct git *g, char *const *args)
{
	TRY(git_run(r, g, args));
	return r->code ? git_failed(r, args) : NULL;
}

struct err *git_failed(const struct run_result *r, char *const *args)
{
	AUTO(strv_release) struct strv argv = { 0 };

	strv_add(&argv, "git");
	strv_add_all(&argv, args);
	return run_failed(r, &(const struct run){ .argv = argv.v });
}
