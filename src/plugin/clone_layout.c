/* What a clone's own files say. Its agent may have written any of them: they are data, and what is no
 * name or no id is passed over, as git does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/valid.h"
#include "plugin/clone.h"

enum { DEPTH_MAX = 64, REFS_MAX = 256 << 20, MARK_MAX = 65536 };

char *clone_git(const char *at)
{
	char *dir = path_join(at, ".git");

	if (!is_real_dir(dir))
		str_release(&dir);
	return dir;
}

/* ---- whose it is ------------------------------------------------------------------------------ */

struct err *clone_mark(const struct checkout *c, const char *common, const char *at)
{
	AUTO(str_release) char *file = path_join(at, ".git/ao-clone");
	AUTO(str_release) char *text = str_format("%s\n%s\n%s\n", common, c->id, c->base);

	return file_replace(file, text, strlen(text), FILE_DURABLE);
}

static bool read_mark(char **id, char **base, const char *at, const char *common, bool *unreadable)
{
	AUTO(str_release) char *git = clone_git(at);
	AUTO(str_release) char *file = git ? path_join(git, "ao-clone") : NULL;
	AUTO(buf_release) struct buf b = { 0 };
	char *save = NULL, *line[3] = { 0 };
	bool found = false;
	struct err *e = file ? file_read_if(&b, &found, file, MARK_MAX) : NULL;

	*unreadable |= e != NULL;
	err_drop(e, "unknown is an answer");
	if (!found || !b.n)
		return false;
	for (int i = 0; i < 3; i++)
		line[i] = strtok_r(i ? NULL : b.s, "\n", &save);
	if (!str_equal(line[0], common) || !valid_id(line[1]) || !is_object_id(line[2]))
		return false;
	str_set(id, line[1]);
	if (base)
		str_set(base, line[2]);
	return true;
}

bool clone_is_of(char **id, char **base, const char *at, const char *common)
{
	bool ignored = false;

	return read_mark(id, base, at, common, &ignored);
}

enum tri clone_is_ours(const struct checkout *c, const char *at)
{
	AUTO(str_release) char *id = NULL;
	AUTO(str_release) char *git_dir = NULL;
	AUTO(str_release) char *common = NULL;
	bool unreadable = false;
	struct stat st;

	if (lstat(at, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? TRI_NO : TRI_UNKNOWN;
	if (!S_ISDIR(st.st_mode))
		return TRI_NO;
	if (place_is_noted(c, at, &unreadable))
		return TRI_YES;
	git_dir = c->repo ? repo_git_dir(c->repo) : NULL;
	common = git_dir ? repo_common_dir(git_dir) : NULL;
	if (common && read_mark(&id, NULL, at, common, &unreadable) && str_equal(id, c->id))
		return TRI_YES;
	return unreadable ? TRI_UNKNOWN : TRI_NO;
}

/* ---- refs --------------------------------------------------------------------------------------- */

static void ref_release(struct clone_ref *r)
{
	str_release(&r->name);
	str_release(&r->id);
	str_release(&r->text);
}

void clone_refs_release(struct clone_refs *r)
{
	for (size_t i = 0; i < r->list.n; i++)
		ref_release(&r->list.v[i]);
	for (size_t i = 0; i < r->stash.n; i++)
		ref_release(&r->stash.v[i]);
	free(r->list.v);
	free(r->stash.v);
	*r = (struct clone_refs){ 0 };
}

const char *clone_ref_id(const struct clone_refs *r, const char *name)
{
	for (size_t i = 0; i < r->list.n; i++)
		if (str_equal(r->list.v[i].name, name))
			return r->list.v[i].id;
	return NULL;
}

static bool is_wanted(const char *name)
{
	return str_starts(name, "refs/") && !str_starts(name, "refs/remotes/");
}

static void add_ref(struct clone_refs *out, const char *name, const char *id)
{
	struct clone_ref *r = vec_push(&out->list);

	r->name = str_dup(name);
	r->id = str_dup(id);
}

static struct err *walk(struct clone_refs *out, const char *git_dir, const char *name, int depth)
{
	AUTO(str_release) char *dir = path_join(git_dir, name);
	AUTO(strv_release) struct strv names = { 0 };

	if (depth > DEPTH_MAX)
		return fail(ERR_FAILED, "%s lies too deep", dir);
	TRY(file_list(&names, dir));
	STRV_EACH(n, &names) {
		AUTO(str_release) char *below = path_join(name, *n);
		AUTO(str_release) char *path = path_join(git_dir, below);
		AUTO(buf_release) struct buf b = { 0 };
		struct stat st;
		bool found;
		if (is_real_dir(path)) {
			TRY(walk(out, git_dir, below, depth + 1));
			continue;
		}
		if (!is_wanted(below) || lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		TRY(file_read_if(&b, &found, path, MARK_MAX));
		buf_trim(&b);
		if (is_object_id(buf_text(&b)))
			add_ref(out, below, b.s);
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct clone_ref *)a)->name, ((const struct clone_ref *)b)->name);
}

static void read_packed_line(struct clone_refs *out, const struct clone_refs *loose, char *line)
{
	char *name = strchr(line, ' ');

	if (!name || line[0] == '#' || line[0] == '^')
		return;
	*name++ = '\0';
	if (!is_object_id(line) || !is_wanted(name))
		return;
	if (!loose->list.n ||
		!bsearch(&(struct clone_ref){ .name = name }, loose->list.v, loose->list.n,
			sizeof(*loose->list.v), by_name))
		add_ref(out, name, line);
}

/* A loose ref beats a packed one. */
static struct err *read_packed(struct clone_refs *out, const char *git_dir)
{
	AUTO(str_release) char *path = path_join(git_dir, "packed-refs");
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(clone_refs_release) struct clone_refs packed = { 0 };
	char *save = NULL;
	bool found;

