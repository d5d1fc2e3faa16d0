#include "op/init.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/path.h"
#include "base/run.h"
#include "base/term.h"
#include "model/config_check.h"
#include "model/config_read.h"
#include "store/agent_files.h"
#include "store/checkout.h"
#include "store/config_file.h"
#include "store/store.h"

/* The one line that git prints; NULL: it failed. */
static char *ask_git(const char *dir, char *const *words)
{
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(strv_release) struct strv argv = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(err_release) struct err *e = NULL;

	env_copy(&env);
	env_unset_prefix(&env, "GIT_DIR");
	env_unset_prefix(&env, "GIT_WORK_TREE");
	env_unset_prefix(&env, "GIT_INDEX_FILE");
	strv_add(&argv, "git");
	strv_add_all(&argv, words);
	e = RUN(&r, .argv = argv.v, .env = env.v, .dir = dir, .timeout_ms = 5000);
	buf_trim(&r.out);
	return e || r.code || !r.out.n ? NULL : buf_detach(&r.out);
}

bool init_remote(char **host, char **repo, const char *url)
{
	const char *scheme = strstr(url, "://"), *at = scheme ? scheme + 3 : url, *user, *path;
	AUTO(str_release) char *h = NULL;
	AUTO(str_release) char *r = NULL;

	if (str_starts(url, "file:") || url[0] == '/' || url[0] == '.')
		return false;
	user = strchr(at, '@');
	if (user && user < at + strcspn(at, "/"))
		at = user + 1;
	path = strchr(at, scheme ? '/' : ':');
	if (!path || path == at)
		return false;
	h = str_ndup(at, scheme ? strcspn(at, ":/") : (size_t)(path - at));
	path += 1 + strspn(path + 1, "/");
	r = str_ndup(path, strlen(path) - (str_ends(path, "/") ? 1 : 0));
	if (str_ends(r, ".git"))
		r[strlen(r) - 4] = '\0';
	if (check_repo(r) || check_host(h))
		return false;
	str_set(host, h);
	str_set(repo, r);
	return true;
}

static char *project_id(const char *root)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (const char *p = path_base(root); *p && b.n < 64; p++)
		if (isascii((unsigned char)*p) &&
			(isalnum((unsigned char)*p) || *p == '_' || (*p == '-' && b.n)))
			buf_addc(&b, *p);
		else if (b.n && b.s[b.n - 1] != '-')
			buf_addc(&b, '-');
	while (b.n && b.s[b.n - 1] == '-')
		buf_cut(&b, b.n - 1);
	return b.n ? buf_detach(&b) : str_dup("app");
}

static void look_for_agents(struct init_found *f)
{
	AUTO(strv_release) struct strv names = { 0 };
	AUTO(buf_release) struct buf list = { 0 };

	agent_names(&names);
	STRV_EACH(n, &names) {
		AUTO(agent_release) struct agent a = { 0 };
		AUTO(str_release) char *program = NULL;
		struct err *e = agent_load(&a, NULL, *n);
		if (e) {
			err_drop(e, "an agent that cannot be read is not offered");
			continue;
		}
		program = path_program(agent_program(&a));
		if (!program)
			continue;
		buf_addf(&list, "%s%s", list.n ? ", " : "", *n);
		if (!f->agent || str_equal(*n, "claude-code"))
			str_set(&f->agent, *n);
	}
	if (list.n)
		f->agents = buf_detach(&list);
}

static struct err *look(struct init_found *f, const char *dir)
{
	AUTO(str_release) char *main = checkout_main(dir);
	AUTO(str_release) char *url = NULL;

	f->root = checkout_root(main);
	if (!f->root)
		return fail(ERR_FAILED,
			"not in a git repository: run ao init in the one that agents shall work "
			"on");
	f->id = project_id(f->root);
	url = ask_git(f->root, ARGV("remote", "get-url", "origin"));
	if (url)
		init_remote(&f->host, &f->repo, url);
	f->branch = ask_git(f->root, ARGV("symbolic-ref", "--short", "refs/remotes/origin/HEAD"));
	if (f->branch && str_starts(f->branch, "origin/"))
		memmove(f->branch, f->branch + 7, strlen(f->branch + 7) + 1);
	if (!f->branch)
		f->branch = ask_git(f->root, ARGV("symbolic-ref", "--short", "HEAD"));
	if (f->branch && check_branch(f->branch))
		str_release(&f->branch);
	look_for_agents(f);
	return NULL;
}

/* The keys that the file does not set yet, as comments. */
static void more_keys(struct buf *out, const struct schema *s, const char *indent, char *const *set)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct key *k = &s->keys[i];
		bool is_set = k->name[0] == '$';
		for (char *const *w = set; *w; w++)
			is_set = is_set || str_equal(*w, k->name);
		if (!is_set && k->standard)
			buf_addf(out, "%s# %s: %s (default: %s)\n", indent, k->name, k->doc,
				k->standard);
		else if (!is_set)
			buf_addf(out, "%s# %s: %s\n", indent, k->name, k->doc);
	}
}

