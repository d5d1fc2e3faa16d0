/*
 * What a clone takes over from the repository: its config, its remotes with what was last seen of
 * them, its tags. So that filters, hooks of the project (core.hooksPath) and the user's name are as in
 * a worktree of it, and a push goes to the project's own remote; where it has none, to the repository.
 */
#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "plugin/clone.h"

enum { CONFIG_MAX = 1 << 20 };

/* Of the repository's own config; of that of user and machine only who the user is, since an
 * includeIf there may go by the place of the repository (git-config(1)). */
static const char *const not_copied[] = { "core.repositoryformatversion", "core.bare",
	"core.worktree", "core.sparsecheckout", "core.sparsecheckoutcone", "core.splitindex",
	"core.sharedrepository", "extensions.", "include.", "includeif.", "branch.", "index.",
	"maintenance.", "gc." };
static const char *const who[] = { "user.", "author.", "committer.", "commit.gpgsign",
	"tag.gpgsign", "gpg." };

static bool is_one_of(const char *key, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ends(list[i], ".") ? str_starts(key, list[i]) : str_equal(key, list[i]))
			return true;
	return false;
}

static bool is_copied(const char *scope, const char *key)
{
	if (str_equal(scope, "local") || str_equal(scope, "worktree"))
		return !is_one_of(key, not_copied, COUNT_OF(not_copied));
	return !str_equal(scope, "command") && is_one_of(key, who, COUNT_OF(who));
}

static void add_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '\n') {
			buf_adds(out, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

/* key: "section.key" or "section.sub.section.key"; value NULL: a key alone, which is true. */
static void add_entry(struct buf *out, const char *key, const char *value)
{
	const char *first = strchr(key, '.'), *last = strrchr(key, '.');

	if (!first)
		return;
	buf_addf(out, "[%.*s", (int)(first - key), key);
	if (last > first) {
		AUTO(str_release) char *sub = str_ndup(first + 1, (size_t)(last - first - 1));
		buf_addc(out, ' ');
		add_quoted(out, sub);
	}
	buf_addf(out, "]\n\t%s", last + 1);
	if (value) {
		buf_adds(out, " = ");
		add_quoted(out, value);
	}
	buf_addc(out, '\n');
}

/* The main checkout, or the repository where it has none. */
static char *main_of(const char *common)
{
	return str_equal(path_base(common), ".git") ? path_dir(common) : str_dup(common);
}

/* "../up.git" is meant from the main checkout. What has a colon before its first slash is no path. */
static char *remote_url(const char *url, const char *main)
{
	const char *slash = strchr(url, '/');
	bool relative = url[0] != '/' && url[0] != '~' &&
		(!strchr(url, ':') || (slash && slash < strchr(url, ':')));

	return relative ? path_absolute(url, main) : str_dup(url);
}

static bool is_url(const char *key)
{
	return str_starts(key, "remote.") && (str_ends(key, ".url") || str_ends(key, ".pushurl"));
}

/* "scope\0key\nvalue\0", or "scope\0key\0". */
static void copy_config(
	struct buf *out, bool *has_origin, const struct buf *listing, const char *main)
{
	const char *end = listing->s + listing->n;

	for (const char *scope = buf_text(listing), *entry; scope < end;
		scope = entry + strlen(entry) + 1) {
		const char *newline;
		AUTO(str_release) char *key = NULL;
		AUTO(str_release) char *url = NULL;
		entry = scope + strlen(scope) + 1;
		if (entry >= end)
			return;
		newline = strchr(entry, '\n');
		key = newline ? str_ndup(entry, (size_t)(newline - entry)) : str_dup(entry);
		if (!is_copied(scope, key))
			continue;
		*has_origin |= str_equal(key, "remote.origin.url");
		url = newline && is_url(key) ? remote_url(newline + 1, main) : NULL;
		add_entry(out, key, url ? url : newline ? newline + 1 : NULL);
	}
}

static struct err *copy_file(const char *from_dir, const char *to_dir, const char *name)
{
	AUTO(str_release) char *from = path_join(from_dir, name);
	AUTO(str_release) char *to = path_join(to_dir, name);
	AUTO(str_release) char *dir = path_dir(to);
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, from, CONFIG_MAX));
	if (!found)
		return NULL;
	TRY(file_make_dirs(dir));
	return file_replace(to, b.s, b.n, FILE_VOLATILE);
}