	TRY(file_read_if(&b, &found, path, REFS_MAX));
	for (char *line = b.n ? strtok_r(b.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		read_packed_line(&packed, out, line);
	for (size_t i = 0; i < packed.list.n; i++) {
		*vec_push(&out->list) = packed.list.v[i];
		packed.list.v[i] = (struct clone_ref){ 0 };
	}
	return NULL;
}

/* "old new name <mail> time zone\tmessage": all entries but the last are in the reflog alone. */
static struct err *read_stash(struct clone_refs *out, const char *git_dir)
{
	AUTO(str_release) char *log = path_join(git_dir, "logs/refs/stash");
	const char *last = clone_ref_id(out, "refs/stash");
	AUTO(buf_release) struct buf b = { 0 };
	char *save = NULL;
	bool found;

	TRY(file_read_if(&b, &found, log, REFS_MAX));
	for (char *line = b.n ? strtok_r(b.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		const char *new = strchr(line, ' '), *tab = strchr(line, '\t');
		AUTO(str_release)
		char *id = new ? str_ndup(new + 1, strcspn(new + 1, " ")) : NULL;
		struct clone_ref *r = is_object_id(id) ? vec_push(&out->stash) : NULL;
		if (r)
			*r = (struct clone_ref){ .id = str_dup(id),
				.text = str_dup(tab ? tab + 1 : "") };
	}
	if (!out->stash.n && last)
		*vec_push(&out->stash) = (struct clone_ref){ .id = str_dup(last),
			.text = str_dup("") };
	return NULL;
}

struct err *clone_refs_read(struct clone_refs *out, const char *git_dir)
{
	AUTO(str_release) char *reftable = path_join(git_dir, "reftable");
	AUTO(str_release) char *refs = path_join(git_dir, "refs");

	if (path_exists(reftable))
		return fail(ERR_REFUSED, "%s keeps its refs as a reftable, which cannot be read",
			git_dir);
	if (is_real_dir(refs))
		TRY(walk(out, git_dir, "refs", 0));
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), by_name);
	TRY(read_packed(out, git_dir));
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), by_name);
	return read_stash(out, git_dir);
}

char *clone_head(const char *git_dir, const struct clone_refs *refs)
{
	AUTO(str_release) char *ref = head_ref(git_dir);
	AUTO(str_release) char *file = path_join(git_dir, "HEAD");
	AUTO(str_release) char *line = first_line(file);

	if (ref)
		return str_dup(clone_ref_id(refs, ref));
	return is_object_id(line) ? str_dup(line) : NULL;
}