static void quoted(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "    %s: \"", key);
	for (; *value; value++)
		buf_addf(out, "%s%c", strchr("\"\\", *value) ? "\\" : "", *value);
	buf_adds(out, "\"\n");
}

static void write_text(struct buf *out, const struct init_found *f)
{
	AUTO(str_release) char *name = term_line(path_base(f->root));
	bool named = !str_equal(name, f->id) && str_equal(name, path_base(f->root));

	buf_adds(out,
		"# Written by ao init. `ao config check` validates it, `ao config show` prints "
		"what is in force,\n"
		"# `ao config schema` is for editors. Once git tracks this file, commands, "
		"permissions, environment,\n"
		"# folders and hosts in it count only after `ao trust`.\n\n");
	if (f->agents)
		buf_addf(out, "defaults:\n  agent: %s    # installed here: %s\n", f->agent,
			f->agents);
	else
		buf_adds(out,
			"# No agent is installed here; ao agent ls lists those that are known.\n"
			"defaults:\n  agent: claude-code\n");
	if (f->name)
		buf_addf(out,
			"\nname: %s    # of the data; the folder's own name is another "
			"configuration's\n",
			f->name);
	buf_addf(out, "\nprojects:\n  \"%s\":\n    path: .\n", f->id);
	if (named)
		quoted(out, "name", name);
	if (f->repo)
		quoted(out, "repo", f->repo);
	else
		buf_adds(out,
			"    # no remote 'origin' that names a repository: pull requests stay "
			"local\n");
	if (f->branch)
		quoted(out, "defaultBranch", f->branch);
	if (f->host && !str_equal(f->host, "github.com") && !str_equal(f->host, "gitlab.com"))
		buf_addf(out,
			"    # scm: {plugin: gitlab, host: %s}    # which kind of server is it?\n",
			f->host);
	buf_adds(out, "\n    # More of a project's keys:\n");
	more_keys(out, &project_schema, "    ",
		ARGV("path", named ? "name" : "-", f->repo ? "repo" : "-",
			f->branch ? "defaultBranch" : "-"));
	buf_adds(out, "\n# More keys:\n");
	more_keys(out, &config_schema, "", ARGV("defaults", "projects", f->name ? "name" : "-"));
}

/* O_EXCL: not over a file that appeared since we looked. */
static struct err *write_new(const char *file, const struct buf *text)
{
	AUTO(fd_release) int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return fail(ERR_REFUSED, "%s: there is one already", file);
	if (fd < 0)
		return fail_errno("cannot write %s", file);
	if (write(fd, text->s, text->n) != (ssize_t)text->n || fsync(fd) < 0) {
		struct err *e = fail_errno("cannot write %s", file);
		unlink(file);
		return e;
	}
	return NULL;
}

/* Would the text's namespace be that of another config, as of a repository in a folder of the same
 * name? *name is the namespace then. */
static bool taken(char **name, const struct buf *text, const char *file)
{
	AUTO(config_release) struct config c = { 0 };
	AUTO(store_release) struct store st = { 0 };
	struct err *e = config_read(&c, file, NULL, text->s, text->n, &config_world);
	bool read = !e, is;

	if (read)
		e = store_open(&st, &c, NULL, false);
	is = read && e && e->class == ERR_CONFIG;
	if (is)
		str_set(name, c.name);
	err_drop(e, "what else is wrong, the next command says");
	return is;
}

static void write_own(struct buf *text, struct init_found *f, const char *file)
{
	AUTO(str_release) char *first = NULL;
	AUTO(str_release) char *name = NULL;

	write_text(text, f);
	for (int n = 2; n < 100 && taken(&name, text, file); n++) {
		if (!first)
			first = str_dup(name);
		str_release(&f->name);
		f->name = str_format("%.60s-%d", first, n);
		buf_cut(text, 0);
		write_text(text, f);
	}
}

struct err *op_init(char **file, struct init_found *f)
{
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(str_release) char *yml = NULL;
	AUTO(str_release) char *yaml = NULL;

	TRY(look(f, "."));
	yaml = path_join(f->root, "agent-orchestrator.yaml");
	yml = path_join(f->root, "agent-orchestrator.yml");
	if (path_exists(yml))
		return fail(ERR_REFUSED, "%s: there is one already", yml);
	write_own(&text, f, yaml);
	TRY(write_new(yaml, &text));
	str_set(file, yaml);
	return NULL;
}

void init_found_release(struct init_found *f)
{
	free(f->root);
	free(f->id);
	free(f->name);
	free(f->host);
	free(f->repo);
	free(f->branch);
	free(f->agent);
	free(f->agents);
	*f = (struct init_found){ 0 };
}