struct err *clone_configure(const char *common, const char *git_dir)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *main = main_of(common);
	AUTO(str_release) char *file = path_join(git_dir, "config");
	AUTO(buf_release) struct buf text = { 0 };
	bool has_origin = false;

	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("config", "--list", "--includes", "--show-scope", "-z")));
	copy_config(&text, &has_origin, &r.out, main);
	if (!has_origin) {
		add_entry(&text, "remote.origin.url", main);
		add_entry(&text, "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
	}
	TRY(file_append(file, text.s, text.n, FILE_VOLATILE));
	TRY(copy_file(common, git_dir, "info/exclude"));
	return copy_file(common, git_dir, "info/attributes");
}

bool clone_config_has(const char *common, const char *words)
{
	AUTO(str_release) char *file = path_join(common, "config");
	AUTO(buf_release) struct buf text = { 0 };
	bool found;
	struct err *e = file_read_if(&text, &found, file, CONFIG_MAX);

	err_drop(e, "git will say it");
	return text.n && strcasestr(text.s, words);
}

/* ---- refs --------------------------------------------------------------------------------------- */

static struct err *point_at(const char *git_dir, const char *name, const char *target)
{
	AUTO(str_release) char *file = path_join(git_dir, name);
	AUTO(str_release) char *dir = path_dir(file);
	AUTO(str_release) char *line = str_format("ref: %s\n", target);

	TRY(file_make_dirs(dir));
	return file_replace(file, line, strlen(line), FILE_VOLATILE);
}

/* The repository's own branches are what its clone sees of `origin`, unless that is another one. */
static struct err *list_ref(
	struct buf *updates, const char *git_dir, const char *id, const char *name, bool is_origin)
{
	const char *target = strchr(name, ' ');
	AUTO(str_release) char *plain = str_ndup(name, strcspn(name, " "));

	if (str_starts(plain, "refs/heads/")) {
		if (is_origin)
			buf_addf(updates, "update refs/remotes/origin/%s %s\n",
				plain + strlen("refs/heads/"), id);
		return NULL;
	}
	if (is_origin && str_starts(plain, "refs/remotes/origin/")) /* of a remote that went */
		return NULL;
	if (target && target[1])
		return point_at(git_dir, plain, target + 1);
	buf_addf(updates, "update %s %s\n", plain, id);
	return NULL;
}

struct err *clone_list_refs(struct buf *updates, const char *common, const char *git_dir)
{
	AUTO(run_result_release) struct run_result own = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *head = head_branch(common);
	AUTO(str_release) char *target = str_format("refs/remotes/origin/%s", head ? head : "");
	bool is_origin;
	char *save = NULL;

	TRY(git_run(&own, &(struct git){ .git_dir = common },
		ARGV("config", "--get", "remote.origin.url")));
	is_origin = own.code != 0;
	TRY(git_ok(&r, &(struct git){ .git_dir = common },
		ARGV("for-each-ref", "--format=%(objectname) %(refname) %(symref)", "refs/heads",
			"refs/remotes", "refs/tags")));
	for (char *line = r.out.n ? strtok_r(r.out.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		char *name = strchr(line, ' ');
		if (!name)
			continue;
		*name++ = '\0';
		TRY(list_ref(updates, git_dir, line, name, is_origin));
	}
	return is_origin && head ? point_at(git_dir, "refs/remotes/origin/HEAD", target) : NULL;
}
